#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: proofs/sum.sh COMMAND...     runs each, one after the other; the last line is the sum of their last lines
# `N passed, M failed`.  A command that ends without such a line, or badly with nothing failed, counts as one failed.
set -u -o pipefail
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
passed=0 failed=0
for command in "$@"; do
    "$command" | tee "$log"
    status=$?
    counts=$(tail -1 "$log" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p')
    [ -n "$counts" ] || { echo "$command: ended without saying what passed (exit status $status)"; counts="0 1"; }
    [ "$status" -eq 0 ] || [ "${counts#* }" -ne 0 ] || { echo "$command: exit status $status"; counts="${counts% *} 1"; }
    passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
