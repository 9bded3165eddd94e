# SPDX-License-Identifier: Apache-2.0
string_test_SRC := lib/string.c
