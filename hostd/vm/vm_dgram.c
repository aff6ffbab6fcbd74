/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_dgram.c - a guest's datagrams: hostd answers TFTP itself and forwards the rest. */
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/kept_head.h"
#include "log.h"
#include "tftp/tftp_serve.h"
#include "net/udp.h"
#include "vm/vm_data.h"
#include "vm/vm_dgram.h"
#include "vm/vm_open.h"
#include "vm/vm_send.h"

/* The datagram state that the device keeps for the next hostd. */
struct kept_dgram {
	struct kept_head head;
	uint8_t address[4];
};
_Static_assert(sizeof(struct kept_dgram) == 12, "kept_dgram");
#define KEPT_DGRAM_VERSION 1

struct vm_dgram {
	struct tftp_serve *serve;
	struct udp *udp;
	uint8_t ip[4]; /* the address that the guest opened; 0.0.0.0: none */
};

/*
 * Send a datagram to the guest.  If the device does not read, the datagram is dropped, as a switch with a full queue
 * would drop it.
 */
static void send_pkt(void *arg, const struct pvboot_pkt *pkt, const void *payload)
{
	struct vm *vm = arg;

	if (link_full(vm->link)) {
		log_msg(LOG_DEBUG, vm->id.name, "dropped a datagram to the guest: its device does not read");
		return;
	}
	vm_send(vm, PVBOOT_LINK_DGRAM, 0, -1, (struct link_part[]){{pkt, sizeof(*pkt)}, {payload, pkt->length}}, 2);
}

/* The source address of the guest's datagrams: the one it opened, else its lease's. */
static const uint8_t *guest_address(const struct vm *vm)
{
	return !addr_none(vm->dgram->ip) ? vm->dgram->ip : vm->boot.res.lease.address;
}

static void deliver_udp(void *arg, const struct pvboot_pkt *pkt, const void *payload)
{
	struct pvboot_pkt copy = *pkt;
	struct vm *vm = arg;

	memcpy(copy.dst, guest_address(vm), 4);
	send_pkt(vm, &copy, payload);
}

static struct file *serve_open(void *arg, const uint8_t server[4], uint16_t port, const char *filename)
{
	return vm_open(arg, server, port, filename, false);
}

static void serve_keep(void *arg, uint16_t key, const void *blob, size_t len)
{
	struct vm *vm = arg;

	if (!key || len > PVBOOT_LINK_KEEP_MAX)
		return;
	if (len)
		vm_send_keep(vm, key, blob, len);
	else
		vm_send_forget(vm, key);
}

static const struct tftp_serve_ops serve_ops = {
	.open = serve_open,
	.send = send_pkt,
	.keep = serve_keep,
};

bool vm_dgram_start(struct vm *vm)
{
	vm->dgram = calloc(1, sizeof(*vm->dgram));
	if (!vm->dgram)
		return false;
	vm->dgram->serve = tftp_serve_new(vm->env->base, vm->id.name, &serve_ops, vm);
	vm->dgram->udp = udp_new(vm->env->base, vm->id.name, deliver_udp, vm);
	return vm->dgram->serve && vm->dgram->udp;
}

void vm_dgram_stop(struct vm *vm)
{
	if (!vm->dgram)
		return;
	if (vm->dgram->serve)
		tftp_serve_free(vm->dgram->serve);
	udp_free(vm->dgram->udp);
	free(vm->dgram);
	vm->dgram = NULL;
}

void vm_dgram_use_source(struct vm *vm, struct source *source)
{
	if (vm->dgram && vm->dgram->udp)
		udp_use_source(vm->dgram->udp, source);
}

bool vm_dgram_input(struct vm *vm, const uint8_t *body, size_t len, const char **why)
{
	struct pvboot_dgram_args to = {0};
	struct pvboot_pkt pkt;

	*why = "malformed DGRAM";
	if (len < sizeof(pkt))
		return false;
	memcpy(&pkt, body, sizeof(pkt));
	if (pkt.type != PVBOOT_PKT_DGRAM || pkt.flags || pkt.reserved || pkt.length != len - sizeof(pkt) ||
	    pkt.length > PVBOOT_DGRAM_MAX)
		return false;
	memcpy(to.dest, pkt.dst, 4);
	to.src_port_be = pkt.src_port_be;
	to.dst_port_be = pkt.dst_port_be;
	if (tftp_serve_input(vm->dgram->serve, &to, guest_address(vm), body + sizeof(pkt), pkt.length))
		return true;
	if (!conf_vm_has_directory(vm->id.conf)) /* a VM with a directory has no network */
		udp_send(vm->dgram->udp, &to, body + sizeof(pkt), pkt.length);
	return true;
}

void vm_dgram_open(struct vm *vm, const uint8_t *args, size_t len)
{
	struct kept_dgram kept = {.head = {KEPT_DGRAM_MAGIC, KEPT_DGRAM_VERSION, 0}};
	struct pvboot_dgram_open_args open;

	if (len < sizeof(open))
		return;
	memcpy(&open, args, sizeof(open));
	memcpy(vm->dgram->ip, open.address, 4);
	memcpy(kept.address, open.address, 4);
	vm_send_keep(vm, PVBOOT_LINK_KEY_DGRAM, &kept, sizeof(kept));
}

void vm_dgram_reset(struct vm *vm)
{
	memset(vm->dgram->ip, 0, sizeof(vm->dgram->ip));
	tftp_serve_reset(vm->dgram->serve);
	udp_reset(vm->dgram->udp);
	vm_send_forget(vm, PVBOOT_LINK_KEY_DGRAM);
}

bool vm_dgram_restore(struct vm *vm, const uint8_t *blob, size_t len)
{
	struct kept_dgram kept;

	if (len != sizeof(kept) || !kept_head_good(blob, len, KEPT_DGRAM_MAGIC, KEPT_DGRAM_VERSION, sizeof(kept)))
		return false;
	memcpy(&kept, blob, sizeof(kept));
	memcpy(vm->dgram->ip, kept.address, 4);
	return true;
}

bool vm_dgram_restore_tftp(struct vm *vm, uint16_t key, const uint8_t *blob, size_t len)
{
	return tftp_serve_restore(vm->dgram->serve, key, blob, len);
}
