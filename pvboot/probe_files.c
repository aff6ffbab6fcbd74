/* SPDX-License-Identifier: BSD-2-Clause */
/* probe_files.c - which files a boot needs, and whether their server has them. */
#include "probe_files.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dhcp_msg.h"
#include "dhcp_pxe.h"
#include "probe_show.h"
#include "tftp.h"

#define STAT_TIMEOUT_MS 5000

static void add(struct probe_names *names, enum probe_kind kind, const char *prefix, const char *name)
{
	if (names->count == PROBE_NAMES_MAX)
		return;
	names->entry[names->count].kind = kind;
	snprintf(names->entry[names->count].name, PROBE_NAME_MAX, "%s%s", prefix, name);
	names->count++;
}

/* The boot file up to its last character that cannot be part of a plain name, as pxelinux takes its prefix from it. */
static void prefix_of(char prefix[PVBOOT_BOOTFILE_MAX], const char *bootfile)
{
	size_t len = strlen(bootfile);

	while (len && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-", bootfile[len - 1]))
		len--;
	memcpy(prefix, bootfile, len);
	prefix[len] = 0;
}

/* Options 209 and 210, from whichever packet has them; the boot server's reply goes last, and wins, as in pxelinux. */
static void read_options(struct dhcp_pxe *found, const struct pvboot_discover_res *res)
{
	const uint8_t *packets[] = {res->ack, res->reply};
	struct dhcp_msg msg;
	struct dhcp_pxe pxe;

	memset(found, 0, sizeof(*found));
	for (int i = 0; i < 2; i++) {
		if (!dhcp_msg_parse(&msg, packets[i], PVBOOT_DHCP_PACKET))
			continue;
		dhcp_pxe_read(&pxe, &msg);
		if (pxe.prefix[0])
			memcpy(found->prefix, pxe.prefix, sizeof(found->prefix));
		if (pxe.config[0])
			memcpy(found->config, pxe.config, sizeof(found->config));
	}
}

static void add_configs(struct probe_names *names, const char *prefix, const struct pvboot_discover_res *res,
			const uint8_t mac[6], const uint8_t uuid[16])
{
	const uint8_t *ip = res->lease.address;
	const uint8_t *u = uuid;
	char name[64];

	snprintf(name, sizeof(name),
		 "pxelinux.cfg/%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1], u[2],
		 u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
	/* pxelinux looks at this byte alone to tell a UUID from garbage; one made from the MAC it so leaves aside. */
	if (u[6] >= 0x10 && u[6] < 0xf0)
		add(names, PROBE_CONFIG, prefix, name);
	snprintf(name, sizeof(name), "pxelinux.cfg/01-%02x-%02x-%02x-%02x-%02x-%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
	add(names, PROBE_CONFIG, prefix, name);
	for (int digits = 8; digits > 0; digits--) {
		char hex[9];

		snprintf(hex, sizeof(hex), "%02X%02X%02X%02X", ip[0], ip[1], ip[2], ip[3]);
		snprintf(name, sizeof(name), "pxelinux.cfg/%.*s", digits, hex);
		add(names, PROBE_CONFIG, prefix, name);
	}
	add(names, PROBE_CONFIG, prefix, "pxelinux.cfg/default");
}

void probe_names(struct probe_names *names, const struct pvboot_discover_res *res, const uint8_t mac[6],
		 const uint8_t uuid[16])
{
	char prefix[PVBOOT_BOOTFILE_MAX];
	struct dhcp_pxe pxe;
	const char *base = strrchr(res->lease.bootfile, '/');

	memset(names, 0, sizeof(*names));
	add(names, PROBE_PROGRAM, "", res->lease.bootfile);
	if (!strstr(base ? base : res->lease.bootfile, "pxelinux"))
		return;
	read_options(&pxe, res);
	prefix_of(prefix, res->lease.bootfile);
	if (pxe.prefix[0])
		memcpy(prefix, pxe.prefix, sizeof(prefix));
	add(names, PROBE_MODULE, prefix, "ldlinux.c32");
	if (pxe.config[0])
		add(names, PROBE_CONFIG, prefix, pxe.config);
	add_configs(names, prefix, res, mac, uuid);
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

struct answer {
	uint64_t size;
	uint32_t status;
	char text[PVBOOT_ERROR_MAX + 1];
};

static void on_opened(void *arg, uint64_t size, uint16_t blksize)
{
	struct answer *answer = arg;

	answer->size = size;
}

static bool on_data(void *arg, const void *buf, size_t len)
{
	return false;
}

static void on_done(void *arg, uint32_t status, uint32_t detail, const char *text)
{
	struct answer *answer = arg;

	answer->status = status;
	snprintf(answer->text, sizeof(answer->text), "%s", text ? text : "");
}

static void ask(struct event_base *base, const uint8_t server[4], const char *name, struct answer *answer)
{
	static const struct tftp_ops ops = {.opened = on_opened, .data = on_data, .done = on_done};
	struct tftp_request req = {.vm = "probe", .filename = name, .stat_only = true, .timeout_ms = STAT_TIMEOUT_MS};

	memcpy(req.server, server, 4);
	answer->size = PVBOOT_SIZE_UNKNOWN;
	answer->status = PVBOOT_S_UNWRITTEN;
	answer->text[0] = 0;
	if (!tftp_get(base, &req, &ops, answer)) {
		answer->status = PVBOOT_S_NO_RESOURCES;
		return;
	}
	while (answer->status == PVBOOT_S_UNWRITTEN && !event_base_loop(base, EVLOOP_ONCE))
		;
}

static void show(const char *name, const struct answer *answer, const char *note)
{
	char size[32] = "size unknown";

	if (answer->size != PVBOOT_SIZE_UNKNOWN)
		snprintf(size, sizeof(size), "%" PRIu64 " bytes", answer->size);
	if (answer->status == PVBOOT_S_OK)
		probe_show("  there    %s, %s%s", name, size, note);
	else if (answer->status == PVBOOT_S_NOT_FOUND)
		probe_show("  missing  %s%s", name, note);
	else
		probe_show("  failed   %s: %s%s", name, answer->text, note);
}

bool probe_files(const struct pvboot_discover_res *res, const struct probe_names *names)
{
	struct event_base *base = event_base_new();
	bool wanted[PROBE_KINDS] = {false}, found[PROBE_KINDS] = {false};
	bool all = true;

	if (!base)
		return false;
	for (unsigned int i = 0; i < names->count; i++) {
		const char *name = names->entry[i].name;
		enum probe_kind kind = names->entry[i].kind;
		struct answer answer;
		bool there;

		wanted[kind] = true;
		if (strstr(name, "://")) {
			probe_show("  unknown  %s: only TFTP is tried here", name);
			found[kind] = true;
			continue;
		}
		ask(base, res->lease.boot_server, name, &answer);
		there = answer.status == PVBOOT_S_OK;
		show(name, &answer, there && kind == PROBE_CONFIG && !found[kind] ? "  <- read by pxelinux" : "");
		found[kind] |= there;
		if (answer.status == PVBOOT_S_TIMEOUT || answer.status == PVBOOT_S_UNREACHABLE) {
			probe_show("  (the others are not tried)");
			break;
		}
	}
	event_base_free(base);
	if (wanted[PROBE_MODULE] && !found[PROBE_MODULE])
		probe_show("pxelinux 5 and later needs ldlinux.c32 beside it: copy it from syslinux's modules/bios");
	if (wanted[PROBE_CONFIG] && !found[PROBE_CONFIG])
		probe_show("pxelinux finds no configuration: put one at %s", names->entry[names->count - 1].name);
	for (int kind = 0; kind < PROBE_KINDS; kind++)
		all &= found[kind] || !wanted[kind];
	return all;
}
