/* SPDX-License-Identifier: BSD-2-Clause */
/* plan_cmd.c - `pvboot plan`: what a pxelinux configuration comes to, without booting it. */
#include "plan_cmd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "conf.h"
#include "dhcp_msg.h"
#include "file.h"
#include "local.h"
#include "log.h"
#include "plan_show.h"

#define PATH_MAX_HERE 4096

struct options {
	const char *file; /* NULL: look for it below root, as pxelinux does */
	char root[PATH_MAX_HERE];
	const char *boot_file, *prefix, *config;
	uint8_t mac[6], uuid[16];
	bool has_uuid;
	struct given {
		bool is; /* else as local_lease() makes it up */
		uint8_t bytes[4];
	} address, server, router, netmask;
};

struct text {
	struct text *next;
	size_t len;
	char bytes[];
};

/* The command at work. */
struct work {
	const struct options *o;
	struct plan_guest guest;
	int root_fd;
	struct text *texts; /* of INCLUDEs */
	unsigned int missing;
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

static bool read_mac(const char *text, uint8_t mac[6])
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct conf_mac parsed;

	if (!conf_parse_mac(text, &parsed) || memcmp(parsed.mask, all, 6))
		return false;
	memcpy(mac, parsed.value, 6);
	return true;
}

static bool read_address(const char *text, struct given *given)
{
	given->is = inet_pton(AF_INET, text, given->bytes) == 1;
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
		return read_mac(text, o->mac);
	case 'u':
		o->has_uuid = conf_parse_uuid(text, o->uuid);
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
	struct local_request req = {
		.root_path = o->root,
		.root_fd = work->root_fd,
		.boot_file = o->boot_file ? o->boot_file : "",
		.has_uuid = o->has_uuid,
	};
	struct plan_guest *guest = &work->guest;
	static struct dhcp_result result;
	uint8_t uuid[16];

	memcpy(req.mac, o->mac, 6);
	memcpy(req.uuid, o->uuid, 16);
	memcpy(uuid, o->uuid, 16);
	if (!o->has_uuid)
		dhcp_msg_uuid_of_mac(uuid, o->mac);
	local_lease(&req, &result);
	plan_guest_read(guest, &result.res, o->mac, uuid);
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
static bool is_local(const struct plan_file *file)
{
	static const uint8_t none[4];

	return !memcmp(file->server, none, 4) && !strstr(file->name, "://");
}

static struct text *read_all(int fd)
{
	struct text *text = calloc(1, sizeof(*text) + PLAN_TEXT_MAX + 1);
	ssize_t n = 1;

	/* One byte more than is allowed, for plan_parse() to notice. */
	while (text && n > 0 && text->len <= PLAN_TEXT_MAX) {
		n = read(fd, text->bytes + text->len, PLAN_TEXT_MAX + 1 - text->len);
		if (n > 0)
			text->len += (size_t)n;
	}
	if (n < 0) {
		free(text);
		return NULL;
	}
	return text;
}

static enum plan_found read_file(const struct work *work, const char *name, struct text **text)
{
	struct file *file = file_open_root(work->root_fd, work->o->root, name, "plan");
	enum plan_found found = PLAN_FAILED;
	int fd;

	if (!file)
		return PLAN_FAILED;
	if (file_status(file) == PVBOOT_S_OK) {
		fd = file_open_fd(file);
		*text = fd < 0 ? NULL : read_all(fd);
		found = *text ? PLAN_FOUND : PLAN_FAILED;
		if (fd >= 0)
			close(fd);
	} else if (file_status(file) == PVBOOT_S_NOT_FOUND) {
		found = PLAN_MISSING;
	} else {
		fprintf(stderr, "pvboot plan: %s\n", file_text(file));
	}
	file_unref(file);
	return found;
}

static enum plan_found on_include(void *arg, const char *name, const char **bytes, size_t *len)
{
	struct work *work = arg;
	struct plan_file file;
	struct text *text = NULL;
	enum plan_found found;
	char error[PLAN_ERROR_MAX];

	if (!plan_file_resolve(&file, work->guest.prefix, name, strlen(name), error, sizeof(error)) || !is_local(&file))
		return PLAN_FAILED;
	found = read_file(work, file.name, &text);
	if (!text)
		return found;
	text->next = work->texts;
	work->texts = text;
	*bytes = text->bytes;
	*len = text->len;
	return found;
}

static void on_plan(void *arg, const struct plan *plan)
{
	struct work *work = arg;

	for (unsigned int i = 0; i <= plan->n_initrds; i++) {
		const struct plan_file *named = i ? &plan->initrd[i - 1] : &plan->kernel;
		struct file *file;

		if (!is_local(named))
			continue;
		file = file_open_root(work->root_fd, work->o->root, named->name, "plan");
		if (file && file_status(file) != PVBOOT_S_OK) {
			printf("  missing %s\n", file_text(file));
			work->missing++;
		}
		if (file)
			file_unref(file);
	}
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static int show(struct work *work, const char *name, const struct text *text)
{
	struct plan_config config;
	int status = PLAN_EXIT_DIRECT;

	printf("configuration %s\n", name);
	if (plan_parse(&config, name, text->bytes, text->len, on_include, work) != PLAN_PARSED) {
		printf("cannot be booted directly: %s\n", config.error);
		status = PLAN_EXIT_REFUSED;
	} else if (!plan_show(stdout, &config, &work->guest, on_plan, work)) {
		status = PLAN_EXIT_REFUSED;
	} else if (work->missing) {
		status = PLAN_EXIT_NO_FILE;
	}
	plan_config_free(&config);
	return status;
}

static int show_file(struct work *work)
{
	int fd = open(work->o->file, O_RDONLY | O_CLOEXEC), status;
	struct text *text = fd < 0 ? NULL : read_all(fd);

	if (fd >= 0)
		close(fd);
	if (!text) {
		fprintf(stderr, "pvboot plan: %s: %s\n", work->o->file, strerror(errno));
		return PLAN_EXIT_NONE;
	}
	status = show(work, work->o->file, text);
	free(text);
	return status;
}

static int show_found(struct work *work)
{
	struct plan_names names;
	struct text *text = NULL;
	int status;

	plan_names(&names, &work->guest);
	for (unsigned int i = 0; i < names.count && !text; i++) {
		if (!is_local(&names.file[i]))
			fprintf(stderr, "pvboot plan: %s is on another server, and is passed over\n",
				names.file[i].name);
		else if (read_file(work, names.file[i].name, &text) == PLAN_FOUND) {
			status = show(work, names.file[i].name, text);
			free(text);
			return status;
		}
	}
	fprintf(stderr, "pvboot plan: %s has no configuration: put one at %s\n", work->o->root,
		names.file[names.count - 1].name);
	return PLAN_EXIT_NONE;
}

int plan_main(int argc, char **argv)
{
	static struct options o;
	struct work work = {.o = &o};
	int status = read_options(argc, argv, &o);

	if (status >= 0)
		return status;
	log_open(false, LOG_EMERG);
	work.root_fd = open(o.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (work.root_fd < 0) {
		fprintf(stderr, "pvboot plan: %s: %s\n", o.root, strerror(errno));
		return PLAN_EXIT_FAILED;
	}
	read_guest(&work);
	status = o.file ? show_file(&work) : show_found(&work);
	while (work.texts) {
		struct text *next = work.texts->next;

		free(work.texts);
		work.texts = next;
	}
	close(work.root_fd);
	return status;
}
