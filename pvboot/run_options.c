/* SPDX-License-Identifier: BSD-2-Clause */
/* run_options.c - the command line of `pvboot run`: what each option takes, and errors in words. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pvboot_link.h"
#include "run_options.h"

static const char help_text[] =
	"Usage: pvboot run [OPTION]... [-- QEMU ARGUMENTS]\n"
	"Start a QEMU guest that boots from the network without a network card.\n"
	"\n"
	"Where the guest boots from:\n"
	"  --root DIR          a local directory with pxelinux.0 in it; needs no server and no root\n"
	"  --interface IF      the network of this interface: its DHCP and TFTP servers (as root)\n"
	"  --hostd SOCKET      the pvboot-hostd that listens there, now or later\n"
	"                      (with none of these: the one on " PVBOOT_LINK_SOCKET_DEFAULT ")\n"
	"  --direct            with --root or --interface: no boot program; kernel, initrds and command line are those "
	"that\n"
	"                      its pxelinux.cfg names (`pvboot plan` shows them)\n"
	"  --kernel FILE, --initrd FILE, --append TEXT\n"
	"                      this Linux kernel, with these initrds (--initrd may be given again) and this command "
	"line;\n"
	"                      with --root or --interface the files are the server's, else this machine's;\n"
	"                      http: and https: URLs do everywhere\n"
	"  --source host|guest with --interface: fetch by this machine's address (default) or by the guest's\n"
	"  --http-proxy URL, --tls-ca FILE\n"
	"                      for HTTP and HTTPS: the proxy to ask, the authorities to believe (PEM)\n"
	"  --tftp-blksize N    with --interface: the block size to ask TFTP servers for, 8 to 65464\n"
	"  --boot-file NAME    with --root or --interface: the boot program, whatever a server says\n"
	"  --private           with --interface: a pvboot-hostd of our own, even if one is running\n"
	"\n"
	"Who it is:\n"
	"  --name NAME         for hostd's configuration and log lines\n"
	"  --mac MAC           its MAC address; without one, that of QEMU's -nic, else hostd's choice or a made up "
	"one\n"
	"  --uuid UUID         its UUID\n"
	"\n"
	"How it runs:\n"
	"  --boot-first        boot before the BIOS's own boot devices\n"
	"  --host-wait MS      how long the guest waits for a host that is not there (default: 30000)\n"
	"  --qemu PROGRAM      default: qemu-system-x86_64\n"
	"  --attach NAME       as what QEMU has the device: vhost-user or vfio-user\n"
	"                      (default: by what this QEMU offers; --explain says why)\n"
	"  --bus ID            put it on this PCI bus of QEMU's, such as a pcie-root-port of yours\n"
	"  --rom FILE, --device PROGRAM, --hostd-program PROGRAM\n"
	"                      pvboot.rom, pvboot-device and pvboot-hostd, where they are not found by themselves\n"
	"  --fail-exit N       end with status N when the network boot failed\n"
	"  -v                  show what device and host do, on stderr; -vv: in detail\n"
	"  --log FILE          append it to FILE instead\n"
	"  --dry-run           show the commands that would be run\n"
	"  --explain           show them, and by which rule the device is attached\n"
	"  --help\n"
	"\n"
	"QEMU's own arguments follow --: -m, -machine, -accel kvm, -drive, -nic user,mac=... and so on work as usual.\n"
	"The exit status is QEMU's; 1 if it was not started, 2 for a wrong command line; see --fail-exit.\n";

enum {
	OPT_ROOT = 256,
	OPT_INTERFACE,
	OPT_HOSTD,
	OPT_BOOT_FILE,
	OPT_DIRECT,
	OPT_KERNEL,
	OPT_INITRD,
	OPT_APPEND,
	OPT_SOURCE,
	OPT_HTTP_PROXY,
	OPT_TLS_CA,
	OPT_TFTP_BLKSIZE,
	OPT_PRIVATE,
	OPT_NAME,
	OPT_MAC,
	OPT_UUID,
	OPT_BOOT_FIRST,
	OPT_HOST_WAIT,
	OPT_QEMU,
	OPT_ATTACH,
	OPT_BUS,
	OPT_ROM,
	OPT_DEVICE,
	OPT_HOSTD_PROGRAM,
	OPT_FAIL_EXIT,
	OPT_LOG,
	OPT_DRY_RUN,
	OPT_EXPLAIN,
	OPT_HELP,
};

static const struct option long_options[] = {
	{"root", required_argument, NULL, OPT_ROOT},
	{"interface", required_argument, NULL, OPT_INTERFACE},
	{"hostd", required_argument, NULL, OPT_HOSTD},
	{"boot-file", required_argument, NULL, OPT_BOOT_FILE},
	{"direct", no_argument, NULL, OPT_DIRECT},
	{"kernel", required_argument, NULL, OPT_KERNEL},
	{"initrd", required_argument, NULL, OPT_INITRD},
	{"append", required_argument, NULL, OPT_APPEND},
	{"source", required_argument, NULL, OPT_SOURCE},
	{"http-proxy", required_argument, NULL, OPT_HTTP_PROXY},
	{"tls-ca", required_argument, NULL, OPT_TLS_CA},
	{"tftp-blksize", required_argument, NULL, OPT_TFTP_BLKSIZE},
	{"private", no_argument, NULL, OPT_PRIVATE},
	{"name", required_argument, NULL, OPT_NAME},
	{"mac", required_argument, NULL, OPT_MAC},
	{"uuid", required_argument, NULL, OPT_UUID},
	{"boot-first", no_argument, NULL, OPT_BOOT_FIRST},
	{"host-wait", required_argument, NULL, OPT_HOST_WAIT},
	{"qemu", required_argument, NULL, OPT_QEMU},
	{"attach", required_argument, NULL, OPT_ATTACH},
	{"bus", required_argument, NULL, OPT_BUS},
	{"rom", required_argument, NULL, OPT_ROM},
	{"device", required_argument, NULL, OPT_DEVICE},
	{"hostd-program", required_argument, NULL, OPT_HOSTD_PROGRAM},
	{"fail-exit", required_argument, NULL, OPT_FAIL_EXIT},
	{"log", required_argument, NULL, OPT_LOG},
	{"verbose", no_argument, NULL, 'v'},
	{"dry-run", no_argument, NULL, OPT_DRY_RUN},
	{"explain", no_argument, NULL, OPT_EXPLAIN},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

static int wrong(const char *option, const char *text, const char *what)
{
	fprintf(stderr, "pvboot: --%s %s: %s\n", option, text, what);
	return 2;
}

/* Does text look like pattern, where 'x' is any hexadecimal digit? */
static bool looks_like(const char *text, const char *pattern)
{
	for (; *pattern; pattern++, text++) {
		if (*pattern == 'x' ? !*text || !strchr("0123456789abcdefABCDEF", *text) : *text != *pattern)
			return false;
	}
	return !*text;
}

static int set_mac(struct run_options *o, const char *text)
{
	if (!looks_like(text, "xx:xx:xx:xx:xx:xx") || strcmp(text, "00:00:00:00:00:00") == 0)
		return wrong("mac", text, "this takes an address such as 52:54:00:12:34:57");
	if (!strchr("02468aceACE", text[1]))
		return wrong("mac", text, "this is a multicast address, which no guest can have");
	o->mac = text;
	return -1;
}

bool run_options_name_is_good(const char *text)
{
	size_t len = strlen(text);

	for (; *text; text++) {
		if (*text <= ' ' || *text > '~')
			return false;
	}
	return len > 0 && len < PVBOOT_LINK_NAME_MAX;
}

static int set_name(struct run_options *o, const char *text)
{
	if (!run_options_name_is_good(text))
		return wrong("name", text, "a name is 1 to 63 printable characters without blanks");
	o->name = text;
	return -1;
}

/* A number from min to max, in decimal digits. */
static bool number(const char *text, unsigned long min, unsigned long max, unsigned long *n)
{
	char *end;

	if (*text < '0' || *text > '9' || strlen(text) > 9)
		return false;
	*n = strtoul(text, &end, 10);
	return !*end && *n >= min && *n <= max;
}

static int set_number(struct run_options *o, int opt, const char *text)
{
	unsigned long n;

	if (opt == OPT_FAIL_EXIT) {
		if (!number(text, 1, 255, &n))
			return wrong("fail-exit", text, "this takes an exit status, 1 to 255");
		o->fail_exit = (int)n;
		return -1;
	}
	if (!number(text, 8, 65464, &n)) /* RFC 2348 */
		return wrong("tftp-blksize", text, "this takes a number of bytes, 8 to 65464");
	o->tftp_blksize = text;
	return -1;
}

/* One option.  -1, or 2 once an error was said. */
static int take(struct run_options *o, int opt, const char *text)
{
	switch (opt) {
	case OPT_ROOT:
		o->root = text;
		break;
	case OPT_INTERFACE:
		o->interface = text;
		break;
	case OPT_HOSTD:
		o->hostd = text;
		break;
	case OPT_BOOT_FILE:
		o->boot_file = text;
		break;
	case OPT_DIRECT:
		o->direct = true;
		break;
	case OPT_KERNEL:
		o->kernel = text;
		break;
	case OPT_INITRD:
		if (o->n_initrds == RUN_INITRDS_MAX)
			return wrong("initrd", text, "that is one initrd too many");
		o->initrd[o->n_initrds++] = text;
		break;
	case OPT_APPEND:
		o->append = text;
		break;
	case OPT_SOURCE:
		if (strcmp(text, "host") != 0 && strcmp(text, "guest") != 0)
			return wrong("source", text, "this takes host or guest");
		o->source = text;
		break;
	case OPT_HTTP_PROXY:
		o->http_proxy = text;
		break;
	case OPT_TLS_CA:
		o->tls_ca = text;
		break;
	case OPT_TFTP_BLKSIZE:
	case OPT_FAIL_EXIT:
		return set_number(o, opt, text);
	case OPT_PRIVATE:
		o->private_hostd = true;
		break;
	case OPT_NAME:
		return set_name(o, text);
	case OPT_MAC:
		return set_mac(o, text);
	case OPT_UUID:
		if (!looks_like(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"))
			return wrong("uuid", text, "this takes the form 01234567-89ab-cdef-0123-456789abcdef");
		o->uuid = text;
		break;
	case OPT_BOOT_FIRST:
		o->boot_first = true;
		break;
	case OPT_HOST_WAIT:
		o->host_wait = text;
		break;
	case OPT_QEMU:
		o->qemu = text;
		break;
	case OPT_ATTACH:
		o->attach_given = attach_parse(text, &o->attach);
		if (!o->attach_given)
			return wrong("attach", text, "this takes vhost-user or vfio-user");
		break;
	case OPT_BUS:
		if (!*text || strlen(text) > 63 || strpbrk(text, ",\"\\"))
			return wrong("bus", text, "this takes the id of a bus or of a bridge");
		o->bus = text;
		break;
	case OPT_ROM:
		o->rom = text;
		break;
	case OPT_DEVICE:
		o->device = text;
		break;
	case OPT_HOSTD_PROGRAM:
		o->hostd_program = text;
		break;
	case OPT_LOG:
		o->log = text;
		break;
	case 'v':
		o->verbose++;
		break;
	case OPT_EXPLAIN:
		o->explain = true;
		/* fall through */
	case OPT_DRY_RUN:
		o->dry_run = true;
		break;
	default:
		fputs("pvboot: see `pvboot run --help`; QEMU's own arguments stand behind --\n", stderr);
		return 2;
	}
	return -1;
}

static int check(const struct run_options *o)
{
	const char *both = NULL;

	if (o->root && o->interface)
		both = "--root and --interface: a guest boots from a directory or from a network; choose one";
	else if (!o->kernel && (o->n_initrds || o->append))
		both = "--initrd and --append go with --kernel FILE";
	else if (o->hostd && (o->direct || o->kernel))
		both = "--hostd: that hostd's configuration says how guests boot; leave out --direct and --kernel";
	else if (o->direct && !o->root && !o->interface)
		both = "--direct: say where its pxelinux.cfg is, with --root DIR or --interface IF";
	else if (o->hostd && (o->root || o->interface))
		both = "--hostd: that hostd's configuration says where guests boot from; leave out --root and "
		       "--interface";
	else if (o->hostd && run_options_for_private(o))
		both = "--hostd: that hostd's configuration has source, http_proxy, tls_ca, tftp_blksize and "
		       "boot_file; "
		       "leave the options out";
	else if (o->boot_file && !o->interface && !o->root)
		both = "--boot-file goes with --root or --interface; a running hostd has it in its configuration";
	else if ((o->source || o->tftp_blksize) && !o->interface)
		both = "--source and --tftp-blksize go with --interface IF; a running hostd has them in its "
		       "configuration";
	else if (o->private_hostd && !o->interface && !o->root)
		both = "--private: say where the guest boots from, with --interface IF or --root DIR";
	if (both)
		fprintf(stderr, "pvboot: %s\n", both);
	return both ? 2 : -1;
}

bool run_options_for_private(const struct run_options *o)
{
	return o->boot_file || o->source || o->http_proxy || o->tls_ca || o->tftp_blksize;
}

unsigned int run_options_level(const struct run_options *o)
{
	/* A log file is asked for to be read later: it has the events. */
	unsigned int level = o->verbose ? o->verbose : o->log ? 1 : 0;

	return level < 2 ? level : 2;
}

int run_options_parse(struct run_options *o, int argc, char *argv[])
{
	int opt, rc = -1;

	memset(o, 0, sizeof(*o));
	o->qemu = "qemu-system-x86_64";
	/* "+": stop at the first argument that is no option, so that nobody's -m is taken for ours. */
	while (rc < 0 && (opt = getopt_long(argc, argv, "+v", long_options, NULL)) != -1) {
		if (opt == OPT_HELP) {
			fputs(help_text, stdout);
			return 0;
		}
		rc = take(o, opt, optarg);
	}
	if (rc >= 0)
		return rc;
	if (optind < argc && strcmp(argv[optind - 1], "--") != 0) {
		fprintf(stderr,
			"pvboot: what is \"%s\"? QEMU's own arguments stand behind --; see `pvboot run --help`\n",
			argv[optind]);
		return 2;
	}
	o->qemu_argc = argc - optind;
	o->qemu_argv = (const char *const *)(argv + optind);
	return check(o);
}
