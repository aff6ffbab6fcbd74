/* SPDX-License-Identifier: BSD-2-Clause */
/* test_hostd_link.c - hostd's end of the link: framing, descriptors, back pressure, a hostile device. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "pass_fd.h"
#include "vm/link.h"

#define NONCE UINT64_C(0x1122334455667788)

struct fixture {
	struct event_base *base;
	struct link *link;
	int fd; /* the device's end */
	int messages, drained, closed;
	uint16_t last_type;
	uint32_t last_len;
	const char *why;
	bool refuse;
	bool answers; /* each RESUME, with ANSWER bytes */
};

#define ANSWER 60000

static bool on_message(void *arg, const struct pvboot_link_hdr *hdr, const uint8_t *body, const char **why)
{
	struct fixture *f = arg;

	f->messages++;
	f->last_type = hdr->type;
	f->last_len = hdr->length;
	*why = "refused";
	if (f->answers && hdr->type == PVBOOT_LINK_RESUME) {
		static const uint8_t bytes[ANSWER];

		link_send(f->link, PVBOOT_LINK_KEEP, 1, -1, &(struct link_part){bytes, sizeof(bytes)}, 1);
	}
	return !f->refuse;
}

static void on_drained(void *arg)
{
	((struct fixture *)arg)->drained++;
}

static void on_closed(void *arg, const char *why)
{
	struct fixture *f = arg;

	f->closed++;
	f->why = why;
	link_free(f->link);
	f->link = NULL;
}

static const struct link_ops ops = {.message = on_message, .drained = on_drained, .closed = on_closed};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int ends[2];

	f->base = event_base_new();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	f->fd = ends[0];
	f->link = link_new(f->base, ends[1], NONCE, &ops, f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	link_free(f->link);
	close(f->fd);
	event_base_free(f->base);
	free(f);
	return 0;
}

static void turn(struct fixture *f)
{
	for (int i = 0; i < 4; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
}

static void put(struct fixture *f, const void *bytes, size_t len)
{
	assert_int_equal(send(f->fd, bytes, len, MSG_NOSIGNAL), (int)len);
	turn(f);
}

static void put_header(struct fixture *f, uint32_t magic, uint32_t length, uint16_t type, uint16_t flags)
{
	struct pvboot_link_hdr hdr = {magic, length, type, flags, 0};

	put(f, &hdr, sizeof(hdr));
}

static void put_identity(struct fixture *f, uint64_t nonce)
{
	struct pvboot_link_identity id = {.nonce = nonce};

	put_header(f, PVBOOT_LINK_MAGIC, sizeof(id), PVBOOT_LINK_IDENTITY, 0);
	put(f, &id, sizeof(id));
}

/* [LNK-1] */
static void test_hostd_link_bad_magic(void **state)
{
	struct fixture *f = *state;

	put_identity(f, NONCE);
	put_header(f, 0x12345678, 0, PVBOOT_LINK_RESUME, 0);
	assert_int_equal(f->closed, 1);
	assert_non_null(f->why);
}

/* [LNK-1] */
static void test_hostd_link_too_long(void **state)
{
	struct fixture *f = *state;

	put_identity(f, NONCE);
	put_header(f, PVBOOT_LINK_MAGIC, PVBOOT_LINK_BODY_MAX + 1, PVBOOT_LINK_REQUEST, 0);
	assert_string_equal(f->why, "message too long");
}

/* [LNK-1] */
static void test_hostd_link_announced_descriptor(void **state)
{
	struct fixture *f = *state;

	put_identity(f, NONCE);
	put_header(f, PVBOOT_LINK_MAGIC, 0, PVBOOT_LINK_RESUME, PVBOOT_LINK_F_FD);
	assert_int_equal(f->closed, 1);
}

/* [LNK-3] */
static void test_hostd_link_unannounced_descriptor(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_hdr hdr = {PVBOOT_LINK_MAGIC, 0, PVBOOT_LINK_RESUME, 0, 0};
	int before = dup(0), after, ends[2];
	char byte;

	close(before);
	put_identity(f, NONCE);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	assert_true(pass_fd(f->fd, &hdr, sizeof(hdr), ends[1]));
	turn(f);
	assert_int_equal(f->messages, 2);
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0); /* end of file: hostd holds no copy */
	close(ends[0]);
	after = dup(0);
	assert_int_equal(before, after);
	close(after);
}

static void test_hostd_link_wrong_nonce(void **state)
{
	struct fixture *f = *state;

	put_identity(f, NONCE + 1);
	assert_int_equal(f->messages, 0);
	assert_int_equal(f->closed, 0);
	put_identity(f, NONCE);
	assert_int_equal(f->messages, 1);
}

static void test_hostd_link_never_identifies(void **state)
{
	static uint8_t rubbish[65536];
	struct fixture *f = *state;

	for (int i = 0; i < 80 && !f->closed; i++)
		put(f, rubbish, sizeof(rubbish));
	assert_string_equal(f->why, "it never answered the hello");
}

static void test_hostd_link_message_refused(void **state)
{
	struct fixture *f = *state;

	f->refuse = true;
	put_identity(f, NONCE);
	assert_string_equal(f->why, "refused");
	assert_int_equal(f->messages, 1);
}

static void test_hostd_link_peer_hangs_up(void **state)
{
	struct fixture *f = *state;

	shutdown(f->fd, SHUT_RDWR);
	turn(f);
	assert_int_equal(f->closed, 1);
	assert_null(f->why);
}

static void test_hostd_link_rest_of_an_old_stream(void **state)
{
	struct fixture *f = *state;

	put(f, "KLVPrest of a message that an earlier hostd was to get", 52);
	put_identity(f, NONCE);
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->last_type, PVBOOT_LINK_IDENTITY);
}

static void test_hostd_link_byte_by_byte(void **state)
{
	struct fixture *f = *state;
	struct {
		struct pvboot_link_hdr hdr;
		struct pvboot_link_identity id;
		struct pvboot_link_hdr next;
		uint8_t body[5];
	} all = {{PVBOOT_LINK_MAGIC, sizeof(struct pvboot_link_identity), PVBOOT_LINK_IDENTITY, 0, 0},
		 {.nonce = NONCE},
		 {PVBOOT_LINK_MAGIC, 5, PVBOOT_LINK_KEPT, 0, 7},
		 {0}};

	for (size_t i = 0; i < sizeof(all.hdr) * 2 + sizeof(all.id) + 5; i++)
		put(f, (uint8_t *)&all + i, 1);
	assert_int_equal(f->messages, 2);
	assert_int_equal(f->last_type, PVBOOT_LINK_KEPT);
	assert_int_equal(f->last_len, 5);
}

/* [LNK-2] */
static void test_hostd_link_device_does_not_read(void **state)
{
	static uint8_t bytes[65536];
	struct fixture *f = *state;

	put_identity(f, NONCE);
	for (int i = 0; i < 100 && !f->closed; i++) {
		link_send(f->link, PVBOOT_LINK_KEEP, 1, -1, &(struct link_part){bytes, sizeof(bytes)}, 1);
		turn(f);
		/* input waits as well */
		if (f->link && link_full(f->link)) {
			put_header(f, PVBOOT_LINK_MAGIC, 0, PVBOOT_LINK_RESUME, 0);
			assert_int_equal(f->messages, 1);
		}
	}
	assert_int_equal(f->closed, 1);
	assert_string_equal(f->why, "it does not read what it asked for");
}

static void test_hostd_link_peer_hangs_up_with_output_queued(void **state)
{
	static uint8_t bytes[65536];
	struct fixture *f = *state;

	put_identity(f, NONCE);
	while (!link_full(f->link)) {
		link_send(f->link, PVBOOT_LINK_KEEP, 1, -1, &(struct link_part){bytes, sizeof(bytes)}, 1);
		turn(f);
	}
	close(f->fd);
	f->fd = -1;
	turn(f);
	assert_int_equal(f->closed, 1);
	assert_null(f->why);
}

static void test_hostd_link_drains(void **state)
{
	static uint8_t bytes[65536];
	struct fixture *f = *state;

	put_identity(f, NONCE);
	while (!link_full(f->link)) {
		link_send(f->link, PVBOOT_LINK_KEEP, 1, -1, &(struct link_part){bytes, sizeof(bytes)}, 1);
		turn(f);
	}
	assert_int_equal(f->drained, 0);
	for (int i = 0; i < 1000 && !f->drained; i++) {
		if (recv(f->fd, bytes, sizeof(bytes), 0) <= 0)
			break;
		turn(f);
	}
	assert_int_equal(f->drained, 1);
	assert_false(link_full(f->link));
}

/* [LNK-2] What came in one piece with what filled the output waits, too: it is not the device's fault that it all is
 * answered at once. */
static void test_hostd_link_answers_a_batch_piece_by_piece(void **state)
{
	static uint8_t bytes[65536];
	struct pvboot_link_hdr batch[100];
	struct fixture *f = *state;
	size_t got = 0;

	put_identity(f, NONCE);
	f->messages = 0;
	f->answers = true;
	for (size_t i = 0; i < 100; i++)
		batch[i] = (struct pvboot_link_hdr){PVBOOT_LINK_MAGIC, 0, PVBOOT_LINK_RESUME, 0, 0};
	put(f, batch, sizeof(batch));
	assert_in_range(f->messages, 1, 20);
	assert_true(link_full(f->link));
	for (int i = 0; i < 10000 && got < 100 * ANSWER; i++) {
		ssize_t n = recv(f->fd, bytes, sizeof(bytes), 0);

		got += n > 0 ? (size_t)n : 0;
		turn(f);
	}
	assert_int_equal(f->closed, 0);
	assert_int_equal(f->messages, 100);
	assert_true(got >= 100 * ANSWER);
	/* And it hears what comes after that. */
	put_header(f, PVBOOT_LINK_MAGIC, 0, PVBOOT_LINK_RESUME, 0);
	assert_int_equal(f->messages, 101);
}

static void test_hostd_link_passes_descriptor(void **state)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct fixture *f = *state;
	struct pvboot_link_hdr hdr;
	struct iovec iov = {&hdr, sizeof(hdr)};
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	struct pvboot_link_hello hello;
	struct cmsghdr *cmsg;

	turn(f);
	assert_int_equal(recv(f->fd, &hdr, sizeof(hdr), 0), sizeof(hdr));
	assert_int_equal(hdr.type, PVBOOT_LINK_HELLO);
	assert_int_equal(recv(f->fd, &hello, sizeof(hello), 0), sizeof(hello));
	assert_int_equal(hello.nonce, NONCE);
	put_identity(f, NONCE);
	link_send(f->link, PVBOOT_LINK_FORGET, 1, -1, NULL, 0);
	link_send(f->link, PVBOOT_LINK_GROW, 2, open("/dev/null", O_RDONLY | O_CLOEXEC), NULL, 0);
	turn(f);
	assert_int_equal(recvmsg(f->fd, &mh, MSG_CMSG_CLOEXEC), sizeof(hdr));
	assert_int_equal(hdr.type, PVBOOT_LINK_FORGET);
	assert_null(CMSG_FIRSTHDR(&mh));
	mh.msg_controllen = sizeof(control);
	assert_int_equal(recvmsg(f->fd, &mh, MSG_CMSG_CLOEXEC), sizeof(hdr));
	assert_int_equal(hdr.flags, PVBOOT_LINK_F_FD);
	cmsg = CMSG_FIRSTHDR(&mh);
	assert_non_null(cmsg);
	close(*(int *)(void *)CMSG_DATA(cmsg));
}

#define link_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		link_test(test_hostd_link_bad_magic),
		link_test(test_hostd_link_too_long),
		link_test(test_hostd_link_announced_descriptor),
		link_test(test_hostd_link_unannounced_descriptor),
		link_test(test_hostd_link_wrong_nonce),
		link_test(test_hostd_link_never_identifies),
		link_test(test_hostd_link_message_refused),
		link_test(test_hostd_link_peer_hangs_up),
		link_test(test_hostd_link_rest_of_an_old_stream),
		link_test(test_hostd_link_byte_by_byte),
		link_test(test_hostd_link_device_does_not_read),
		link_test(test_hostd_link_peer_hangs_up_with_output_queued),
		link_test(test_hostd_link_drains),
		link_test(test_hostd_link_answers_a_batch_piece_by_piece),
		link_test(test_hostd_link_passes_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
