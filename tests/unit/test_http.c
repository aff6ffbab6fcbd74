/* SPDX-License-Identifier: BSD-2-Clause */
/* test_http.c - a file by HTTP from servers that lie, break off, stall and change: each is a script in a child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "http_world.h"

/* ---- lies ---------------------------------------------------------------------------------------------------------
 */

static void too_short(int fd, int n)
{
	script_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: \"a\"\r\n\r\n", SIZE);
	script_send_body(fd, 0, HALF);
}

static void test_http_shorter_than_announced(void **state)
{
	world_get(too_short);
	world_expect(PVBOOT_S_TRUNCATED, "less than it announces");
	assert_int_equal(owner.have, HALF);
	assert_int_equal(heard->count, 4);
}

static void endless_head(int fd, int n)
{
	script_say(fd, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 100000; i++)
		script_say(fd,
			   "X-%d: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
			   i);
}

static void test_http_endless_head(void **state)
{
	world_get(endless_head);
	world_expect(PVBOOT_S_FAILED, "longer than 65536 bytes");
	assert_false(owner.opened);
}

static void endless_line(int fd, int n)
{
	script_say(fd, "HTTP/1.1 200 OK\r\nX: ");
	for (int i = 0; i < 10000; i++)
		script_say(fd, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
}

static void test_http_endless_line(void **state)
{
	world_get(endless_line);
	assert_true(owner.done);
	assert_int_not_equal(owner.status, PVBOOT_S_OK);
	assert_false(owner.opened);
}

static void two_lengths(int fd, int n)
{
	script_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456");
}

static void test_http_two_lengths(void **state)
{
	world_get(two_lengths);
	/* curl 8.23 refuses it by itself, in words of its own. */
	world_expect(PVBOOT_S_FAILED, "Content-Length");
}

static void unasked(int fd, int n)
{
	script_say(fd, "HTTP/1.1 304 Not Modified\r\nETag: \"b\"\r\n\r\n");
}

static void test_http_unchanged_unasked(void **state)
{
	world_get(unasked);
	world_expect(PVBOOT_S_FAILED, "304");
	assert_false(owner.opened);
}

static void test_http_unchanged_another(void **state)
{
	world_serve(unasked);
	world_get_with("127.0.0.1", "\"a\"");
	world_expect(PVBOOT_S_FAILED, "another file is unchanged");
	assert_non_null(strstr(heard->request[0], "If-None-Match: \"a\"\r\n"));
}

static void no_http(int fd, int n)
{
	script_say(fd, "220 mail ESMTP\r\n");
}

static void test_http_another_protocol(void **state)
{
	world_get(no_http);
	assert_true(owner.done);
	assert_int_not_equal(owner.status, PVBOOT_S_OK);
}

/* ---- slow ---------------------------------------------------------------------------------------------------------
 */

static void silent(int fd, int n)
{
	pause();
}

static void test_http_silent_server(void **state)
{
	world_get(silent);
	world_expect(PVBOOT_S_TIMEOUT, "too slow, or does not answer");
}

static void drip(int fd, int n)
{
	script_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);
	for (;;) {
		script_say(fd, "a");
		usleep(50000); /* a slow server */
	}
}

static void test_http_slow_drip(void **state)
{
	world_get(drip);
	world_expect(PVBOOT_S_TIMEOUT, "too slow");
}

/* ---- where to -----------------------------------------------------------------------------------------------------
 */

static void redirect_round(int fd, int n)
{
	script_say(fd, "HTTP/1.1 302 Found\r\nLocation: /%d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", n);
}

static void test_http_redirect_loop(void **state)
{
	world_get(redirect_round);
	world_expect(PVBOOT_S_FAILED, "redirects on and on");
	assert_int_equal(heard->count, 9);
}

static void redirect_to_file(int fd, int n)
{
	script_say(fd, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
}

static void test_http_redirect_to_a_local_file(void **state)
{
	world_get(redirect_to_file);
	world_expect(PVBOOT_S_DENIED, "away from http");
	assert_int_equal(owner.have, 0);
}

static void redirect_inside(int fd, int n)
{
	if (n)
		script_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
	else
		script_say(fd, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:%d/\r\nContent-Length: 0\r\n\r\n",
			   port);
}

static void test_http_redirect_to_a_denied_address(void **state)
{
	world_get(redirect_inside);
	world_expect(PVBOOT_S_DENIED, "127.0.0.2 is no server that a guest may ask");
	assert_int_equal(heard->count, 1);
}

static void test_http_denied_address(void **state)
{
	world_serve(too_short);
	world_get_with("127.0.0.2", NULL);
	world_expect(PVBOOT_S_DENIED, "127.0.0.2");
	assert_int_equal(heard->count, 0);
}

/* libcurl's own words are there to their end, and what to do behind them; of a long URL less is. */
static void test_http_nobody_listens(void **state)
{
	world_serve(too_short);
	world_get_with("127.0.0.3", NULL);
	world_expect(PVBOOT_S_UNREACHABLE, "/f\": cannot connect (Failed to connect to 127.0.0.3");
	assert_non_null(strstr(owner.text, "onnect to server): does the server run, does a firewall forbid it?"));
}

static void test_http_nobody_listens_at_a_long_url(void **state)
{
	char host[300];

	snprintf(host, sizeof(host), "%0200d@127.0.0.3", 0);
	world_serve(too_short);
	world_get_with(host, NULL);
	world_expect(PVBOOT_S_UNREACHABLE, "00\": cannot connect (Failed to connect to 127.0.0.3");
	assert_non_null(strstr(owner.text, "onnect to server): does the server run, does a firewall forbid it?"));
}

static void redirect_once(int fd, int n)
{
	if (!n) {
		script_say(fd,
			   "HTTP/1.1 301 Moved\r\nLocation: /there\r\nETag: \"no\"\r\nContent-Length: 4\r\n\r\ngone");
		return;
	}
	script_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: \"a\"\r\n\r\n", SIZE);
	script_send_body(fd, 0, SIZE);
}

static void test_http_redirect(void **state)
{
	world_get(redirect_once);
	world_expect_body();
	assert_string_equal(owner.etag, "\"a\"");
	assert_non_null(strstr(heard->request[1], "GET /there HTTP/1.1"));
}

static void missing(int fd, int n)
{
	script_say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
}

static void test_http_missing(void **state)
{
	world_get(missing);
	world_expect(PVBOOT_S_NOT_FOUND, "no such file (404)");
	assert_int_equal(owner.detail, 404);
	assert_int_equal(owner.have, 0);
}

/* ---- breaks -------------------------------------------------------------------------------------------------------
 */

static void resumed(int fd, int n)
{
	if (!n) {
		too_short(fd, n);
		return;
	}
	script_say(fd,
		   "HTTP/1.1 206 Partial\r\nContent-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\nETag: \"a\"\r\n\r\n",
		   HALF, HALF, SIZE - 1, SIZE);
	script_send_body(fd, HALF, SIZE);
}

static void test_http_resume(void **state)
{
	world_get(resumed);
	world_expect_body();
	assert_int_equal(heard->count, 2);
	assert_null(strstr(heard->request[0], "Range"));
	assert_non_null(strstr(heard->request[1], "Range: bytes=50000-\r\n"));
	assert_non_null(strstr(heard->request[1], "If-Range: \"a\"\r\n"));
}

static void changed_meanwhile(int fd, int n)
{
	script_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: \"%d\"\r\n\r\n", SIZE, n);
	script_send_body(fd, 0, n ? SIZE : HALF);
}

static void test_http_etag_changes_in_the_middle(void **state)
{
	world_get(changed_meanwhile);
	world_expect(PVBOOT_S_CHANGED, "changed while it was read");
	assert_int_equal(owner.have, HALF);
}

static void wrong_range(int fd, int n)
{
	if (!n) {
		too_short(fd, n);
		return;
	}
	script_say(fd,
		   "HTTP/1.1 206 Partial\r\nContent-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\nETag: \"a\"\r\n\r\n",
		   HALF, HALF - 1, SIZE - 2, SIZE);
	script_send_body(fd, HALF, SIZE);
}

static void test_http_resumed_elsewhere(void **state)
{
	world_get(wrong_range);
	world_expect(PVBOOT_S_CHANGED, "changed");
	assert_int_equal(owner.have, HALF);
}

static void other_tag_range(int fd, int n)
{
	if (!n) {
		too_short(fd, n);
		return;
	}
	script_say(fd,
		   "HTTP/1.1 206 Partial\r\nContent-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\nETag: \"b\"\r\n\r\n",
		   HALF, HALF, SIZE - 1, SIZE);
	script_send_body(fd, HALF, SIZE);
}

static void test_http_resumed_with_another_etag(void **state)
{
	world_get(other_tag_range);
	world_expect(PVBOOT_S_CHANGED, "changed");
}

static void again(int fd, int n)
{
	script_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);
	script_send_body(fd, 0, n ? SIZE : HALF);
}

static void test_http_again_from_the_beginning(void **state)
{
	world_get(again);
	world_expect_body();
	assert_null(strstr(heard->request[1], "Range"));
}

static void again_different(int fd, int n)
{
	script_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);
	if (n)
		body[HALF - 1] ^= 1; /* in the child alone */
	script_send_body(fd, 0, n ? SIZE : HALF);
}

static void test_http_again_and_different(void **state)
{
	world_get(again_different);
	world_expect(PVBOOT_S_CHANGED, "changed");
	assert_in_range(owner.have, 0, HALF);
}

static void again_shorter(int fd, int n)
{
	if (!n)
		script_say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", HALF);
	else
		script_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", HALF - 10);
	script_send_body(fd, 0, n ? HALF - 10 : HALF);
}

static void test_http_again_and_shorter(void **state)
{
	world_get(again_shorter);
	world_expect(PVBOOT_S_CHANGED, "changed");
}

static void error_then_well(int fd, int n)
{
	if (n == 1)
		script_say(fd, "HTTP/1.1 503 Wait\r\nContent-Length: 4\r\n\r\nwait");
	else
		resumed(fd, n);
}

static void test_http_error_in_the_middle(void **state)
{
	world_get(error_then_well);
	world_expect_body();
	assert_int_equal(heard->count, 3);
}

/* ---- well ---------------------------------------------------------------------------------------------------------
 */

static void chunked(int fd, int n)
{
	script_say(fd,
		   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: W/\"w\"\r\n"
		   "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\n\r\n%x\r\n",
		   HALF);
	script_send_body(fd, 0, HALF);
	script_say(fd, "\r\n%x\r\n", HALF);
	script_send_body(fd, HALF, SIZE);
	script_say(fd, "\r\n0\r\nETag: \"late\"\r\n\r\n");
}

static void test_http_chunked(void **state)
{
	world_get(chunked);
	world_expect_body();
	assert_true(owner.answer.size == PVBOOT_SIZE_UNKNOWN);
	assert_string_equal(owner.etag, "");
	assert_string_equal(owner.modified, "");
}

static void unchanged(int fd, int n)
{
	script_say(fd, "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n");
}

static void test_http_unchanged(void **state)
{
	world_serve(unchanged);
	world_get_with("127.0.0.1", "\"a\"");
	world_expect(PVBOOT_S_OK, "");
	assert_true(owner.answer.unchanged);
	assert_int_equal(owner.have, 0);
}

static void test_http_stat(void **state)
{
	char url[64];
	const struct http_request req = {.vm = "vm", .url = url, .stat_only = true};

	world_serve(too_short);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/f", port);
	owner.get = http_get(http, &req, &owner_ops, &owner);
	world_run();
	world_expect(PVBOOT_S_OK, "");
	assert_int_equal(owner.answer.size, SIZE);
	assert_int_equal(owner.have, 0);
	assert_memory_equal(heard->request[0], "HEAD /f ", 8);
}

/* ---- cancelled ----------------------------------------------------------------------------------------------------
 */

static bool owner_opened(void)
{
	return owner.opened;
}

static bool owner_has_data(void)
{
	return owner.have;
}

static bool server_heard(void)
{
	return __atomic_load_n(&heard->count, __ATOMIC_ACQUIRE);
}

static void run_until(bool (*seen)(void))
{
	for (int i = 0; i < 10000 && !seen(); i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	assert_true(seen());
}

/* Nothing more happens: watch for a little. */
static void expect_nothing(void)
{
	for (int i = 0; i < 20; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(500);
	}
	assert_false(owner.done);
	assert_null(http->gets);
}

static void begin(void)
{
	char url[64];
	const struct http_request req = {.vm = "vm", .url = url};

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/f", port);
	owner.get = http_get(http, &req, &owner_ops, &owner);
}

static void test_http_cancelled(void **state)
{
	world_serve(too_short);
	begin();
	http_cancel(owner.get);
	expect_nothing();
	owner.cancel_opened = true;
	begin();
	run_until(owner_opened);
	expect_nothing();
	assert_true(owner.opened);
	owner.opened = owner.cancel_opened = false;
	owner.cancel_data = true;
	begin();
	run_until(owner_has_data);
	expect_nothing();
	assert_true(owner.have);
}

static void test_http_freed_while_running(void **state)
{
	world_serve(silent);
	begin();
	run_until(server_heard);
	assert_non_null(http->gets); /* teardown frees it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_http_shorter_than_announced, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_endless_head, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_endless_line, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_two_lengths, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_unchanged_unasked, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_unchanged_another, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_another_protocol, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_silent_server, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_slow_drip, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_redirect_loop, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_redirect_to_a_local_file, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_redirect_to_a_denied_address, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_denied_address, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_nobody_listens, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_nobody_listens_at_a_long_url, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_redirect, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_missing, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_resume, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_etag_changes_in_the_middle, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_resumed_elsewhere, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_resumed_with_another_etag, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_again_from_the_beginning, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_again_and_different, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_again_and_shorter, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_error_in_the_middle, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_chunked, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_unchanged, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_stat, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_cancelled, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_http_freed_while_running, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
