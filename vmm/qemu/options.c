/* SPDX-License-Identifier: BSD-2-Clause */
/* options.c - the command line of pvboot-device: what each option takes, and errors in words. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "pvboot_link.h"

#define WAIT_MAX 3600000u
#define ROM_WAIT_MS 20000

static const char help_text[] =
	"Usage: pvboot-device --socket PATH | --fd N [OPTION]...\n"
	"The pvboot boot device of one QEMU guest.\n"
	"`pvboot run` starts it; see pvboot-device(8) for starting it by hand.\n"
	"\n"
	"  --fd N              the inherited socket at which QEMU finds the device\n"
	"  --attach NAME       what QEMU has it as:\n"
	"       vhost-user       a socket that listens where -chardev socket,path=,reconnect=1 of\n"
	"                        -netdev vhost-user connects: the default\n"
	"       vfio-user        a socket that listens where vfio-user-pci connects (QEMU 10.1)\n"
	"  --socket PATH       vhost-user: listen there, instead of --fd\n"
	"  --state FILE        vhost-user: what the next process needs if this one is killed\n"
	"                      (default: the socket's path and .state)\n"
	"  --name NAME         the VM's name, in log lines and for hostd's configuration\n"
	"                      (at most 63 bytes; default: vm-PID)\n"
	"  --mac MAC           the guest's MAC address; without one hostd lays it down\n"
	"  --uuid UUID         the guest's UUID, for DHCP option 97\n"
	"  --hostd PATH        hostd's socket (default: " PVBOOT_LINK_SOCKET_DEFAULT ")\n"
	"  --rom FILE          vfio-user: the ROM, which the guest gets from the device\n"
	"  --host-wait MS      how long the guest is told to wait for an absent host\n"
	"                      (default: 30000)\n"
	"  --rom-wait MS       how long after QEMU connected the guest's firmware may take to\n"
	"                      start the ROM before the log says so (default: 20000; 0: never)\n"
	"  --boot-first        the ROM goes before the BIOS's own boot devices\n"
	"  --phase-fd N        write a byte there for each phase that the guest reaches, PVBOOT_PHASE_*\n"
	"  --user USER         whom to become when started by root (default: nobody)\n"
	"  --log-level LEVEL   error, warning, notice or debug (default: notice)\n"
	"  --no-sandbox        keep all privileges: for debugging\n"
	"  --no-fd-passing     have hostd send file contents over the socket\n"
	"  --help, --version\n"
	"\n"
	"It ends when QEMU does: exit status 0, 1 after an error, 2 for a\n"
	"wrong command line.\n";

enum {
	OPT_FD = 1,
	OPT_NAME,
	OPT_MAC,
	OPT_UUID,
	OPT_HOSTD,
	OPT_ATTACH,
	OPT_SOCKET,
	OPT_STATE,
	OPT_ROM,
	OPT_HOST_WAIT,
	OPT_ROM_WAIT,
	OPT_BOOT_FIRST,
	OPT_PHASE_FD,
	OPT_USER,
	OPT_LOG_LEVEL,
	OPT_NO_SANDBOX,
	OPT_NO_FD_PASSING,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option long_options[] = {
	{"fd", required_argument, NULL, OPT_FD},
	{"name", required_argument, NULL, OPT_NAME},
	{"mac", required_argument, NULL, OPT_MAC},
	{"uuid", required_argument, NULL, OPT_UUID},
	{"hostd", required_argument, NULL, OPT_HOSTD},
	{"attach", required_argument, NULL, OPT_ATTACH},
	{"socket", required_argument, NULL, OPT_SOCKET},
	{"state", required_argument, NULL, OPT_STATE},
	{"rom", required_argument, NULL, OPT_ROM},
	{"host-wait", required_argument, NULL, OPT_HOST_WAIT},
	{"rom-wait", required_argument, NULL, OPT_ROM_WAIT},
	{"boot-first", no_argument, NULL, OPT_BOOT_FIRST},
	{"phase-fd", required_argument, NULL, OPT_PHASE_FD},
	{"user", required_argument, NULL, OPT_USER},
	{"log-level", required_argument, NULL, OPT_LOG_LEVEL},
	{"no-sandbox", no_argument, NULL, OPT_NO_SANDBOX},
	{"no-fd-passing", no_argument, NULL, OPT_NO_FD_PASSING},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool options_mac(const char *text, uint8_t mac[6])
{
	uint8_t any = 0;

	for (unsigned int i = 0; i < 6; i++, text += 3) {
		int hi = hex_digit(text[0]), lo = hi < 0 ? -1 : hex_digit(text[1]);

		if (lo < 0)
			return false;
		if (i < 5 ? text[2] != ':' && text[2] != '-' : text[2] != '\0')
			return false;
		mac[i] = (uint8_t)(hi << 4 | lo);
		any |= mac[i];
	}
	return any && !(mac[0] & 1);
}

bool options_uuid(const char *text, uint8_t uuid[16])
{
	/* where each byte of the text goes: RFC 4122 writes the first three fields with the high byte first */
	static const uint8_t place[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

	for (unsigned int i = 0; i < 16; i++, text += 2) {
		int hi, lo;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return false;
		hi = hex_digit(text[0]);
		lo = hi < 0 ? -1 : hex_digit(text[1]);
		if (lo < 0)
			return false;
		uuid[place[i]] = (uint8_t)(hi << 4 | lo);
	}
	return *text == '\0';
}

/* Parse a decimal number of at most max.  Returns false if text is not one. */
static bool get_number(const char *text, uint32_t max, uint32_t *value)
{
	unsigned long long n;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || *end || n > max)
		return false;
	*value = (uint32_t)n;
	return true;
}

static int wrong(const char *option, const char *text, const char *what)
{
	fprintf(stderr, "pvboot-device: --%s %s: %s\n", option, text, what);
	return 2;
}

static bool set_level(struct options *o, const char *text)
{
	static const char *const names[] = {"error", "warning", "notice", "debug"};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			o->log_level = (enum pvboot_log_level)i;
			return true;
		}
	}
	return false;
}

static bool name_is_good(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len >= PVBOOT_LINK_NAME_MAX)
		return false;
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~')
			return false;
	}
	return true;
}

/* What each option that takes an argument says about a wrong one. */
static int take_argument(struct options *o, int opt, const char *text)
{
	uint32_t n;

	switch (opt) {
	case OPT_FD:
		if (!get_number(text, 1u << 20, &n))
			return wrong("fd", text, "this takes the number of an open descriptor");
		o->fd = (int)n;
		break;
	case OPT_NAME:
		if (!name_is_good(text))
			return wrong("name", text, "a name is 1 to 63 printable characters without blanks");
		o->name = text;
		break;
	case OPT_MAC:
		if (!options_mac(text, o->conf.mac))
			return wrong("mac", text, "this takes a unicast address such as 52:54:00:12:34:57");
		o->id_flags |= PVBOOT_LINK_ID_MAC;
		break;
	case OPT_UUID:
		if (!options_uuid(text, o->conf.uuid))
			return wrong("uuid", text, "this takes the form 01234567-89ab-cdef-0123-456789abcdef");
		o->conf.has_uuid = true;
		o->id_flags |= PVBOOT_LINK_ID_UUID;
		break;
	case OPT_HOSTD:
		o->hostd = text;
		break;
	case OPT_ATTACH:
		o->attach = text;
		break;
	case OPT_SOCKET:
		o->socket = text;
		break;
	case OPT_STATE:
		o->state = text;
		break;
	case OPT_ROM:
		o->rom = text;
		break;
	case OPT_HOST_WAIT:
		if (!get_number(text, WAIT_MAX, &n) || !n)
			return wrong("host-wait", text, "this takes milliseconds, 1 to 3600000");
		o->conf.host_wait_ms = n;
		break;
	case OPT_ROM_WAIT:
		if (!get_number(text, WAIT_MAX, &o->rom_wait_ms))
			return wrong("rom-wait", text, "this takes milliseconds, 0 to 3600000");
		break;
	case OPT_PHASE_FD:
		if (!get_number(text, 1u << 20, &n))
			return wrong("phase-fd", text, "this takes the number of an open descriptor");
		o->phase_fd = (int)n;
		break;
	case OPT_USER:
		o->user = text;
		break;
	case OPT_LOG_LEVEL:
		if (!set_level(o, text))
			return wrong("log-level", text, "this takes error, warning, notice or debug");
		break;
	default:
		return 2; /* getopt_long() has said what is wrong */
	}
	return -1;
}

int options_parse(struct options *o, int argc, char *argv[])
{
	int opt, rc = -1;

	memset(o, 0, sizeof(*o));
	o->fd = o->phase_fd = -1;
	o->hostd = PVBOOT_LINK_SOCKET_DEFAULT;
	o->user = "nobody";
	o->attach = "vhost-user";
	o->rom_wait_ms = ROM_WAIT_MS;
	o->sandbox = o->fd_passing = true;
	o->log_level = PVBOOT_LOG_NOTICE;

	while (rc < 0 && (opt = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (opt) {
		case OPT_BOOT_FIRST:
			o->conf.boot_first = true;
			break;
		case OPT_NO_SANDBOX:
			o->sandbox = false;
			break;
		case OPT_NO_FD_PASSING:
			o->fd_passing = false;
			break;
		case OPT_HELP:
			fputs(help_text, stdout);
			return 0;
		case OPT_VERSION:
			puts("pvboot-device " PVBOOT_VERSION);
			return 0;
		default:
			rc = take_argument(o, opt, optarg);
		}
	}
	if (rc >= 0)
		return rc;
	if (optind < argc) {
		fprintf(stderr, "pvboot-device: what is \"%s\"? Every argument belongs to an option; see --help\n",
			argv[optind]);
		return 2;
	}
	if (o->fd < 0 && !o->socket) {
		fprintf(stderr,
			"pvboot-device: --socket PATH or --fd N is missing: where QEMU finds the device; see --help\n");
		return 2;
	}
	return -1;
}
