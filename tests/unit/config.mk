# SPDX-License-Identifier: Apache-2.0
config_SRC := manager/config.c manager/config_text.c lib/string.c
config_test_SRC := $(config_SRC)
