/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attach_vfio_user.c - the process behind QEMU's vfio-user-pci: vfio_user.c in the loop.
 *
 * QEMU connects to a path, so what is inherited may be the socket that listens there.  One client comes, and when it
 * goes, QEMU has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "vfio_user.h"

#define ROM_MIN 2048u /* the smallest a ROM BAR is, on PCI */

static struct vfio_user server;
static struct event *waiting, *unmasked;

static void on_unmask(evutil_socket_t fd, short what, void *arg)
{
	vfio_user_unmask(&server);
}

static void watch_unmask(struct device *d)
{
	if (unmasked)
		event_free(unmasked);
	server.unmask_new = false;
	unmasked = server.unmask_fd >= 0 ? device_watch(d, server.unmask_fd, on_unmask) : NULL;
}

static void on_qemu(evutil_socket_t fd, short what, void *arg)
{
	struct device *d = arg;
	enum vfio_user_result result = vfio_user_serve(&server);

	if (result != VFIO_USER_GOOD) {
		device_end(d, result == VFIO_USER_ERROR ? server.error : NULL);
		return;
	}
	if (server.unmask_new)
		watch_unmask(d);
	device_served(d);
	loop_stay_awake(&d->loop);
}

static void on_client(evutil_socket_t fd, short what, void *arg)
{
	struct device *d = arg;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (client < 0)
		return;
	event_free(waiting);
	waiting = NULL;
	close(fd);
	server.fd = client;
	device_expect_rom(d);
	if (!device_watch(d, client, on_qemu))
		device_end(d, "out of memory");
}

/* The ROM file, filled up with zeros to a power of two.  NULL, or in words what is wrong with it. */
static const char *load_rom(const char *path, uint8_t **rom, uint32_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *trouble = NULL;
	uint32_t room = ROM_MIN;
	struct stat st;

	if (fd < 0)
		return "the file named by --rom";
	if (fstat(fd, &st))
		trouble = "the file named by --rom";
	else if (st.st_size < 1 || st.st_size > VFIO_USER_XFER)
		trouble = "--rom: a ROM is at most 1 MiB";
	while (!trouble && room < (uint32_t)st.st_size)
		room <<= 1;
	if (!trouble) {
		*rom = calloc(1, room);
		*size = room;
		if (!*rom || read(fd, *rom, (size_t)st.st_size) != st.st_size)
			trouble = "the file named by --rom cannot be read";
	}
	close(fd);
	return trouble;
}

static const char *open_vfio_user(struct device *d)
{
	int fd = d->options.fd, type = 0, listening = 0;
	socklen_t len = sizeof(type);
	const char *trouble;
	uint8_t *rom = NULL;
	uint32_t rom_size = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) || type != SOCK_STREAM ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len)) {
		errno = ENOTSOCK;
		return "--fd is to be a stream socket, which listens or is QEMU's connection";
	}
	trouble = d->options.rom ? load_rom(d->options.rom, &rom, &rom_size) : NULL;
	if (trouble)
		return trouble;
	pvboot_dev_set_rom_size(d->dev, rom_size);
	d->loop.yields = true;
	vfio_user_init(&server, fd, d->dev, &d->ram, rom, rom_size);
	if (!listening) {
		device_expect_rom(d);
		return device_watch(d, fd, on_qemu) ? NULL : "starting up";
	}
	waiting = device_watch(d, fd, on_client);
	return waiting ? NULL : "starting up";
}

static void set_irq(int level)
{
	vfio_user_set_irq(&server, level);
}

const struct attach_ops attach_vfio_user = {.name = "vfio-user", .open = open_vfio_user, .set_irq = set_irq};
