/* SPDX-License-Identifier: Apache-2.0 */
/* VT-d units of all kinds against a model of their registers that watches the order in which it is driven. */
#include "tests/unit/unit.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/tsc.h"
#include "arch/x86_64/window.h"
#include "ept/table.h"
#include "ept/table_cache.h"
#include "iommu/iommu_flush.h"
#include "iommu/vtd.h"
#include "iommu/vtd_context.h"
#include "iommu/vtd_domain.h"
#include "iommu/vtd_entry.h"
#include "iommu/vtd_fault.h"
#include "iommu/vtd_function.h"
#include "iommu/vtd_interrupt.h"
#include "iommu/vtd_invalidate.h"
#include "iommu/vtd_reg.h"

#define UNITS     3u
#define REGISTERS 0xfed90000u
#define SAGAW     (VTD_CAP_SAGAW_39 | VTD_CAP_SAGAW_48)
#define CAP                                                                                                  \
    (6u | SAGAW | 0x22ull << VTD_CAP_FRO_SHIFT | 1ull << VTD_CAP_NFR_SHIFT | VTD_CAP_DWD | VTD_CAP_DRD)
#define ECAP (VTD_ECAP_C | VTD_ECAP_QI | VTD_ECAP_IR | 0xfull << VTD_ECAP_IRO_SHIFT)
#define GIB  0x40000ull /* in frames */
#define WIDE (512 * GIB)
enum { FAULTS = 0x220, IOTLB = 0xf8, SOURCE = 0x1018 };

/* A unit: its registers, and what of its caches is stale. */
static struct model {
    uint8_t registers[VTD_REGISTERS_BYTES];
    bool stale_contexts;
    bool stale_interrupts;
    bool deaf;        /* commands do nothing */
    bool queue_stuck; /* the queue does nothing */
    uint32_t drains;  /* IOTLB invalidations that drained reads and writes */
    uint32_t domain;  /* of the last one for a domain */
    uint32_t write_buffer_flushes;
} models[UNITS];

struct table tables[TABLES_MAX];
struct table_tag table_tags[TABLES_MAX];
struct pci_machine pci_machine;
static struct dmar dmar;
static uint64_t now;
static uint32_t lines_written_back;
static jmp_buf stopped;
static enum panic_reason stop_reason;

void insn_clflush(const void *at)
{
    lines_written_back++;
}

void window_write_back(void)
{
}

uint64_t tsc_read(void)
{
    return now += 1000;
}

uint64_t tsc_khz(void)
{
    return 1000;
}

void panic(enum panic_reason reason, uint64_t a, uint64_t b)
{
    stop_reason = reason;
    longjmp(stopped, 1);
}

void *paging_map_device(uint64_t address, uint64_t bytes)
{
    assert_true(bytes <= VTD_REGISTERS_BYTES);
    return &models[(address - REGISTERS) / VTD_REGISTERS_BYTES];
}

uint64_t paging_physical_of_image(const void *in_image)
{
    return (uint64_t)in_image;
}

static uint64_t get(const struct model *model, uint64_t offset, size_t bytes)
{
    uint64_t value = 0;
    assert_true(offset + bytes <= VTD_REGISTERS_BYTES);
    memcpy(&value, model->registers + offset, bytes);
    return value;
}

static void set(struct model *model, uint64_t offset, uint64_t value, size_t bytes)
{
    assert_true(offset + bytes <= VTD_REGISTERS_BYTES);
    memcpy(model->registers + offset, &value, bytes);
}

uint32_t mmio_read32(const void *block, uint64_t offset)
{
    return (uint32_t)get(block, offset, 4);
}

uint64_t mmio_read64(const void *block, uint64_t offset)
{
    return get(block, offset, 8);
}

static void command(struct model *model, uint32_t value)
{
    const uint32_t before = (uint32_t)get(model, VTD_GSTS_REG, 4);
    const uint32_t on = value & ~before;
    uint32_t after = (value & VTD_GLOBAL_STAYS) | (before & (VTD_GLOBAL_SRTP | VTD_GLOBAL_SIRTP));
    if (model->deaf) {
        return;
    }
    assert_false((before & ~value & (VTD_GLOBAL_TE | VTD_GLOBAL_IRE)) != 0); /* never off */
    if ((value & VTD_GLOBAL_SRTP) != 0) {
        model->stale_contexts = true;
        after |= VTD_GLOBAL_SRTP;
    }
    if ((value & VTD_GLOBAL_SIRTP) != 0) {
        model->stale_interrupts = true;
        after |= VTD_GLOBAL_SIRTP;
    }
    model->write_buffer_flushes += (value & VTD_GLOBAL_WBF) != 0;
    if ((on & VTD_GLOBAL_TE) != 0) {
        assert_true((after & VTD_GLOBAL_SRTP) != 0 && !model->stale_contexts);
    }
    if ((on & VTD_GLOBAL_IRE) != 0) {
        assert_true((after & VTD_GLOBAL_SIRTP) != 0 && !model->stale_interrupts);
        assert_true((after & VTD_GLOBAL_CFI) == 0);
    }
    set(model, VTD_GSTS_REG, after, 4);
}

void mmio_write32(void *block, uint64_t offset, uint32_t value)
{
    struct model *model = block;
    if (offset == VTD_GCMD_REG) {
        command(model, value);
    } else if (offset == VTD_FSTS_REG) {
        set(model, offset, get(model, offset, 4) & ~value, 4);
    } else if (offset == VTD_PMEN_REG) {
        assert_true((get(model, VTD_GSTS_REG, 4) & VTD_GLOBAL_TE) !=
                    0); /* released after translation is on */
        set(model, offset, (value & VTD_PMEN_EPM) != 0 ? value : 0, 4);
    } else if (offset >= FAULTS && offset % 16 == VTD_FAULT_RECORD_HIGHER) {
        set(model, offset, get(model, offset, 4) & ~(value & VTD_FRCD_F_IN_HIGHER), 4);
    } else {
        set(model, offset, value, 4);
    }
}

static void descriptor(struct model *model, struct vtd_entry d)
{
    switch (d.low % 16) {
    case 1:
        model->stale_contexts = false;
        break;
    case 2:
        model->drains += d.low % 256 / 64 == 3;
        model->domain = d.low / 16 % 4 == 2 ? (uint32_t)(d.low / 65536) : 0;
        break;
    case 4:
        model->stale_interrupts = false;
        break;
    default:
        assert_int_equal(d.low % 65536, 5 + 32);
        *(volatile uint32_t *)d.high = (uint32_t)(d.low >> 32);
    }
}

static void run_queue(struct model *model, uint64_t tail)
{
    const struct vtd_page *queue = (const struct vtd_page *)get(model, VTD_IQA_REG, 8);
    uint64_t head = get(model, VTD_IQH_REG, 8);
    set(model, VTD_IQT_REG, tail, 8);
    if ((get(model, VTD_GSTS_REG, 4) & VTD_GLOBAL_QIE) == 0 || model->queue_stuck) {
        set(model, VTD_IQH_REG, model->queue_stuck ? head : tail, 8);
        return;
    }
    while (head != tail) {
        descriptor(model, queue->entry[head / 16]);
        head = (head + 16) % FRAME_SIZE;
    }
    set(model, VTD_IQH_REG, head, 8);
}

void mmio_write64(void *block, uint64_t offset, uint64_t value)
{
    struct model *model = block;
    const bool queued = (get(model, VTD_GSTS_REG, 4) & VTD_GLOBAL_QIE) != 0;
    if (offset == VTD_IQT_REG) {
        run_queue(model, value);
    } else if (offset == VTD_CCMD_REG) {
        assert_false(queued);
        model->stale_contexts = false;
        set(model, offset, value & ~VTD_CCMD_ICC, 8);
    } else if (offset == IOTLB) {
        assert_false(queued);
        model->drains += (value & VTD_IOTLB_DR) != 0 && (value & VTD_IOTLB_DW) != 0;
        model->domain = (value & VTD_IOTLB_IIRG_DOMAIN) != 0 ? (uint32_t)(value >> 32 & 0xffff) : 0;
        set(model, offset, value & ~VTD_IOTLB_IVT, 8);
    } else {
        set(model, offset, value, 8);
    }
}

/* Units of these capabilities, one for each. */
static void make_units(uint32_t count, uint64_t cap, uint64_t ecap)
{
    dmar.unit_count = count;
    for (uint32_t i = 0; i < count; i++) {
        memset(&models[i], 0, sizeof(models[i]));
        set(&models[i], VTD_VER_REG, 0x10, 4);
        set(&models[i], VTD_CAP_REG, cap, 8);
        set(&models[i], VTD_ECAP_REG, ecap, 8);
        dmar.units[i] = (struct dmar_unit){.registers = REGISTERS + i * VTD_REGISTERS_BYTES};
    }
    memset(vtd_units, 0, sizeof(vtd_units));
    lines_written_back = 0;
    table_cache_bypassed = false;
}

static bool is_blank(const void *page)
{
    const struct vtd_page *entries = page;
    for (uint32_t i = 0; i < VTD_ENTRIES; i++) {
        if (entries->entry[i].low != 0 || entries->entry[i].high != 0) {
            return false;
        }
    }
    return true;
}

static const void *page_at(const struct model *model, uint64_t offset)
{
    return (const void *)(get(model, offset, 8) / FRAME_SIZE * FRAME_SIZE);
}

static uint32_t status(const struct model *model)
{
    return (uint32_t)get(model, VTD_GSTS_REG, 4);
}

static void every_device_of_every_unit_is_blocked(void **state)
{
    make_units(UNITS, CAP, ECAP | VTD_ECAP_EIM);
    const struct vtd_found found = vtd_start(&dmar);
    assert_int_equal(found.driven, UNITS);
    assert_int_equal(found.not_driven + found.without_interrupts + found.taken_over, 0);
    for (uint32_t i = 0; i < UNITS; i++) {
        assert_int_equal(status(&models[i]) & VTD_GLOBAL_STAYS,
                         VTD_GLOBAL_TE | VTD_GLOBAL_QIE | VTD_GLOBAL_IRE);
        assert_true(is_blank(page_at(&models[i], VTD_RTADDR_REG)));
        assert_true(is_blank(page_at(&models[i], VTD_IRTA_REG)));
        assert_int_equal(get(&models[i], VTD_IRTA_REG, 8) % FRAME_SIZE, VTD_IRTA_EIME + 7);
        assert_int_equal(get(&models[i], VTD_RTADDR_REG, 8) % FRAME_SIZE, 0); /* legacy mode */
        assert_int_equal(get(&models[i], VTD_FECTL_REG, 4), VTD_FECTL_IM);
        assert_int_equal(vtd_units[i].levels, 4);
        assert_true(models[i].drains > 0);
        assert_false(models[i].stale_contexts || models[i].stale_interrupts);
    }
    assert_ptr_not_equal(page_at(&models[0], VTD_RTADDR_REG), page_at(&models[1], VTD_RTADDR_REG));
    assert_ptr_not_equal(page_at(&models[0], VTD_IQA_REG), page_at(&models[1], VTD_IQA_REG));
    assert_int_equal(lines_written_back, 0);
}

static void a_unit_that_the_firmware_had_on_is_never_off(void **state)
{
    static struct vtd_page firmware;
    make_units(1, CAP | VTD_CAP_PLMR, ECAP);
    set(&models[0], VTD_GSTS_REG,
        VTD_GLOBAL_TE | VTD_GLOBAL_SRTP | VTD_GLOBAL_SIRTP | VTD_GLOBAL_QIE | VTD_GLOBAL_IRE | VTD_GLOBAL_CFI,
        4);
    set(&models[0], VTD_RTADDR_REG, (uint64_t)&firmware, 8);
    set(&models[0], VTD_IQH_REG, 64, 8);
    set(&models[0], VTD_IQT_REG, 64, 8);
    set(&models[0], VTD_PMEN_REG, VTD_PMEN_EPM | VTD_PMEN_PRS, 4);
    set(&models[0], FAULTS + VTD_FAULT_RECORD_HIGHER, VTD_FRCD_F_IN_HIGHER, 4);
    assert_int_equal(vtd_start(&dmar).taken_over, 1);
    assert_int_equal(status(&models[0]) & VTD_GLOBAL_STAYS, VTD_GLOBAL_TE | VTD_GLOBAL_QIE | VTD_GLOBAL_IRE);
    assert_ptr_not_equal(page_at(&models[0], VTD_RTADDR_REG), &firmware);
    assert_int_equal(get(&models[0], VTD_PMEN_REG, 4), 0);
    assert_int_equal(get(&models[0], FAULTS + VTD_FAULT_RECORD_HIGHER, 4), 0);
    assert_int_equal(vtd_units[0].faults, 0);
    assert_false(models[0].stale_contexts || models[0].stale_interrupts);
}

static void lesser_units(void **state)
{
    make_units(1, CAP & ~VTD_CAP_SAGAW_48, ECAP);
    assert_int_equal(vtd_start(&dmar).driven, 1);
    assert_int_equal(vtd_units[0].levels, 3);
    make_units(1, CAP, ECAP & ~(VTD_ECAP_QI | VTD_ECAP_IR)); /* registers only */
    assert_int_equal(vtd_start(&dmar).without_interrupts, 1);
    assert_int_equal(status(&models[0]) & VTD_GLOBAL_STAYS, VTD_GLOBAL_TE);
    assert_true(models[0].drains > 0);
    make_units(1, CAP, ECAP & ~VTD_ECAP_QI); /* interrupt remapping needs a queue */
    assert_int_equal(vtd_start(&dmar).without_interrupts, 1);
    make_units(1, CAP | VTD_CAP_RWBF, ECAP & ~VTD_ECAP_C);
    assert_int_equal(vtd_start(&dmar).driven, 1);
    assert_true(models[0].write_buffer_flushes > 0);
    assert_int_equal(lines_written_back, 2 * FRAME_SIZE / 64); /* the root and the interrupt table */
}

static void units_that_lack_something_are_let_be(void **state)
{
    const uint64_t caps[] = {CAP & ~SAGAW, (CAP & ~VTD_CAP_ND_MASK) | 1, UINT64_MAX,
                             CAP | (uint64_t)VTD_CAP_FRO_MASK << VTD_CAP_FRO_SHIFT};
    for (uint32_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        make_units(1, caps[i], ECAP);
        assert_int_equal(vtd_start(&dmar).not_driven, 1);
        assert_false(vtd_units[0].driven);
        assert_int_equal(status(&models[0]), 0);
    }
    make_units(1, CAP, ECAP | VTD_ECAP_IRO_MASK << VTD_ECAP_IRO_SHIFT);
    assert_int_equal(vtd_start(&dmar).not_driven, 1);
    make_units(2, CAP, ECAP);
    set(&models[0], VTD_VER_REG, 0, 4);
    assert_int_equal(vtd_start(&dmar).driven, 1); /* the other */
    assert_true(vtd_units[1].driven);
    make_units(2, CAP, ECAP);
    dmar.units[1].registers = dmar.units[0].registers; /* twice the same: once */
    assert_int_equal(vtd_start(&dmar).driven, 1);
    make_units(0, 0, 0);
    assert_int_equal(vtd_start(&dmar).driven, 0);
}

static void start_or_stop(void)
{
    if (setjmp(stopped) == 0) {
        (void)vtd_start(&dmar);
        fail_msg("went on");
    }
    assert_int_equal(stop_reason, PANIC_VTD);
}

static void a_unit_that_does_not_answer_stops_the_core(void **state)
{
    make_units(1, CAP, ECAP);
    models[0].deaf = true;
    start_or_stop();
    make_units(1, CAP, ECAP);
    models[0].queue_stuck = true;
    start_or_stop();
    make_units(1, CAP, ECAP); /* the firmware's queue never ends */
    set(&models[0], VTD_GSTS_REG, VTD_GLOBAL_QIE, 4);
    set(&models[0], VTD_IQT_REG, 16, 8);
    start_or_stop();
}

/* EPTs for the manager and for partitions 2 and 3; 3 has shared nothing yet. */
static void make_trees(gfn_t shared_bit)
{
    table_init(TABLES_MAX, 0x1000);
    table_slice_open(PARTITION_MANAGER, 0, 16);
    table_slice_open(2, 16, 16);
    table_slice_open(3, 32, 16);
    vtd_domain_init(shared_bit);
    assert_int_not_equal(table_prepare(2, 0), TABLE_NONE);
    assert_int_not_equal(table_prepare(4, 0), TABLE_NONE);
    assert_int_not_equal(table_prepare(4, shared_bit + 5 * GIB), TABLE_NONE);
    assert_int_not_equal(table_prepare(6, 0), TABLE_NONE);
}

static uint64_t link_of(uint32_t partition, uint64_t slot)
{
    return tables[table_roots[2 * partition]].entry[slot];
}

static uint64_t below_link(uint64_t link, uint64_t slot)
{
    return tables[link / FRAME_SIZE - 0x1000].entry[slot];
}

static const struct vtd_entry *context_of(const struct model *model, uint16_t source)
{
    const struct vtd_page *root = page_at(model, VTD_RTADDR_REG);
    const uint64_t low = root->entry[source / 256].low;
    assert_int_equal(root->entry[source / 256].high, 0);
    assert_int_equal(low % FRAME_SIZE, VTD_PRESENT);
    return &((const struct vtd_page *)(low - VTD_PRESENT))->entry[source % 256];
}

static void attach_and_detach(void **state)
{
    make_units(1, CAP, ECAP);
    (void)vtd_start(&dmar);
    make_trees(WIDE);
    assert_false(vtd_context_attach(0, SOURCE, PARTITION_CORE));
    assert_false(vtd_context_attach(0, SOURCE, 4)); /* has no EPT */
    assert_false(vtd_context_attach(0, SOURCE, PARTITIONS_MAX));
    assert_false(vtd_context_attach(1, SOURCE, 2));
    assert_false(vtd_context_attach(VTD_UNITS_MAX, SOURCE, 2));
    assert_false(vtd_domain_any());
    assert_true(vtd_context_attach(0, SOURCE, PARTITION_MANAGER));
    assert_true(vtd_domain_exists(PARTITION_MANAGER) && !vtd_domain_exists(2) && vtd_domain_any());
    assert_false(vtd_context_attach(0, SOURCE, 3));
    const struct vtd_entry *entry = context_of(&models[0], SOURCE);
    assert_int_equal(entry->low, (0x1000 + table_roots[2]) * FRAME_SIZE + VTD_PRESENT);
    assert_int_equal(entry->high, 1 * 256 + VTD_CONTEXT_AW_48);
    models[0].stale_contexts = true; /* absent entries, in caching mode */
    assert_true(vtd_context_attach(0, SOURCE + 1, 3));
    assert_false(models[0].stale_contexts);
    assert_ptr_equal(context_of(&models[0], SOURCE + 1), entry + 1);
    models[0].stale_contexts = true;
    const uint32_t drains = models[0].drains;
    vtd_context_detach(0, SOURCE);
    assert_false(models[0].stale_contexts);
    assert_true(models[0].drains > drains);
    assert_int_equal(entry->low | entry->high, 0);
    vtd_context_detach(0, SOURCE); /* again */
    vtd_context_detach(0, SOURCE + 1);
    vtd_context_detach(0, 0x4200); /* a bus never seen */
    assert_false(vtd_domain_any());
    assert_true(vtd_context_attach(0, SOURCE, 3));
    vtd_context_detach(0, SOURCE);
}

/* The table at the physical address where the unit starts. */
static const uint64_t *start_of(const struct vtd_entry *entry)
{
    return (const uint64_t *)(entry->low - VTD_PRESENT);
}

static bool only(const uint64_t *table, uint32_t slot, uint64_t value)
{
    for (uint32_t i = 0; i < TABLE_SLOTS; i++) {
        if (table[i] != (i == slot ? value : 0)) {
            return false;
        }
    }
    return true;
}

/* A guest's domain is the half of its EPT with the shared bit: that half is whole tables below the root, or
 * part of the one below it. */
static void guests_domain(gfn_t shared_bit, uint64_t root_slot, uint64_t first)
{
    for (uint32_t levels = 3; levels <= 4; levels++) {
        make_units(1, levels == 4 ? CAP : CAP & ~VTD_CAP_SAGAW_48, ECAP);
        (void)vtd_start(&dmar);
        make_trees(shared_bit);
        assert_true(vtd_context_attach(0, SOURCE, 2));
        const struct vtd_entry *entry = context_of(&models[0], SOURCE);
        const uint64_t *top = start_of(entry);
        assert_int_equal(entry->high, 2 * 256 + (levels == 4 ? VTD_CONTEXT_AW_48 : VTD_CONTEXT_AW_39));
        const uint64_t *second = levels == 4 ? (const uint64_t *)(top[0] - EPT_TABLE) : top;
        assert_true(levels == 3 || only(top, 0, top[0]));
        assert_true(only(second, 5, below_link(link_of(2, root_slot), first + 5)) && second[5] != 0);
        /* A second page is shared, in a table of its own: the flush that comes before it is mapped tells the domain. */
        assert_int_not_equal(table_prepare(4, shared_bit + 9 * GIB), TABLE_NONE);
        iommu_flush_partition(2);
        assert_int_equal(second[9], below_link(link_of(2, root_slot), first + 9));
        assert_true(vtd_context_attach(0, SOURCE + 1, 2)); /* the same domain */
        assert_int_equal(context_of(&models[0], SOURCE + 1)->low, entry->low);
        vtd_context_detach(0, SOURCE);
        assert_int_not_equal(second[9], 0);
        vtd_context_detach(0, SOURCE + 1);
        assert_true(only(second, 0, 0) && only(top, 0, 0));
    }
}

static void guests_domains(void **state)
{
    guests_domain(WIDE, 1, 0);         /* shared bit 39 */
    guests_domain(1ull << 35, 256, 0); /* 47 */
    guests_domain(1ull << 26, 0, 256); /* 38 */
    guests_domain(16 * GIB, 0, 16);    /* 34 */
}

static void three_levels(void **state)
{
    make_units(1, CAP & ~VTD_CAP_SAGAW_48, ECAP);
    (void)vtd_start(&dmar);
    make_trees(WIDE);
    assert_true(vtd_context_attach(0, SOURCE, PARTITION_MANAGER));
    const struct vtd_entry *entry = context_of(&models[0], SOURCE);
    assert_int_equal(entry->low, link_of(PARTITION_MANAGER, 0) / FRAME_SIZE * FRAME_SIZE + VTD_PRESENT);
    assert_int_equal(entry->high, 1 * 256 + VTD_CONTEXT_AW_39);
    vtd_context_detach(0, SOURCE);
}

static void flush_reaches_every_unit(void **state)
{
    make_units(2, CAP, ECAP);
    set(&models[1], VTD_ECAP_REG, ECAP & ~(VTD_ECAP_QI | VTD_ECAP_IR), 8);
    (void)vtd_start(&dmar);
    make_trees(WIDE);
    assert_true(vtd_context_attach(0, SOURCE, 2) && vtd_context_attach(1, SOURCE, 3));
    const uint32_t drains[2] = {models[0].drains, models[1].drains};
    iommu_flush_partition(4); /* has no devices */
    assert_int_equal(models[0].drains, drains[0]);
    for (uint32_t i = 0; i < 3 * VTD_ENTRIES; i++) { /* the queue goes round */
        iommu_flush_partition(2 + i % 2);
        assert_int_equal(models[0].domain, 2 + i % 2);
        assert_int_equal(models[1].domain, 2 + i % 2);
    }
    assert_int_equal(models[0].drains, drains[0] + 3 * VTD_ENTRIES);
    assert_int_equal(models[1].drains, drains[1] + 3 * VTD_ENTRIES);
    iommu_settle(); /* these units see by themselves what is mapped */
    assert_int_equal(models[0].drains, drains[0] + 3 * VTD_ENTRIES);
    vtd_context_detach(0, SOURCE);
    vtd_context_detach(1, SOURCE);
}

/* A unit that holds absent entries forgets them before the lock is released. */
static void what_is_mapped_is_seen(void **state)
{
    make_units(1, CAP | VTD_CAP_CM, ECAP);
    (void)vtd_start(&dmar);
    make_trees(WIDE);
    uint32_t drains = models[0].drains;
    iommu_settle(); /* nobody has devices */
    assert_int_equal(models[0].drains, drains);
    assert_true(vtd_context_attach(0, SOURCE, 2));
    drains = models[0].drains;
    iommu_settle();
    assert_int_equal(models[0].drains, drains + 1);
    vtd_context_detach(0, SOURCE);
}

/* What is stored in tables goes to memory, for a unit that reads past the caches. */
static void tables_are_written_back(void **state)
{
    make_trees(WIDE);
    make_units(1, CAP, ECAP & ~VTD_ECAP_C);
    (void)vtd_start(&dmar);
    assert_true(lines_written_back >= (4 + 7 + 4) * FRAME_SIZE / 64); /* the tables made before */
    lines_written_back = 0;
    assert_int_not_equal(table_prepare(2, 3 * GIB), TABLE_NONE);
    assert_int_equal(lines_written_back, 2 * (FRAME_SIZE / 64 + 1)); /* two tables, and the links to them */
    table_set(table_leaf(2, 3 * GIB), 0, EPT_LEAF_OWNED);
    assert_int_equal(lines_written_back, 2 * (FRAME_SIZE / 64 + 1) + 1);
}

static const struct vtd_entry *interrupt_of(const struct model *model, uint32_t index)
{
    return &((const struct vtd_page *)page_at(model, VTD_IRTA_REG))->entry[index];
}

static void interrupts(void **state)
{
    make_units(2, CAP, ECAP);
    set(&models[1], VTD_ECAP_REG, ECAP | VTD_ECAP_EIM, 8);
    (void)vtd_start(&dmar);
    assert_true(vtd_interrupt_set(0, 7, SOURCE, 254, 32));
    assert_int_equal(interrupt_of(&models[0], 7)->low, 254ull << 40 | 32u << 16 | 1);
    assert_int_equal(interrupt_of(&models[0], 7)->high, 1u << 18 | SOURCE);
    assert_true(vtd_interrupt_set(1, 7, SOURCE, 0x12345, 255));
    assert_int_equal(interrupt_of(&models[1], 7)->low, 0x12345ull << 32 | 255u << 16 | 1);
    assert_false(vtd_interrupt_set(0, 8, SOURCE, 255, 32)); /* all CPUs */
    assert_false(vtd_interrupt_set(0, 8, SOURCE, 0x12345, 32));
    assert_false(vtd_interrupt_set(1, 8, SOURCE, UINT32_MAX, 32));
    assert_false(vtd_interrupt_set(0, 8, SOURCE, 0, 256));
    assert_false(vtd_interrupt_set(0, 8, SOURCE, 0, 31));
    assert_false(vtd_interrupt_set(0, 7, SOURCE + 1, 0, 32)); /* taken */
    assert_false(vtd_interrupt_set(2, 8, SOURCE, 0, 32));
    models[0].stale_interrupts = true;
    vtd_interrupt_clear(0, 7);
    vtd_interrupt_clear(1, 7);
    assert_false(models[0].stale_interrupts);
    assert_true(is_blank(interrupt_of(&models[0], 0)));
}

static void faults(void **state)
{
    struct vtd_fault fault;
    make_units(1, CAP, ECAP);
    (void)vtd_start(&dmar);
    assert_int_equal(vtd_fault_records(&vtd_units[0]), 2);
    assert_false(vtd_fault_next(0, &fault));
    set(&models[0], FAULTS + 16, 0x123456000, 8);
    set(&models[0], FAULTS + 24, VTD_FRCD_F | VTD_FRCD_T | 6ull << VTD_FRCD_FR_SHIFT | SOURCE, 8);
    set(&models[0], VTD_FSTS_REG, VTD_FSTS_PFO | VTD_FSTS_PPF, 4);
    assert_true(vtd_fault_next(0, &fault));
    assert_int_equal(fault.source, SOURCE);
    assert_int_equal(fault.reason, VTD_FAULT_READ);
    assert_true(fault.read);
    assert_int_equal(fault.address, 0x123456000);
    assert_false(vtd_fault_next(0, &fault));
    assert_int_equal(get(&models[0], VTD_FSTS_REG, 4) & VTD_FSTS_PFO, 0);
    assert_int_equal(vtd_units[0].faults, 1);
    make_units(2, CAP, ECAP);
    (void)vtd_start(&dmar);
    assert_int_equal(vtd_fault_poll(), 0);
    set(&models[0], FAULTS + 24, VTD_FRCD_F, 8);
    set(&models[1], FAULTS + 8, VTD_FRCD_F, 8);
    set(&models[1], FAULTS + 24, VTD_FRCD_F, 8);
    assert_int_equal(vtd_fault_poll(), 3);
    assert_int_equal(vtd_fault_poll(), 0);
    assert_int_equal(vtd_units[1].faults, 2);
}

/* A function on bus 0, one below a bridge with a unit of its own, the firmware's, and another segment's. */
static void functions(void **state)
{
    make_units(2, CAP, ECAP);
    dmar.units[0].scopes = (struct dmar_scopes){0, 1};
    dmar.units[1].include_all = true;
    dmar.scopes[0] = (struct dmar_scope){DMAR_PCI_SUB_HIERARCHY, 0, 0, 1, {0x1c * 8}};
    dmar.scopes[1] = (struct dmar_scope){DMAR_PCI_ENDPOINT, 0, 0, 1, {2 * 8 + 1}};
    dmar.rmrr_count = 1;
    dmar.rmrrs[0] = (struct dmar_rmrr){0x1000, 0x1fff, 0, {1, 1}};
    pci_machine.count = 4;
    pci_machine.functions[0] = (struct pci_function){.device = 2, .function = 1};
    pci_machine.functions[1] =
        (struct pci_function){.device = 0x1c, .header_type = 1, .secondary_bus = 3, .subordinate_bus = 4};
    pci_machine.functions[2] = (struct pci_function){.bus = 4, .device = 1};
    pci_machine.functions[3] = (struct pci_function){.segment = 1};
    (void)vtd_start(&dmar);
    assert_int_equal(vtd_function_init(&dmar), 1);
    assert_int_equal(vtd_functions[0].unit, 1);
    assert_true(vtd_functions[0].firmwares);
    assert_int_equal(vtd_functions[1].unit, 0);
    assert_int_equal(vtd_functions[2].unit, 0);
    assert_false(vtd_functions[2].firmwares);
    assert_int_equal(vtd_functions[3].unit, DMAR_NO_UNIT);
    vtd_units[0].interrupts = false; /* could forge them */
    vtd_units[1].driven = false;
    assert_int_equal(vtd_function_init(&dmar), 4);
    dmar.units[1].include_all = false;
    dmar.rmrr_count = 0;
}

/* The last: it uses up the context tables. */
static void buses_run_out(void **state)
{
    uint32_t attached = 0;
    make_units(1, CAP, ECAP);
    (void)vtd_start(&dmar);
    make_trees(WIDE);
    for (uint32_t bus = 0; bus < 256; bus++) {
        attached += vtd_context_attach(0, (uint16_t)(bus * 256), 2);
    }
    assert_int_equal(attached, VTD_CONTEXTS_MAX - 1); /* one is for a bus of the other unit */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_device_of_every_unit_is_blocked),
        cmocka_unit_test(a_unit_that_the_firmware_had_on_is_never_off),
        cmocka_unit_test(lesser_units),
        cmocka_unit_test(units_that_lack_something_are_let_be),
        cmocka_unit_test(a_unit_that_does_not_answer_stops_the_core),
        cmocka_unit_test(attach_and_detach),
        cmocka_unit_test(three_levels),
        cmocka_unit_test(guests_domains),
        cmocka_unit_test(what_is_mapped_is_seen),
        cmocka_unit_test(tables_are_written_back),
        cmocka_unit_test(flush_reaches_every_unit),
        cmocka_unit_test(interrupts),
        cmocka_unit_test(faults),
        cmocka_unit_test(functions),
        cmocka_unit_test(buses_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
