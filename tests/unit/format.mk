# SPDX-License-Identifier: Apache-2.0
format_test_SRC := lib/format.c
