/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STANDIN_VMM_IO_H
#define STANDIN_VMM_IO_H

#include <palacios/vmm_types.h>

struct v3_vm_info;
struct guest_info;

int v3_hook_io_port(struct v3_vm_info *vm, uint16_t port,
		    int (*read)(struct guest_info *core, uint16_t port, void *dst, uint_t length, void *priv_data),
		    int (*write)(struct guest_info *core, uint16_t port, void *src, uint_t length, void *priv_data),
		    void *priv_data);
int v3_unhook_io_port(struct v3_vm_info *vm, uint16_t port);

struct v3_io_hook;

/* NULL: the port is nobody's. */
struct v3_io_hook *v3_get_io_hook(struct v3_vm_info *vm, uint16_t port);

#endif
