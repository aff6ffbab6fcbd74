/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp_local.c - a lease without a server: the addresses of QEMU's user network, so that a guest which also has a
 * `-nic user` finds the address it was told good on it.
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dhcp/dhcp_local.h"
#include "dhcp/dhcp_msg.h"

#define LEASE_SECONDS 86400

static const uint8_t guest_ip[4] = {10, 0, 2, 15};
static const uint8_t server_ip[4] = {10, 0, 2, 2};
static const uint8_t netmask[4] = {255, 255, 255, 0};

/* What to boot where nobody says. */
static const char *const usual[] = {"pxelinux.0", "lpxelinux.0", "boot/pxelinux.0", "undionly.kpxe", "ipxe.kpxe"};

static uint32_t xid_of(const struct dhcp_local_request *req)
{
	const uint8_t *m = req->mac;

	return (uint32_t)m[2] << 24 | (uint32_t)m[3] << 16 | (uint32_t)m[4] << 8 | m[5];
}

/* The DHCPDISCOVER that hostd would have sent. */
static void make_discover(const struct dhcp_local_request *req, uint8_t packet[PVBOOT_DHCP_PACKET])
{
	struct dhcp_send send = {.type = DHCP_DISCOVER, .xid = xid_of(req)};

	memcpy(send.mac, req->mac, 6);
	if (req->has_uuid)
		memcpy(send.uuid, req->uuid, 16);
	else
		dhcp_msg_uuid_of_mac(send.uuid, req->mac);
	dhcp_msg_build(packet, PVBOOT_DHCP_PACKET, &send);
}

/* The DHCPACK of a server at the host's address. */
static void make_ack(const struct dhcp_local_request *req, const char *boot_file, uint8_t packet[PVBOOT_DHCP_PACKET])
{
	struct dhcp_grant grant = {.xid = xid_of(req), .seconds = LEASE_SECONDS, .file = boot_file};

	memcpy(grant.mac, req->mac, 6);
	memcpy(grant.address, guest_ip, 4);
	memcpy(grant.server, server_ip, 4);
	memcpy(grant.netmask, netmask, 4);
	memcpy(grant.router, server_ip, 4);
	dhcp_msg_build_ack(packet, PVBOOT_DHCP_PACKET, &grant);
}

static bool exists(const struct dhcp_local_request *req, const char *name)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	long fd = syscall(SYS_openat2, req->root_fd, name, &how, sizeof(how));

	if (fd < 0)
		return false;
	close((int)fd);
	return true;
}

static const char *choose_boot_file(const struct dhcp_local_request *req)
{
	if (req->boot_file[0])
		return req->boot_file;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (exists(req, usual[i]))
			return usual[i];
	return "";
}

void dhcp_local_lease(const struct dhcp_local_request *req, struct dhcp_result *out)
{
	struct pvboot_lease *lease = &out->res.lease;
	const char *boot_file = choose_boot_file(req);

	memset(out, 0, sizeof(*out));
	memcpy(lease->address, guest_ip, 4);
	memcpy(lease->netmask, netmask, 4);
	memcpy(lease->router, server_ip, 4);
	memcpy(lease->boot_server, server_ip, 4);
	memcpy(lease->dhcp_server, server_ip, 4);
	lease->lease_seconds = LEASE_SECONDS;
	lease->flags = PVBOOT_LEASE_F_LOCAL;
	snprintf(lease->bootfile, sizeof(lease->bootfile), "%s", boot_file);
	make_discover(req, out->res.discover);
	make_ack(req, boot_file, out->res.ack);
	memcpy(out->res.reply, out->res.ack, sizeof(out->res.reply));
	if (*boot_file)
		return;
	out->status = PVBOOT_S_NO_BOOTFILE;
	snprintf(out->text, sizeof(out->text),
		 "%.120s has no pxelinux.0: put a boot program there, or name one with --boot-file", req->root_path);
}
