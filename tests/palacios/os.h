/* SPDX-License-Identifier: BSD-2-Clause */
/* os.h - what os.c defines for callers that see the stand-in headers: the same shapes in libc's types. */
#ifndef PALACIOS_OS_H
#define PALACIOS_OS_H

#include <stddef.h>
#include <stdint.h>

/* struct v3_os_hooks of the stand-in vmm.h */
struct os_hooks_layout {
	void (*print)(void *vm, int vcore, const char *format, ...) __attribute__((format(printf, 3, 4)));
	void *(*vmalloc)(unsigned int size);
	void (*vfree)(void *addr);
	void *(*malloc)(unsigned int size);
	void (*free)(void *addr);
	unsigned int (*get_cpu_khz)(void);
	void (*yield_cpu)(void);
};
extern struct os_hooks_layout *os_hooks;

/* addr_t is a uintptr_t. */
int v3_lock_init(uintptr_t *lock);
void v3_lock_deinit(uintptr_t *lock);
void v3_lock(uintptr_t lock);
void v3_unlock(uintptr_t lock);
uintptr_t v3_lock_irqsave(uintptr_t lock);
void v3_unlock_irqrestore(uintptr_t lock, uintptr_t irq_state);

void *plugin_memcpy(void *to, const void *from, size_t n);
void *plugin_memmove(void *to, const void *from, size_t n);
void *plugin_memset(void *to, int c, size_t n);

#endif /* PALACIOS_OS_H */
