/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attach_vhost_user.c - the process behind QEMU's virtio-net-pci: vhost_user.c in the loop.
 *
 * Theory of operation.  QEMU connects to a path, and again and again if it was told to reconnect; this process ends
 * when QEMU's does.  While there is a connection the guest's card has a link, and without one it has none, which is how
 * an operating system is to find it: so the connection is ended when the boot is over, or when a driver of another kind
 * starts, once the socket's queue is full, so that QEMU's attempt to connect waits (listen.h).  The ROM of the next
 * boot asks for the device by a word in guest memory, which stays mapped, and is looked for there.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device.h"
#include "dial.h"
#include "keep.h"
#include "listen.h"
#include "vhost_user.h"

#define LEAVE_MS 100   /* for QEMU to say what it has to say when a queue stops */
#define FILL_MS 1000   /* until the queue's filling is asked for again */
#define LOOK_MS 200    /* between two looks at guest memory */
#define LINGER_MS 5000 /* for a QEMU that cannot be watched to come back */
#define IDLE_MS 20000  /* without a ROM, before QEMU is to connect anew: less than the ROM waits for a link */
#define IDLES 6	       /* such times, before hostd is left to others: firmware may be slow */

static struct vhost_user server;
static struct device *device;
static struct keep *keep;
static struct event *listening, *connection, *kick[PVBOOT_NUM_QUEUES], *ended, *leave, *idle_over, *look, *linger;
static bool own_socket;	       /* made here: to be removed */
static bool boot_over;	       /* the guest said so */
static bool leaving;	       /* the queue is being filled: when it is, the connection is ended */
static bool hidden;	       /* it is full, and nobody is accepted */
static unsigned int idles;     /* IDLE_MS that have gone by since a ROM was there, or QEMU came */
static const char *complained; /* the latest error: QEMU comes back with the same one every second */

static void after_ms(struct event *ev, unsigned int ms)
{
	event_add(ev, &(struct timeval){ms / 1000, (suseconds_t)(ms % 1000 * 1000)});
}

/* Accept the connection that fills the queue, and with it whoever waits. */
static void show(void)
{
	hidden = false;
	event_add(listening, NULL);
}

/* ---- the connection --------------------------------------------------------------------------------------------- */

/* hostd takes one device for each guest: that of a guest that has booted makes room, where it is migrated for another.
 */
static void rest(bool so)
{
	link_socket_rest(&device->link, so);
}

static void hang_up(void)
{
	if (connection)
		event_free(connection);
	connection = NULL;
	event_del(leave);
	event_del(idle_over);
	vhost_user_hang_up(&server);
}

/* The boot is over, or another driver has the card: end the link, until a ROM asks for it. */
static void on_leave(evutil_socket_t fd, short what, void *arg)
{
	rest(true);
	if (!server.nslots) {
		/* No driver has started, and without guest memory the next ROM's word could not be seen. */
		hang_up();
		return;
	}
	leaving = true;
	if (device->dial >= 0)
		dial_fill(device->dial);
	else
		listen_fill(device->own);
	after_ms(leave, FILL_MS);
}

/* The queue is full. */
static void hide(void)
{
	leaving = false;
	hidden = true;
	event_del(listening);
	pvboot_vhost_forget(device->dev);
	device_log(device, PVBOOT_LOG_DEBUG, "the guest's card has no link until the next boot");
	hang_up();
	after_ms(look, LOOK_MS);
}

/*
 * Firmware takes its time, or the guest is not booted from this card: it was migrated here, or begins elsewhere.  A
 * card that was migrated with its link down has one once QEMU connects anew.
 */
static void on_idle(evutil_socket_t fd, short what, void *arg)
{
	if (++idles >= IDLES)
		on_leave(fd, what, arg);
	else if (!server.nslots)
		hang_up();
	else
		after_ms(idle_over, IDLE_MS);
}

/* As the ROM of the next boot leaves it. */
static bool wanted(void)
{
	const uint32_t size = PVBOOT_BEACON_END - PVBOOT_BEACON_FROM;
	const size_t magic_len = sizeof(PVBOOT_BEACON_MAGIC) - 1;
	uint64_t len = size;
	const uint8_t *p = ram_map(&device->ram, PVBOOT_BEACON_FROM, &len);
	uint16_t word;

	if (!p || len < size)
		return false;
	for (uint32_t at = 0; at < size; at += PVBOOT_BEACON_STEP) {
		if (memcmp(p + at + PVBOOT_BEACON_MAGIC_AT, PVBOOT_BEACON_MAGIC, magic_len) != 0)
			continue;
		memcpy(&word, p + at + PVBOOT_BEACON_AT, sizeof(word));
		if (word == PVBOOT_BEACON_WANTED)
			return true;
	}
	return false;
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	if (!wanted()) {
		after_ms(look, LOOK_MS);
		return;
	}
	rest(false);
	show();
}

/* What is kept belongs to a guest whose memory is in this file. */
static void check_guest(void)
{
	uint64_t dev, ino;

	if (!server.nslots || !ram_file_id(&device->ram, 0, &dev, &ino) ||
	    (dev == keep->ram_dev && ino == keep->ram_ino))
		return;
	if (keep->ram_ino) {
		pvboot_vhost_forget(device->dev);
		keep->written = 0;
		pvboot_dev_set_written(device->dev, false);
	}
	keep->ram_dev = dev;
	keep->ram_ino = ino;
}

static bool idle(void)
{
	return !server.queue[PVBOOT_Q_REQUESTS].running;
}

static void on_qemu(evutil_socket_t fd, short what, void *arg)
{
	bool ran = !idle();
	enum vhost_user_result result = vhost_user_serve(&server);

	if (result != VHOST_USER_GOOD) {
		if (result == VHOST_USER_ERROR && server.error != complained) {
			complained = server.error;
			device_log(device, PVBOOT_LOG_ERROR, server.error);
		}
		hang_up();
		if (!ended)
			after_ms(linger, LINGER_MS);
		return;
	}
	check_guest();
	if (server.blind)
		device_blind(device);
	if (server.foreign || (boot_over && ran && idle())) {
		after_ms(leave, LEAVE_MS);
	} else if (!idle()) {
		event_del(leave);
		event_del(idle_over);
		leaving = false;
		idles = 0;
		rest(false);
	}
	device_served(device);
}

static void on_ended(evutil_socket_t fd, short what, void *arg)
{
	device_end(device, NULL);
}

static void on_linger(evutil_socket_t fd, short what, void *arg)
{
	if (server.fd < 0)
		device_end(device, NULL);
}

/* Watch QEMU's process for its end, because the connection may end earlier and come back. */
static void watch_process(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int pidfd = -1;

	if (ended) {
		close(event_get_fd(ended));
		event_free(ended);
		ended = NULL;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid > 0)
		pidfd = pidfd_open(peer.pid, 0);
	if (pidfd < 0)
		return;
	ended = device_watch(device, pidfd, on_ended);
	if (!ended)
		close(pidfd);
}

static void on_client(evutil_socket_t fd, short what, void *arg)
{
	int client;

	if (leaving) {
		hide();
		return;
	}
	client = listen_accept(fd);
	if (client < 0)
		return;
	if (server.fd >= 0 && !listen_ended(server.fd)) {
		device_log(device, PVBOOT_LOG_WARNING, "a second QEMU connects: each guest needs a device of its own");
		close(client);
		return;
	}
	hang_up();
	event_del(look);
	event_del(linger);
	watch_process(client);
	vhost_user_connect(&server, client);
	after_ms(idle_over, IDLE_MS);
	if (!keep->ram_ino) /* else its boot began with the process before this one */
		device_expect_rom(device);
	connection = device_watch(device, client, on_qemu);
	if (!connection)
		device_end(device, "out of memory");
}

/* ---- queues ----------------------------------------------------------------------------------------------------- */

static void on_kick(evutil_socket_t fd, short what, void *arg)
{
	for (uint32_t i = 0; i < PVBOOT_NUM_QUEUES; i++) {
		if (server.queue[i].kick_fd == fd)
			vhost_user_kick(&server, i);
	}
	device_served(device);
}

static void kick_changed(uint32_t queue, int fd)
{
	if (kick[queue])
		event_free(kick[queue]);
	kick[queue] = fd >= 0 ? device_watch(device, fd, on_kick) : NULL;
}

static void call(uint32_t queue)
{
	vhost_user_call(&server, queue);
}

/* Do nothing: a vhost front end does not show our INTx to its guest. */
static void set_irq(int level)
{
}

/* ---- what is kept ----------------------------------------------------------------------------------------------- */

/* The guest's notes, before it has its answer, and resets. */
static void note(uint16_t op, const uint8_t *args)
{
	struct pvboot_phase_args phase;

	switch (op) {
	case 0:
		boot_over = false;
		keep->dgram_open = 0;
		break;
	case PVBOOT_OP_DGRAM_OPEN:
		memcpy(&keep->dgram, args, sizeof(keep->dgram));
		keep->dgram_open = 1;
		break;
	case PVBOOT_OP_DGRAM_CLOSE:
		keep->dgram_open = 0;
		break;
	case PVBOOT_OP_PHASE:
		memcpy(&phase, args, sizeof(phase));
		boot_over = phase.phase == PVBOOT_PHASE_UNLOAD || phase.phase == PVBOOT_PHASE_KERNEL ||
			    phase.phase == PVBOOT_PHASE_FAILED;
		break;
	}
}

/* [DEV-69] */
static void written(void)
{
	keep->written = 1;
}

/* Go on where the process before this one was ended, should the guest's rings say so later. */
static void resume(struct device *d)
{
	struct link *l = &d->link.link;
	bool frames = false, dgrams = false;

	link_keep_in(l, keep->slots);
	for (const struct link_kept *k = l->kept; k < l->kept + PVBOOT_LINK_KEEPS; k++) {
		frames |= k->used && k->key == PVBOOT_LINK_KEY_FRAME;
		dgrams |= k->used && k->key == PVBOOT_LINK_KEY_DGRAM;
	}
	keep->dgram_open = keep->dgram_open == 1;
	pvboot_dev_set_written(d->dev, keep->written == 1);
	pvboot_vhost_resume(d->dev, keep->dgram_open, frames, keep->epoch_ms);
	if (keep->dgram_open && !dgrams) /* hostd has not heard of it */
		link_backend.note(l, PVBOOT_OP_DGRAM_OPEN, (const uint8_t *)&keep->dgram, sizeof(keep->dgram));
}

static const char *open_keep(struct device *d)
{
	const char *state = d->options.state;

	if ((size_t)snprintf(d->state, sizeof(d->state), "%s%s", state ? state : d->own, state ? "" : ".state") >=
	    sizeof(d->state)) {
		errno = ENAMETOOLONG;
		return "the state file";
	}
	keep = keep_open(d->state, pvboot_dev_now_ms(d->dev));
	if (!keep)
		return errno == EWOULDBLOCK ? "the state file belongs to another pvboot-device that runs" : d->state;
	return NULL;
}

/* ---- start and end ---------------------------------------------------------------------------------------------- */

static const char *open_vhost_user(struct device *d)
{
	const struct options *o = &d->options;
	const char *trouble;
	int fd = o->fd;

	device = d;
	errno = ENAMETOOLONG;
	if (o->socket && (size_t)snprintf(d->own, sizeof(d->own), "%s", o->socket) >= sizeof(d->own))
		return "--socket";
	errno = ENOTSOCK;
	if (!o->socket && !listen_take(fd, d->own, sizeof(d->own)))
		return "--fd is to be a Unix stream socket that listens at an absolute path; or let --socket make one";
	trouble = open_keep(d);
	if (trouble)
		return trouble;
	own_socket = o->socket;
	if (own_socket)
		fd = listen_open(d->own);
	if (fd < 0) {
		errno = -fd;
		return "--socket";
	}
	vhost_user_init(&server, d->dev, &d->ram, kick_changed);
	leave = evtimer_new(d->base, on_leave, NULL);
	idle_over = evtimer_new(d->base, on_idle, NULL);
	look = evtimer_new(d->base, on_look, NULL);
	linger = evtimer_new(d->base, on_linger, NULL);
	listening = device_watch(d, fd, on_client);
	if (!leave || !idle_over || !look || !linger || !listening)
		return "starting up";
	resume(d);
	return NULL;
}

static void end(struct device *d)
{
	hang_up();
	if (hidden) /* a socket of somebody else's is for the next process: it must not seem to be asked for */
		close(listen_accept(event_get_fd(listening)));
	if (d->dial >= 0) {
		dial_remove(d->dial, own_socket);
		return;
	}
	unlink(d->state);
	if (own_socket)
		listen_remove(d->own);
}

const struct attach_ops attach_vhost_user = {.name = "vhost-user",
					     .open = open_vhost_user,
					     .set_irq = set_irq,
					     .call = call,
					     .written = written,
					     .note = note,
					     .idle = idle,
					     .end = end};
