/* SPDX-License-Identifier: BSD-2-Clause */
/* admit.h - which devices are let in, and as whom: name, MAC, UUID and uid, and the address that each had before. */
#ifndef HOSTD_ADMIT_H
#define HOSTD_ADMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "vm/vm_identity.h"

struct admit;
struct vm;

/* conf and *vms, the first of the connected VMs, must outlive the result.  Returns NULL if memory ran out. */
struct admit *admit_new(const struct conf *conf, struct vm *const *vms);
void admit_free(struct admit *admit);

/*
 * May this device be the VM that it says it is?  On true *out is filled in, and the caller ends the link of *older, if
 * that is not NULL: an older link of the same VM and uid.  A device that lost its link reconnects before its old socket
 * is seen to be closed, and a guest that is migrated has two devices for a while.  Two that go on ending one another's
 * link are two guests of one name: the newer one is refused.  On false err is filled.
 */
bool admit_vm(struct admit *admit, struct vm *vm, const struct pvboot_link_identity *id, struct vm_identity *out,
	      struct vm **older, char *err, size_t err_len);

/*
 * For id->mac_of_card: the guest has reported its card's MAC.  If the section allows it and no other VM has it, it
 * becomes the VM's MAC.  Otherwise returns false, fills err and leaves id unchanged.
 */
bool admit_card(struct admit *admit, struct vm_identity *id, const uint8_t mac[6], char *err, size_t err_len);

/* Remember a VM's address, so that its next boot requests the same one. */
void admit_note_address(struct admit *admit, const struct vm_identity *id, const uint8_t address[4]);

#endif /* HOSTD_ADMIT_H */
