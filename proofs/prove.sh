#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: proofs/prove.sh [FILE.c ...]     proves the isolation core; ends in `N passed, M failed`
#   SMOKE=0  without smoke tests; SMOKE=sample  those of an eighth of the files, others for each commit (`make test`)     JOBS=n  files at a time (three for two CPUs: Frama-C waits for provers now and then)     PAR=n  provers at a time for each     TIMEOUT=s  of one goal     LOGS=DIR  keeps the logs
#   CACHE=DIR  answers of provers are kept there and reused: for work on proofs, never for evidence; without it, what two files
#   ask alike (the lemmas of headers) is asked once in each run
# Exit 0 only if every goal of every file is proved, nothing is assumed that must not be, and every function of the
# proved files has a contract.  proofs/README.md says what this means.
set -u
cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] || set -- $(sed -e 's/#.*//' proofs/files.txt)
logs=${LOGS:-build/proofs}
mkdir -p "$logs"
failed=0 passed=0

[ -f ~/.why3.conf ] || why3 config detect > "$logs/why3.log" 2>&1 || { echo "why3 finds no provers: install z3 and cvc4"; exit 1; }

# What would make a proof worth less than it looks.
refuse() { # WHAT TEXT...
    [ -z "$2" ] && return
    echo "REFUSED: $1"
    echo "$2" | sed 's/^/    /'
    failed=$((failed + 1))
}
sources="ept/*.[ch] isolation/*.[ch] lib/*.[ch] vmx/*.[ch] proofs/trusted/*.h proofs/trusted/*/*.h proofs/trusted/*/*/*.h arch/x86_64/spinlock.h arch/x86_64/shootdown.h arch/x86_64/window.h proofs/*.c"
refuse "an axiom is trusted, not proved" "$(grep -nE '\b(axiom|axiomatic)\b' $sources)"
refuse "an admit outside of a noninterference driver (proofs/ni_*.c)" "$(grep -nE '\badmit\b' $sources | grep -v '^proofs/ni_')"
refuse "a contract on trust outside of isolation/trusted.h" \
    "$(grep -lE '^#ifdef __FRAMAC__' isolation/*.h ept/*.h | grep -v -e isolation/trusted.h -e isolation/trusted_device.h -e isolation/invariant.h)"

unlisted=$(for file in ept/*.c isolation/*.c lib/*.c; do
    grep -qx "$file" proofs/files.txt || grep -q "^$file " proofs/not-proved.txt || echo "$file"
done)
refuse "neither proved (proofs/files.txt) nor in proofs/not-proved.txt with the reason" "$unlisted"

include=$(gcc -print-file-name=include)
options=(-c11 -machdep gcc_x86_64 -no-frama-c-stdlib
    -cpp-extra-args="-ffreestanding -nostdinc -isystem $include -iquote proofs/trusted -I. -include proofs/trusted/frama.h"
    -warn-unsigned-overflow -warn-unsigned-downcast
    -wp -wp-rte -wp-par "${PAR:-2}"
    -kernel-warn-key annot-error=abort -kernel-warn-key asm:clobber=abort -wp-warn-key pedantic-assigns=abort)
[ -n "${CACHE:-}" ] || rm -rf "$logs/cache"
options+=(-wp-cache update -wp-cache-dir "${CACHE:-$logs/cache}")
# CVC4 proves most goals in a tenth of a second; what it leaves is asked of both.  Frama-C runs all provers it is given at once, and spends more on
# the question than they do on most answers, so two for each goal would cost three times as much.
# WP's dearest simplifications of a goal (ground, pruning) cost more than they save the prover: they are for what is left, too.
goal_options=(-wp-prover cvc4 -wp-timeout 3 -wp-no-ground -wp-no-pruning)
rest_options=(-then -wp -wp-prover z3,cvc4 -wp-timeout "${TIMEOUT:-40}" -wp-ground -wp-pruning)
export OCAMLRUNPARAM=s=8M,o=400 # a larger nursery, and more garbage: a quarter less time in Frama-C itself
frama_c() { # OPTIONS: with two plug-ins; to load all of them takes as long as to read a file
    frama-c -no-autoload-plugins -load-module wp,rtegen "$@"
}
# Smoke tests alone: no category of goal is selected.  One prover asks, as each costs the whole of its limit (Z3 takes 100,000 steps for most of its proofs).
no_goals=-@lemma,-@requires,-@assigns,-@ensures,-@exits,-@complete_behaviors,-@disjoint_behaviors
no_goals+=,-@assert,-@check,-@invariant,-@variant,-@breaks,-@continues,-@returns
smoke_options=(-wp-cache none -wp-prover z3 -wp-no-ground -wp-no-pruning -wp-smoke-tests -wp-smoke-timeout 1 -wp-steps 200000 -wp-prop="$no_goals")

log_of() { # FILE
    echo "$logs/$(echo "$1" | tr / _).log"
}

commit=$(git rev-parse HEAD 2>/dev/null || echo none)
has_smoke() { # FILE: are its smoke tests to be run?
    case ${SMOKE:-1} in
    0) false ;;
    sample) [ $(($(echo "$commit $1" | cksum | cut -d' ' -f1) % 8)) -eq 0 ] ;;
    *) true ;;
    esac
}
prove() { # FILE: its logs, and then a file with the exit status and the seconds it took
    log=$(log_of "$1") start=$(date +%s) only=() status=0
    # A driver that includes a source, for its static functions, proves its own functions only.
    case $1 in vmx/* | isolation/device_*) only=(-wp-fct "$(python3 proofs/contracts.py --defined "$1")") ;; esac
    case $1 in proofs/part_*) only=(-wp-fct "$(sed -n 's/^.*: proves \(.*\) \*\/$/\1/p' "$1")") ;; esac
    case $1 in proofs/ni_*) only=(-wp-fct "$(grep -oE '^void ni_\w+' "$1" | sed 's/void //' | paste -sd,)") ;; esac
    frama_c "${options[@]}" "${goal_options[@]}" "${only[@]}" "$1" "${rest_options[@]}" "${only[@]}" > "$log" 2>&1 || status=$?
    ! has_smoke "$1" || frama_c "${options[@]}" "${smoke_options[@]}" "${only[@]}" "$1" > "$log.smoke" 2>&1 || status=$?
    echo "$status $(($(date +%s) - start))" > "$log.status.new"
    mv "$log.status.new" "$log.status"
}
counts_of() { # LOG: proved and all, where the second pass, over what the first left, says what is not proved
    sed -n 's/.*Proved goals: *\([0-9]*\) *\/ *\([0-9]*\).*/\1 \2/p' "$1" |
        awk 'NR == 1 { all = $2; left = $2 - $1 } NR == 2 { left = $2 - $1 } END { if (NR) print all - left, all }'
}
last_pass() { # LOG
    awk '/Running WP plugin/ { text = "" } { text = text $0 "\n" } END { printf "%s", text }' "$1"
}

# JOBS files at a time, told in order.
rm -f "$logs"/*.status "$logs"/*.log "$logs"/*.smoke
(
    for file in "$@"; do
        while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-3}" ]; do wait -n; done
        prove "$file" &
    done
    wait
) &
# Every half minute: what is being proved, and how far.
told=0
progress() {
    [ $((SECONDS - told)) -ge 30 ] || return
    told=$SECONDS
    echo "    ... $SECONDS s, $passed passed, $failed failed; at work:$(for other in "${all[@]}"; do
        running=$(log_of "$other")
        [ -f "$running" ] && [ ! -f "$running.status" ] || continue
        [ -f "$running.smoke" ] && running=$running.smoke what=" smoke tests" || what=" goals"
        echo " $other ($(sed -n 's/^\[wp\] \([0-9]*\) goals scheduled.*/\1/p' "$running" | tail -1)$what)"
    done | paste -sd,)"
}
all=("$@")
for file in "$@"; do
    log=$(log_of "$file")
    until [ -f "$log.status" ]; do sleep 1; progress; done
    read -r status seconds < "$log.status"
    if [ "$status" -ne 0 ]; then
        tail -n 20 "$log"*
        echo "$file: frama-c stopped: see above, and $log"
        failed=$((failed + 1))
        continue
    fi
    [ -f "$log.smoke" ] || : > "$log.smoke"
    # Failed goals, smoke tests included, and warnings by which WP says that it assumed something.
    { grep -hE 'Missing assigns|No code nor|Neither code nor|User Error' "$log"; last_pass "$log" | grep '\[Failed\]'
      grep -hE '\[Failed\]|smoke.*[Ff]ail' "$log.smoke"; } | sed "s|^|    $file: |"
    missing=$(grep -cE 'Missing assigns|Neither code nor|No code nor' "$log")
    counts=$(counts_of "$log") smoke=$(counts_of "$log.smoke")
    [ -n "$counts" ] || { echo "$file: no goals at all"; failed=$((failed + 1)); continue; }
    smoke=${smoke:-0 0}
    p=${counts% *} t=${counts#* } sp=${smoke% *} st=${smoke#* }
    echo "$file: $p / $t goals, $sp / $st smoke tests, $seconds s"
    passed=$((passed + p + sp)) failed=$((failed + t - p + st - sp + missing))
done

# Every function of a proved file has a contract of its own, in the file or in its header.
for file in "$@"; do
    case $file in proofs/*) continue ;; esac
    refuse "functions without a contract in $file" "$(python3 proofs/contracts.py "$file")"
done

[ "${SMOKE:-1}" = 1 ] || echo "Not all smoke tests were run (SMOKE=$SMOKE): make prove runs them."
echo "Not proved (proofs/not-proved.txt):"
sed -n 's/^[^#]/    &/p' proofs/not-proved.txt
echo "On trust (isolation/trusted*.h, proofs/trusted/, and code that is given to the prover in another form; proofs/README.md gives the reasons):"
grep -hE '^(void|bool|uint|struct|static|enum).*\);$' isolation/trusted*.h | sed 's/^/    /'
grep -rE '^(void|bool|uint|struct|static|enum).*\);$' proofs/trusted | sed 's/^proofs.trusted./    /'
grep -nE '^#ifdef __FRAMAC__' "$@" ept/*.c isolation/*.c | sort -u | sed 's/^/    /; s/:#ifdef.*/: the #else part/'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
