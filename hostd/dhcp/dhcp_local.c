/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp_local.c - make up a lease without a server.  It has the addresses of QEMU's user network, so that a guest that
 * also has a `-nic user` can use its address there.
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dhcp/dhcp_internal.h"
#include "dhcp/dhcp_local.h"

#define LEASE_SECONDS 86400

static const uint8_t guest_ip[4] = {10, 0, 2, 15};
static const uint8_t server_ip[4] = {10, 0, 2, 2};
static const uint8_t netmask[4] = {255, 255, 255, 0};

/* Boot files to try if no boot file is named. */
static const char *const usual[] = {"pxelinux.0", "lpxelinux.0", "boot/pxelinux.0", "undionly.kpxe", "ipxe.kpxe"};

static uint32_t xid_of(const struct dhcp_local_request *req)
{
	const uint8_t *m = req->mac;

	return (uint32_t)m[2] << 24 | (uint32_t)m[3] << 16 | (uint32_t)m[4] << 8 | m[5];
}

/* Make the DHCPDISCOVER that hostd would have sent. */
static void make_discover(const struct dhcp_local_request *req, struct boot_info *info)
{
	struct dhcp_send send = {.type = DHCP_DISCOVER, .xid = xid_of(req)};

	memcpy(send.mac, info->mac, 6);
	memcpy(send.uuid, info->uuid, 16);
	dhcp_msg_build(info->res.discover, PVBOOT_DHCP_PACKET, &send);
}

/* Make the DHCPACK that a server at the host's address would have sent. */
static void make_ack(const struct dhcp_local_request *req, const char *boot_file, struct boot_info *info)
{
	struct dhcp_grant grant = {.xid = xid_of(req), .seconds = LEASE_SECONDS, .file = boot_file};

	memcpy(grant.mac, info->mac, 6);
	memcpy(grant.address, guest_ip, 4);
	memcpy(grant.server, server_ip, 4);
	memcpy(grant.netmask, netmask, 4);
	memcpy(grant.router, server_ip, 4);
	dhcp_msg_build_ack(info->res.ack, PVBOOT_DHCP_PACKET, &grant);
	memcpy(info->res.reply, info->res.ack, PVBOOT_DHCP_PACKET);
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

/* Read the ACK, like one from a server, into *out. */
static void read_ack(struct dhcp_result *out)
{
	struct dhcp_msg ack;
	struct dhcp_pxe pxe;

	if (!dhcp_msg_parse(&ack, out->info.res.ack, PVBOOT_DHCP_PACKET))
		return;
	dhcp_pxe_read(&pxe, &ack);
	dhcp_result_lease(out, &ack);
	dhcp_result_boot(out, &pxe);
	boot_info_read(&out->info, 0);
}

void dhcp_local_lease(const struct dhcp_local_request *req, struct dhcp_result *out)
{
	const char *boot_file = choose_boot_file(req);

	memset(out, 0, sizeof(*out));
	boot_info_identify(&out->info, req->mac, req->has_uuid, req->uuid);
	make_discover(req, &out->info);
	make_ack(req, boot_file, &out->info);
	read_ack(out);
	out->info.res.lease.flags = PVBOOT_LEASE_F_LOCAL;
	if (*boot_file)
		return;
	out->status = PVBOOT_S_NO_BOOTFILE;
	snprintf(out->text, sizeof(out->text),
		 "%.120s has no pxelinux.0: put a boot program there, or name one with --boot-file", req->root_path);
}
