/* SPDX-License-Identifier: Apache-2.0 */
/* Translations that one CPU takes away are gone on the others when the call returns: a thread elsewhere, which has just used
 * the page, finds a new one, empty; and cannot write to one that has become read-only. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/linux/stress/stress.h"

#define PAGES  8u
#define PAGE   4096u
#define ROUNDS 120u

enum step { IDLE, FILL, LOOK, WRITE, END };

static uint8_t *memory;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum step step;
static uint32_t result;
static sigjmp_buf fault;

static void on_fault(int signal)
{
    (void)signal;
    siglongjmp(fault, 1);
}

/* Bytes that are not zero. */
static uint32_t look(void)
{
    uint32_t found = 0;

    for (uint32_t at = 0; at < PAGES * PAGE; at += 64) {
        found += memory[at] != 0;
    }
    return found;
}

/* Pages that let themselves be written. */
static uint32_t write_all(void)
{
    volatile uint32_t written = 0;

    for (volatile uint32_t page = 0; page < PAGES; page++) {
        if (sigsetjmp(fault, 1) == 0) {
            *(volatile uint8_t *)&memory[page * PAGE] = 1;
            written++;
        }
    }
    return written;
}

static void *elsewhere(void *unused)
{
    (void)unused;
    move_to(1);
    pthread_mutex_lock(&lock);
    while (step != END) {
        if (step == FILL) {
            memset(memory, 0xa5, PAGES * PAGE);
        } else if (step == LOOK) {
            result = look();
        } else if (step == WRITE) {
            result = write_all();
        }
        step = IDLE;
        pthread_cond_broadcast(&changed);
        while (step == IDLE) {
            pthread_cond_wait(&changed, &lock);
        }
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* Has the other thread do it; what it came to. */
static uint32_t have(enum step what)
{
    uint32_t got;

    pthread_mutex_lock(&lock);
    while (step != IDLE) {
        pthread_cond_wait(&changed, &lock);
    }
    step = what;
    pthread_cond_broadcast(&changed);
    while (step != IDLE && what != END) {
        pthread_cond_wait(&changed, &lock);
    }
    got = result;
    pthread_mutex_unlock(&lock);
    return got;
}

bool stress_memory(void)
{
    pthread_t thread;
    uint32_t old = 0;
    uint32_t written = 0;

    memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    signal(SIGSEGV, on_fault);
    step = LOOK;
    move_to(0);
    pthread_create(&thread, NULL, elsewhere, NULL);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        have(FILL);
        madvise(memory, PAGES * PAGE, MADV_DONTNEED);
        old += have(LOOK);
        have(FILL);
        mprotect(memory, PAGES * PAGE, PROT_READ);
        written += have(WRITE);
        mprotect(memory, PAGES * PAGE, PROT_READ | PROT_WRITE);
    }
    have(END);
    pthread_join(thread, NULL);
    signal(SIGSEGV, SIG_DFL);
    munmap(memory, PAGES * PAGE);
    return same("old bytes in new pages", old, 0) & same("writes to pages made read-only", written, 0);
}
