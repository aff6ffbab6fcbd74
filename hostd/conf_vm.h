/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_vm.h - the [vm NAME] sections: which one is a VM's, and whom it lets in. */
#ifndef HOSTD_CONF_VM_H
#define HOSTD_CONF_VM_H

#include "conf_data.h"

/* Append a section for VMs of this name or pattern.  On failure returns NULL and sets conf->error. */
struct conf_vm *conf_add_vm(struct conf *conf, const char *name, int line);

/* The section for a VM of this name: its own, else the first pattern that matches; NULL: none. */
const struct conf_vm *conf_find_vm(const struct conf *conf, const char *name);
/* The section, other than vm, that has exactly this MAC for its own; NULL: none. */
const struct conf_vm *conf_find_mac(const struct conf *conf, const struct conf_vm *vm, const uint8_t mac[6]);

bool conf_vm_allows_uid(const struct conf_vm *vm, uid_t uid);
/* The one MAC that the section names without a pattern; NULL: none or several. */
const uint8_t *conf_vm_own_mac(const struct conf_vm *vm);

/* Does the configuration use HTTP, or may a guest use it? */
bool conf_wants_http(const struct conf *conf);

#endif /* HOSTD_CONF_VM_H */
