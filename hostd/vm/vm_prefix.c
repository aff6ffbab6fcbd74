/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm_prefix.c - a path prefix with which pxelinux.0 loads its files by the FILE calls of PXE, not by its own TFTP.
 *
 * pxelinux.0 passes every name that is a URL of a scheme other than tftp: to the FILE calls.  One FILE call reads 2048
 * bytes; its own TFTP needs two calls for 1408.  So hostd adds option 210 (RFC 5071) with such a prefix to the boot
 * server's reply, unless a server sends option 210.
 *
 * Only pxelinux.0 itself may get the prefix: lpxelinux.0, which may have the same name, would find no file with it.
 * Only the file's bytes tell them apart.  So hostd fetches the head of the boot file before it answers DISCOVER, and
 * serves that file when the guest opens it.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container_of.h"
#include "base/url.h"
#include "base/addr.h"
#include "file/file.h"
#include "log.h"
#include "vm/vm_data.h"
#include "vm/vm_open.h"
#include "vm/vm_plan.h"
#include "vm/vm_prefix.h"

#define HEAD 8192	  /* bytes of the boot file that are enough to recognise it */
#define HEAD_MS 1000	  /* how long hostd waits for them */
#define KEEP_MS 10000	  /* how long the boot file is kept for the guest's OPEN */
#define PREFIX_MAX 200	  /* bytes: pxelinux has 255 for prefix and name together */
#define MAGIC_AT 8	  /* offset of the magic number of pxelinux's settings table */
#define MAGIC 0x2983c8acu /* the magic number */

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

/* Is this pxelinux.0 of version 6, whose core has the FILE calls?  Other versions get no prefix. */
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
 * Answer DISCOVER with the prefix url, or without one (NULL). why is logged as the reason when the guest opens the
 * file; NULL: nothing to log.  The boot file is kept for KEEP_MS, for the guest's OPEN.
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
		answer(p, NULL, NULL); /* the guest's own OPEN will report the failure */
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

/* Why the guest gets no prefix, as far as hostd can tell without the boot file; NULL if it may get one. */
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

/* Write the prefix that pxelinux would use, as a URL.  Returns false if it does not fit, or is a URL already. */
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
