/* SPDX-License-Identifier: BSD-2-Clause */
/* storm_front.c - QEMU's end of vhost-user to a device process. */
#include <linux/virtio_config.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "pass_fd.h"
#include "storm_front.h"
#include "vhost_user.h"

#define LOW 0xa0000u /* the first range of memory */
#define HIGH 0x100000u
#define UVA 0x7f0000000000u /* where this QEMU has the memory */

/* The driver's doorbell; it uses no other register. */
static void ring(void *arg, bool config, uint32_t offset, uint32_t len, uint32_t val)
{
	const struct storm_front *f = arg;
	const uint64_t one = 1;

	assert_true(!config && offset == PVBOOT_REG_NOTIFY && val == PVBOOT_Q_REQUESTS);
	assert_int_equal(write(f->kick, &one, sizeof(one)), sizeof(one));
}

static const struct qemu_access access_ops = {.write = ring};

static void send_message(struct storm_front *f, uint32_t request, const void *body, uint32_t size, const int *fds,
			 unsigned int nfds)
{
	struct vhost_user_hdr hdr = {request, VHOST_USER_VERSION, size};
	union pass_fd_room room;
	struct iovec iov[2] = {{&hdr, sizeof(hdr)}, {(void *)(uintptr_t)body, size}};
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = 2};

	pass_fd_add(&mh, &room, fds, nfds);
	assert_int_equal(sendmsg(f->fd, &mh, MSG_NOSIGNAL), sizeof(hdr) + size);
}

static struct sockaddr_un address(const struct storm_front *f)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	strcpy(sun.sun_path, f->path);
	return sun;
}

void storm_front_open(struct storm_front *f)
{
	struct sockaddr_un sun;

	qemu_new(&f->q);
	f->q.access = &access_ops;
	f->q.arg = f;
	strcpy(f->dir, "/tmp/pvboot-storm-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/vm", f->dir);
	sun = address(f);
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(f->listener, 1), 0);
	f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	f->kick = eventfd(0, EFD_CLOEXEC);
	f->call = eventfd(0, EFD_CLOEXEC);
	assert_true(f->fd >= 0 && f->kick >= 0 && f->call >= 0);
}

void storm_front_start(struct storm_front *f)
{
	const uint64_t features = UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VHOST_USER_F_PROTOCOL;
	const struct vhost_user_mem_table memory = {
		.n = 2, .region = {{0, LOW, UVA, 0}, {HIGH, QEMU_RAM - HIGH, UVA + HIGH, HIGH}}};
	const struct vhost_user_addr addr = {
		.index = PVBOOT_Q_REQUESTS,
		.desc = UVA + QEMU_DESC,
		.avail = UVA + QEMU_AVAIL,
		.used = UVA + QEMU_USED,
	};
	const struct vhost_user_state on = {PVBOOT_Q_REQUESTS, 1}, base = {PVBOOT_Q_REQUESTS, 0},
				      size = {PVBOOT_Q_REQUESTS, QEMU_QUEUE_SIZE};
	const uint64_t index = PVBOOT_Q_REQUESTS;
	const int fds[2] = {f->q.ram_fd, f->q.ram_fd};
	const struct sockaddr_un sun = address(f);

	assert_int_equal(connect(f->fd, (const struct sockaddr *)&sun, sizeof(sun)), 0);
	send_message(f, VHOST_USER_SET_FEATURES, &features, sizeof(features), NULL, 0);
	send_message(f, VHOST_USER_SET_MEM_TABLE, &memory, sizeof(memory), fds, 2);
	send_message(f, VHOST_USER_SET_VRING_ENABLE, &on, sizeof(on), NULL, 0);
	send_message(f, VHOST_USER_SET_VRING_NUM, &size, sizeof(size), NULL, 0);
	send_message(f, VHOST_USER_SET_VRING_BASE, &base, sizeof(base), NULL, 0);
	send_message(f, VHOST_USER_SET_VRING_ADDR, &addr, sizeof(addr), NULL, 0);
	send_message(f, VHOST_USER_SET_VRING_CALL, &index, sizeof(index), &f->call, 1);
	send_message(f, VHOST_USER_SET_VRING_KICK, &index, sizeof(index), &f->kick, 1);
}

void storm_front_close(struct storm_front *f)
{
	char state[sizeof(f->path) + sizeof(".state")];

	snprintf(state, sizeof(state), "%s.state", f->path);
	unlink(state);
	unlink(f->path);
	rmdir(f->dir);
	close(f->listener);
	close(f->fd);
	close(f->kick);
	close(f->call);
	qemu_free(&f->q);
}
