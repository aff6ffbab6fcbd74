/* SPDX-License-Identifier: BSD-2-Clause */
/* v3_chkpt.c - a VM's checkpoint: the bus and the devices, tag by tag; and what tests do to one. */
#include <devices/pci.h>
#include <palacios/vm_guest.h>

#include "v3_vm.h"

#define ENTRIES 256

struct entry {
	char tag[64];
	uint8_t *data;
	uint64_t len;
};

struct host_chkpt {
	uint_t n;
	struct entry entry[ENTRIES];
};

struct v3_chkpt_ctx {
	struct host_chkpt *c;
	const char *name;
};

/* As the bus does for each of its devices. */
struct pci_state {
	uint8_t config_space[256];
	uint32_t bar[6];
};

static void full_tag(char *to, const char *context, const char *tag)
{
	size_t n = strlen(context);

	strncpy(to, context, 31);
	n = n < 31 ? n : 31;
	to[n] = '/';
	strncpy(to + n + 1, tag, 31);
}

int v3_chkpt_save(struct v3_chkpt_ctx *ctx, char *tag, uint64_t len, void *buf)
{
	struct entry *e = &ctx->c->entry[ctx->c->n];

	if (ctx->c->n == ENTRIES)
		return -1;
	full_tag(e->tag, ctx->name, tag);
	e->data = host_alloc((uint_t)len + 1);
	e->len = len;
	memcpy(e->data, buf, len);
	ctx->c->n++;
	return 0;
}

int v3_chkpt_load(struct v3_chkpt_ctx *ctx, char *tag, uint64_t len, void *buf)
{
	char full[64] = {0};

	full_tag(full, ctx->name, tag);
	for (uint_t i = 0; i < ctx->c->n; i++) {
		struct entry *e = &ctx->c->entry[i];

		if (strcmp(e->tag, full))
			continue;
		if (e->len < len)
			return -1;
		memcpy(buf, e->data, len);
		return 0;
	}
	return -1;
}

void host_pause(struct v3_vm_info *info, int on)
{
	__atomic_store_n(&info->barrier.active, on, __ATOMIC_RELEASE);
}

static int save_pci(struct vm *vm, struct host_chkpt *c)
{
	struct v3_chkpt_ctx ctx = {c, "pci"};

	for (int i = 0; i < VM_SLOTS; i++) {
		struct pci_state state;
		char tag[] = {'s', 'l', 'o', 't', (char)('A' + i), 0};

		if (!vm->slot[i])
			continue;
		memcpy(state.config_space, vm->slot[i]->config_space, 256);
		for (int b = 0; b < 6; b++)
			state.bar[b] = vm->slot[i]->bar[b].val;
		if (v3_chkpt_save(&ctx, tag, sizeof(state), &state))
			return -1;
	}
	return 0;
}

/* Contents only: no port is hooked again. */
static int load_pci(struct vm *vm, struct host_chkpt *c)
{
	struct v3_chkpt_ctx ctx = {c, "pci"};

	for (int i = 0; i < VM_SLOTS; i++) {
		struct pci_state state;
		char tag[] = {'s', 'l', 'o', 't', (char)('A' + i), 0};

		if (!vm->slot[i])
			continue;
		if (v3_chkpt_load(&ctx, tag, sizeof(state), &state))
			return -1;
		memcpy(vm->slot[i]->config_space, state.config_space, 256);
		for (int b = 0; b < 6; b++)
			vm->slot[i]->bar[b].val = state.bar[b];
	}
	return 0;
}

struct host_chkpt *host_save(struct v3_vm_info *info)
{
	struct vm *vm = vm_of(info);
	struct host_chkpt *c = host_alloc(sizeof(*c));
	int bad = save_pci(vm, c);

	for (uint_t i = 0; i < vm->ndevices && !bad; i++) {
		struct vm_device *dev = vm->device[i];
		struct v3_chkpt_ctx ctx = {c, dev->name};

		if (dev->ops && dev->ops->save)
			bad = dev->ops->save(&ctx, dev->private_data);
	}
	if (!bad)
		return c;
	host_chkpt_free(c);
	return NULL;
}

int host_load(struct v3_vm_info *info, struct host_chkpt *c)
{
	struct vm *vm = vm_of(info);
	int bad = load_pci(vm, c);

	for (uint_t i = 0; i < vm->ndevices && !bad; i++) {
		struct vm_device *dev = vm->device[i];
		struct v3_chkpt_ctx ctx = {c, dev->name};

		if (dev->ops && dev->ops->load)
			bad = dev->ops->load(&ctx, dev->private_data);
	}
	return bad ? -1 : 0;
}

void host_chkpt_free(struct host_chkpt *c)
{
	for (uint_t i = 0; i < c->n; i++)
		host_dealloc(c->entry[i].data);
	host_dealloc(c);
}

unsigned int host_chkpt_entries(struct host_chkpt *c)
{
	return c->n;
}

const char *host_chkpt_entry(struct host_chkpt *c, unsigned int i, unsigned char **data, host_u64 *len)
{
	*data = c->entry[i].data;
	*len = c->entry[i].len;
	return c->entry[i].tag;
}

void host_chkpt_cut(struct host_chkpt *c, unsigned int i, host_u64 len)
{
	c->entry[i].len = len;
}

void host_chkpt_remove(struct host_chkpt *c, unsigned int i)
{
	c->entry[i].tag[0] = 0;
}
