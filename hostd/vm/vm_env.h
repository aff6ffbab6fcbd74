/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_env.h - what the server provides to each of its VMs. */
#ifndef HOSTD_VM_ENV_H
#define HOSTD_VM_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vm/vm_identity.h"

struct cache;
struct event_base;
struct vm;

/* One for all VMs of a server; it outlives them.  Every function gets arg as its first argument. */
struct vm_env {
	struct event_base *base;
	struct cache *cache; /* where files come from */
	void *arg;

	/*
	 * May this device connect as the VM that it names?  If so, returns true and fills in *out; an older link of the
	 * same VM has then been ended with vm_free().  If not, returns false and fills err.
	 */
	bool (*admit)(void *arg, struct vm *vm, const struct pvboot_link_identity *id, struct vm_identity *out,
		      char *err, size_t err_len);
	/*
	 * For id->mac_of_card: the guest has reported its card's MAC. If the section allows it and no other VM has it,
	 * it becomes the VM's MAC. Otherwise returns false, fills err and leaves id unchanged.
	 */
	bool (*take_card)(void *arg, struct vm_identity *id, const uint8_t mac[6], char *err, size_t err_len);
	/* Remember a VM's address, so that its next boot requests the same one. */
	void (*note_address)(void *arg, const struct vm_identity *id, const uint8_t address[4]);
	/* The VM's link has ended: remove vm from the server's list.  vm frees itself after this call. */
	void (*forget)(void *arg, struct vm *vm);
};

#endif /* HOSTD_VM_ENV_H */
