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

#define LEASE_SECONDS 86400

/* RFC 2131 2: the fixed part of a packet, and where things are in it. */
#define BOOTP_OP 0
#define BOOTP_HTYPE 1
#define BOOTP_HLEN 2
#define BOOTP_XID 4
#define BOOTP_YIADDR 16
#define BOOTP_SIADDR 20
#define BOOTP_CHADDR 28
#define BOOTP_FILE 108
#define BOOTP_FILE_LEN 128
#define BOOTP_COOKIE 236
#define BOOTP_OPTIONS 240

static const uint8_t guest_ip[4] = {10, 0, 2, 15};
static const uint8_t server_ip[4] = {10, 0, 2, 2};
static const uint8_t netmask[4] = {255, 255, 255, 0};

/* What to boot where nobody says. */
static const char *const usual[] = {"pxelinux.0", "lpxelinux.0", "boot/pxelinux.0", "undionly.kpxe", "ipxe.kpxe"};

struct packet {
	uint8_t *bytes; /* PVBOOT_DHCP_PACKET, zeroed */
	size_t len;
};

static void put_option(struct packet *pkt, uint8_t code, const void *data, size_t len)
{
	if (len > 255 || len + 3 > PVBOOT_DHCP_PACKET - pkt->len) /* code, length, and room for the end */
		return;
	pkt->bytes[pkt->len++] = code;
	pkt->bytes[pkt->len++] = (uint8_t)len;
	memcpy(pkt->bytes + pkt->len, data, len);
	pkt->len += len;
}

static struct packet begin_packet(uint8_t *bytes, const struct dhcp_local_request *req, uint8_t op, uint8_t type)
{
	static const uint8_t cookie[4] = {99, 130, 83, 99};
	struct packet pkt = {.bytes = bytes, .len = BOOTP_OPTIONS};

	bytes[BOOTP_OP] = op;
	bytes[BOOTP_HTYPE] = 1; /* Ethernet */
	bytes[BOOTP_HLEN] = 6;
	memcpy(bytes + BOOTP_XID, req->mac + 2, 4);
	memcpy(bytes + BOOTP_CHADDR, req->mac, 6);
	memcpy(bytes + BOOTP_COOKIE, cookie, sizeof(cookie));
	put_option(&pkt, 53, &type, 1);
	return pkt;
}

static void end_packet(struct packet *pkt)
{
	pkt->bytes[pkt->len] = 255;
}

/* The DHCPDISCOVER that a PXE client would have sent (RFC 4578 2). */
static void make_discover(const struct dhcp_local_request *req, uint8_t *bytes)
{
	static const uint8_t wanted[] = {1, 3, 6, 12, 15, 43, 54, 60, 66, 67, 208, 209, 210, 211};
	static const char class_id[] = "PXEClient:Arch:00000:UNDI:002001";
	static const uint8_t arch[2] = {0, 0}, undi[3] = {1, 2, 1};
	struct packet pkt = begin_packet(bytes, req, 1, 1);
	uint8_t client[17] = {0};

	put_option(&pkt, 55, wanted, sizeof(wanted));
	put_option(&pkt, 60, class_id, sizeof(class_id) - 1);
	put_option(&pkt, 93, arch, sizeof(arch));
	put_option(&pkt, 94, undi, sizeof(undi));
	if (req->has_uuid) {
		memcpy(client + 1, req->uuid, 16);
		put_option(&pkt, 97, client, sizeof(client));
	}
	end_packet(&pkt);
}

static void make_ack(const struct dhcp_local_request *req, const char *boot_file, uint8_t *bytes)
{
	static const uint8_t seconds[4] = {LEASE_SECONDS >> 24, LEASE_SECONDS >> 16 & 0xff, LEASE_SECONDS >> 8 & 0xff,
					   LEASE_SECONDS & 0xff};
	struct packet pkt = begin_packet(bytes, req, 2, 5);

	memcpy(bytes + BOOTP_YIADDR, guest_ip, 4);
	memcpy(bytes + BOOTP_SIADDR, server_ip, 4);
	if (strlen(boot_file) < BOOTP_FILE_LEN)
		memcpy(bytes + BOOTP_FILE, boot_file, strlen(boot_file));
	put_option(&pkt, 54, server_ip, 4);
	put_option(&pkt, 51, seconds, 4);
	put_option(&pkt, 1, netmask, 4);
	put_option(&pkt, 3, server_ip, 4);
	put_option(&pkt, 67, boot_file, strlen(boot_file));
	end_packet(&pkt);
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
