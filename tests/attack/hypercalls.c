/* SPDX-License-Identifier: Apache-2.0 */
/* Every hypercall with every wrong argument: refused by the name of the guilty operand, and nothing changes. */
#include "abi/audit.h"
#include "abi/hypercall.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"

#define NO_ID    0xdeadbeefull
#define ALL_ONES 0xffffffffffffffffull
#define NO_FRAME 0xfffffffffull

static uint64_t status(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10, uint64_t r8)
{
    return tiny_call(number, rdi, rsi, rdx, r10, r8).status;
}

#define REFUSED(name, code, operand, ...)                                                                    \
    tiny_check_equal(name, status(__VA_ARGS__), STATUS_AT((uint64_t)(code), (uint64_t)(operand)))

static void unknown_numbers(void)
{
    static const uint64_t numbers[] = {0x01, 0x0f, 0x13, 0x23, 0x32, 0x42,  0x4f,           0x51,    0x5f,
                                       0x62, 0x7f, 0x81, 0x91, 0xa0, 0x100, 0x100000010ull, ALL_ONES};
    bool all = true;

    for (uint32_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        all = all && status(numbers[i], 0, 0, 0, 0, 0) == STATUS_UNKNOWN;
    }
    tiny_check("numbers that are no hypercall are unknown", all);
}

static void info(void)
{
    tiny_check_equal("INFO says the ABI version",
                     tiny_call(HYPERCALL_INFO, INFO_ABI_VERSION, 0, 0, 0, 0).value, ABI_VERSION);
    REFUSED("INFO of no item", STATUS_INVALID, OPERAND_RDI, HYPERCALL_INFO, 99, 0, 0, 0, 0);
    REFUSED("INFO of no item, all ones", STATUS_INVALID, OPERAND_RDI, HYPERCALL_INFO, ALL_ONES, 0, 0, 0, 0);
}

static void partitions(void)
{
    REFUSED("a partition of no frames", STATUS_INVALID, OPERAND_RDI, HYPERCALL_PARTITION_CREATE, 0, 1, 0, 0,
            0);
    REFUSED("a partition of more frames than there are", STATUS_INVALID, OPERAND_RDI,
            HYPERCALL_PARTITION_CREATE, ALL_ONES, 1, 0, 0, 0);
    REFUSED("a partition of no vCPUs", STATUS_INVALID, OPERAND_RSI, HYPERCALL_PARTITION_CREATE, 1, 0, 0, 0,
            0);
    REFUSED("a partition of too many vCPUs", STATUS_INVALID, OPERAND_RSI, HYPERCALL_PARTITION_CREATE, 1,
            ALL_ONES, 0, 0, 0);
    for (uint64_t id = 0; id < 4; id++) {
        REFUSED("sealing what is no guest", STATUS_INVALID, OPERAND_RDI, HYPERCALL_PARTITION_SEAL, id, 0, 0,
                0, 0);
        REFUSED("destroying what is no guest", STATUS_INVALID, OPERAND_RDI, HYPERCALL_PARTITION_DESTROY, id,
                0, 0, 0, 0);
        REFUSED("reclaiming what is no guest", STATUS_INVALID, OPERAND_RDI, HYPERCALL_FRAME_RECLAIM, id, 0, 0,
                0, 0);
    }
    REFUSED("destroying an id of another generation", STATUS_INVALID, OPERAND_RDI,
            HYPERCALL_PARTITION_DESTROY, NO_ID, 0, 0, 0, 0);
}

static void donations(uint64_t id)
{
    uint64_t hfn = tiny_frames(64);

    REFUSED("donating to the core", STATUS_INVALID, OPERAND_RDI, HYPERCALL_FRAME_DONATE, 0, 0, hfn, 1, 0);
    REFUSED("donating to the manager", STATUS_INVALID, OPERAND_RDI, HYPERCALL_FRAME_DONATE, 1, 0, hfn, 1, 0);
    REFUSED("donating with a reserved flag", STATUS_INVALID, OPERAND_R8, HYPERCALL_FRAME_DONATE, id, 0, hfn,
            1, 2);
    REFUSED("donating nothing", STATUS_INVALID, OPERAND_R10, HYPERCALL_FRAME_DONATE, id, 0, hfn, 0, 0);
    REFUSED("donating too many at once", STATUS_INVALID, OPERAND_R10, HYPERCALL_FRAME_DONATE, id, 0, hfn,
            FRAME_BATCH_MAX + 1, 0);
    REFUSED("donating to a gfn with the shared bit", STATUS_INVALID, OPERAND_RSI, HYPERCALL_FRAME_DONATE, id,
            (1ull << tiny_call(HYPERCALL_INFO, INFO_SHARED_BIT, 0, 0, 0, 0).value) / 4096, hfn, 1, 0);
    REFUSED("donating to a gfn that wraps", STATUS_INVALID, OPERAND_RSI, HYPERCALL_FRAME_DONATE, id, ALL_ONES,
            hfn, 2, 0);
    REFUSED("donating what is no RAM", STATUS_INVALID, OPERAND_RDX, HYPERCALL_FRAME_DONATE, id, 0, NO_FRAME,
            1, 0);
    REFUSED("donating a range that wraps", STATUS_INVALID, OPERAND_RDX, HYPERCALL_FRAME_DONATE, id, 0,
            ALL_ONES, 2, 0);
    REFUSED("donating frame 0, the core's", STATUS_NOT_OWNER, OPERAND_RDX, HYPERCALL_FRAME_DONATE, id, 0, 0,
            1, 0);
    tiny_check_equal("donating works", status(HYPERCALL_FRAME_DONATE, id, 0, hfn, 32, 0), STATUS_OK);
    REFUSED("donating a frame twice", STATUS_NOT_OWNER, OPERAND_RDX, HYPERCALL_FRAME_DONATE, id, 100, hfn, 1,
            0);
    REFUSED("donating a range whose last frame is gone", STATUS_NOT_OWNER, OPERAND_RDX,
            HYPERCALL_FRAME_DONATE, id, 100, hfn - 8, 9, 0);
    REFUSED("donating to a gfn that is taken", STATUS_BAD_STATE, OPERAND_RSI, HYPERCALL_FRAME_DONATE, id, 31,
            hfn + 32, 1, 0);
    tiny_check_equal("donating the rest works", status(HYPERCALL_FRAME_DONATE, id, 32, hfn + 32, 32, 0),
                     STATUS_OK);
    REFUSED("donating beyond the partition's size", STATUS_NO_ROOM, OPERAND_R10, HYPERCALL_FRAME_DONATE, id,
            64, tiny_frames(1), 1, 0);
}

static void vcpus(uint64_t id)
{
    uint64_t vcpu;

    REFUSED("sealing without a vCPU", STATUS_BAD_STATE, OPERAND_RDI, HYPERCALL_PARTITION_SEAL, id, 0, 0, 0,
            0);
    REFUSED("a vCPU of no partition", STATUS_INVALID, OPERAND_RDI, HYPERCALL_VCPU_CREATE, NO_ID, 0, 0, 0, 0);
    REFUSED("a vCPU at a RIP that is not canonical", STATUS_INVALID, OPERAND_RSI, HYPERCALL_VCPU_CREATE, id,
            1ull << 47, 0, 0, 0);
    REFUSED("a vCPU with an unaligned CR3", STATUS_INVALID, OPERAND_R10, HYPERCALL_VCPU_CREATE, id, 0, 0, 1,
            0);
    REFUSED("a vCPU with a CR3 beyond memory", STATUS_INVALID, OPERAND_R10, HYPERCALL_VCPU_CREATE, id, 0, 0,
            1ull << 51, 0);
    vcpu = tiny_call(HYPERCALL_VCPU_CREATE, id, 0x1000, 0, 0x1000, 0).value;
    REFUSED("one vCPU more than said", STATUS_NO_ROOM, OPERAND_RDI, HYPERCALL_VCPU_CREATE, id, 0x1000, 0,
            0x1000, 0);
    REFUSED("interrupting no vCPU", STATUS_INVALID, OPERAND_RDI, HYPERCALL_VCPU_INTERRUPT, NO_ID, 32, 0, 0,
            0);
    REFUSED("interrupting the manager's vCPU", STATUS_INVALID, OPERAND_RDI, HYPERCALL_VCPU_INTERRUPT, 0, 32,
            0, 0, 0);
    REFUSED("injecting #MC", STATUS_INVALID, OPERAND_RSI, HYPERCALL_VCPU_INTERRUPT, vcpu, 18, 0, 0, 0);
    REFUSED("injecting vector 31", STATUS_INVALID, OPERAND_RSI, HYPERCALL_VCPU_INTERRUPT, vcpu, 31, 0, 0, 0);
    REFUSED("injecting vector 0x80", STATUS_INVALID, OPERAND_RSI, HYPERCALL_VCPU_INTERRUPT, vcpu, 0x80, 0, 0,
            0);
    REFUSED("injecting vector 256", STATUS_INVALID, OPERAND_RSI, HYPERCALL_VCPU_INTERRUPT, vcpu, 256, 0, 0,
            0);
    REFUSED("injecting vector 32 + 2^32", STATUS_INVALID, OPERAND_RSI, HYPERCALL_VCPU_INTERRUPT, vcpu,
            0x100000020ull, 0, 0, 0);
}

static void runs(uint64_t id, uint64_t vcpu)
{
    struct tiny_run run = {.vcpu = vcpu};

    tiny_vcpu_run(&run);
    tiny_check("running before the seal is refused", (run.status & 0xff) == STATUS_BAD_STATE);
    run.vcpu = NO_ID;
    tiny_vcpu_run(&run);
    tiny_check("running no vCPU is refused", (run.status & 0xff) == STATUS_INVALID);
    run.vcpu = 0;
    tiny_vcpu_run(&run);
    tiny_check("running the manager's own vCPU is refused", (run.status & 0xff) == STATUS_INVALID);
    tiny_check_equal("sealing works", status(HYPERCALL_PARTITION_SEAL, id, 0, 0, 0, 0), STATUS_OK);
    REFUSED("sealing twice", STATUS_BAD_STATE, OPERAND_RDI, HYPERCALL_PARTITION_SEAL, id, 0, 0, 0, 0);
    REFUSED("donating after the seal", STATUS_BAD_STATE, OPERAND_RDI, HYPERCALL_FRAME_DONATE, id, 200,
            tiny_frames(1), 1, 0);
    REFUSED("a vCPU after the seal", STATUS_BAD_STATE, OPERAND_RDI, HYPERCALL_VCPU_CREATE, id, 0, 0, 0, 0);
    REFUSED("reclaiming before destroying", STATUS_BAD_STATE, OPERAND_RDI, HYPERCALL_FRAME_RECLAIM, id, 0, 0,
            0, 0);
}

static void endings(uint64_t id, uint64_t vcpu)
{
    struct tiny_run run = {.vcpu = vcpu};
    uint64_t answer;

    tiny_check_equal("destroying works", status(HYPERCALL_PARTITION_DESTROY, id, 0, 0, 0, 0), STATUS_OK);
    REFUSED("destroying twice", STATUS_BAD_STATE, OPERAND_RDI, HYPERCALL_PARTITION_DESTROY, id, 0, 0, 0, 0);
    REFUSED("sealing in destruction", STATUS_BAD_STATE, OPERAND_RDI, HYPERCALL_PARTITION_SEAL, id, 0, 0, 0,
            0);
    tiny_vcpu_run(&run);
    tiny_check("running in destruction is refused", run.status != STATUS_OK);
    do {
        answer = status(HYPERCALL_FRAME_RECLAIM, id, 0, 0, 0, 0);
    } while (answer == STATUS_RETRY);
    tiny_check_equal("reclaiming ends", answer, STATUS_OK);
    REFUSED("the id is gone", STATUS_INVALID, OPERAND_RDI, HYPERCALL_FRAME_RECLAIM, id, 0, 0, 0, 0);
    tiny_vcpu_run(&run);
    tiny_check("the vCPU's id is gone", (run.status & 0xff) == STATUS_INVALID);
    tiny_check("a new partition has a new id",
               tiny_call(HYPERCALL_PARTITION_CREATE, 64, 1, 0, 0, 0).value != id);
}

static void audit_and_power(void)
{
    REFUSED("reading an audit record that is not there", STATUS_INVALID, OPERAND_RDI, HYPERCALL_AUDIT_READ,
            ALL_ONES, 0, 0, 0, 0);
    REFUSED("reading a word that is not there", STATUS_INVALID, OPERAND_RSI, HYPERCALL_AUDIT_READ, 0,
            AUDIT_WORDS, 0, 0, 0);
    REFUSED("a power action that is none", STATUS_INVALID, OPERAND_RDI, HYPERCALL_POWER, 2, 0, 0, 0, 0);
}

void tiny_main(const struct boot_info *boot)
{
    uint64_t id;
    uint64_t vcpu;

    unknown_numbers();
    info();
    partitions();
    id = tiny_call(HYPERCALL_PARTITION_CREATE, 64, 1, 0, 0, 0).value;
    donations(id);
    vcpus(id);
    /* The one vCPU made above has the id that interrupting it with a good vector accepts. */
    for (vcpu = 0; status(HYPERCALL_VCPU_INTERRUPT, vcpu, 32, 0, 0, 0) != STATUS_OK; vcpu++) {
    }
    runs(id, vcpu);
    endings(id, vcpu);
    audit_and_power();
}
