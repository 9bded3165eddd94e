#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that need no machine: format, layers, headers, the linked core, clang-tidy.  usage: check.py [NAME...]"""
import sys

import check_binary
import check_format
import check_headers
import check_layers
import check_lock_free
import check_mutants
import check_tidy

CHECKS = {"format": check_format, "layers": check_layers, "headers": check_headers, "binary": check_binary,
          "lock-free": check_lock_free, "mutants": check_mutants, "tidy": check_tidy}


def main():
    failed = 0
    names = sys.argv[1:] or list(CHECKS)
    for name in names:
        complaints = list(CHECKS[name].check())
        print(f"check {name}: {'passed' if not complaints else f'{len(complaints)} complaints'}", flush=True)
        for complaint in complaints:
            print(f"    {complaint}")
        failed += bool(complaints)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
