/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_conf.c - questions about a VM's settings. */
#include <string.h>

#include "vm/vm_conf.h"

bool conf_vm_has_directory(const struct conf_vm *vm)
{
	return vm->root[0] != '\0';
}

bool conf_vm_allows_mac(const struct conf_vm *vm, const uint8_t mac[6])
{
	if (!addr_mac_unicast(mac))
		return false; /* a group address, or all zeros: not a station's */
	for (size_t i = 0; i < vm->n_macs; i++)
		if (addr_mac_matches(&vm->mac[i], mac))
			return true;
	return vm->n_macs == 0;
}

bool conf_vm_names(const struct conf_vm *vm, const char *name)
{
	if (!strcmp(name, vm->kernel) || !strcmp(name, vm->boot_file))
		return true;
	for (size_t i = 0; i < vm->n_initrds; i++)
		if (!strcmp(name, vm->initrd[i]))
			return true;
	return false;
}
