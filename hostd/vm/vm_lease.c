/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_lease.c - DISCOVER: a lease from a DHCP server or made up, kept so that the next boot asks for it again. */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "dhcp/dhcp_edit.h"
#include "dhcp/dhcp_msg.h"
#include "dhcp/dhcp_local.h"
#include "log.h"
#include "vm/vm_frame.h"
#include "vm/vm_internal.h"
#include "vm/vm_lease.h"
#include "vm/vm_plan.h"
#include "vm/vm_prefix.h"
#include "vm/vm_send.h"
#include "vm/vm_source.h"
#include "vm/vm_wait.h"

/* What the device keeps of a lease for the next hostd. */
struct kept_lease {
	uint32_t magic;
	uint8_t card[PVBOOT_CARD_LEN]; /* with mac = card, else 0 */
	uint8_t reserved[2];
	struct pvboot_lease lease;
	char prefix[PVBOOT_BOOTFILE_MAX]; /* of struct pxelinux_guest */
	char config[PVBOOT_BOOTFILE_MAX];
	char boot_text[PLAN_BOOT_TEXT_MAX];
};
#define KEPT_LEASE_MAGIC 0x344c4b50u /* "PKL4" */
_Static_assert(sizeof(struct kept_lease) <= PVBOOT_LINK_KEEP_MAX, "a lease can be kept");

static void uuid_of(const struct vm *vm, uint8_t uuid[16])
{
	memcpy(uuid, vm->id.uuid, 16);
	if (!vm->id.has_uuid)
		dhcp_msg_uuid_of_mac(uuid, vm->id.mac);
}

static void remember(struct vm *vm, const struct pvboot_discover_res *res)
{
	const struct pvboot_lease *lease = &res->lease;
	struct kept_lease kept = {.magic = KEPT_LEASE_MAGIC, .lease = *lease};
	struct pxelinux_guest before = vm->guest;
	uint8_t uuid[16];
	bool known;

	uuid_of(vm, uuid);
	pxelinux_guest_read(&vm->guest, res, vm->id.mac, uuid);
	if (vm->id.mac_of_card)
		memcpy(kept.card, vm->id.mac, sizeof(kept.card));
	memcpy(kept.prefix, vm->guest.prefix, sizeof(kept.prefix));
	memcpy(kept.config, vm->guest.config, sizeof(kept.config));
	memcpy(kept.boot_text, vm->boot_text, sizeof(kept.boot_text));
	known = !memcmp(&vm->lease, lease, sizeof(*lease)) && !memcmp(&vm->guest, &before, sizeof(before));
	vm->lease = *lease;
	vm->env->note_address(vm->env->arg, &vm->id, lease->address);
	memcpy(vm->id.previous, lease->address, 4);
	if (!known)
		vm_send_keep(vm, PVBOOT_LINK_KEY_LEASE, &kept, sizeof(kept));
	vm_source_enter(vm);
	log_msg(LOG_INFO, vm->id.name, "lease %s, boot file \"%s\" at %s", addr_text(lease->address), lease->bootfile,
		addr_text(lease->boot_server));
}

/* The result with a prefix for pxelinux in it. */
static struct pvboot_discover_res with_prefix(struct vm *vm, const struct dhcp_result *result, const char *prefix)
{
	struct pvboot_discover_res res = result->res;

	if (prefix && dhcp_edit_add_prefix(&res, prefix))
		log_msg(LOG_INFO, vm->id.name, "the boot program is pxelinux.0: told to find its files at %s", prefix);
	else if (prefix)
		vm->no_prefix = "there is no room for it in the server's packet";
	return res;
}

void vm_lease_answer(struct vm *vm, const struct dhcp_result *result, const char *prefix)
{
	struct pvboot_discover_res res;
	struct vm_wait *wait = NULL;

	if (result->status == PVBOOT_S_OK)
		res = with_prefix(vm, result, prefix);
	while ((wait = vm_wait_next(vm, PVBOOT_OP_DISCOVER, wait))) {
		uint32_t id = wait->id;

		vm_wait_end(wait);
		if (result->status == PVBOOT_S_OK)
			vm_reply(vm, id, PVBOOT_S_OK, 0, "", &res, sizeof(res));
		else
			vm_reply(vm, id, result->status, 0, result->text, NULL, 0);
	}
}

/* Answer now, or once it is known whether the boot program is pxelinux. */
static void answer(struct vm *vm, const struct dhcp_result *result)
{
	if (result->status == PVBOOT_S_OK)
		remember(vm, &result->res);
	if (!vm_prefix_begin(vm, result))
		vm_lease_answer(vm, result, NULL);
}

static void read_boot_text(struct vm *vm, const struct pvboot_discover_res *res)
{
	char before[PLAN_BOOT_TEXT_MAX];

	memcpy(before, vm->boot_text, sizeof(before));
	plan_boot_read(vm->boot_text, res, vm->id.conf->boot_option);
	if (!strcmp(before, vm->boot_text))
		return;
	memset(&vm->guest, 0, sizeof(vm->guest)); /* not known any more: to be kept anew */
	if (vm->boot_text[0])
		log_msg(LOG_INFO, vm->id.name, "DHCP option %u: \"%s\"", vm->id.conf->boot_option, vm->boot_text);
}

/* A plan does without a boot file; if there is none in the end, the guest says so. */
static void plan_needs_no_boot_file(const struct vm *vm, struct dhcp_result *result)
{
	if (result->status == PVBOOT_S_NO_BOOTFILE && (vm_plan_wanted(vm) || vm->id.conf->kernel[0]))
		result->status = PVBOOT_S_OK;
}

static void on_done(void *arg, const struct dhcp_result *result)
{
	struct dhcp_result changed = *result;
	struct vm *vm = arg;

	vm->dhcp = NULL;
	if (vm->id.conf->boot_file[0] && (result->status == PVBOOT_S_OK || result->status == PVBOOT_S_NO_BOOTFILE)) {
		dhcp_edit_boot_file(&changed.res, vm->id.conf->boot_file);
		changed.status = PVBOOT_S_OK;
	}
	read_boot_text(vm, &changed.res);
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

/* With mac = card: the VM is whose card it says it has.  False: it may not, and is told why. */
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
	if (memcmp(before, vm->id.mac, 6) != 0) { /* the one before may be another VM's from now on */
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
		return; /* it is refused, or waits for the answer that is on its way */
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

static void restore_guest(struct vm *vm, const struct kept_lease *kept)
{
	struct pxelinux_guest *guest = &vm->guest;

	memcpy(guest->mac, vm->id.mac, 6);
	uuid_of(vm, guest->uuid);
	memcpy(guest->address, kept->lease.address, 4);
	memcpy(guest->server, kept->lease.boot_server, 4);
	memcpy(guest->router, kept->lease.router, 4);
	memcpy(guest->netmask, kept->lease.netmask, 4);
	snprintf(guest->prefix, sizeof(guest->prefix), "%.*s", PVBOOT_BOOTFILE_MAX - 1, kept->prefix);
	snprintf(guest->config, sizeof(guest->config), "%.*s", PVBOOT_BOOTFILE_MAX - 1, kept->config);
}

bool vm_lease_restore(struct vm *vm, const uint8_t *blob, size_t len)
{
	char why[PVBOOT_ERROR_MAX + 1];
	struct kept_lease kept;

	if (len != sizeof(kept))
		return false;
	memcpy(&kept, blob, sizeof(kept));
	if (kept.magic != KEPT_LEASE_MAGIC || kept.reserved[0] || kept.reserved[1])
		return false;
	if (vm->id.mac_of_card && !vm->env->take_card(vm->env->arg, &vm->id, kept.card, why, sizeof(why))) {
		log_msg(LOG_WARNING, vm->id.name, "%s", why);
		return false;
	}
	kept.lease.bootfile[PVBOOT_BOOTFILE_MAX - 1] = '\0';
	snprintf(vm->boot_text, sizeof(vm->boot_text), "%.*s", PLAN_BOOT_TEXT_MAX - 1, kept.boot_text);
	vm->lease = kept.lease;
	restore_guest(vm, &kept);
	memcpy(vm->id.previous, kept.lease.address, 4);
	vm_source_enter(vm);
	return true;
}
