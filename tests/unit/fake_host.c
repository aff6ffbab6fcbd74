/* SPDX-License-Identifier: BSD-2-Clause */
/* fake_host.c - a hostd that the test plays, frame by frame, and a transport without sockets. */
#include <stdlib.h>

#include "fake_host.h"

uint8_t host_bytes[HOST_FILE_MAX];

/* ---- the transport ---------------------------------------------------------------------------------------------- */

static size_t take(void *owner, const void *buf, size_t len)
{
	struct fake_host *h = owner;

	if (len > h->out_piece)
		len = h->out_piece;
	if (len > h->out_limit - h->out_len)
		len = h->out_limit - h->out_len;
	memcpy(h->out + h->out_len, buf, len);
	h->out_len += len;
	return len;
}

static void drop(void *owner, uint32_t retry_ms)
{
	struct fake_host *h = owner;

	h->dropped++;
	h->retry_ms = retry_ms;
	h->out_len = 0;
	h->out_limit = sizeof(h->out);
}

static bool file_check(void *owner, int fd)
{
	struct fake_host *h = owner;

	return !h->file[fd].special;
}

static bool file_stamp(void *owner, int fd, uint64_t stamp[2])
{
	struct fake_host *h = owner;

	assert_true(h->file[fd].open);
	stamp[0] = h->file[fd].size;
	stamp[1] = h->file[fd].mtime;
	return true;
}

static int64_t file_read(void *owner, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len)
{
	struct fake_host *h = owner;
	uint64_t size = h->file[fd].size;

	assert_true(h->file[fd].open);
	assert_true(len > 0 && len <= LINK_CHUNK);
	if (h->file[fd].broken)
		return -1;
	if (offset >= size)
		return 0;
	if (len > size - offset)
		len = (uint32_t)(size - offset);
	return pvboot_io_write(io, to, host_bytes + offset, len) ? (int64_t)len : -1;
}

static void file_close(void *owner, int fd)
{
	struct fake_host *h = owner;

	assert_true(h->file[fd].open);
	h->file[fd].open = false;
	h->open_fds--;
}

static const struct link_ops ops = {
	.send = take,
	.drop = drop,
	.file_check = file_check,
	.file_stamp = file_stamp,
	.file_read = file_read,
	.file_close = file_close,
};

/* ---- hostd ------------------------------------------------------------------------------------------------------ */

struct fake_host *host_new(bool fd_passing)
{
	struct link_conf conf = {.name = "vm", .flags = PVBOOT_LINK_ID_MAC, .mac = {0x52, 0x54, 0, 1, 2, 3}};
	struct fake_host *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	conf.fd_passing = fd_passing;
	h->out_limit = h->out_piece = sizeof(h->out);
	for (size_t i = 0; i < sizeof(host_bytes); i++)
		host_bytes[i] = (uint8_t)(i * 7 ^ i >> 8);
	link_init(&h->link, &ops, h, &conf);
	link_backend.attach(&h->link, &h->dev);
	return h;
}

void host_free(struct fake_host *h)
{
	link_down(&h->link);
	link_file_close_all(&h->link);
	assert_int_equal(h->open_fds, 0);
	while (h->nio)
		free(h->io[--h->nio]);
	free(h);
}

static void feed(struct fake_host *h, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	if (!h->one_by_one) {
		link_input(&h->link, p, len);
		return;
	}
	/* each in memory of its own, so that a read beyond it is seen by a sanitizer */
	for (size_t i = 0; i < len; i++) {
		uint8_t *one = malloc(1);

		assert_non_null(one);
		*one = p[i];
		link_input(&h->link, one, 1);
		free(one);
	}
}

static void send_frame(struct fake_host *h, struct pvboot_link_hdr hdr, const void *a, size_t a_len, const void *b,
		       size_t b_len)
{
	uint8_t *frame = malloc(sizeof(hdr) + a_len + b_len);

	assert_non_null(frame);
	hdr.length = (uint32_t)(a_len + b_len);
	memcpy(frame, &hdr, sizeof(hdr));
	if (a_len)
		memcpy(frame + sizeof(hdr), a, a_len);
	if (b_len)
		memcpy(frame + sizeof(hdr) + a_len, b, b_len);
	feed(h, frame, sizeof(hdr) + a_len + b_len);
	free(frame);
}

void host_send(struct fake_host *h, uint16_t type, uint32_t id, const void *a, size_t a_len, const void *b,
	       size_t b_len)
{
	send_frame(h, (struct pvboot_link_hdr){PVBOOT_LINK_MAGIC, 0, type, 0, id}, a, a_len, b, b_len);
}

void host_hello(struct fake_host *h, uint16_t min, uint16_t max, uint32_t features)
{
	struct pvboot_link_hello m = {min, max, features, HOST_NONCE};

	host_send(h, PVBOOT_LINK_HELLO, 0, &m, sizeof(m), NULL, 0);
}

void host_welcome(struct fake_host *h, uint32_t features)
{
	struct pvboot_link_welcome m = {.version = 1, .features = features};

	host_send(h, PVBOOT_LINK_WELCOME, 0, &m, sizeof(m), NULL, 0);
}

/* Read the frame at the front of what was sent; pumps until it is whole. */
static struct pvboot_link_hdr front(struct fake_host *h)
{
	struct pvboot_link_hdr hdr = {0};

	for (unsigned int i = 0; i < 4096; i++) {
		if (h->out_len >= sizeof(hdr)) {
			memcpy(&hdr, h->out, sizeof(hdr));
			if (h->out_len >= sizeof(hdr) + hdr.length)
				return hdr;
		}
		link_pump(&h->link);
	}
	fail_msg("the link did not send a whole frame; the log says: %s", h->dev.log);
	return hdr;
}

static void pop(struct fake_host *h, size_t len)
{
	h->out_len -= len;
	memmove(h->out, h->out + len, h->out_len);
}

uint32_t host_expect(struct fake_host *h, uint16_t type, void *body, size_t len)
{
	struct pvboot_link_hdr hdr = front(h);

	assert_int_equal(hdr.magic, PVBOOT_LINK_MAGIC);
	assert_int_equal(hdr.type, type);
	assert_int_equal(hdr.length, len);
	assert_int_equal(hdr.flags, 0);
	if (body)
		memcpy(body, h->out + sizeof(hdr), len);
	pop(h, sizeof(hdr) + len);
	return hdr.id;
}

uint32_t host_expect_request(struct fake_host *h, uint16_t op)
{
	struct pvboot_link_hdr hdr = front(h);
	struct pvboot_link_request q;

	assert_int_equal(hdr.type, PVBOOT_LINK_REQUEST);
	assert_true(hdr.length >= sizeof(q));
	memcpy(&q, h->out + sizeof(hdr), sizeof(q));
	assert_int_equal(q.op, op);
	assert_int_equal(q.reserved, 0);
	assert_int_equal(q.arg_len, hdr.length - sizeof(q));
	pop(h, sizeof(hdr) + hdr.length);
	return hdr.id;
}

void host_connect(struct fake_host *h, uint32_t features)
{
	h->dropped = 0;
	link_up(&h->link);
	host_hello(h, 1, 1, features);
	host_expect(h, PVBOOT_LINK_IDENTITY, NULL, sizeof(struct pvboot_link_identity));
	host_welcome(h, features);
	host_expect(h, PVBOOT_LINK_RESUME, NULL, 0);
	assert_int_equal(h->link.state, LINK_UP);
}

void host_reply(struct fake_host *h, uint32_t id, uint32_t status, const void *result, uint32_t len)
{
	struct pvboot_link_reply m = {.status = status, .result_len = len};

	host_send(h, PVBOOT_LINK_REPLY, id, &m, sizeof(m), result, len);
}

void host_reply_read(struct fake_host *h, uint32_t id, uint32_t status, uint32_t detail, uint32_t len)
{
	struct pvboot_link_reply m = {.status = status, .detail = detail, .result_len = len};

	host_send(h, PVBOOT_LINK_REPLY, id, &m, sizeof(m), NULL, 0);
}

void host_data(struct fake_host *h, uint32_t id, uint64_t offset, const void *bytes, uint32_t len)
{
	struct pvboot_link_data m = {.offset = offset, .length = len};

	host_send(h, PVBOOT_LINK_DATA, id, &m, sizeof(m), bytes, len);
}

int host_file(struct fake_host *h, uint64_t size)
{
	int fd = 0;

	while (h->file[fd].open)
		fd++;
	assert_true(fd < HOST_FILES);
	memset(&h->file[fd], 0, sizeof(h->file[fd]));
	h->file[fd].open = true;
	h->file[fd].size = size;
	h->open_fds++;
	return fd;
}

void host_grow(struct fake_host *h, uint32_t handle, int fd, uint64_t available, uint64_t size, uint32_t status,
	       uint32_t flags)
{
	struct pvboot_link_hdr hdr = {PVBOOT_LINK_MAGIC, 0, PVBOOT_LINK_GROW, fd < 0 ? 0 : PVBOOT_LINK_F_FD, handle};
	struct pvboot_link_grow g = {available, size, status, flags};
	const char *text = status ? "words" : "";

	if (fd >= 0)
		link_fd(&h->link, fd);
	send_frame(h, hdr, &g, sizeof(g), text, strlen(text));
}

/* ---- requests --------------------------------------------------------------------------------------------------- */

struct fake_io *host_io(struct fake_host *h, struct fake_io *io)
{
	assert_true(h->nio < sizeof(h->io) / sizeof(h->io[0]));
	h->io[h->nio++] = io;
	return io;
}

struct fake_io *host_open(struct fake_host *h)
{
	struct pvboot_open_args a = {0};
	uint8_t args[sizeof(a) + 4];
	struct fake_io *io;

	memcpy(args, &a, sizeof(a));
	memcpy(args + sizeof(a), "name", 4);
	io = host_io(h, fake_io_new(&h->dev, PVBOOT_OP_OPEN, args, sizeof(args), sizeof(struct pvboot_open_res)));
	link_backend.submit(&h->link, &io->io);
	return io;
}

struct fake_io *host_read(struct fake_host *h, uint32_t handle, uint64_t offset, uint64_t room, uint32_t flags,
			  uint32_t wait_ms)
{
	struct fake_io *io = host_io(h, fake_io_read(&h->dev, handle, offset, room, flags, wait_ms));

	link_backend.submit(&h->link, &io->io);
	if (link_turn_due(&h->link))
		link_turn(&h->link);
	return io;
}

void host_expect_given_up(struct fake_host *h, struct fake_io *io)
{
	assert_int_equal(h->link.state, LINK_DOWN);
	assert_int_equal(h->dropped, 1);
	assert_int_equal(h->dev.status, 0);
	assert_int_equal(h->open_fds, 0);
	if (io) {
		assert_int_equal(io->answers, 0);
		host_connect(h, 0);
		host_expect_request(h, PVBOOT_OP_DISCOVER);
	}
}

struct fake_io *host_discovering(struct fake_host *h)
{
	struct pvboot_discover_args a = {0};
	struct fake_io *io =
		host_io(h, fake_io_new(&h->dev, PVBOOT_OP_DISCOVER, &a, sizeof(a), sizeof(struct pvboot_discover_res)));

	link_backend.submit(&h->link, &io->io);
	return io;
}
