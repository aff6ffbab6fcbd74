/* SPDX-License-Identifier: BSD-2-Clause */
/* vhost_world.c - a front end of vhost-user, played by the test. */
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pass_fd.h"
#include "vhost_world.h"

static void *map(void *vmm, uint64_t gpa, uint64_t *len)
{
	struct world *w = vmm;

	return ram_map(&w->ram, gpa, len);
}

/* A front end shows no INTx of ours. */
static void set_irq(void *vmm, int level)
{
}

static uint64_t now_ms(void *vmm)
{
	return 1234;
}

static void ignore_log(void *vmm, enum pvboot_log_level level, const char *text)
{
}

static void call(void *vmm, uint32_t queue)
{
	struct world *w = vmm;

	vhost_user_call(&w->server, queue);
}

static const struct pvboot_vmm_ops vmm_ops = {
	.map = map, .set_irq = set_irq, .now_ms = now_ms, .log = ignore_log, .call = call};

/* ---- the backend ------------------------------------------------------------------------------------------------ */

static void be_attach(void *backend, struct pvboot_dev *dev)
{
}

static void be_submit(void *backend, struct pvboot_io *io)
{
	struct world *w = backend;

	w->submits++;
	assert_true(w->nheld < WORLD_HELD);
	w->held[w->nheld++] = io;
}

static void be_cancel(void *backend, struct pvboot_io *io)
{
	struct world *w = backend;
	unsigned int kept = 0;

	w->cancels++;
	for (unsigned int i = 0; i < w->nheld; i++) {
		if (w->held[i] != io)
			w->held[kept++] = w->held[i];
	}
	assert_int_equal(kept + 1, w->nheld);
	w->nheld = kept;
}

static void be_note(void *backend, uint16_t op, const uint8_t *args, uint32_t arg_len)
{
}

static void be_dgram(void *backend, const struct pvboot_dgram_args *args, const void *payload, uint32_t len)
{
}

static void be_reset(void *backend)
{
	struct world *w = backend;

	w->resets++;
	w->nheld = 0;
}

static const struct pvboot_backend_ops be_ops = {
	.name = "test",
	.attach = be_attach,
	.submit = be_submit,
	.cancel = be_cancel,
	.note = be_note,
	.dgram = be_dgram,
	.reset = be_reset,
};

/* ---- life ------------------------------------------------------------------------------------------------------- */

static unsigned int open_fds(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 256; fd++) {
		int copy = dup(fd);

		if (copy >= 0) {
			close(copy);
			n++;
		}
	}
	return n;
}

static unsigned int fds_before;

static void connect_server(struct world *w)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	w->fd = pair[0];
	vhost_user_connect(&w->server, pair[1]);
}

static void begin(struct world *w)
{
	static const struct pvboot_dev_conf conf = {.mac = {0x52, 0x54, 0, 1, 2, 3}};

	assert_true(ram_init(&w->ram));
	w->dev = calloc(1, pvboot_dev_size());
	assert_non_null(w->dev);
	vhost_user_init(&w->server, w->dev, &w->ram, NULL);
	pvboot_dev_init(w->dev, &vmm_ops, w, &be_ops, w, &conf);
	connect_server(w);
}

static void finish(struct world *w)
{
	vhost_user_hang_up(&w->server);
	close(w->fd);
	ram_free(&w->ram);
	free(w->dev);
	w->nheld = 0;
}

struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	fds_before = open_fds();
	w->ram_fd = memfd_create("guest", MFD_CLOEXEC);
	assert_true(w->ram_fd >= 0);
	assert_int_equal(ftruncate(w->ram_fd, WORLD_RAM), 0);
	w->mem = mmap(NULL, WORLD_RAM, PROT_READ | PROT_WRITE, MAP_SHARED, w->ram_fd, 0);
	assert_ptr_not_equal(w->mem, MAP_FAILED);
	for (unsigned int i = 0; i < PVBOOT_NUM_QUEUES; i++) {
		w->kick[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		w->call[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	}
	begin(w);
	return w;
}

void world_free(struct world *w)
{
	finish(w);
	for (unsigned int i = 0; i < PVBOOT_NUM_QUEUES; i++) {
		close(w->kick[i]);
		close(w->call[i]);
	}
	munmap(w->mem, WORLD_RAM);
	close(w->ram_fd);
	free(w);
	assert_int_equal(open_fds(), fds_before);
}

void world_restart(struct world *w)
{
	finish(w);
	begin(w);
}

/* ---- messages --------------------------------------------------------------------------------------------------- */

void world_send(struct world *w, uint32_t request, uint32_t flags, const void *body, uint32_t size, const int *fds,
		unsigned int nfds)
{
	struct vhost_user_hdr hdr = {request, VHOST_USER_VERSION | flags, size};
	union pass_fd_room room;
	struct iovec iov[2] = {{&hdr, sizeof(hdr)}, {(void *)(uintptr_t)body, size}};
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = 2};

	pass_fd_add(&mh, &room, fds, nfds);
	assert_int_equal(sendmsg(w->fd, &mh, MSG_NOSIGNAL), sizeof(hdr) + size);
	w->result = vhost_user_serve(&w->server);
}

void world_send64(struct world *w, uint32_t request, uint64_t value)
{
	world_send(w, request, 0, &value, sizeof(value), NULL, 0);
}

void world_answer(struct world *w, uint32_t request, void *body, uint32_t size)
{
	struct vhost_user_hdr hdr;

	assert_int_equal(w->result, VHOST_USER_GOOD);
	assert_int_equal(recv(w->fd, &hdr, sizeof(hdr), MSG_DONTWAIT), sizeof(hdr));
	assert_int_equal(hdr.request, request);
	assert_int_equal(hdr.flags, VHOST_USER_VERSION | VHOST_USER_REPLY);
	assert_int_equal(hdr.size, size);
	assert_int_equal(recv(w->fd, body, size, MSG_DONTWAIT), size);
}

uint64_t world_ask64(struct world *w, uint32_t request)
{
	uint64_t value;

	world_send(w, request, 0, NULL, 0, NULL, 0);
	world_answer(w, request, &value, sizeof(value));
	return value;
}

void world_silent(struct world *w)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, 0), 0);
}

void world_memory(struct world *w)
{
	struct vhost_user_mem_table m = {
		.n = 2,
		.region = {{0, WORLD_LOW, WORLD_UVA, 0},
			   {WORLD_HIGH, WORLD_RAM - WORLD_HIGH, WORLD_UVA + WORLD_HIGH, WORLD_HIGH}},
	};
	int fds[2] = {w->ram_fd, w->ram_fd};

	world_send(w, VHOST_USER_SET_MEM_TABLE, 0, &m, sizeof(m), fds, 2);
}

void world_queue(struct world *w, uint32_t q, uint32_t num)
{
	struct vhost_user_addr addr = {.index = q,
				       .desc = WORLD_UVA + WORLD_DESC(q),
				       .avail = WORLD_UVA + WORLD_AVAIL(q),
				       .used = WORLD_UVA + WORLD_USED(q)};
	uint64_t index = q;

	world_send(w, VHOST_USER_SET_VRING_NUM, 0, &(struct vhost_user_state){q, num}, 8, NULL, 0);
	world_send(w, VHOST_USER_SET_VRING_BASE, 0, &(struct vhost_user_state){q, 0}, 8, NULL, 0);
	world_send(w, VHOST_USER_SET_VRING_ADDR, 0, &addr, sizeof(addr), NULL, 0);
	world_send(w, VHOST_USER_SET_VRING_CALL, 0, &index, sizeof(index), &w->call[q], 1);
	world_send(w, VHOST_USER_SET_VRING_KICK, 0, &index, sizeof(index), &w->kick[q], 1);
}

void world_start(struct world *w)
{
	world_send64(w, VHOST_USER_SET_FEATURES,
		     UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VHOST_USER_F_PROTOCOL);
	world_memory(w);
	for (uint32_t q = 0; q < PVBOOT_NUM_QUEUES; q++) {
		world_send(w, VHOST_USER_SET_VRING_ENABLE, 0, &(struct vhost_user_state){q, 1}, 8, NULL, 0);
		world_queue(w, q, WORLD_SIZE);
		assert_int_equal(w->result, VHOST_USER_GOOD);
		assert_true(w->server.queue[q].running);
	}
	world_silent(w);
}

uint32_t world_stop_queue(struct world *w, uint32_t q)
{
	struct vhost_user_state m = {q, 0};

	world_send(w, VHOST_USER_GET_VRING_BASE, 0, &m, sizeof(m), NULL, 0);
	world_answer(w, VHOST_USER_GET_VRING_BASE, &m, sizeof(m));
	assert_int_equal(m.index, q);
	return m.num;
}

/* ---- the driver ------------------------------------------------------------------------------------------------- */

void world_kick(struct world *w, uint32_t q)
{
	uint64_t one = 1;

	assert_int_equal(write(w->kick[q], &one, sizeof(one)), sizeof(one));
	vhost_user_kick(&w->server, q);
}

void world_submit(struct world *w, uint16_t head, uint16_t op, const void *args, uint32_t arg_len, uint32_t room)
{
	const uint32_t q = PVBOOT_Q_REQUESTS, request = WORLD_REQUEST + head * 0x1000u,
		       response = WORLD_RESPONSE + head * 0x4000u;
	struct pvboot_req req = {.magic = PVBOOT_REQ_MAGIC, .op = op, .arg_len = arg_len};
	struct pvboot_rsp rsp = {.status = PVBOOT_S_UNWRITTEN};
	struct vring_desc desc[2] = {
		{request, (uint32_t)sizeof(req) + arg_len, VRING_DESC_F_NEXT, (uint16_t)(head + 1)},
		{response, (uint32_t)sizeof(rsp) + room, VRING_DESC_F_WRITE, 0},
	};

	memcpy(w->mem + request, &req, sizeof(req));
	if (arg_len)
		memcpy(w->mem + request + sizeof(req), args, arg_len);
	memcpy(w->mem + response, &rsp, sizeof(rsp));
	memcpy(w->mem + WORLD_DESC(q) + head * sizeof(desc[0]), desc, sizeof(desc));
	memcpy(w->mem + WORLD_AVAIL(q) + 4 + 2 * (w->avail[q] % WORLD_SIZE), &head, sizeof(head));
	w->avail[q]++;
	memcpy(w->mem + WORLD_AVAIL(q) + 2, &w->avail[q], 2);
	world_kick(w, q);
}

struct pvboot_rsp world_rsp(const struct world *w, uint16_t head)
{
	struct pvboot_rsp rsp;

	memcpy(&rsp, w->mem + WORLD_RESPONSE + head * 0x4000u, sizeof(rsp));
	return rsp;
}

uint16_t world_used(const struct world *w, uint32_t q)
{
	uint16_t idx;

	memcpy(&idx, w->mem + WORLD_USED(q) + 2, sizeof(idx));
	return idx;
}

uint64_t world_calls(struct world *w, uint32_t q)
{
	uint64_t n = 0;

	return read(w->call[q], &n, sizeof(n)) == sizeof(n) ? n : 0;
}
