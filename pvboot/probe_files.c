/* SPDX-License-Identifier: BSD-2-Clause */
/* probe_files.c - which files a boot needs, and whether their server has them. */
#include "probe_files.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/url.h"
#include "probe_show.h"

static void add(struct probe_names *names, enum probe_kind kind, const struct pxelinux_file *file)
{
	if (names->count == PROBE_NAMES_MAX)
		return;
	names->entry[names->count].kind = kind;
	names->entry[names->count].file = *file;
	names->count++;
}

/* The boot file, which is not behind pxelinux's prefix. */
static void read_program(struct pxelinux_file *file, const char *bootfile)
{
	char error[128];
	struct url url;

	file->is_url = !url_parse(&url, bootfile, error, sizeof(error)) || url.kind == URL_HTTP;
	snprintf(file->name, sizeof(file->name), "%s", file->is_url ? bootfile : url.path);
	if (file->is_url)
		return;
	memcpy(file->server, url.server, 4);
	file->port = url.port;
}

void probe_names(struct probe_names *names, const struct boot_info *info)
{
	const char *bootfile = info->res.lease.bootfile, *base = strrchr(bootfile, '/');
	struct pxelinux_file file = {.port = 0};
	struct pxelinux_names configs;
	struct pxelinux_guest guest;
	char error[128];

	memset(names, 0, sizeof(*names));
	read_program(&file, bootfile);
	add(names, PROBE_PROGRAM, &file);
	if (!strstr(base ? base : bootfile, "pxelinux"))
		return;
	pxelinux_guest_make(&guest, info);
	if (pxelinux_file_resolve(&file, guest.prefix, "ldlinux.c32", strlen("ldlinux.c32"), error, sizeof(error)))
		add(names, PROBE_MODULE, &file);
	pxelinux_names(&configs, &guest);
	for (unsigned int i = 0; i < configs.count; i++)
		add(names, PROBE_CONFIG, &configs.file[i]);
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

static void show(const char *name, const struct probe_answer *answer, const char *note)
{
	char size[64] = "size unknown";

	if (answer->received)
		snprintf(size, sizeof(size), "%" PRIu64 " bytes in blocks of %u", answer->received, answer->blksize);
	else if (answer->size != PVBOOT_SIZE_UNKNOWN)
		snprintf(size, sizeof(size), "%" PRIu64 " bytes", answer->size);
	if (answer->status == PVBOOT_S_OK)
		probe_show("  there    %s, %s%s", name, size, note);
	else if (answer->status == PVBOOT_S_NOT_FOUND)
		probe_show("  missing  %s%s", name, note);
	else
		probe_show("  failed   %s: %s%s", name, answer->text, note);
}

bool probe_files(const struct boot_info *info, const struct probe_names *names, const struct probe_fetch *fetch)
{
	struct event_base *base = event_base_new();
	bool wanted[PROBE_KINDS] = {false}, found[PROBE_KINDS] = {false};
	bool all = true;

	if (!base)
		return false;
	for (unsigned int i = 0; i < names->count; i++) {
		const struct pxelinux_file *file = &names->entry[i].file;
		enum probe_kind kind = names->entry[i].kind;
		char name[PXELINUX_NAME_TEXT_MAX];
		struct probe_answer answer;
		bool there;

		wanted[kind] = true;
		pxelinux_file_text(name, file);
		if (file->is_url && url_kind(file->name) != URL_HTTP) {
			probe_show("  unknown  %s: only TFTP and HTTP are tried here", name);
			found[kind] = true;
			continue;
		}
		probe_fetch_ask(fetch, base, info->res.lease.boot_server, file, &answer);
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
		probe_show("pxelinux finds no configuration: put one at %s", names->entry[names->count - 1].file.name);
	for (int kind = 0; kind < PROBE_KINDS; kind++)
		all &= found[kind] || !wanted[kind];
	return all;
}
