/* SPDX-License-Identifier: BSD-2-Clause */
/* vm_open.c - choose the source of a file that a guest names: the VM's directory, a TFTP server or an HTTP server. */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "cache/cache.h"
#include "file/file.h"
#include "file/file_root.h"
#include "base/url.h"
#include "tftp/tftp.h"
#include "net/source.h"
#include "net/udp.h"
#include "vm/vm_data.h"
#include "vm/vm_open.h"

static struct file *refuse(struct vm *vm, const char *name, uint32_t status, const char *words)
{
	return file_new_failed(vm->id.name, name, status, words);
}

/* May a VM of this section read this file of its directory? */
static bool may_have(const struct conf_vm *conf, const char *name)
{
	if (!conf->sealed || !strcmp(name, conf->kernel))
		return true;
	for (size_t i = 0; i < conf->n_initrds; i++)
		if (!strcmp(name, conf->initrd[i]))
			return true;
	return false;
}

/* Open a file of the VM's directory, whichever server the guest named. */
static struct file *from_root(struct vm *vm, const char *name)
{
	const struct conf_vm *conf = vm->id.conf;
	char words[PVBOOT_ERROR_MAX + 1];

	if (may_have(conf, name))
		return file_root_open(conf->root_fd, conf->root, name, vm->id.name);
	snprintf(words, sizeof(words),
		 "\"%.80s\": this VM may have its kernel and initrds only: name it in its section", name);
	return refuse(vm, name, PVBOOT_S_DENIED, words);
}

/*
 * The identity that is part of a cache key.  A server may give each address different files, so a file that is fetched
 * with a guest's address is for that guest alone.
 */
static const char *identity_of(const struct vm *vm)
{
	static char text[64];

	if (!vm->id.conf->source_guest)
		return NULL;
	snprintf(text, sizeof(text), "%s@%s", addr_mac_text(vm->id.mac), addr_text(vm->boot.res.lease.address));
	return text;
}

/* Fill in what requests to TFTP and HTTP servers have in common. */
static struct cache_request request_of(const struct vm *vm, bool stat_only)
{
	const struct conf_vm *conf = vm->id.conf;

	return (struct cache_request){
		.vm = vm->id.name,
		.source = vm->source,
		.identity = identity_of(vm),
		.stat_only = stat_only,
		.off = conf->cache_off,
		.stale = conf->serve_stale,
		.max_age_ms = conf->tftp_max_age_ms,
	};
}

static struct file *from_http(struct vm *vm, const char *name, bool stat_only)
{
	struct cache_request req = request_of(vm, stat_only);
	char words[PVBOOT_ERROR_MAX + 1], url[URL_MAX];

	if (!url_canonical(url, name, words, sizeof(words)))
		return refuse(vm, name, PVBOOT_S_UNSUPPORTED, words);
	req.url = url;
	return cache_open(vm->env->cache, &req);
}

static struct file *from_tftp(struct vm *vm, const uint8_t server[4], uint16_t port, const char *name, bool stat_only)
{
	const struct conf_vm *conf = vm->id.conf;
	struct cache_request req = request_of(vm, stat_only);
	const struct tftp_request tftp = {
		.vm = vm->id.name,
		.server = {server[0], server[1], server[2], server[3]},
		.port = port,
		.filename = name,
		.blksize = conf->tftp_blksize,
		.windowsize = conf->tftp_windowsize,
	};
	char words[PVBOOT_ERROR_MAX + 1];

	if (!udp_allowed(server)) {
		snprintf(words, sizeof(words),
			 "%s is no server that a guest may ask for \"%.80s\": give the server's address in the "
			 "guest's network",
			 addr_text(server), name);
		return refuse(vm, name, PVBOOT_S_DENIED, words);
	}
	req.tftp = &tftp;
	return cache_open(vm->env->cache, &req);
}

struct file *vm_open(struct vm *vm, const uint8_t server[4], uint16_t port, const char *name, bool stat_only)
{
	const struct conf_vm *conf = vm->id.conf;
	bool http = addr_none(server) && url_kind(name) == URL_HTTP;

	/* A VM with a directory has no network: of all URLs it may open only those that its section names. */
	if (http && conf_vm_has_directory(conf) && !conf_vm_names(conf, name))
		return refuse(vm, name, PVBOOT_S_DENIED,
			      "this VM has a directory and no network: name the URL in its section");
	if (!conf_vm_has_directory(conf) && source_is_gone(vm->source))
		return refuse(vm, name, PVBOOT_S_UNREACHABLE,
			      "source = guest: there is no lease, or the guest's own network has its address");
	if (http)
		return from_http(vm, name, stat_only);
	return conf_vm_has_directory(conf) ? from_root(vm, name) : from_tftp(vm, server, port, name, stat_only);
}
