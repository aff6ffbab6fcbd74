/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_conf.c - what is asked of a VM's settings. */
#include <string.h>

#include "vm/vm_conf.h"

bool conf_vm_has_directory(const struct conf_vm *vm)
{
	return vm->root[0] != '\0';
}

static bool matches(const struct conf_mac *want, const uint8_t mac[6])
{
	for (int i = 0; i < 6; i++)
		if ((mac[i] ^ want->value[i]) & want->mask[i])
			return false;
	return true;
}

bool conf_vm_allows_mac(const struct conf_vm *vm, const uint8_t mac[6])
{
	static const uint8_t none[6];

	if (mac[0] & 1 || !memcmp(mac, none, sizeof(none)))
		return false; /* no station has such an address */
	for (size_t i = 0; i < vm->n_macs; i++)
		if (matches(&vm->mac[i], mac))
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
