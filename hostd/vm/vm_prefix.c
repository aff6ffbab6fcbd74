/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm_prefix.c - a path prefix that has pxelinux.0 load its files by the FILE calls of PXE, not by its own TFTP.
 *
 * pxelinux.0 hands every name that is an URL of a scheme other than tftp: to the FILE calls, and reads with one call
 * for 2048 bytes what its TFTP fetches with two for 1408.  So its boot server's reply gets an option 210 (RFC 5071)
 * with such a prefix, if no server sends one.  Only pxelinux.0 itself may see it, and only its bytes tell: lpxelinux.0,
 * of the same name, would find nothing.  So the boot file is fetched before DISCOVER is answered, as far as its head,
 * and handed over when the guest opens it.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container_of.h"
#include "base/url.h"
#include "base/addr.h"
#include "dhcp/dhcp_edit.h"
#include "dhcp/dhcp_pxe.h"
#include "file/file.h"
#include "log.h"
#include "vm/vm_data.h"
#include "vm/vm_open.h"
#include "vm/vm_plan.h"
#include "vm/vm_prefix.h"

#define HEAD 8192	  /* bytes of the boot file that tell what it is */
#define HEAD_MS 1000	  /* a server that takes longer for them is not waited for */
#define KEEP_MS 10000	  /* until the guest opens it */
#define PREFIX_MAX 200	  /* bytes: pxelinux has 255 for prefix and name */
#define MAGIC_AT 8	  /* of pxelinux's own table of settings, */
#define MAGIC 0x2983c8acu /* which begins with this */

struct vm_prefix {
	struct vm *vm;
	vm_prefix_answer_fn done;
	struct file_watch watch;
	struct file *file;
	struct event *timer;
	bool answered;
	uint8_t server[4];
	char name[PVBOOT_BOOTFILE_MAX];
	char url[PREFIX_MAX + 1];
};

void vm_prefix_reset(struct vm *vm)
{
	struct vm_prefix *p = vm->pxelinux;

	if (!p)
		return;
	vm->pxelinux = NULL;
	file_unwatch(&p->watch);
	file_unref(p->file);
	if (p->timer)
		event_free(p->timer);
	free(p);
}

/* Is this pxelinux.0 of version 6, whose core has the FILE calls?  Others are left as they are. */
static bool is_pxelinux(struct file *file)
{
	static const char banner[] = "\r\nPXELINUX 6.";
	uint8_t head[HEAD];
	const char *at, *end;
	uint32_t magic;
	ssize_t n = file_read(file, 0, head, sizeof(head));

	if (n < MAGIC_AT + (ssize_t)sizeof(magic))
		return false;
	memcpy(&magic, head + MAGIC_AT, sizeof(magic));
	at = memmem(head, (size_t)n, banner, sizeof(banner) - 1);
	if (magic != MAGIC || !at)
		return false;
	at += sizeof(banner) - 1;
	end = (const char *)head + n;
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return end - at >= 5 && !memcmp(at, " PXE ", 5);
}

/*
 * Answer DISCOVER, with the prefix or (why: unless the guest will hear of it) without; the boot file stays until the
 * guest opens it, but not for long.
 */
static void answer(struct vm_prefix *p, const char *url, const char *why)
{
	p->answered = true;
	p->vm->no_prefix = why;
	event_add(p->timer, &(struct timeval){KEEP_MS / 1000, 0});
	p->done(p->vm, url);
}

static void step(struct vm_prefix *p)
{
	bool all = file_done(p->file);

	if (p->answered || (!all && file_available(p->file) < HEAD))
		return;
	if (all && file_status(p->file) != PVBOOT_S_OK)
		answer(p, NULL, NULL); /* the guest will hear of it */
	else if (is_pxelinux(p->file))
		answer(p, p->url, NULL);
	else
		answer(p, NULL, "by its first bytes it is not that of version 6");
}

static void on_changed(struct file_watch *watch)
{
	step(container_of(watch, struct vm_prefix, watch));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct vm_prefix *p = arg;

	if (p->answered)
		vm_prefix_reset(p->vm);
	else
		answer(p, NULL, "its first 8 KiB took more than a second to come");
}

/* Why there can be none, as far as that is known before the boot file is here; NULL if there can. */
static const char *why_not(const struct vm *vm, const struct boot_info *boot)
{
	const struct conf_vm *conf = vm->id.conf;

	if (conf->pxelinux_plain)
		return "hostd's configuration says pxelinux = plain";
	if (vm_plan_wanted(vm, boot) || conf->kernel[0])
		return "a direct boot was tried first";
	if (addr_none(boot->res.lease.boot_server))
		return "no DHCP server names a boot server";
	if (!boot->well_formed)
		return "the server's packet is malformed";
	return boot->prefix_sent ? "the DHCP server sends one (option 210)" : NULL;
}

/* The prefix that pxelinux would use, as an URL.  False if it does not fit, or is one. */
static bool make_url(char url[PREFIX_MAX + 1], const struct boot_info *boot)
{
	return !url_has_no_prefix(boot->prefix, strlen(boot->prefix)) && boot_info_named(boot) == BOOT_NAMED_PROGRAM &&
	       snprintf(url, PREFIX_MAX + 1, PVBOOT_SCHEME "://%s/%s", addr_text(boot->res.lease.boot_server),
			boot->prefix) <= PREFIX_MAX;
}

bool vm_prefix_begin(struct vm *vm, vm_prefix_answer_fn done)
{
	const struct boot_info *boot = &vm->boot;
	struct vm_prefix *p;

	vm_prefix_reset(vm);
	vm->no_prefix = NULL;
	if (boot_info_named(boot) == BOOT_NAMED_NOTHING)
		return false;
	vm->no_prefix = why_not(vm, boot);
	p = vm->no_prefix ? NULL : calloc(1, sizeof(*p));
	if (!p)
		return false;
	vm->pxelinux = p;
	p->vm = vm;
	p->done = done;
	memcpy(p->server, boot->res.lease.boot_server, 4);
	memcpy(p->name, boot->res.lease.bootfile, sizeof(p->name));
	p->watch.changed = on_changed;
	p->timer = evtimer_new(vm->env->base, on_timer, p);
	if (!make_url(p->url, boot))
		vm->no_prefix = "its path is a URL, has \"::\" in it, or is too long";
	else if (p->timer)
		p->file = vm_open(vm, p->server, 0, p->name, false);
	if (!p->file || event_add(p->timer, &(struct timeval){HEAD_MS / 1000, 0})) {
		vm_prefix_reset(vm);
		return false;
	}
	file_watch(p->file, &p->watch);
	step(p);
	return true;
}

bool vm_prefix_waits(const struct vm *vm)
{
	return vm->pxelinux && !vm->pxelinux->answered;
}

struct file *vm_prefix_take(struct vm *vm, const uint8_t server[4], uint16_t port, const char *name)
{
	struct vm_prefix *p = vm->pxelinux;
	const char *base = strrchr(name, '/');
	struct file *file;

	base = base ? base + 1 : name;
	if (vm->no_prefix && !strcmp(name, vm->boot.res.lease.bootfile) &&
	    !strncmp(base, "pxelinux", strlen("pxelinux"))) {
		log_msg(LOG_INFO, vm->id.name, "%.128s gets no path prefix, and loads by its own, slower TFTP: %s",
			name, vm->no_prefix);
		vm->no_prefix = NULL;
	}
	if (!p || !p->answered || strcmp(p->name, name) || memcmp(p->server, server, 4) || port)
		return NULL;
	file = file_ref(p->file);
	vm_prefix_reset(vm);
	return file;
}
