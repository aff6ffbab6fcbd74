/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STANDIN_VMM_H
#define STANDIN_VMM_H

#include <palacios/vmm_string.h>
#include <palacios/vmm_types.h>

struct v3_vm_info;
struct guest_info;

#define VM_NONE ((struct v3_vm_info *)0)
#define VCORE_NONE ((struct guest_info *)0)

struct v3_os_hooks {
	void (*print)(void *vm, int vcore, const char *format, ...) __attribute__((format(printf, 3, 4)));
	void *(*vmalloc)(unsigned int size);
	void (*vfree)(void *addr);
	void *(*malloc)(unsigned int size);
	void (*free)(void *addr);
	unsigned int (*get_cpu_khz)(void);
	void (*yield_cpu)(void);
};

extern struct v3_os_hooks *os_hooks;

void *v3_get_host_vm(struct v3_vm_info *vm);
int v3_get_vcore(struct guest_info *core);

#define V3_Print(vm, vcore, fmt, args...)                                                                              \
	do {                                                                                                           \
		if (os_hooks && os_hooks->print)                                                                       \
			os_hooks->print(v3_get_host_vm(vm), v3_get_vcore(vcore), fmt, ##args);                         \
	} while (0)
#define PrintDebug(vm, vcore, fmt, args...) V3_Print(vm, vcore, "DEBUG: " fmt, ##args)
#define PrintError(vm, vcore, fmt, args...) V3_Print(vm, vcore, "ERROR at %s(%d): " fmt, __FILE__, __LINE__, ##args)

#define V3_Malloc(size) ((os_hooks && os_hooks->malloc) ? os_hooks->malloc(size) : (void *)0)
#define V3_VMalloc(size) ((os_hooks && os_hooks->vmalloc) ? os_hooks->vmalloc(size) : (void *)0)
#define V3_Free(addr)                                                                                                  \
	do {                                                                                                           \
		if (os_hooks && os_hooks->free)                                                                        \
			os_hooks->free(addr);                                                                          \
	} while (0)
#define V3_VFree(addr)                                                                                                 \
	do {                                                                                                           \
		if (os_hooks && os_hooks->vfree)                                                                       \
			os_hooks->vfree(addr);                                                                         \
	} while (0)
#define V3_CPU_KHZ() ((os_hooks && os_hooks->get_cpu_khz) ? os_hooks->get_cpu_khz() : 0)
#define V3_Yield()                                                                                                     \
	do {                                                                                                           \
		if (os_hooks && os_hooks->yield_cpu)                                                                   \
			os_hooks->yield_cpu();                                                                         \
	} while (0)

#endif
