/* SPDX-License-Identifier: BSD-2-Clause */
/* probe_fetch.c - how `pvboot probe` asks servers for files: by whose address, and by which HTTP. */
#include "probe_fetch.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/url.h"
#include "base/addr.h"
#include "http/http.h"
#include "net/net_ask.h"
#include "net_process.h"
#include "net/source_guest.h"
#include "net/source.h"
#include "tftp/tftp.h"

#define TIMEOUT_MS 5000
#define CA_MAX (4u << 20)

bool probe_fetch_read_ca(struct probe_fetch *fetch, const char *path)
{
	FILE *f = fopen(path, "re");
	int error = f ? 0 : errno;

	fetch->ca = malloc(CA_MAX);
	fetch->ca_len = f && fetch->ca ? fread(fetch->ca, 1, CA_MAX, f) : 0;
	if (f)
		fclose(f);
	if (fetch->ca_len && memmem(fetch->ca, fetch->ca_len, "-----BEGIN ", 11))
		return true;
	fprintf(stderr, "pvboot probe: --tls-ca %s: %s\n", path,
		error ? strerror(error) : "there are no certificates in PEM form");
	return false;
}

/* ---- the guest's address ---------------------------------------------------------------------------------------- */

bool probe_fetch_as_guest(const char *ifname)
{
	static struct conf conf; /* the helper process judges by its copy */
	struct conf_vm *vm;
	char why[512] = "out of memory";
	int helper = -1;

	conf_init(&conf);
	vm = conf_add_vm(&conf, "probe", 0);
	if (vm && conf_set(&conf, vm, "interface", ifname) && conf_set(&conf, vm, "source", "guest"))
		helper = net_process_start(&conf, "", -1, why, sizeof(why));
	if (helper < 0)
		fprintf(stderr, "pvboot probe: --source guest: %s\n", conf.error[0] ? conf.error : why);
	net_ask_use(helper);
	return helper >= 0;
}

void probe_fetch_use_lease(struct probe_fetch *fetch, const uint8_t mac[6], const struct pvboot_lease *lease)
{
	fetch->source = source_guest("probe", 0, mac, lease);
}

void probe_fetch_end(struct probe_fetch *fetch)
{
	/* The address is the guest's again before the lease is given back. */
	source_close(fetch->source);
	source_unref(fetch->source);
	free(fetch->ca);
	fetch->source = NULL;
	fetch->ca = NULL;
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

static void on_tftp_opened(void *arg, uint64_t size, uint16_t blksize)
{
	struct probe_answer *answer = arg;

	answer->size = size;
	answer->blksize = blksize;
}

static void on_http_opened(void *arg, const struct http_answer *http)
{
	((struct probe_answer *)arg)->size = http->size;
}

/* Whether blocks of a size arrive is what is to be seen: what is in them is not. */
static bool on_data(void *arg, const void *buf, size_t len)
{
	((struct probe_answer *)arg)->received += len;
	return true;
}

static bool on_same(void *arg, uint64_t offset, const void *buf, size_t len)
{
	return false;
}

static void on_done(void *arg, uint32_t status, uint32_t detail, const char *text)
{
	struct probe_answer *answer = arg;

	answer->status = status;
	snprintf(answer->text, sizeof(answer->text), "%s", text ? text : "");
}

static void wait_for(struct event_base *base, const struct probe_answer *answer)
{
	while (answer->status == PVBOOT_S_UNWRITTEN && !event_base_loop(base, EVLOOP_ONCE))
		;
}

static void ask_http(const struct probe_fetch *fetch, struct event_base *base, const char *name,
		     struct probe_answer *answer)
{
	static const struct http_ops ops = {
		.opened = on_http_opened, .data = on_data, .same = on_same, .done = on_done};
	const struct http_settings settings = {.proxy = fetch->http_proxy,
					       .ca = fetch->ca,
					       .ca_len = fetch->ca_len,
					       .connect_ms = TIMEOUT_MS,
					       .stall_ms = TIMEOUT_MS};
	char url[URL_MAX];
	struct http_request req = {.vm = "probe", .url = url, .stat_only = true, .source = fetch->source};
	struct http *http;

	answer->status = PVBOOT_S_FAILED;
	if (!url_canonical(url, name, answer->text, sizeof(answer->text)))
		return;
	http = http_new(base, &settings, answer->text, sizeof(answer->text));
	if (!http)
		return;
	answer->status = PVBOOT_S_UNWRITTEN;
	if (http_get(http, &req, &ops, answer))
		wait_for(base, answer);
	else
		answer->status = PVBOOT_S_NO_RESOURCES;
	http_free(http);
}

static void ask_tftp(const struct probe_fetch *fetch, struct event_base *base, const uint8_t server[4],
		     const struct pxelinux_file *file, struct probe_answer *answer)
{
	static const struct tftp_ops ops = {.opened = on_tftp_opened, .data = on_data, .done = on_done};
	struct tftp_request req = {
		.vm = "probe",
		.port = file->port,
		.filename = file->name,
		.blksize = fetch->tftp_blksize,
		.stat_only = !fetch->tftp_blksize,
		.timeout_ms = TIMEOUT_MS,
		.source = fetch->source,
	};

	memcpy(req.server, !addr_none(file->server) ? file->server : server, 4);
	if (tftp_get(base, &req, &ops, answer))
		wait_for(base, answer);
	else
		answer->status = PVBOOT_S_NO_RESOURCES;
	if (answer->size == PVBOOT_SIZE_UNKNOWN && answer->received)
		answer->size = answer->received;
}

void probe_fetch_ask(const struct probe_fetch *fetch, struct event_base *base, const uint8_t server[4],
		     const struct pxelinux_file *file, struct probe_answer *answer)
{
	*answer = (struct probe_answer){.size = PVBOOT_SIZE_UNKNOWN, .status = PVBOOT_S_UNWRITTEN};
	if (file->is_url)
		ask_http(fetch, base, file->name, answer);
	else
		ask_tftp(fetch, base, server, file, answer);
}
