/* SPDX-License-Identifier: BSD-2-Clause */
/* os.c - the host kernel under this Palacios: printing, memory, spinlocks, and an eye on what is done under them. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#include "host.h"
#include "os.h"

#define LOG_BYTES 65536
#define HELD 8

int host_print_to_stderr;

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char printed[LOG_BYTES];
static size_t printed_len;
static unsigned int violations;

/* ---- printing --------------------------------------------------------------------------------------------------- */

static __attribute__((format(printf, 2, 0))) void vprint(const char *head, const char *format, va_list args)
{
	char line[2048];
	int n = snprintf(line, sizeof(line), "%s", head);

	n += vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
	if (n > (int)sizeof(line) - 1)
		n = sizeof(line) - 1;
	pthread_mutex_lock(&log_lock);
	if (printed_len + (size_t)n < sizeof(printed)) {
		memcpy(printed + printed_len, line, (size_t)n);
		printed_len += (size_t)n;
	}
	if (host_print_to_stderr)
		fprintf(stderr, "%s%s", line, n && line[n - 1] == '\n' ? "" : "\n");
	pthread_mutex_unlock(&log_lock);
}

static __attribute__((format(printf, 3, 4))) void print(void *vm, int vcore, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprint("", format, args);
	va_end(args);
}

int host_printed(const char *text)
{
	int found;

	pthread_mutex_lock(&log_lock);
	printed[printed_len] = 0;
	found = strstr(printed, text) != NULL;
	pthread_mutex_unlock(&log_lock);
	return found;
}

void host_violation(const char *format, ...)
{
	int show = host_print_to_stderr;
	va_list args;

	host_print_to_stderr = 1;
	va_start(args, format);
	vprint("palacios-host: violation: ", format, args);
	va_end(args);
	host_print_to_stderr = show;
	__atomic_add_fetch(&violations, 1, __ATOMIC_SEQ_CST);
}

unsigned int host_violations(void)
{
	return __atomic_load_n(&violations, __ATOMIC_SEQ_CST);
}

void host_clear(void)
{
	pthread_mutex_lock(&log_lock);
	printed_len = 0;
	memset(printed, 0, sizeof(printed));
	pthread_mutex_unlock(&log_lock);
	__atomic_store_n(&violations, 0, __ATOMIC_SEQ_CST);
}

/* ---- memory: never zeroed --------------------------------------------------------------------------------------- */

#define ALLOC_POISON 0xa5
#define FREE_POISON 0xdd

struct block {
	uint64_t size;
	uint64_t magic;
};

#define MAGIC 0x70616c6163696f73ull

static unsigned int allocations, fail_at;

static void *os_malloc(unsigned int size)
{
	struct block *b;

	if (fail_at && --fail_at == 0)
		return NULL;
	b = malloc(sizeof(*b) + size);
	if (!b)
		abort();
	*b = (struct block){size, MAGIC};
	memset(b + 1, ALLOC_POISON, size);
	__atomic_add_fetch(&allocations, 1, __ATOMIC_SEQ_CST);
	return b + 1;
}

static void os_free(void *p)
{
	struct block *b = (struct block *)p - 1;

	if (!p || b->magic != MAGIC) {
		host_violation("free of %p, which was not allocated", p);
		return;
	}
	b->magic = 0;
	memset(p, FREE_POISON, b->size);
	__atomic_sub_fetch(&allocations, 1, __ATOMIC_SEQ_CST);
	free(b);
}

unsigned int host_allocations(void)
{
	return __atomic_load_n(&allocations, __ATOMIC_SEQ_CST);
}

void host_fail_allocation(unsigned int n)
{
	fail_at = n;
}

void *host_alloc(unsigned int size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

void host_dealloc(void *p)
{
	free(p);
}

/* ---- time
 * ------------------------------------------------------------------------------------------------------------ */

static unsigned int khz;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void measure_khz(void)
{
	uint64_t t0 = now_ns(), c0 = __rdtsc(), t1;

	do {
		t1 = now_ns();
	} while (t1 - t0 < 5000000);
	khz = (unsigned int)((__rdtsc() - c0) * 1000000 / (t1 - t0));
}

unsigned int host_hurry = 1, host_slow = 1;

static unsigned int get_cpu_khz(void)
{
	return khz / host_hurry * host_slow;
}

static unsigned int yields;

static void yield_cpu(void)
{
	__atomic_add_fetch(&yields, 1, __ATOMIC_SEQ_CST);
	sched_yield();
}

unsigned int host_yields(void)
{
	return __atomic_load_n(&yields, __ATOMIC_SEQ_CST);
}

/* ---- spinlocks
 * ------------------------------------------------------------------------------------------------------- */

/*
 * What a vcore takes must not be held across a bulk copy: bytes of guest memory that this thread copies are counted for
 * each lock it holds.
 */
struct spinlock {
	pthread_mutex_t mutex;
	bool vcore;    /* a vcore has taken it */
	uint64_t bulk; /* the most bytes copied under it at once */
	uint64_t copied;
	bool said;
};

static __thread struct spinlock *held[HELD];
static __thread unsigned int nheld;
static __thread bool is_vcore;

void host_vcore_enter(void)
{
	mem_enter();
	is_vcore = true;
}

void host_vcore_leave(void)
{
	if (nheld) {
		host_violation("a vcore left the plugin with %u locks held", nheld);
		nheld = 0;
	}
	is_vcore = false;
	mem_leave();
}

int v3_lock_init(uintptr_t *lock)
{
	struct spinlock *l = host_alloc(sizeof(*l));
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&l->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	*lock = (uintptr_t)l;
	return 0;
}

void v3_lock_deinit(uintptr_t *lock)
{
	struct spinlock *l = (struct spinlock *)*lock;

	if (pthread_mutex_trylock(&l->mutex))
		host_violation("a lock is freed while it is held");
	else
		pthread_mutex_unlock(&l->mutex);
	pthread_mutex_destroy(&l->mutex);
	host_dealloc(l);
	*lock = 0;
}

void (*host_before_lock)(void *arg);
void *host_before_lock_arg;

void v3_lock(uintptr_t lock)
{
	struct spinlock *l = (struct spinlock *)lock;

	if (host_before_lock) {
		void (*now)(void *arg) = host_before_lock;

		host_before_lock = NULL;
		now(host_before_lock_arg);
	}
	if (pthread_mutex_lock(&l->mutex) == EDEADLK) {
		fprintf(stderr, "palacios-host: a spinlock is taken twice: the CPU hangs\n");
		abort();
	}
	if (is_vcore)
		l->vcore = true;
	l->copied = 0;
	if (nheld < HELD)
		held[nheld++] = l;
}

void v3_unlock(uintptr_t lock)
{
	struct spinlock *l = (struct spinlock *)lock;

	if (!nheld || held[nheld - 1] != l) {
		host_violation("locks are given back in another order than they were taken, or one that is not held");
		for (unsigned int i = 0; i < nheld; i++) {
			if (held[i] == l)
				held[i] = held[--nheld];
		}
	} else {
		nheld--;
	}
	if (l->copied > l->bulk)
		l->bulk = l->copied;
	if (l->vcore && l->bulk > HOST_COPY_UNDER_LOCK && !l->said) {
		l->said = true;
		host_violation("%llu bytes of guest memory were copied under a lock that vcores take",
			       (unsigned long long)l->bulk);
	}
	pthread_mutex_unlock(&l->mutex);
}

uintptr_t v3_lock_irqsave(uintptr_t lock)
{
	v3_lock(lock);
	return 0x200;
}

void v3_unlock_irqrestore(uintptr_t lock, uintptr_t irq_state)
{
	if (irq_state != 0x200)
		host_violation("interrupts are restored to a state that was not saved");
	v3_unlock(lock);
}

static void count(const void *to, const void *from, size_t n)
{
	if (!nheld || (!mem_holds(to) && !mem_holds(from)))
		return;
	for (unsigned int i = 0; i < nheld; i++)
		held[i]->copied += n;
}

void (*host_during_copy)(void *arg);
void *host_during_copy_arg;

/* The plugin's objects are linked so that these are its memcpy, memmove and memset. */
void *plugin_memcpy(void *to, const void *from, size_t n)
{
	count(to, from, n);
	if (n && (uintptr_t)to < (uintptr_t)from + n && (uintptr_t)from < (uintptr_t)to + n && to != from)
		host_violation("memcpy of %zu bytes onto themselves", n);
	if (n >= HOST_BULK && !nheld && host_during_copy) {
		void (*now)(void *arg) = host_during_copy;

		host_during_copy = NULL;
		memcpy(to, from, n / 2);
		now(host_during_copy_arg);
	}
	return memcpy(to, from, n);
}

void *plugin_memmove(void *to, const void *from, size_t n)
{
	count(to, from, n);
	return memmove(to, from, n);
}

void *plugin_memset(void *to, int c, size_t n)
{
	return memset(to, c, n);
}

/* ---- what plugins find ------------------------------------------------------------------------------------------ */

static struct os_hooks_layout hooks = {
	.print = print,
	.vmalloc = os_malloc,
	.vfree = os_free,
	.malloc = os_malloc,
	.free = os_free,
	.get_cpu_khz = get_cpu_khz,
	.yield_cpu = yield_cpu,
};
struct os_hooks_layout *os_hooks = &hooks;

void host_os_init(void)
{
	if (!khz)
		measure_khz();
}
