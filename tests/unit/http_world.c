/* SPDX-License-Identifier: BSD-2-Clause */
/* http_world.c - a server whose answers are a script in a child, and what was made of them. */
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

#include "http_world.h"
#include "log.h"

struct heard *heard;
struct event_base *base;
struct http *http;
int port;
struct owner owner;

char body[SIZE + 1];
static pid_t child;

/* ---- the server ---------------------------------------------------------------------------------------------------
 */

void script_say(int fd, const char *fmt, ...)
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

void script_send_body(int fd, size_t from, size_t to)
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

/* End when that process does, which may have been before this. */
static void end_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
}

void world_serve(script_fn script)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t parent;

	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	port = ntohs(in.sin_port);
	memset(heard, 0, sizeof(*heard));
	parent = getpid();
	child = fork();
	if (!child) {
		end_with(parent);
		parent = getpid();
		signal(SIGPIPE, SIG_IGN);
		signal(SIGCHLD, SIG_IGN);
		for (int n = 0;; n++) {
			int to = accept(fd, NULL, NULL);
			char c;

			read_request(to, heard->request[n % 8], sizeof(heard->request[0]));
			heard->count = n + 1;
			if (!fork()) { /* script_say() may end it */
				end_with(parent);
				script(to, n);
				shutdown(to, SHUT_WR);
				/* until the client ends it: close() could take back what was sent */
				while (read(to, &c, 1) > 0)
					;
				_exit(0);
			}
			close(to);
		}
	}
	close(fd);
}

/* ---- the owner ----------------------------------------------------------------------------------------------------
 */

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

const struct http_ops owner_ops = {.opened = on_opened, .data = on_data, .same = on_same, .done = on_done};

static bool any_but_two(const uint8_t address[4])
{
	return address[3] != 2;
}

int world_setup(void **state)
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

int world_teardown(void **state)
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

void world_run(void)
{
	for (int i = 0; i < 10000 && !owner.done; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
}

void world_get_with(const char *host, const char *etag)
{
	char url[512];
	const struct http_request req = {.vm = "vm", .url = url, .etag = etag};

	snprintf(url, sizeof(url), "http://%s:%d/f", host, port);
	owner.get = http_get(http, &req, &owner_ops, &owner);
	assert_non_null(owner.get);
	world_run();
}

void world_get(script_fn script)
{
	world_serve(script);
	world_get_with("127.0.0.1", NULL);
}

void world_expect_(uint32_t status, const char *words, int line)
{
	if (!owner.done || owner.status != status || !strstr(owner.text, words)) {
		print_error("done %d, status %u, \"%s\"; %d requests\n", owner.done, owner.status, owner.text,
			    heard->count);
		_fail(__FILE__, line);
	}
}
void world_expect_body_(int line)
{
	world_expect_(PVBOOT_S_OK, "", line);
	if (owner.have != SIZE || memcmp(owner.bytes, body, SIZE)) {
		print_error("%zu bytes\n", owner.have);
		_fail(__FILE__, line);
	}
}
