/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm_lease.c - DISCOVER: get a lease from a DHCP server or make one up; remember it, so that the next boot requests it.
 */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/kept_head.h"
#include "dhcp/dhcp_edit.h"
#include "dhcp/dhcp_local.h"
#include "log.h"
#include "vm/vm_data.h"
#include "vm/vm_frame.h"
#include "vm/vm_lease.h"
#include "vm/vm_plan.h"
#include "vm/vm_prefix.h"
#include "vm/vm_send.h"
#include "vm/vm_source.h"
#include "vm/vm_wait.h"

/* The part of struct boot_info that the device keeps for the next hostd. */
struct kept_lease {
	struct kept_head head;
	uint8_t card[PVBOOT_CARD_LEN]; /* if mac = card, else 0 */
	uint8_t prefix_sent;	       /* 0 or 1 */
	uint8_t reserved;
	struct pvboot_lease lease;
	uint8_t netmask[4];
	uint8_t router[4];
	char prefix[PVBOOT_BOOTFILE_MAX];
	char config[PVBOOT_BOOTFILE_MAX];
	char site_text[BOOT_INFO_TEXT_MAX];
};
#define KEPT_LEASE_VERSION 1
_Static_assert(sizeof(struct kept_lease) <= PVBOOT_LINK_KEEP_MAX, "a lease can be kept");

static struct kept_lease to_keep(const struct vm *vm, const struct boot_info *info)
{
	struct kept_lease kept = {
		.head = {KEPT_LEASE_MAGIC, KEPT_LEASE_VERSION, 0},
		.prefix_sent = info->prefix_sent,
		.lease = info->res.lease,
	};

	if (vm->id.mac_of_card)
		memcpy(kept.card, info->mac, sizeof(kept.card));
	memcpy(kept.netmask, info->netmask, sizeof(kept.netmask));
	memcpy(kept.router, info->router, sizeof(kept.router));
	memcpy(kept.prefix, info->prefix, sizeof(kept.prefix));
	memcpy(kept.config, info->config, sizeof(kept.config));
	memcpy(kept.site_text, info->site_text, sizeof(kept.site_text));
	return kept;
}

static void remember(struct vm *vm, const struct boot_info *info)
{
	const struct pvboot_lease *lease = &info->res.lease;
	struct kept_lease before = to_keep(vm, &vm->boot), kept = to_keep(vm, info);

	vm->boot = *info;
	vm->env->note_address(vm->env->arg, &vm->id, lease->address);
	memcpy(vm->id.previous, lease->address, 4);
	if (memcmp(&before, &kept, sizeof(kept)) != 0)
		vm_send_keep(vm, PVBOOT_LINK_KEY_LEASE, &kept, sizeof(kept));
	vm_source_enter(vm);
	log_msg(LOG_INFO, vm->id.name, "lease %s, boot file \"%s\" at %s", addr_text(lease->address), lease->bootfile,
		addr_text(lease->boot_server));
}

static void answer_all(struct vm *vm, uint32_t status, const char *text, const struct pvboot_discover_res *res)
{
	struct vm_wait *wait = NULL;

	while ((wait = vm_wait_next(vm, PVBOOT_OP_DISCOVER, wait))) {
		uint32_t id = wait->id;

		vm_wait_end(wait);
		vm_reply(vm, id, status, 0, text, res, res ? sizeof(*res) : 0);
	}
}

/* Answer every waiting DISCOVER with the lease.  prefix is the path prefix for pxelinux, or NULL. */
static void answer_lease(struct vm *vm, const char *prefix)
{
	struct pvboot_discover_res res = vm->boot.res;

	if (prefix && dhcp_edit_add_prefix(&res, prefix))
		log_msg(LOG_INFO, vm->id.name, "the boot program is pxelinux.0: told to find its files at %s", prefix);
	else if (prefix)
		vm->no_prefix = "there is no room for it in the server's packet";
	answer_all(vm, PVBOOT_S_OK, "", &res);
}

/* Answer at once, or after vm_prefix.c has found out whether the boot program is pxelinux. */
static void answer(struct vm *vm, const struct dhcp_result *result)
{
	if (result->status != PVBOOT_S_OK) {
		vm_prefix_reset(vm);
		vm->no_prefix = NULL;
		answer_all(vm, result->status, result->text, NULL);
		return;
	}
	remember(vm, &result->info);
	if (!vm_prefix_begin(vm, answer_lease))
		answer_lease(vm, NULL);
}

/* A lease without a boot file is enough for a plan.  If no plan is found either, the guest reports it. */
static void plan_needs_no_boot_file(const struct vm *vm, struct dhcp_result *result)
{
	if (result->status == PVBOOT_S_NO_BOOTFILE && (vm_plan_wanted(vm, &result->info) || vm->id.conf->kernel[0]))
		result->status = PVBOOT_S_OK;
}

static void on_done(void *arg, const struct dhcp_result *result)
{
	struct dhcp_result changed = *result;
	struct vm *vm = arg;

	vm->dhcp = NULL;
	if (vm->id.conf->boot_file[0] && (result->status == PVBOOT_S_OK || result->status == PVBOOT_S_NO_BOOTFILE)) {
		boot_info_set_file(&changed.info, vm->id.conf->boot_file);
		changed.status = PVBOOT_S_OK;
	}
	if (changed.info.site_text[0] && strcmp(changed.info.site_text, vm->boot.site_text) != 0)
		log_msg(LOG_INFO, vm->id.name, "DHCP option %u: \"%s\"", vm->id.conf->boot_option,
			changed.info.site_text);
	plan_needs_no_boot_file(vm, &changed);
	answer(vm, &changed);
}

static void ask_server(struct vm *vm, bool fresh)
{
	const struct conf_vm *conf = vm->id.conf;
	struct dhcp_request req = {
		.vm = vm->id.name,
		.ifname = conf->ifname,
		.has_uuid = vm->id.has_uuid,
		.file_known = conf->boot_file[0] || conf->kernel[0],
		.own_network = conf->source_guest,
		.proxy = conf->proxy,
		.timeout_ms = conf->dhcp_timeout_ms,
		.site_option = conf->boot_option,
	};
	struct dhcp_result failed = {.status = PVBOOT_S_NO_RESOURCES, .text = "out of memory"};

	memcpy(req.mac, vm->id.mac, 6);
	memcpy(req.uuid, vm->id.uuid, 16);
	if (!fresh)
		memcpy(req.previous, vm->id.previous, 4);
	vm->dhcp = dhcp_start(vm->env->base, &req, on_done, NULL, vm);
	if (!vm->dhcp)
		answer(vm, &failed);
}

static void make_up(struct vm *vm)
{
	const struct conf_vm *conf = vm->id.conf;
	struct dhcp_local_request req = {
		.root_path = conf->root,
		.root_fd = conf->root_fd,
		.boot_file = conf->boot_file,
		.has_uuid = vm->id.has_uuid,
	};
	struct dhcp_result result;

	memcpy(req.mac, vm->id.mac, 6);
	memcpy(req.uuid, vm->id.uuid, 16);
	dhcp_local_lease(&req, &result);
	plan_needs_no_boot_file(vm, &result);
	if (result.status != PVBOOT_S_OK)
		log_msg(LOG_WARNING, vm->id.name, "%s", result.text);
	answer(vm, &result);
}

/* If mac = card: take the card's MAC as the VM's.  If the VM may not have it, fails the request and returns false. */
static bool take_card(struct vm *vm, uint32_t id, const uint8_t card[PVBOOT_CARD_LEN])
{
	char why[PVBOOT_ERROR_MAX + 1];
	uint8_t before[6];

	if (!vm->id.mac_of_card)
		return true;
	memcpy(before, vm->id.mac, 6);
	if (!vm->env->take_card(vm->env->arg, &vm->id, card, why, sizeof(why))) {
		vm_fail(vm, id, PVBOOT_S_DENIED, 0, why);
		return false;
	}
	if (memcmp(before, vm->id.mac, 6) != 0) { /* another VM may get the MAC that this one had */
		vm_frame_reset(vm);
		vm_source_leave(vm);
	}
	return true;
}

void vm_lease_discover(struct vm *vm, uint32_t id, const uint8_t *bytes, size_t len, uint64_t room)
{
	bool has_card = len == sizeof(struct pvboot_discover_args) + PVBOOT_CARD_LEN;
	uint8_t card[PVBOOT_CARD_LEN] = {0};
	struct pvboot_discover_args args;
	bool asked = vm->dhcp || vm_prefix_waits(vm);

	memcpy(&args, bytes, sizeof(args));
	if ((len != sizeof(args) && !has_card) || args.reserved || room < sizeof(struct pvboot_discover_res)) {
		vm_fail(vm, id, PVBOOT_S_BAD_REQUEST, 0, "malformed DISCOVER");
		return;
	}
	if (args.flags & ~PVBOOT_DISCOVER_F_FRESH) {
		vm_fail(vm, id, PVBOOT_S_UNSUPPORTED, 0, "unknown flag in DISCOVER");
		return;
	}
	if (has_card)
		memcpy(card, bytes + sizeof(args), sizeof(card));
	if (!asked && !take_card(vm, id, card))
		return;
	if (!vm_wait_begin(vm, PVBOOT_OP_DISCOVER, id, room) || asked)
		return; /* refused, or an exchange is under way already */
	if (conf_vm_has_directory(vm->id.conf))
		make_up(vm);
	else
		ask_server(vm, args.flags & PVBOOT_DISCOVER_F_FRESH);
}

void vm_lease_cancelled(struct vm *vm)
{
	if (!vm_wait_next(vm, PVBOOT_OP_DISCOVER, NULL))
		vm_lease_reset(vm);
}

void vm_lease_reset(struct vm *vm)
{
	if (vm->dhcp)
		dhcp_cancel(vm->dhcp);
	vm->dhcp = NULL;
	vm_prefix_reset(vm);
}

static void take_text(char *to, const char *from, size_t cap)
{
	memset(to, 0, cap);
	memcpy(to, from, strnlen(from, cap - 1));
}

static void restore(struct vm *vm, const struct kept_lease *kept)
{
	struct boot_info *info = &vm->boot;

	memset(info, 0, sizeof(*info));
	boot_info_identify(info, vm->id.mac, vm->id.has_uuid, vm->id.uuid);
	info->res.lease = kept->lease;
	take_text(info->res.lease.bootfile, kept->lease.bootfile, sizeof(info->res.lease.bootfile));
	memcpy(info->netmask, kept->netmask, sizeof(info->netmask));
	memcpy(info->router, kept->router, sizeof(info->router));
	info->prefix_sent = kept->prefix_sent;
	take_text(info->prefix, kept->prefix, sizeof(info->prefix));
	take_text(info->config, kept->config, sizeof(info->config));
	take_text(info->site_text, kept->site_text, sizeof(info->site_text));
}

bool vm_lease_restore(struct vm *vm, const uint8_t *blob, size_t len)
{
	char why[PVBOOT_ERROR_MAX + 1];
	struct kept_lease kept;

	if (len != sizeof(kept) || !kept_head_good(blob, len, KEPT_LEASE_MAGIC, KEPT_LEASE_VERSION, sizeof(kept)))
		return false;
	memcpy(&kept, blob, sizeof(kept));
	if (kept.prefix_sent > 1 || kept.reserved)
		return false;
	if (vm->id.mac_of_card && !vm->env->take_card(vm->env->arg, &vm->id, kept.card, why, sizeof(why))) {
		log_msg(LOG_WARNING, vm->id.name, "%s", why);
		return false;
	}
	restore(vm, &kept);
	memcpy(vm->id.previous, kept.lease.address, 4);
	vm_source_enter(vm);
	return true;
}
