/* SPDX-License-Identifier: BSD-2-Clause */
/* v3_vm.h - between the files of this host that see the stand-in headers. */
#ifndef PALACIOS_V3_VM_H
#define PALACIOS_V3_VM_H

#include <palacios/vm_guest.h>

#include "host.h"

#define VM_SLOTS 32
#define VM_DEVICES 64
#define VM_STREAMS 8
#define VM_TIMERS 8

struct v3_io_hook {
	int (*read)(struct guest_info *core, uint16_t port, void *dst, uint_t length, void *priv);
	int (*write)(struct guest_info *core, uint16_t port, void *src, uint_t length, void *priv);
	void *priv;
	struct vm_device *dev; /* of v3_dev_hook_io */
	int used;
};

struct vm {
	struct v3_vm_info *info;
	struct v3_xml *xml;
	struct vm_device *device[VM_DEVICES];
	uint_t ndevices;
	struct v3_io_hook hook[65536];
	struct pci_device *slot[VM_SLOTS];
	int level[VM_SLOTS];
	uint_t reads[VM_SLOTS], caps[VM_SLOTS];
	int io_base;
	struct host_stream *stream[VM_STREAMS];
	struct v3_timer *timer[VM_TIMERS];
};

static inline struct vm *vm_of(struct v3_vm_info *info)
{
	return info->host;
}

void pci_free(struct vm *vm);
void stream_orphan_all(struct vm *vm);

#endif /* PALACIOS_V3_VM_H */
