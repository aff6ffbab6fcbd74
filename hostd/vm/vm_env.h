/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_env.h - what a VM has from its server, and what it asks of it. */
#ifndef HOSTD_VM_ENV_H
#define HOSTD_VM_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vm/vm_identity.h"

struct cache;
struct event_base;
struct vm;

/* One for all VMs of a server; it outlives them.  arg is the first argument of every function. */
struct vm_env {
	struct event_base *base;
	struct cache *cache; /* where files come from */
	void *arg;

	/*
	 * May this device be the VM that it says it is?  On true *out is filled in, and an older link of the same VM
	 * was ended by vm_free().  On false err is filled.
	 */
	bool (*admit)(void *arg, struct vm *vm, const struct pvboot_link_identity *id, struct vm_identity *out,
		      char *err, size_t err_len);
	/*
	 * The guest says which MAC its card has, where id->mac_of_card: the VM's from now on, if the section allows it
	 * and no other VM has it.  On false err is filled, and id is as it was.
	 */
	bool (*take_card)(void *arg, struct vm_identity *id, const uint8_t mac[6], char *err, size_t err_len);
	/* Remember a VM's address, to ask for it again at its next boot. */
	void (*note_address)(void *arg, const struct vm_identity *id, const uint8_t address[4]);
	/* The VM's link ended: forget vm, which frees itself next. */
	void (*forget)(void *arg, struct vm *vm);
};

#endif /* HOSTD_VM_ENV_H */
