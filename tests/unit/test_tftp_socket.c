/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tftp_socket.c - the TFTP client's sockets, timers and ends, against a small server on loopback. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "log.h"
#include "tftp/tftp.h"
#include "tftp/tftp_msg.h"

#define BLKSIZE 512

enum cancel_at { NEVER, AT_OPENED, AT_DATA, AT_DONE };

struct world {
	struct event_base *base;
	struct tftp *tftp;
	/* The server. */
	int fd, stray_fd;
	struct event *readable, *guard;
	uint16_t port;
	uint64_t size;
	bool stray;	     /* another TID interferes */
	unsigned stop_after; /* blocks, then silence; 0: never */
	unsigned errors, last_error, stray_errors;
	/* The owner. */
	enum cancel_at cancel;
	unsigned opened, done, calls;
	uint64_t bytes, room;
	uint32_t status;
	char text[PVBOOT_ERROR_MAX + 1];
};

static void end(struct world *w)
{
	w->tftp = NULL;
	/* What is on its way to the server may still come. */
	event_base_loopexit(w->base, &(struct timeval){.tv_usec = 50000});
}

static void cancel(struct world *w)
{
	tftp_cancel(w->tftp);
	end(w);
}

static void on_opened(void *arg, uint64_t size, uint16_t blksize)
{
	struct world *w = arg;

	w->opened++;
	assert_int_equal(size, w->size);
	if (w->cancel == AT_OPENED)
		cancel(w);
}

static bool on_data(void *arg, const void *buf, size_t len)
{
	struct world *w = arg;

	assert_non_null(w->tftp);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(((const uint8_t *)buf)[i], (uint8_t)((w->bytes + i) / 7));
	w->bytes += len;
	w->calls++;
	if (w->cancel == AT_DATA && w->bytes > 3 * BLKSIZE)
		cancel(w);
	return w->bytes <= w->room;
}

static void on_done(void *arg, uint32_t status, uint32_t detail, const char *text)
{
	struct world *w = arg;

	w->done++;
	w->status = status;
	snprintf(w->text, sizeof(w->text), "%s", text);
	if (w->cancel == AT_DONE)
		tftp_cancel(w->tftp);
	end(w);
}

static const struct tftp_ops ops = {.opened = on_opened, .data = on_data, .done = on_done};

/* ---- a server in lock step ------------------------------------------------------------------------------------- */

static void send_block(struct world *w, const struct sockaddr_in *to, uint64_t block)
{
	uint64_t offset = (block - 1) * BLKSIZE;
	size_t len = w->size - offset < BLKSIZE ? (size_t)(w->size - offset) : BLKSIZE;
	uint8_t buf[4 + BLKSIZE];

	if (offset > w->size || (w->stop_after && block > w->stop_after))
		return;
	tftp_build_data(buf, sizeof(buf), (uint16_t)block);
	for (size_t i = 0; i < len; i++)
		buf[4 + i] = (uint8_t)((offset + i) / 7);
	if (w->stray)
		sendto(w->stray_fd, buf, 4 + len, 0, (const struct sockaddr *)to, sizeof(*to));
	sendto(w->fd, buf, 4 + len, 0, (const struct sockaddr *)to, sizeof(*to));
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct world *w = arg;
	struct tftp_options opt = {.present = TFTP_O_TSIZE | TFTP_O_BLKSIZE, .tsize = w->size, .blksize = BLKSIZE};
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	uint8_t buf[2048];
	struct tftp_msg msg;
	ssize_t n = recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);

	assert_true(n > 0 && tftp_parse(buf, (size_t)n, &msg));
	if (msg.op == TFTP_OP_RRQ) {
		sendto(fd, buf, tftp_build_oack(buf, sizeof(buf), &opt), 0, (struct sockaddr *)&from, sizeof(from));
	} else if (msg.op == TFTP_OP_ACK) {
		send_block(w, &from, msg.number + 1u);
	} else if (msg.op == TFTP_OP_ERROR) {
		w->errors++;
		w->last_error = msg.number;
	}
	while ((n = recv(w->stray_fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		if (tftp_parse(buf, (size_t)n, &msg) && msg.op == TFTP_OP_ERROR && msg.number == TFTP_E_UNKNOWN_TID)
			w->stray_errors++;
}

static void on_guard(evutil_socket_t fd, short what, void *arg)
{
	fail_msg("the transfer does not end");
}

static int loopback_socket(uint16_t *port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		return -1;
	*port = ntohs(addr.sin_port);
	return fd;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	uint16_t stray_port;

	w->base = event_base_new();
	w->fd = loopback_socket(&w->port);
	w->stray_fd = loopback_socket(&stray_port);
	w->readable = event_new(w->base, w->fd, EV_READ | EV_PERSIST, on_readable, w);
	w->guard = evtimer_new(w->base, on_guard, w);
	event_add(w->readable, NULL);
	event_add(w->guard, &(struct timeval){.tv_sec = 20});
	w->size = 20 * BLKSIZE + 1;
	w->room = UINT64_MAX;
	*state = w;
	return w->fd < 0 || w->stray_fd < 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	event_free(w->readable);
	event_free(w->guard);
	event_base_free(w->base);
	close(w->fd);
	close(w->stray_fd);
	free(w);
	return 0;
}

static void get(struct world *w, uint32_t timeout_ms)
{
	const struct tftp_request req = {.vm = "vm",
					 .server = {127, 0, 0, 1},
					 .port = w->port,
					 .filename = "f",
					 .blksize = BLKSIZE,
					 .timeout_ms = timeout_ms};

	w->opened = w->done = 0;
	w->tftp = tftp_get(w->base, &req, &ops, w);
	assert_non_null(w->tftp);
	assert_int_equal(w->opened + w->done, 0); /* all comes from the loop */
	event_base_dispatch(w->base);
}

/* ---- tests ----------------------------------------------------------------------------------------------------- */

static void test_port_closed(void **state)
{
	struct world *w = *state;

	event_del(w->readable);
	close(w->fd);
	w->fd = -1;
	get(w, 0);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->status, PVBOOT_S_UNREACHABLE);
	assert_non_null(strstr(w->text, "no TFTP server listens at 127.0.0.1"));
}

static void test_interface_missing(void **state)
{
	struct world *w = *state;
	const struct tftp_request req = {.vm = "vm", .ifname = "no-such-if", .server = {127, 0, 0, 1}, .filename = "f"};

	w->tftp = tftp_get(w->base, &req, &ops, w);
	event_base_dispatch(w->base);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->status, PVBOOT_S_UNREACHABLE);
	assert_non_null(strstr(w->text, "no-such-if"));
}

static void test_server_falls_silent(void **state)
{
	struct world *w = *state;

	w->stop_after = 5;
	get(w, 600);
	assert_int_equal(w->status, PVBOOT_S_TIMEOUT);
	assert_int_equal(w->bytes, 5 * BLKSIZE);
}

static void test_owner_has_no_room(void **state)
{
	struct world *w = *state;

	w->room = 4 * BLKSIZE;
	get(w, 0);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->status, PVBOOT_S_NO_RESOURCES);
	assert_int_equal(w->errors, 1);
}

static void test_stray_port(void **state)
{
	struct world *w = *state;

	w->stray = true;
	get(w, 0);
	assert_int_equal(w->status, PVBOOT_S_OK);
	assert_int_equal(w->bytes, w->size);
	assert_in_range(w->stray_errors, 1, 21);
	assert_int_equal(w->errors, 0);
}

static void test_transfer(void **state)
{
	struct world *w = *state;

	get(w, 0);
	assert_int_equal(w->opened, 1);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->status, PVBOOT_S_OK);
	assert_int_equal(w->bytes, w->size);
	assert_int_equal(w->errors, 0);
}

static void test_cancelled_anywhere(void **state)
{
	struct world *w = *state;

	w->cancel = AT_OPENED;
	get(w, 0);
	assert_int_equal(w->opened, 1);
	assert_int_equal(w->done + w->bytes, 0);
	assert_int_equal(w->errors, 1);
	assert_int_equal(w->last_error, TFTP_E_UNDEFINED);
	w->cancel = AT_DATA;
	w->bytes = 0;
	get(w, 0);
	assert_int_equal(w->done, 0);
	assert_int_equal(w->errors, 2);
	w->cancel = AT_DONE;
	w->bytes = 0;
	get(w, 0);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->bytes, w->size);
}

static void test_cancelled_before_it_began(void **state)
{
	struct world *w = *state;
	const struct tftp_request req = {.vm = "vm", .server = {127, 0, 0, 1}, .port = w->port, .filename = "f"};

	w->tftp = tftp_get(w->base, &req, &ops, w);
	cancel(w);
	event_base_dispatch(w->base);
	assert_int_equal(w->opened + w->done + w->errors, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_port_closed),		TEST(test_interface_missing),
		TEST(test_server_falls_silent), TEST(test_owner_has_no_room),
		TEST(test_stray_port),		TEST(test_transfer),
		TEST(test_cancelled_anywhere),	TEST(test_cancelled_before_it_began),
	};

	log_open(false, LOG_EMERG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
