/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STANDIN_VM_GUEST_H
#define STANDIN_VM_GUEST_H

#include <palacios/vm_guest_mem.h>
#include <palacios/vmm.h>
#include <palacios/vmm_config.h>
#include <palacios/vmm_dev_mgr.h>
#include <palacios/vmm_io.h>
#include <palacios/vmm_lock.h>
#include <palacios/vmm_time.h>

/* Active: vcores wait, for the VM is paused or being saved. */
struct v3_barrier {
	int active;
};

struct guest_info {
	struct v3_vm_info *vm_info;
	uint32_t vcpu_id;
	void *core_thread; /* NULL until the devices are up */
};

/* The real one has much more between these; nothing of a plugin's may depend on where they stand. */
struct v3_vm_info {
	char name[128];
	addr_t mem_size;
	struct v3_barrier barrier;
	void *host; /* struct vm, this host's own */
	void *host_priv_data;
	int num_cores;
	struct guest_info cores[0];
};

#endif
