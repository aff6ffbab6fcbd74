/* SPDX-License-Identifier: BSD-2-Clause */
/* test_http.c - a file by HTTP from servers that lie, break off, stall and change: each is a script in a child. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "http.h"
#include "http_internal.h"
#include "log.h"

#define SIZE 100000
#define HALF (SIZE / 2)

/* What the server heard, for the test. */
struct heard {
	int count;
	char request[8][1024];
};

static struct heard *heard;
static char body[SIZE + 1];
static struct event_base *base;
static struct http *http;
static pid_t child;
static int port;

/* ---- the server ---------------------------------------------------------------------------------------------------
 */

/* Answer request n (from 0) on fd. */
typedef void (*script_fn)(int fd, int n);

static void say(int fd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(int fd, const char *fmt, ...)
{
	char text[2048];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (write(fd, text, (size_t)len) != len)
		_exit(0);
}

static void send_body(int fd, size_t from, size_t to)
{
	while (from < to) {
		ssize_t n = write(fd, body + from, to - from);

		if (n <= 0)
			_exit(0);
		from += (size_t)n;
	}
}

static void read_request(int fd, char *text, size_t room)
{
	size_t have = 0;

	while (have < room - 1) {
		ssize_t n = read(fd, text + have, room - 1 - have);

		if (n <= 0)
			break;
		have += (size_t)n;
		text[have] = '\0';
		if (strstr(text, "\r\n\r\n"))
			break;
	}
	text[have] = '\0';
}

static void serve(script_fn script)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	port = ntohs(in.sin_port);
	memset(heard, 0, sizeof(*heard));
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		signal(SIGCHLD, SIG_IGN);
		for (int n = 0;; n++) {
			int to = accept(fd, NULL, NULL);

			read_request(to, heard->request[n % 8], sizeof(heard->request[0]));
			heard->count = n + 1;
			if (!fork()) { /* say() may end it */
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				script(to, n);
				shutdown(to, SHUT_WR);
				usleep(1000);
				_exit(0);
			}
			close(to);
		}
	}
	close(fd);
}

/* ---- the owner ----------------------------------------------------------------------------------------------------
 */

struct owner {
	struct http_get *get, *other;
	bool opened, done, cancel_opened, cancel_data, start_other;
	struct http_answer answer;
	char etag[64], modified[64];
	uint32_t status, detail;
	char text[256];
	size_t have;
	char bytes[2 * SIZE];
};

static struct owner owner;

static void on_opened(void *arg, const struct http_answer *answer)
{
	struct owner *o = arg;

	assert_false(o->opened);
	o->opened = true;
	o->answer = *answer;
	snprintf(o->etag, sizeof(o->etag), "%s", answer->etag);
	snprintf(o->modified, sizeof(o->modified), "%s", answer->modified);
	if (o->cancel_opened)
		http_cancel(o->get);
}

static bool on_data(void *arg, const void *buf, size_t len)
{
	struct owner *o = arg;

	assert_true(o->opened && !o->done);
	assert_in_range(len, 1, sizeof(o->bytes) - o->have);
	memcpy(o->bytes + o->have, buf, len);
	o->have += len;
	if (o->cancel_data)
		http_cancel(o->get);
	return !o->cancel_data;
}

static bool on_same(void *arg, uint64_t offset, const void *buf, size_t len)
{
	struct owner *o = arg;

	assert_in_range(offset + len, 1, o->have);
	return !memcmp(o->bytes + offset, buf, len);
}

static void on_done(void *arg, uint32_t status, uint32_t detail, const char *text)
{
	struct owner *o = arg;

	assert_false(o->done);
	o->done = true;
	o->status = status;
	o->detail = detail;
	snprintf(o->text, sizeof(o->text), "%s", text);
}

static const struct http_ops ops = {.opened = on_opened, .data = on_data, .same = on_same, .done = on_done};

static bool any_but_two(const uint8_t address[4])
{
	return address[3] != 2;
}

static int setup(void **state)
{
	const struct http_settings settings = {
		.connect_ms = 2000, .stall_ms = 1000, .retry_ms = 10, .allowed = any_but_two};
	char why[256];

	log_open(false, LOG_ERR);
	for (size_t i = 0; i < SIZE; i++)
		body[i] = (char)(i * 31 + (i >> 8));
	heard = mmap(NULL, sizeof(*heard), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(&owner, 0, sizeof(owner));
	base = event_base_new();
	http = http_new(base, &settings, why, sizeof(why));
	return !http;
}

static int teardown(void **state)
{
	http_free(http);
	event_base_free(base);
	munmap(heard, sizeof(*heard));
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
	return 0;
}

static void run(void)
{
	for (int i = 0; i < 10000 && !owner.done; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
}

static void get_with(const char *host, const char *etag)
{
	char url[64];
	const struct http_request req = {.vm = "vm", .url = url, .etag = etag};

	snprintf(url, sizeof(url), "http://%s:%d/f", host, port);
	owner.get = http_get(http, &req, &ops, &owner);
	assert_non_null(owner.get);
	run();
}

static void get(script_fn script)
{
	serve(script);
	get_with("127.0.0.1", NULL);
}

static void expect_(uint32_t status, const char *words, int line)
{
	if (!owner.done || owner.status != status || !strstr(owner.text, words)) {
		print_error("done %d, status %u, \"%s\"; %d requests\n", owner.done, owner.status, owner.text,
			    heard->count);
		_fail(__FILE__, line);
	}
}
#define expect(status, words) expect_(status, words, __LINE__)

static void expect_body_(int line)
{
	expect_(PVBOOT_S_OK, "", line);
	if (owner.have != SIZE || memcmp(owner.bytes, body, SIZE)) {
		print_error("%zu bytes\n", owner.have);
		_fail(__FILE__, line);
	}
}
#define expect_body() expect_body_(__LINE__)

/* ---- lies ---------------------------------------------------------------------------------------------------------
 */

static void too_short(int fd, int n)
{
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: \"a\"\r\n\r\n", SIZE);
	send_body(fd, 0, HALF);
}

static void test_http_shorter_than_announced(void **state)
{
	get(too_short);
	expect(PVBOOT_S_TRUNCATED, "less than it announces");
	assert_int_equal(owner.have, HALF);
	assert_int_equal(heard->count, 4);
}

static void endless_head(int fd, int n)
{
	say(fd, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 100000; i++)
		say(fd, "X-%d: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", i);
}

static void test_http_endless_head(void **state)
{
	get(endless_head);
	expect(PVBOOT_S_FAILED, "longer than 65536 bytes");
	assert_false(owner.opened);
}

static void endless_line(int fd, int n)
{
	say(fd, "HTTP/1.1 200 OK\r\nX: ");
	for (int i = 0; i < 10000; i++)
		say(fd, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
}

static void test_http_endless_line(void **state)
{
	get(endless_line);
	assert_true(owner.done);
	assert_int_not_equal(owner.status, PVBOOT_S_OK);
	assert_false(owner.opened);
}

static void two_lengths(int fd, int n)
{
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456");
}

static void test_http_two_lengths(void **state)
{
	get(two_lengths);
	expect(PVBOOT_S_FAILED, "Content-Length is no number");
}

static void unasked(int fd, int n)
{
	say(fd, "HTTP/1.1 304 Not Modified\r\nETag: \"b\"\r\n\r\n");
}

static void test_http_unchanged_unasked(void **state)
{
	get(unasked);
	expect(PVBOOT_S_FAILED, "304");
	assert_false(owner.opened);
}

static void test_http_unchanged_another(void **state)
{
	serve(unasked);
	get_with("127.0.0.1", "\"a\"");
	expect(PVBOOT_S_FAILED, "another file is unchanged");
	assert_non_null(strstr(heard->request[0], "If-None-Match: \"a\"\r\n"));
}

static void no_http(int fd, int n)
{
	say(fd, "220 mail ESMTP\r\n");
}

static void test_http_another_protocol(void **state)
{
	get(no_http);
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
	get(silent);
	expect(PVBOOT_S_TIMEOUT, "too slow, or does not answer");
}

static void drip(int fd, int n)
{
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);
	for (;;) {
		say(fd, "a");
		usleep(50000);
	}
}

static void test_http_slow_drip(void **state)
{
	get(drip);
	expect(PVBOOT_S_TIMEOUT, "too slow");
}

/* ---- where to -----------------------------------------------------------------------------------------------------
 */

static void redirect_round(int fd, int n)
{
	say(fd, "HTTP/1.1 302 Found\r\nLocation: /%d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", n);
}

static void test_http_redirect_loop(void **state)
{
	get(redirect_round);
	expect(PVBOOT_S_FAILED, "redirects on and on");
	assert_int_equal(heard->count, 9);
}

static void redirect_to_file(int fd, int n)
{
	say(fd, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
}

static void test_http_redirect_to_a_local_file(void **state)
{
	get(redirect_to_file);
	expect(PVBOOT_S_DENIED, "away from http");
	assert_int_equal(owner.have, 0);
}

static void redirect_inside(int fd, int n)
{
	if (n)
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
	else
		say(fd, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:%d/\r\nContent-Length: 0\r\n\r\n", port);
}

static void test_http_redirect_to_a_denied_address(void **state)
{
	get(redirect_inside);
	expect(PVBOOT_S_DENIED, "127.0.0.2 is no server that a guest may ask");
	assert_int_equal(heard->count, 1);
}

static void test_http_denied_address(void **state)
{
	serve(too_short);
	get_with("127.0.0.2", NULL);
	expect(PVBOOT_S_DENIED, "127.0.0.2");
	assert_int_equal(heard->count, 0);
}

static void redirect_once(int fd, int n)
{
	if (!n) {
		say(fd, "HTTP/1.1 301 Moved\r\nLocation: /there\r\nETag: \"no\"\r\nContent-Length: 4\r\n\r\ngone");
		return;
	}
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: \"a\"\r\n\r\n", SIZE);
	send_body(fd, 0, SIZE);
}

static void test_http_redirect(void **state)
{
	get(redirect_once);
	expect_body();
	assert_string_equal(owner.etag, "\"a\"");
	assert_non_null(strstr(heard->request[1], "GET /there HTTP/1.1"));
}

static void missing(int fd, int n)
{
	say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
}

static void test_http_missing(void **state)
{
	get(missing);
	expect(PVBOOT_S_NOT_FOUND, "no such file (404)");
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
	say(fd, "HTTP/1.1 206 Partial\r\nContent-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\nETag: \"a\"\r\n\r\n",
	    HALF, HALF, SIZE - 1, SIZE);
	send_body(fd, HALF, SIZE);
}

static void test_http_resume(void **state)
{
	get(resumed);
	expect_body();
	assert_int_equal(heard->count, 2);
	assert_null(strstr(heard->request[0], "Range"));
	assert_non_null(strstr(heard->request[1], "Range: bytes=50000-\r\n"));
	assert_non_null(strstr(heard->request[1], "If-Range: \"a\"\r\n"));
}

static void changed_meanwhile(int fd, int n)
{
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: \"%d\"\r\n\r\n", SIZE, n);
	send_body(fd, 0, n ? SIZE : HALF);
}

static void test_http_etag_changes_in_the_middle(void **state)
{
	get(changed_meanwhile);
	expect(PVBOOT_S_CHANGED, "changed while it was read");
	assert_int_equal(owner.have, HALF);
}

static void wrong_range(int fd, int n)
{
	if (!n) {
		too_short(fd, n);
		return;
	}
	say(fd, "HTTP/1.1 206 Partial\r\nContent-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\nETag: \"a\"\r\n\r\n",
	    HALF, HALF - 1, SIZE - 2, SIZE);
	send_body(fd, HALF, SIZE);
}

static void test_http_resumed_elsewhere(void **state)
{
	get(wrong_range);
	expect(PVBOOT_S_CHANGED, "changed");
	assert_int_equal(owner.have, HALF);
}

static void other_tag_range(int fd, int n)
{
	if (!n) {
		too_short(fd, n);
		return;
	}
	say(fd, "HTTP/1.1 206 Partial\r\nContent-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\nETag: \"b\"\r\n\r\n",
	    HALF, HALF, SIZE - 1, SIZE);
	send_body(fd, HALF, SIZE);
}

static void test_http_resumed_with_another_etag(void **state)
{
	get(other_tag_range);
	expect(PVBOOT_S_CHANGED, "changed");
}

static void again(int fd, int n)
{
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);
	send_body(fd, 0, n ? SIZE : HALF);
}

static void test_http_again_from_the_beginning(void **state)
{
	get(again);
	expect_body();
	assert_null(strstr(heard->request[1], "Range"));
}

static void again_different(int fd, int n)
{
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);
	if (n)
		body[HALF - 1] ^= 1; /* in the child alone */
	send_body(fd, 0, n ? SIZE : HALF);
}

static void test_http_again_and_different(void **state)
{
	get(again_different);
	expect(PVBOOT_S_CHANGED, "changed");
	assert_in_range(owner.have, 0, HALF);
}

static void again_shorter(int fd, int n)
{
	if (!n)
		say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", HALF);
	else
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", HALF - 10);
	send_body(fd, 0, n ? HALF - 10 : HALF);
}

static void test_http_again_and_shorter(void **state)
{
	get(again_shorter);
	expect(PVBOOT_S_CHANGED, "changed");
}

static void error_then_well(int fd, int n)
{
	if (n == 1)
		say(fd, "HTTP/1.1 503 Wait\r\nContent-Length: 4\r\n\r\nwait");
	else
		resumed(fd, n);
}

static void test_http_error_in_the_middle(void **state)
{
	get(error_then_well);
	expect_body();
	assert_int_equal(heard->count, 3);
}

/* ---- well ---------------------------------------------------------------------------------------------------------
 */

static void chunked(int fd, int n)
{
	say(fd,
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: W/\"w\"\r\n"
	    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\n\r\n%x\r\n",
	    HALF);
	send_body(fd, 0, HALF);
	say(fd, "\r\n%x\r\n", HALF);
	send_body(fd, HALF, SIZE);
	say(fd, "\r\n0\r\nETag: \"late\"\r\n\r\n");
}

static void test_http_chunked(void **state)
{
	get(chunked);
	expect_body();
	assert_true(owner.answer.size == PVBOOT_SIZE_UNKNOWN);
	assert_string_equal(owner.etag, "");
	assert_string_equal(owner.modified, "");
}

static void unchanged(int fd, int n)
{
	say(fd, "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n");
}

static void test_http_unchanged(void **state)
{
	serve(unchanged);
	get_with("127.0.0.1", "\"a\"");
	expect(PVBOOT_S_OK, "");
	assert_true(owner.answer.unchanged);
	assert_int_equal(owner.have, 0);
}

static void test_http_stat(void **state)
{
	char url[64];
	const struct http_request req = {.vm = "vm", .url = url, .stat_only = true};

	serve(too_short);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/f", port);
	owner.get = http_get(http, &req, &ops, &owner);
	run();
	expect(PVBOOT_S_OK, "");
	assert_int_equal(owner.answer.size, SIZE);
	assert_int_equal(owner.have, 0);
	assert_memory_equal(heard->request[0], "HEAD /f ", 8);
}

/* ---- cancelled ----------------------------------------------------------------------------------------------------
 */

static void run_a_while(void)
{
	for (int i = 0; i < 200; i++) {
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
	owner.get = http_get(http, &req, &ops, &owner);
}

static void test_http_cancelled(void **state)
{
	serve(too_short);
	begin();
	http_cancel(owner.get);
	run_a_while();
	owner.cancel_opened = true;
	begin();
	run_a_while();
	assert_true(owner.opened);
	owner.opened = owner.cancel_opened = false;
	owner.cancel_data = true;
	begin();
	run_a_while();
	assert_true(owner.have);
}

static void test_http_freed_while_running(void **state)
{
	serve(silent);
	begin();
	for (int i = 0; i < 20; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	assert_non_null(http->gets); /* teardown frees it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_http_shorter_than_announced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_endless_head, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_endless_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_two_lengths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_unchanged_unasked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_unchanged_another, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_another_protocol, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_silent_server, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_slow_drip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_redirect_loop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_redirect_to_a_local_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_redirect_to_a_denied_address, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_denied_address, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_redirect, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_resume, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_etag_changes_in_the_middle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_resumed_elsewhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_resumed_with_another_etag, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_again_from_the_beginning, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_again_and_different, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_again_and_shorter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_error_in_the_middle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_chunked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_unchanged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_stat, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_cancelled, setup, teardown),
		cmocka_unit_test_setup_teardown(test_http_freed_while_running, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
