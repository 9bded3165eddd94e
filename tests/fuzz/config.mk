# SPDX-License-Identifier: Apache-2.0
config_fuzz_SRC := manager/config.c manager/config_text.c lib/string.c
config_fuzz_OPTIONS := -max_len=4096
