#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: contracts.py FILE.c             prints the functions defined in FILE.c that have no ACSL contract, here or in a header of its folder
contracts.py --defined FILE.c   prints all functions that it defines, with commas"""
import os
import re
import sys

DEFINITION = re.compile(r"^[a-z][\w \*]*?\**\b(\w+)\([^;{}]*\)\n\{", re.M)


def contracted(text):
    """Names declared or defined right after an ACSL contract."""
    text = re.sub(r"__attribute__\(\(\w+\)\)\s*", "", text)
    found = set()
    for block in re.finditer(r"/\*@((?:(?!\*/).)*)\*/\s*(?:/\*(?!@)(?:(?!\*/).)*\*/\s*)?((?:(?!/\*)[^;{}])*?)\b(\w+)\([^;{}]*\)\s*[;{]", text, re.S):
        if re.search(r"\b(requires|assigns|ensures)\b", block.group(1)):
            found.add(block.group(3))
    return found


source = sys.argv[-1]
text = open(source, encoding="utf-8").read()
if sys.argv[1] == "--defined":
    print(",".join(DEFINITION.findall(text)))
    sys.exit()
known = contracted(text)
for header in re.findall(r'^#include "(.*)"$', text, re.M):
    if os.path.dirname(header) == os.path.dirname(source) and os.path.exists(header):
        known |= contracted(open(header, encoding="utf-8").read())
for name in DEFINITION.findall(text):
    if name not in known:
        print(name)
