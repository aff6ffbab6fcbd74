/* SPDX-License-Identifier: BSD-2-Clause */
/* probe.c - `pvboot probe`: what a VM would find on the network, without a VM. */
#include "probe.h"

#include <event2/event.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/addr.h"
#include "dhcp/dhcp_internal.h"
#include "log.h"
#include "probe_files.h"
#include "probe_show.h"
#include "show_line.h"

struct options {
	struct dhcp_request req;
	bool has_mac;
	bool keep;
	const char *tls_ca;
	struct probe_fetch fetch;
};

struct outcome {
	bool ended;
	int64_t start_us;
	struct dhcp_result result;
};

static const char usage[] =
	"Usage: pvboot probe --interface IF --mac MAC [--uuid UUID] [--proxy auto|wait|off] [--timeout S] [--keep]\n"
	"                    [--source host|guest] [--http-proxy URL] [--tls-ca FILE] [--tftp-blksize N]\n"
	"\n"
	"Ask the DHCP servers on IF for a lease as the VM with this MAC would, and show the offers, the choice and\n"
	"why, and whether the files of the boot are on their server.  Needs root or CAP_NET_RAW.\n"
	"\n"
	"  --interface IF   the boot interface: a network card, a bridge or a bridge port\n"
	"  --mac MAC        the VM's MAC, as 52:54:00:12:34:56\n"
	"  --uuid UUID      the VM's UUID (default: one made from the MAC, as pvboot-hostd does)\n"
	"  --proxy HOW      auto: take the first offer that names a boot file, else wait for ProxyDHCP (default);\n"
	"                   wait: always wait for ProxyDHCP; off: ignore ProxyDHCP\n"
	"  --timeout S      give up after S seconds without a lease (default 60)\n"
	"  --source HOW     guest: ask for files by the leased address, as hostd's source = guest does (as root)\n"
	"  --http-proxy URL, --tls-ca FILE\n"
	"                   for files named by http: and https: URLs\n"
	"  --tftp-blksize N fetch what TFTP has to its end, in blocks of this size, 8 to 65464\n"
	"  --keep           do not give the lease back at the end\n"
	"\n"
	"Exit status: 0 it would boot; 1 this host failed; 2 usage; 3 no lease; 4 no boot file is named; 5 no route\n"
	"to the boot server; 6 a file is missing or its server does not answer.\n";

void probe_show(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	show_line(stdout, fmt, ap);
	va_end(ap);
	fflush(stdout);
}

static bool read_proxy(const char *text, enum dhcp_proxy_mode *mode)
{
	static const char *const names[] = {
		[DHCP_PROXY_AUTO] = "auto", [DHCP_PROXY_WAIT] = "wait", [DHCP_PROXY_OFF] = "off"};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(text, names[i])) {
			*mode = (enum dhcp_proxy_mode)i;
			return true;
		}
	}
	return false;
}

static bool read_mac(const char *text, uint8_t mac[6])
{
	/* A pattern (52:54:00:*) is fine in hostd's configuration, but is not one VM; nor is a group address. */
	return addr_mac_parse(mac, text) && !(mac[0] & 1);
}

static bool read_seconds(const char *text, uint32_t *ms)
{
	char *end;
	unsigned long s = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || s < 1 || s > 3600)
		return false;
	*ms = (uint32_t)s * 1000;
	return true;
}

static bool read_source(const char *text, bool *guest)
{
	*guest = !strcmp(text, "guest");
	return *guest || !strcmp(text, "host");
}

static bool read_blksize(const char *text, uint16_t *blksize)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || n < 8 || n > 65464) /* RFC 2348 */
		return false;
	*blksize = (uint16_t)n;
	return true;
}

/* Read the command line.  -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option longopts[] = {
		{"interface", required_argument, NULL, 'i'},
		{"mac", required_argument, NULL, 'm'},
		{"uuid", required_argument, NULL, 'u'},
		{"proxy", required_argument, NULL, 'p'},
		{"timeout", required_argument, NULL, 't'},
		{"source", required_argument, NULL, 's'},
		{"http-proxy", required_argument, NULL, 'x'},
		{"tls-ca", required_argument, NULL, 'a'},
		{"tftp-blksize", required_argument, NULL, 'b'},
		{"keep", no_argument, NULL, 'k'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	bool good = true;
	int c;

	memset(o, 0, sizeof(*o));
	optind = 1;
	while (good && (c = getopt_long(argc, argv, "h", longopts, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return PROBE_BOOTS;
		}
		if (c == 'i')
			o->req.ifname = optarg;
		else if (c == 'm')
			good = o->has_mac = read_mac(optarg, o->req.mac);
		else if (c == 'u')
			good = o->req.has_uuid = addr_uuid_parse(o->req.uuid, optarg);
		else if (c == 'p')
			good = read_proxy(optarg, &o->req.proxy);
		else if (c == 't')
			good = read_seconds(optarg, &o->req.timeout_ms);
		else if (c == 's')
			good = read_source(optarg, &o->req.own_network);
		else if (c == 'x')
			o->fetch.http_proxy = optarg;
		else if (c == 'a')
			o->tls_ca = optarg;
		else if (c == 'b')
			good = read_blksize(optarg, &o->fetch.tftp_blksize);
		else if (c == 'k')
			o->keep = true;
		else
			return PROBE_USAGE; /* getopt_long() said why */
		if (!good)
			fprintf(stderr, "pvboot probe: \"%s\" does not do there: see pvboot probe --help\n", optarg);
	}
	if (!good)
		return PROBE_USAGE;
	if (optind < argc)
		fprintf(stderr, "pvboot probe: \"%s\" is one word too many: see pvboot probe --help\n", argv[optind]);
	else if (!o->req.ifname || !o->has_mac)
		fprintf(stderr, "pvboot probe: --%s is missing: see pvboot probe --help\n",
			o->req.ifname ? "mac" : "interface");
	else
		return -1;
	return PROBE_USAGE;
}

static void on_trace(void *arg, const char *line)
{
	const struct outcome *outcome = arg;

	probe_show("  %8.3f s  %s", (double)(clock_us() - outcome->start_us) / 1e6, line);
}

static void on_done(void *arg, const struct dhcp_result *result)
{
	struct outcome *outcome = arg;

	outcome->ended = true;
	outcome->result = *result;
}

/* Run the exchange to its end. */
static bool obtain(const struct dhcp_request *req, struct outcome *outcome)
{
	struct event_base *base = event_base_new();
	bool started;

	if (!base)
		return false;
	outcome->start_us = clock_us();
	started = dhcp_start(base, req, on_done, on_trace, outcome);
	while (started && !outcome->ended && !event_base_loop(base, EVLOOP_ONCE))
		;
	event_base_free(base);
	return outcome->ended;
}

static void show_identity(const struct options *o)
{
	probe_show("asking on %s as %s%s", o->req.ifname, addr_mac_text(o->req.mac),
		   o->req.has_uuid ? "" : ", with a UUID made from the MAC");
}

static void show_lease(const struct pvboot_lease *lease)
{
	probe_show("lease: %s, mask %s, router %s, DNS %s", addr_text(lease->address), addr_text(lease->netmask),
		   addr_text(lease->router), addr_text(lease->dns));
	probe_show("       by %s, for %u s", addr_text(lease->dhcp_server), lease->lease_seconds);
	if (lease->bootfile[0])
		probe_show("boot file: %s on %s%s", lease->bootfile, addr_text(lease->boot_server),
			   lease->flags & PVBOOT_LEASE_F_PROXY ? ", named by a proxy" : "");
}

static int exit_status(uint32_t status)
{
	switch (status) {
	case PVBOOT_S_NO_OFFER:
	case PVBOOT_S_NAK:
		return PROBE_NO_LEASE;
	case PVBOOT_S_NO_BOOTFILE:
		return PROBE_NO_BOOTFILE;
	case PVBOOT_S_UNREACHABLE:
		return PROBE_NO_ROUTE;
	default:
		return PROBE_FAILED;
	}
}

static int report(struct options *o, const struct outcome *outcome)
{
	const struct dhcp_result *result = &outcome->result;
	const struct pvboot_lease *lease = &result->info.res.lease;
	struct probe_names names;
	bool boots;

	if (!addr_none(lease->address))
		show_lease(lease);
	if (result->status != PVBOOT_S_OK) {
		probe_show("it would not boot: %s", result->text);
		return exit_status(result->status);
	}
	probe_show("files on %s%s:", addr_text(lease->boot_server),
		   o->req.own_network ? ", asked for by the guest's address" : "");
	probe_names(&names, &result->info);
	if (o->req.own_network)
		probe_fetch_use_lease(&o->fetch, o->req.mac, lease);
	boots = probe_files(&result->info, &names, &o->fetch);
	probe_fetch_end(&o->fetch);
	/* A failed exchange has given its lease back itself. */
	if (!o->keep) {
		dhcp_release(&o->req, lease);
		probe_show("the lease of %s was given back", addr_text(lease->address));
	}
	probe_show("%s",
		   boots ? "it would boot" : "it would not boot: a file is missing or its server does not answer");
	return boots ? PROBE_BOOTS : PROBE_NO_FILE;
}

int probe_main(int argc, char **argv)
{
	struct options o;
	struct outcome outcome = {0};
	int status = read_options(argc, argv, &o);

	if (status >= 0)
		return status;
	if ((o.tls_ca && !probe_fetch_read_ca(&o.fetch, o.tls_ca)) ||
	    (o.req.own_network && !probe_fetch_as_guest(o.req.ifname)))
		return PROBE_FAILED;
	o.req.vm = "probe";
	log_open(false, LOG_EMERG); /* every line comes through the trace */
	show_identity(&o);
	if (!obtain(&o.req, &outcome)) {
		fprintf(stderr, "pvboot probe: out of memory\n");
		return PROBE_FAILED;
	}
	return report(&o, &outcome);
}
