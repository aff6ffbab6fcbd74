/* SPDX-License-Identifier: BSD-2-Clause */
/* plan_cmd.c - `pvboot plan`: what a pxelinux configuration comes to, without booting it. */
#include "plan_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "file/file.h"
#include "file/file_root.h"
#include "dhcp/dhcp_local.h"
#include "pxelinux/pxelinux_fetch.h"
#include "plan_show.h"

#define PATH_MAX_HERE 4096

struct options {
	const char *file; /* NULL: look for it below root, as pxelinux does */
	char root[PATH_MAX_HERE];
	const char *boot_file, *prefix, *config;
	uint8_t mac[6], uuid[16];
	bool has_uuid;
	struct given {
		bool is; /* else as dhcp_local_lease() makes it up */
		uint8_t bytes[4];
	} address, server, router, netmask;
};

/* The command at work. */
struct work {
	const struct options *o;
	struct pxelinux_guest guest;
	int root_fd;
	unsigned int missing;
	int status; /* to exit with */
};

static const char usage[] =
	"Usage: pvboot plan --root DIR [OPTION]...\n"
	"       pvboot plan FILE [--root DIR] [OPTION]...\n"
	"\n"
	"Show what a guest boots by a configuration of pxelinux's (pxelinux.cfg/default and its kin): kernel, initrds "
	"and\n"
	"command line, or the list it would choose from; or why it cannot be booted without a boot program.\n"
	"\n"
	"  --root DIR         the TFTP server's directory: the configuration is looked for as pxelinux does (default "
	"with\n"
	"                     FILE: the directory that FILE, or its pxelinux.cfg, is in)\n"
	"  --boot-file NAME   the boot program, whose directory all names are relative to (default: as pvboot run)\n"
	"  --mac MAC          the guest's MAC (default 52:54:00:12:34:56)\n"
	"  --uuid UUID        its UUID (default: none)\n"
	"  --ip ADDRESS       its address, and what else DHCP would say of the network:\n"
	"  --server ADDRESS, --router ADDRESS, --netmask MASK\n"
	"  --prefix TEXT      DHCP option 210\n"
	"  --config NAME      DHCP option 209\n"
	"\n"
	"Exit status: 0 it can be booted directly; 1 this host failed; 2 usage; 3 there is no configuration; 4 it "
	"cannot\n"
	"be booted directly; 5 a file of it is missing.\n";

/* ---- options ----------------------------------------------------------------------------------------------------- */

static bool read_address(const char *text, struct given *given)
{
	given->is = addr_parse(given->bytes, text, strlen(text));
	return given->is;
}

static bool set_option(struct options *o, int c, const char *text)
{
	switch (c) {
	case 'd':
		return snprintf(o->root, sizeof(o->root), "%s", text) < (int)sizeof(o->root);
	case 'b':
		o->boot_file = text;
		return strlen(text) < PVBOOT_BOOTFILE_MAX;
	case 'm':
		return addr_mac_parse(o->mac, text);
	case 'u':
		o->has_uuid = addr_uuid_parse(o->uuid, text);
		return o->has_uuid;
	case 'i':
		return read_address(text, &o->address);
	case 's':
		return read_address(text, &o->server);
	case 'r':
		return read_address(text, &o->router);
	case 'n':
		return read_address(text, &o->netmask);
	case 'p':
		o->prefix = text;
		return strlen(text) < PVBOOT_BOOTFILE_MAX;
	default:
		o->config = text;
		return strlen(text) < PVBOOT_BOOTFILE_MAX;
	}
}

/* Where a FILE's INCLUDEs and kernels are: beside it, or above its pxelinux.cfg. */
static bool default_root(struct options *o)
{
	char path[PATH_MAX_HERE], name[PATH_MAX_HERE];

	if (!realpath(o->file, path)) {
		fprintf(stderr, "pvboot plan: %s: %s\n", o->file, strerror(errno));
		return false;
	}
	snprintf(o->root, sizeof(o->root), "%s", dirname(path));
	snprintf(name, sizeof(name), "%s", o->root);
	if (!strcmp(basename(name), "pxelinux.cfg")) {
		snprintf(name, sizeof(name), "%s", o->root);
		snprintf(o->root, sizeof(o->root), "%s", dirname(name));
	}
	return true;
}

/* Read the command line.  -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option longopts[] = {
		{"root", required_argument, NULL, 'd'},	  {"boot-file", required_argument, NULL, 'b'},
		{"mac", required_argument, NULL, 'm'},	  {"uuid", required_argument, NULL, 'u'},
		{"ip", required_argument, NULL, 'i'},	  {"server", required_argument, NULL, 's'},
		{"router", required_argument, NULL, 'r'}, {"netmask", required_argument, NULL, 'n'},
		{"prefix", required_argument, NULL, 'p'}, {"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},	  {NULL, 0, NULL, 0},
	};
	static const uint8_t usual_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
	int c;

	memset(o, 0, sizeof(*o));
	memcpy(o->mac, usual_mac, 6);
	optind = 1;
	while ((c = getopt_long(argc, argv, "h", longopts, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return PLAN_EXIT_DIRECT;
		}
		if (c == '?')
			return PLAN_EXIT_USAGE; /* getopt_long() said why */
		if (!set_option(o, c, optarg)) {
			fprintf(stderr, "pvboot plan: \"%s\" does not do there: see pvboot plan --help\n", optarg);
			return PLAN_EXIT_USAGE;
		}
	}
	o->file = optind < argc ? argv[optind++] : NULL;
	if (optind < argc) {
		fprintf(stderr, "pvboot plan: \"%s\" is one word too many: see pvboot plan --help\n", argv[optind]);
		return PLAN_EXIT_USAGE;
	}
	if (!o->file && !o->root[0]) {
		fprintf(stderr, "pvboot plan: neither a FILE nor --root DIR is named: see pvboot plan --help\n");
		return PLAN_EXIT_USAGE;
	}
	return o->root[0] || default_root(o) ? -1 : PLAN_EXIT_FAILED;
}

/* The guest as it would find itself after `pvboot run --root`, but for what was said. */
static void read_guest(struct work *work)
{
	const struct options *o = work->o;
	struct dhcp_local_request req = {
		.root_path = o->root,
		.root_fd = work->root_fd,
		.boot_file = o->boot_file ? o->boot_file : "",
		.has_uuid = o->has_uuid,
	};
	struct pxelinux_guest *guest = &work->guest;
	static struct dhcp_result result;

	memcpy(req.mac, o->mac, 6);
	memcpy(req.uuid, o->uuid, 16);
	dhcp_local_lease(&req, &result);
	pxelinux_guest_make(guest, &result.info);
	if (o->address.is)
		memcpy(guest->address, o->address.bytes, 4);
	if (o->server.is)
		memcpy(guest->server, o->server.bytes, 4);
	if (o->router.is)
		memcpy(guest->router, o->router.bytes, 4);
	if (o->netmask.is)
		memcpy(guest->netmask, o->netmask.bytes, 4);
	if (o->prefix)
		snprintf(guest->prefix, sizeof(guest->prefix), "%s", o->prefix);
	if (o->config)
		snprintf(guest->config, sizeof(guest->config), "%s", o->config);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* Is it among the files of the root?  Other servers, and other schemes than TFTP, are not asked. */
static bool is_local(const struct pxelinux_file *file)
{
	return addr_none(file->server) && !file->is_url;
}

static struct file *on_open(void *arg, const struct pxelinux_file *named)
{
	const struct work *work = arg;
	struct file *file;

	if (!is_local(named))
		return file_new_failed("plan", named->name, PVBOOT_S_FAILED, "it is on another server");
	file = file_root_open(work->root_fd, work->o->root, named->name, "plan");
	/* What is there and cannot be read is passed over, too; but it should be known. */
	if (file && file_status(file) != PVBOOT_S_OK && file_status(file) != PVBOOT_S_NOT_FOUND)
		fprintf(stderr, "pvboot plan: %s\n", file_text(file));
	return file;
}

static void on_plan(void *arg, const struct plan *plan)
{
	struct work *work = arg;

	for (unsigned int i = 0; i <= plan->n_initrds; i++) {
		const struct pxelinux_file *named = i ? &plan->initrd[i - 1] : &plan->kernel;
		struct file *file;

		if (!is_local(named))
			continue;
		file = file_root_open(work->root_fd, work->o->root, named->name, "plan");
		if (file && file_status(file) != PVBOOT_S_OK) {
			printf("  missing %s\n", file_text(file));
			work->missing++;
		}
		if (file)
			file_unref(file);
	}
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static void on_done(void *arg, enum pxelinux_fetched fetched, const struct pxelinux_config *config, const char *words)
{
	struct work *work = arg;

	if (fetched == PXELINUX_FETCH_NONE) {
		fprintf(stderr, "pvboot plan: in %s %s\n", work->o->root, words);
		work->status = PLAN_EXIT_NONE;
	} else if (fetched == PXELINUX_FETCH_REFUSED) {
		printf("cannot be booted directly: %s\n", words);
		work->status = PLAN_EXIT_REFUSED;
	} else {
		printf("configuration %s\n", config->first.file);
		work->status =
			plan_show(stdout, config, &work->guest, on_plan, work) ? PLAN_EXIT_DIRECT : PLAN_EXIT_REFUSED;
		if (work->status == PLAN_EXIT_DIRECT && work->missing)
			work->status = PLAN_EXIT_NO_FILE;
	}
}

/* The FILE that is named, wherever it is. */
static void fetch_file(struct work *work, struct pxelinux_fetch *fetch)
{
	/* One byte more than is allowed, for pxelinux_parse() to notice. */
	static char text[PXELINUX_TEXT_MAX + 1];
	FILE *f = fopen(work->o->file, "re");
	size_t len = f ? fread(text, 1, sizeof(text), f) : 0;

	if (!f || ferror(f)) {
		fprintf(stderr, "pvboot plan: %s: %s\n", work->o->file, strerror(errno));
		work->status = PLAN_EXIT_FAILED;
		pxelinux_fetch_cancel(fetch);
	} else {
		pxelinux_fetch_parse(fetch, work->o->file, text, len);
	}
	if (f)
		fclose(f);
}

int plan_main(int argc, char **argv)
{
	static struct options o;
	static const struct pxelinux_fetch_ops ops = {.open = on_open, .done = on_done};
	struct work work = {.o = &o, .status = PLAN_EXIT_FAILED};
	struct pxelinux_fetch *fetch;
	int status = read_options(argc, argv, &o);

	if (status >= 0)
		return status;
	work.root_fd = open(o.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (work.root_fd < 0) {
		fprintf(stderr, "pvboot plan: %s: %s\n", o.root, strerror(errno));
		return PLAN_EXIT_FAILED;
	}
	read_guest(&work);
	fetch = pxelinux_fetch_new(&work.guest, &ops, &work);
	/* Files of a directory are there at once. */
	if (fetch && o.file)
		fetch_file(&work, fetch);
	else if (fetch)
		pxelinux_fetch_run(fetch);
	close(work.root_fd);
	return work.status;
}
