/* SPDX-License-Identifier: BSD-2-Clause */
/* options.c - hostd's command line. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache/cache_dir.h"
#include "isolate.h"
#include "notify.h"
#include "options.h"

#define OVERRIDES_MAX 32

enum {
	OPT_HELP = 256,
	OPT_VERSION,
	OPT_READY_FD,
	OPT_EXIT_WITH_PARENT,
	OPT_HOSTD, /* a key of [hostd] */
	OPT_VM	   /* a key of the section that --interface and --root make */
};

#define OPTIONS_MAX 64
#define OPTIONS_OWN (OPT_HOSTD - OPT_HELP) /* those that are no keys */
#define OPTION_MAX 24			   /* bytes of a name, NUL included */

/* Those that are keys of the configuration as well follow: add_keys(). */
static struct option long_options[OPTIONS_MAX + 1] = {
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{"ready-fd", required_argument, NULL, OPT_READY_FD},
	{"exit-with-parent", no_argument, NULL, OPT_EXIT_WITH_PARENT},
};

static const char usage[] =
	"Usage: pvboot-hostd [OPTIONS]\n"
	"Boot virtual machines from the network for their pvboot devices.\n"
	"\n"
	"  -c FILE               read this configuration (default " CONF_FILE_DEFAULT ", if it is there)\n"
	"  -d                    stay in the foreground, log to stderr\n"
	"  -n                    check the configuration and exit\n"
	"      --interface IF    serve every VM by DHCP and TFTP on this interface\n"
	"      --root DIR        serve every VM from this directory; needs no server and no root\n"
	"      --boot-file NAME  the boot file, in place of the server's\n"
	"      --boot direct     boot what a pxelinux configuration says, without a boot program\n"
	"      --kernel FILE, --initrd FILE (again for more), --append TEXT\n"
	"                        boot this; without --interface and --root: files of this host by their paths\n"
	"      --allow-uid LIST  users who may connect (default: who starts hostd), or any\n"
	"      --mac LIST, --proxy auto|wait|off, --dhcp-timeout S, --tftp-blksize N,\n"
	"      --tftp-windowsize N, --host-wait S, --boot-option N, --frames on|off,\n"
	"      --source host|guest, --pxelinux file|plain\n"
	"                        as the keys of [vm NAME] in hostd.conf(5); with --interface or --root\n"
	"      --cache on|off, --tftp-max-age S, --serve-stale yes|no\n"
	"                        when a copy of a file is served, likewise\n"
	"      --cache-dir DIR|none, --cache-size MIB\n"
	"                        where copies are kept (root: default " CACHE_DIR_DEFAULT "), and how much\n"
	"      --http-proxy URL, --tls-ca FILE\n"
	"                        for HTTP and HTTPS\n"
	"      --socket PATH     where devices connect (default " PVBOOT_LINK_SOCKET_DEFAULT ")\n"
	"      --socket-mode MODE, --socket-group GROUP\n"
	"      --user USER       become this user when started as root\n"
	"      --log stderr|syslog, --log-level error|warning|info|debug\n"
	"      --pid-file FILE, --max-file MIB, --max-memory MIB\n"
	"      --ready-fd N      write a byte there when listening\n"
	"      --exit-with-parent\n"
	"                        end when the process that started hostd does\n"
	"      --help, --version\n";

/* Options that override the configuration, which is read after the command line. */
struct overrides {
	struct {
		struct conf_key_option key;
		const char *value;
	} item[OVERRIDES_MAX];
	int n;
};

static int complain(const char *words)
{
	notify_refusal(words);
	return 2;
}

/* What people meet first: the service is started, and nothing was configured. */
static int complain_of_no_file(const char *file)
{
	char words[512];

	snprintf(
		words, sizeof(words),
		"%.300s: No such file: write it (hostd.conf(5) says how; an example is hostd.conf in share/doc/pvboot)",
		file);
	return complain(words);
}

/* Each key of the configuration that is an option: its name is the key's, with - for _. */
static void add_keys(void)
{
	static char names[OPTIONS_MAX][OPTION_MAX];
	struct conf_key_option key;

	for (size_t n = 0; OPTIONS_OWN + n < OPTIONS_MAX && conf_key_option(n, &key); n++) {
		snprintf(names[n], sizeof(names[n]), "%s", key.key);
		for (char *c = names[n]; *c; c++)
			if (*c == '_')
				*c = '-';
		long_options[OPTIONS_OWN + n] =
			(struct option){names[n], required_argument, NULL, key.vm ? OPT_VM : OPT_HOSTD};
	}
}

static bool set(struct conf *conf, struct conf_vm *vm, const struct conf_key_option *key, const char *value)
{
	char path[PATH_MAX];

	/* A person types paths from where they stand; the configuration has them from /. */
	if (key->path && *value != '/' && strcmp(value, "none")) {
		if (!getcwd(path, sizeof(path)) || strlen(path) + 1 + strlen(value) >= sizeof(path))
			return conf_set(conf, vm, key->key, value);
		strcat(strcat(path, "/"), value);
		value = path;
	}
	return conf_set(conf, vm, key->key, value);
}

static bool apply(const struct overrides *over, struct conf *conf)
{
	struct conf_vm *vm = NULL;
	bool needs_vm = false;

	for (int i = 0; i < over->n; i++) {
		const char *key = over->item[i].key.key;

		needs_vm |= over->item[i].key.vm;
		/* The section for every VM that has none of its own. */
		if (!vm && (!strcmp(key, "interface") || !strcmp(key, "root") || !strcmp(key, "kernel"))) {
			vm = conf_add_vm(conf, "*", 0);
			if (!vm)
				return false;
		}
	}
	for (int i = 0; i < over->n; i++) {
		const struct conf_key_option *key = &over->item[i].key;

		if (key->vm && !vm)
			break;
		if (set(conf, key->vm ? vm : NULL, key, over->item[i].value))
			continue;
		return false;
	}
	if (needs_vm && !vm) {
		snprintf(conf->error, sizeof(conf->error),
			 "options for VMs go with --interface IF or --root DIR; see --help");
		return false;
	}
	return true;
}

static int load(const char *file, const struct overrides *over, struct options *opt, struct conf *conf)
{
	bool root = false;

	opt->file = file ? file : CONF_FILE_DEFAULT;
	if (!file && access(opt->file, F_OK))
		opt->file = NULL;
	for (int i = 0; i < over->n; i++)
		root |= !strcmp(over->item[i].key.key, "root") || !strcmp(over->item[i].key.key, "kernel");
	/* An instance for one directory has nothing to do with the host's configuration. */
	if (root && !file)
		opt->file = NULL;
	conf_init(conf);
	if (file && access(file, F_OK) && errno == ENOENT)
		return complain_of_no_file(file);
	if (opt->file && !conf_load(conf, opt->file))
		return complain(conf->error);
	if (!apply(over, conf))
		return complain(conf->error);
	if (!conf_check(conf, opt->file ? opt->file : "command line"))
		return complain(conf->error);
	if (!conf->vms)
		return complain("nobody may boot: there is no [vm NAME] section. Write " CONF_FILE_DEFAULT
				" (see hostd.conf(5)), or give --interface IF or --root DIR");
	/* The files of --root are whose who types it. */
	opt->default_user = !conf->user[0] && !geteuid() && !root;
	if (opt->default_user)
		snprintf(conf->user, sizeof(conf->user), "%s", isolate_default_user());
	return -1;
}

static int read_line(int argc, char **argv, struct options *opt, struct overrides *over, const char **file)
{
	int c, index;

	add_keys();
	while ((c = getopt_long(argc, argv, "c:dn", long_options, &index)) != -1) {
		switch (c) {
		case 'c':
			*file = optarg;
			break;
		case 'd':
			opt->foreground = true;
			break;
		case 'n':
			opt->check_only = true;
			break;
		case OPT_HELP:
			fputs(usage, stdout);
			return 0;
		case OPT_VERSION:
			puts("pvboot-hostd " PVBOOT_VERSION);
			return 0;
		case OPT_READY_FD:
			opt->ready_fd = atoi(optarg);
			if (opt->ready_fd < 3) {
				fprintf(stderr,
					"pvboot-hostd: --ready-fd: \"%s\" is no number of a descriptor above 2\n",
					optarg);
				return 2;
			}
			break;
		case OPT_EXIT_WITH_PARENT:
			opt->exit_with_parent = true;
			break;
		case OPT_HOSTD:
		case OPT_VM:
			if (over->n == OVERRIDES_MAX)
				return complain("too many options");
			conf_key_option((size_t)(index - OPTIONS_OWN), &over->item[over->n].key);
			over->item[over->n++].value = optarg;
			break;
		default:
			return complain("see --help");
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "pvboot-hostd: \"%s\": there are no arguments without an option; see --help\n", argv[optind]);
	return 2;
}

int options_read(int argc, char **argv, struct options *opt, struct conf *conf)
{
	struct overrides over = {.n = 0};
	const char *file = NULL;
	int status;

	*opt = (struct options){.ready_fd = -1};
	conf_init(conf);
	status = read_line(argc, argv, opt, &over, &file);
	return status >= 0 ? status : load(file, &over, opt, conf);
}
