/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/hpet.h"

#include "arch/x86_64/mmio.h"

enum hpet_register {
    GCAP_ID = 0x000,
    GCAP_PERIOD = 0x004, /* COUNTER_CLK_PERIOD: the upper half of GCAP_ID */
    GEN_CONF = 0x010,
    MAIN_CNT = 0x0f0,
    TIM0_CONF = 0x100,
    TIM_STRIDE = 0x020,
};

enum hpet_bits {
    NUM_TIM_CAP_SHIFT = 8,
    NUM_TIM_CAP_MASK = 0x1f,
    ENABLE_CNF = 1 << 0,
    LEG_RT_CNF = 1 << 1,
    TN_INT_ENB_CNF = 1 << 2,
    TN_FSB_EN_CNF = 1 << 14,
};

/* COUNTER_CLK_PERIOD must not be above 100 ns, and is not below 1 ns anywhere. */
enum hpet_limit { HPET_PERIOD_MIN = 1000000, HPET_PERIOD_MAX = 100000000 };

uint32_t hpet_period(void *block)
{
    const uint32_t period = mmio_read32(block, GCAP_PERIOD);

    return period >= HPET_PERIOD_MIN && period <= HPET_PERIOD_MAX ? period : 0;
}

void hpet_run(void *block)
{
    mmio_write32(block, GEN_CONF, mmio_read32(block, GEN_CONF) | ENABLE_CNF);
}

uint32_t hpet_counter(void *block)
{
    return mmio_read32(block, MAIN_CNT);
}

void hpet_silence(void *block)
{
    const uint32_t last = (mmio_read32(block, GCAP_ID) >> NUM_TIM_CAP_SHIFT) & NUM_TIM_CAP_MASK;

    mmio_write32(block, GEN_CONF, mmio_read32(block, GEN_CONF) & ~(uint32_t)(ENABLE_CNF | LEG_RT_CNF));
    for (uint32_t timer = 0; timer <= last && TIM0_CONF + timer * TIM_STRIDE < HPET_BLOCK_BYTES; timer++) {
        const uint32_t offset = TIM0_CONF + timer * TIM_STRIDE;
        const uint32_t conf = mmio_read32(block, offset);
        mmio_write32(block, offset, conf & ~(uint32_t)(TN_INT_ENB_CNF | TN_FSB_EN_CNF));
    }
}
