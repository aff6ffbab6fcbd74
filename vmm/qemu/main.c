/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - pvboot-device: the boot device of one QEMU guest.
 *
 * One loop and one thread: QEMU's socket first, then hostd's and the work for it.  It ends with QEMU.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "std_fds.h"
#include "device.h"
#include "dial.h"
#include "journal.h"
#include "sandbox.h"

/* ---- what the device asks of its VMM --------------------------------------------------------------------------- */

static uint64_t now_ms(void *vmm)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* One write, so that lines of several processes on one terminal stay whole. */
void device_log(const struct device *d, enum pvboot_log_level level, const char *text)
{
	char line[1024];
	int n;

	if (level > d->options.log_level)
		return;
	n = snprintf(line, sizeof(line) - 1, "%s%s: %s", journal_priority(level), d->options.name, text);
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	for (int i = 0; i < n; i++) {
		if (line[i] < ' ' || line[i] > '~')
			line[i] = '?';
	}
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return; /* nobody reads it: the guest boots all the same */
}

static void log_line(void *vmm, enum pvboot_log_level level, const char *text)
{
	device_log(vmm, level, text);
}

/* Once a driver runs, it can be told whether what QEMU shares is the guest's memory. */
static void look_at_ram(struct device *d)
{
	const char *trouble;

	if (d->driven)
		return;
	d->driven = true;
	trouble = ram_trouble(&d->ram);
	if (trouble)
		device_log(d, PVBOOT_LOG_ERROR, trouble);
}

static void *map(void *vmm, uint64_t gpa, uint64_t *len)
{
	struct device *d = vmm;

	look_at_ram(d);
	return ram_map(&d->ram, gpa, len);
}

static const void *map_read(void *vmm, uint64_t gpa, uint64_t *len)
{
	struct device *d = vmm;

	look_at_ram(d);
	return ram_map_read(&d->ram, gpa, len);
}

static void set_irq(void *vmm, int level)
{
	struct device *d = vmm;

	d->attach->set_irq(level);
}

static void call(void *vmm, uint32_t queue)
{
	struct device *d = vmm;

	d->attach->call(queue);
}

static void written(void *vmm)
{
	struct device *d = vmm;

	d->attach->written();
}

static void note(void *vmm, uint16_t op, const uint8_t *args, uint32_t arg_len)
{
	struct device *d = vmm;

	phase_note(&d->phase, d->dev, op, args, arg_len);
	if (d->attach->note)
		d->attach->note(op, args);
}

static const struct pvboot_vmm_ops vmm_ops = {
	.map = map,
	.map_read = map_read,
	.set_irq = set_irq,
	.now_ms = now_ms,
	.log = log_line,
	.note = note,
};

static const struct pvboot_vmm_ops vmm_ops_calls = {
	.map = map,
	.map_read = map_read,
	.set_irq = set_irq,
	.now_ms = now_ms,
	.log = log_line,
	.note = note,
	.call = call,
	.written = written,
};

/* ---- events ---------------------------------------------------------------------------------------------------- */

struct event *device_watch(struct device *d, int fd, event_callback_fn callback)
{
	struct event *ev = event_new(d->base, fd, EV_READ | EV_PERSIST, callback, d);

	if (ev && event_priority_set(ev, 0) == 0 && event_add(ev, NULL) == 0)
		return ev;
	if (ev)
		event_free(ev);
	return NULL;
}

void device_served(struct device *d)
{
	link_socket_kick(&d->link);
}

void device_blind(struct device *d)
{
	if (!d->driven)
		device_log(d, PVBOOT_LOG_ERROR, RAM_NONE);
	d->driven = true;
}

static void on_rom_due(evutil_socket_t fd, short what, void *arg)
{
	const struct device *d = arg;
	char line[512];

	if (d->driven)
		return;
	snprintf(line, sizeof(line),
		 "%u s after QEMU connected pvboot's ROM has not started: the guest's firmware has to be a BIOS "
		 "(SeaBIOS; UEFI does not run the ROM), romfile= the pvboot ROM for the card's PCI id, and the card "
		 "first in the boot order (bootindex=1; libvirt: <boot order='1'/>). Nothing is wrong if the guest is "
		 "paused, or came here running",
		 d->options.rom_wait_ms / 1000);
	device_log(d, PVBOOT_LOG_WARNING, line);
}

void device_expect_rom(struct device *d)
{
	const unsigned int ms = d->options.rom_wait_ms;

	if (d->rom_due || d->driven || !ms)
		return;
	d->rom_due = evtimer_new(d->base, on_rom_due, d);
	if (d->rom_due)
		event_add(d->rom_due, &(struct timeval){ms / 1000, (suseconds_t)(ms % 1000 * 1000)});
}

void device_end(struct device *d, const char *error)
{
	if (error) {
		device_log(d, PVBOOT_LOG_ERROR, error);
		d->status = 1;
	}
	event_base_loopbreak(d->base);
}

static void on_dialed(evutil_socket_t fd, short what, void *arg)
{
	struct device *d = arg;
	int connection, error = dial_answer(fd, &connection);

	if (error != EAGAIN)
		link_socket_dialed(&d->link, connection, error);
	if (error == EPIPE)
		event_del(d->dialed);
}

static void dial(void *arg)
{
	struct device *d = arg;
	int fd, error;

	/* hostd may have turned to another device of the same guest, where that is being migrated */
	if (d->link.link.was_up && d->attach->idle && d->attach->idle()) {
		link_socket_rest(&d->link, true);
		return;
	}
	if (d->dial < 0) {
		fd = link_socket_connect(d->options.hostd);
		link_socket_dialed(&d->link, fd, fd < 0 ? -fd : 0);
		return;
	}
	error = dial_ask(d->dial);
	if (error)
		link_socket_dialed(&d->link, -1, error);
}

static int64_t move(void *arg, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len)
{
	struct device *d = arg;

	return ram_move(&d->ram, fd, offset, io, to, len);
}

/* ---- start-up -------------------------------------------------------------------------------------------------- */

static int die(const char *what, const char *detail)
{
	fprintf(stderr, "%spvboot-device: %s: %s\n", journal_priority(PVBOOT_LOG_ERROR), what, detail);
	return 1;
}

static bool make_loop(struct device *d)
{
	struct event_config *config = event_config_new();

	if (!config)
		return false;
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	d->base = event_base_new_with_config(config);
	event_config_free(config);
	return d->base && event_base_priority_init(d->base, 2) == 0;
}

static bool make_link(struct device *d)
{
	struct link_conf conf = {.flags = d->options.id_flags, .fd_passing = d->options.fd_passing};
	const struct pvboot_dev_conf *dc = &d->options.conf;

	snprintf(conf.name, sizeof(conf.name), "%s", d->options.name);
	memcpy(conf.mac, dc->mac, sizeof(conf.mac));
	memcpy(conf.uuid, dc->uuid, sizeof(conf.uuid));
	return link_socket_init(&d->link, d->base, &conf, dial, move, d);
}

/* Start the process that connects to hostd; it keeps its user and file system. */
static bool start_dial(struct device *d)
{
	d->dial = dial_start(d->options.hostd, *d->own ? d->own : NULL, d->state);
	d->dialed = d->dial >= 0 ? event_new(d->base, d->dial, EV_READ | EV_PERSIST, on_dialed, d) : NULL;
	return d->dialed && event_add(d->dialed, NULL) == 0;
}

static const struct attach_ops *find_attachment(const char *name)
{
	const struct attach_ops *const *a = attachments;

	while (*a && strcmp((*a)->name, name) != 0)
		a++;
	return *a;
}

static int run(struct device *d)
{
	struct options *o = &d->options;
	struct sandbox_user user = {0, 0};
	const char *refused;

	if (o->sandbox && !sandbox_find_user(o->user, &user))
		return die(o->user, "no user of that name; --user takes another");
	d->dev = calloc(1, pvboot_dev_size());
	if (!d->dev || !ram_init(&d->ram) || !make_loop(d) || !make_link(d))
		return die("starting up", strerror(errno));
	pvboot_dev_init(d->dev, d->attach->call ? &vmm_ops_calls : &vmm_ops, d, &link_backend, &d->link.link, &o->conf);
	refused = d->attach->open(d);
	if (refused)
		return die(refused, strerror(errno));
	if (o->sandbox && !start_dial(d))
		return die("starting a second process", strerror(errno));
	refused = o->sandbox ? sandbox_device(&user) : NULL;
	if (refused)
		return die(refused, strerror(errno));
	link_socket_start(&d->link);
	d->loop.base = d->base;
	loop_run(&d->loop);
	if (d->attach->end)
		d->attach->end(d);
	if (d->dial >= 0)
		dial_stop(d->dial);
	return d->status;
}

int main(int argc, char *argv[])
{
	static struct device d;
	int rc = options_parse(&d.options, argc, argv);

	if (rc >= 0)
		return rc;
	d.phase.fd = d.options.phase_fd;
	d.dial = -1;
	d.attach = find_attachment(d.options.attach);
	if (!d.attach)
		return die(d.options.attach, "--attach takes vhost-user or vfio-user") + 1;
	if (!d.options.name) {
		snprintf(d.name, sizeof(d.name), "vm-%d", (int)getpid());
		d.options.name = d.name;
	}
	std_fds_open();
	journal_open();
	/* Ctrl-C is for QEMU; this process ends when QEMU does */
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	return run(&d);
}
