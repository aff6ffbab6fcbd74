/* SPDX-License-Identifier: BSD-2-Clause */
/* conf_vm.c - the [vm NAME] sections: which one is a VM's, and whom it lets in. */
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "cache/cache.h"
#include "conf_vm.h"
#include "base/url.h"

struct conf_vm *conf_add_vm(struct conf *conf, const char *name, int line)
{
	size_t len = strlen(name);
	struct conf_vm *vm;
	uint32_t place = 0;

	while (len && isspace((unsigned char)name[len - 1]))
		len--;
	if (!len || len >= PVBOOT_LINK_NAME_MAX) {
		conf_error(conf, "\"%.200s\" must have 1 to %d bytes to be a VM's name", name,
			   PVBOOT_LINK_NAME_MAX - 1);
		return NULL;
	}
	for (vm = conf->vms; vm; vm = vm->next, place++) {
		if (strlen(vm->name) != len || memcmp(vm->name, name, len))
			continue;
		conf_error(conf, "[vm %s] is there already, at line %d", vm->name, vm->line);
		return NULL;
	}
	vm = calloc(1, sizeof(*vm));
	if (!vm) {
		conf_error(conf, "out of memory");
		return NULL;
	}
	memcpy(vm->name, name, len);
	vm->pattern = strpbrk(vm->name, "*?[") != NULL;
	vm->line = line;
	vm->place = place;
	vm->root_fd = -1;
	vm->tftp_max_age_ms = CACHE_AGE_DEFAULT_MS;
	*conf->tail = vm;
	conf->tail = &vm->next;
	return vm;
}

const struct conf_vm *conf_find_vm(const struct conf *conf, const char *name)
{
	for (const struct conf_vm *vm = conf->vms; vm; vm = vm->next)
		if (!vm->pattern && !strcmp(vm->name, name))
			return vm;
	for (const struct conf_vm *vm = conf->vms; vm; vm = vm->next)
		if (vm->pattern && !fnmatch(vm->name, name, 0))
			return vm;
	return NULL;
}

const struct conf_vm *conf_find_mac(const struct conf *conf, const struct conf_vm *vm, const uint8_t mac[6])
{
	for (const struct conf_vm *other = conf->vms; other; other = other->next) {
		if (other == vm || other->pattern)
			continue;
		for (size_t i = 0; i < other->n_macs; i++)
			if (addr_mac_pattern_is_exact(&other->mac[i]) && addr_mac_matches(&other->mac[i], mac))
				return other;
	}
	return NULL;
}

bool conf_vm_allows_uid(const struct conf_vm *vm, uid_t uid)
{
	/* Root can become anybody: to refuse it would only look safe. */
	if (vm->any_uid || uid == 0)
		return true;
	for (size_t i = 0; i < vm->n_uids; i++)
		if (vm->uid[i] == uid)
			return true;
	return false;
}

const uint8_t *conf_vm_own_mac(const struct conf_vm *vm)
{
	if (vm->n_macs != 1 || !addr_mac_pattern_is_exact(&vm->mac[0]))
		return NULL;
	return vm->mac[0].value;
}

static bool vm_wants_http(const struct conf_vm *vm)
{
	if (!conf_vm_has_directory(vm) || url_kind(vm->kernel) == URL_HTTP || url_kind(vm->boot_file) == URL_HTTP)
		return true;
	for (size_t i = 0; i < vm->n_initrds; i++)
		if (url_kind(vm->initrd[i]) == URL_HTTP)
			return true;
	return false;
}

bool conf_wants_http(const struct conf *conf)
{
	for (const struct conf_vm *vm = conf->vms; vm; vm = vm->next)
		if (vm_wants_http(vm))
			return true;
	return false;
}
