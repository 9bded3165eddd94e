#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: proofs/mutants.sh [--quick] [NAME ...]     plants faults in copies of the core, one at a time: each must fail to prove,
# in the function named; and that function, unchanged, must prove under the same limits.  Ends in `N passed, M failed`.
# --quick: only the faults that are told in seconds (QUICK below), which `make test` runs with `make prove`.
#   JOBS=n  faults at a time     FIRST=s, TIMEOUT=s  of one goal: of CVC4 alone, then of both     PAR=n  provers at a time for each
set -u
cd "$(dirname "$0")/.." || exit 1
include=$(gcc -print-file-name=include)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
QUICK=" donate-no-scrub donate-any-owner donate-over-a-page flush-not-devices flush-not-cpus id-comes-back slot-without-lives vcpu-runs-overlap
 request-0x80 claim-not-sealed audit-lost-record mask-any-register port-any disclose-unnamed accept-any-page "
[ "${1:-}" = --quick ] && { quick=1; shift; } || quick=0
wanted=" $* "
declare -A control

# As prove.sh asks: CVC4 first, and both of what that leaves.
goals() { # FOLDER FILE FUNCTION -> "proved total"
    (cd "$1" && OCAMLRUNPARAM=s=8M,o=400 frama-c -no-autoload-plugins -load-module wp,rtegen -c11 -machdep gcc_x86_64 -no-frama-c-stdlib \
        -cpp-extra-args="-ffreestanding -nostdinc -isystem $include -iquote proofs/trusted -I. -include proofs/trusted/frama.h" \
        -warn-unsigned-overflow -warn-unsigned-downcast -wp -wp-rte -wp-prover cvc4 -wp-timeout "${FIRST:-3}" -wp-no-ground -wp-no-pruning -wp-par "${PAR:-2}" \
        -kernel-warn-key annot-error=abort -wp-fct "$3" "$2" \
        -then -wp -wp-prover z3,cvc4 -wp-timeout "${TIMEOUT:-20}" -wp-ground -wp-pruning -wp-fct "$3" 2>&1 |
        sed -n 's/.*Proved goals: *\([0-9]*\) *\/ *\([0-9]*\).*/\1 \2/p' |
        awk 'NR == 1 { all = $2; left = $2 - $1 } NR == 2 { left = $2 - $1 } END { if (NR) print all - left, all }')
}

say() { # PASSED? TEXT
    echo "$2 ($SECONDS s)"
    echo "$1" >> "$dir/results"
}

fault() { # NAME FILE FUNCTION SED-SCRIPT [HEADER that has the function]
    [ "$wanted" = "  " ] || [[ $wanted == *" $1 "* ]] || return
    [ $quick = 0 ] || [[ $QUICK =~ [[:space:]]$1[[:space:]] ]] || return
    if [ -z "${control[$3]:-}" ]; then
        control[$3]=1
        start unchanged "$2" "$3"
    fi
    start planted "$@"
}

start() { # COMMAND...: beside at most JOBS - 1 others
    while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-2}" ]; do wait -n; done
    "$@" &
}

unchanged() { # FILE FUNCTION
    read -r p t < <(goals . "$1" "$2")
    [ -n "${t:-}" ] && [ "$p" = "$t" ] && ok=1 || ok=0
    say $ok "control $2: ${p:-?} / ${t:-?} goals, unchanged"
}

planted() { # NAME FILE FUNCTION SED-SCRIPT [HEADER]
    tree=$dir/$1
    mkdir "$tree" && cp -r abi lib arch ept iommu isolation vmx proofs "$tree"
    sed -i "$4" "$tree/${5:-$2}"
    if cmp -s "${5:-$2}" "$tree/${5:-$2}"; then
        say 0 "$1: the fault does not apply to ${5:-$2} any more: mend its script"
        return
    fi
    read -r p t < <(goals "$tree" "$2" "$3")
    [ -n "${t:-}" ] && [ "$p" -lt "$t" ] && ok=1 || ok=0
    [ $ok = 1 ] && word=caught || word=MISSED
    say $ok "$1: $word, ${p:-?} / ${t:-?} goals"
    rm -rf "$tree"
}

fault donate-no-flush isolation/frame_donate.c take_all '/frame_flush(PARTITION_MANAGER)/d;/assert flushed/d'
fault donate-late-flush isolation/frame_donate.c take_all 's/^    frame_flush(PARTITION_MANAGER);//;/assert flushed/d;s/^    give_all(slot, gfn, hfn, count, keep);/&\n    frame_flush(PARTITION_MANAGER);/'
fault donate-no-scrub isolation/frame_donate.c give_one 's/frame_scrub(hfn);//;/assert still/d'
fault donate-any-owner isolation/frame_donate.c all_owned 's/if (!frame_is_owned(hfn + k, PARTITION_MANAGER))/if (frames[hfn + k].state != FRAME_OWNED)/'
fault donate-over-a-page isolation/frame_donate.c all_absent 's/table_translate(space, gfn + k) != 0/false/;/assert not: walk/d'
fault donate-quota-of-another proofs/ni_donate.c ni_donate_told 's/count <= .at(partitions.id % PARTITIONS_MAX..frames_left,L)/count <= \\at(partitions[PARTITION_FIRST_GUEST].frames_left,L)/' isolation/frame_donate.c
fault share-executable isolation/page.c share_one 's/EPT_LEAF_SHARED/EPT_LEAF_OWNED/'
fault share-in-the-private-half isolation/page.c share_locked 's/gfn + shared_bit_gfn, count/gfn + count, count/'
fault unshare-no-scrub isolation/page.c unshare_one 's/frame_scrub(hfn);//'
fault unshare-manager-not-flushed isolation/page.c unshare_all '/frame_flush(PARTITION_MANAGER)/d'
fault flush-not-devices isolation/frame.c frame_flush '/iommu_flush_partition(partition)/d'
fault flush-not-cpus isolation/frame.c frame_flush '/ept_flush_cpus(partition)/d'
fault map-no-back-pointer isolation/frame.c frame_map '/slot_note(partition, hfn/d'
fault unmap-keeps-leaf isolation/frame.c frame_unmap_owner 's/^    table_set(table, slot, 0);//'
fault split-drops-a-frame ept/table_step.c table_fill 's/i < TABLE_SLOTS; i++/i < TABLE_SLOTS - (from != 0); i++/'
fault split-unfilled ept/table_large.c table_large_split 's/^  *tables\[table\].entry\[slot\]);/0);/'
fault large-unaligned isolation/frame_large.c frame_large_grant 's/hfn % TABLE_SLOTS != 0 || //'
fault large-not-owned-run isolation/frame_large.c frame_large_grant 's/ || !all_free(hfn)//'
fault split-keeps-old-slot isolation/frame_large.c split_run '/rename_run(hfn, leaf);/d'
fault unmap-inside-large isolation/frame_donate.c donate_locked 's/if (!split_all(hfn, count))/if (false)/'
fault quota-not-checked ept/table.c table_prepare 's/if (tables_missing(space, gfn) > left)/if (left > TABLES_MAX)/'
fault sweep-skips-a-slot isolation/sweep.c gather 's/^        i++;/        i += i + 1u < TABLE_SLOTS ? 2u : 1u;/'
fault id-comes-back isolation/partition.c partition_free '/generation += 1u;/d'
fault slot-without-lives isolation/partition_create.c slot_find 's/ && partitions\[v\].generation < GENERATION_MAX//'
fault vcpu-runs-overlap isolation/vcpu.c behind_runs 's/vcpu_first < at + count/vcpu_first < at/'
fault request-0x80 isolation/vcpu.c vcpu_request_interrupt 's/ || vector == VCPU_VECTOR_REFUSED//'
fault claim-not-sealed isolation/vcpu.c vcpu_claim 's/ || !partition_runs(partition))) {/)) {/'
fault reclaim-early isolation/frame_reclaim.c sweep 's/TABLE_SLOTS == table_slices\[slot\].used;/TABLE_SLOTS >= table_slices[slot].used - 1u;/'
fault audit-lost-record isolation/audit.c read_locked 's/ || audit_count - sequence > AUDIT_RECORDS//'
fault device-without-reset isolation/device.c device_assign 's/if (!is_fit(group, id))/if (false)/'
fault device-of-the-firmware isolation/device.c device_assign 's/ || (slot != PARTITION_MANAGER && device_facts\[group\].managers)//'
fault device-not-detached isolation/device.c take 's/^    device_act_detach(group);//'
fault device-of-two isolation/device.c device_assign 's/if (devices\[group\].owner != PARTITION_CORE)/if (false)/'
fault mask-any-register proofs/gpr.c gpr_mask_is_valid 's/mask % GPR_MASK_OF(GUEST_RDX) == 0/true/' vmx/gpr_mask.h
fault port-any vmx/tdvmcall.c is_port_access 's/ && port < IO_PORTS//'
fault disclose-unnamed vmx/tdvmcall.c ask_manager 's/run_return_guest_call(state->call_mask)/run_return_guest_call(TDVMCALL_MASK_ALLOWED)/'
fault map-beyond-half vmx/map_gpa.c map_gpa 's/bytes > shared_bit - first/false/'
fault interrupt-any-cpu vmx/hypercall_device.c hypercall_irq_map 's/in->r10 >= partitions\[PARTITION_MANAGER\].vcpu_count/in->r10 > CPUS_MAX/'
fault reclaim-with-devices vmx/hypercall_device.c hypercall_frame_reclaim 's/^        device_release_all(slot);/        device_release_all(PARTITION_CORE);/'
fault reclaim-in-two-locks vmx/hypercall_device.c hypercall_frame_reclaim 's/^    status = frame_reclaim(id);/    lock_release();\n    lock_acquire();\n    status = frame_reclaim(id);/'
fault start-above-the-half vmx/hypercall_vcpu.c hypercall_vcpu_create 's/ || frame_of_address(in.r10) >= shared_bit_gfn//'
fault accept-any-page vmx/map_gpa.c map_gpa_accept 's/!= PAGE_PRIVATE/== PAGE_ABSENT/'

wait
passed=$(grep -c 1 "$dir/results") failed=$(grep -c 0 "$dir/results")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
