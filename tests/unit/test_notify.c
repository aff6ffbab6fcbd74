/* SPDX-License-Identifier: BSD-2-Clause */
/* test_notify.c - what a service manager hears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "notify.h"

static int manager = -1;

/* A manager's socket, in the abstract namespace (as systemd's user managers have) or by a path. */
static void listen_at(const char *name)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	if (manager >= 0)
		close(manager);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	memcpy(addr.sun_path, name, strlen(name));
	if (*name == '@')
		addr.sun_path[0] = '\0';
	assert_int_equal(bind(manager, (struct sockaddr *)&addr,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
			 0);
	setenv("NOTIFY_SOCKET", name, 1);
}

/* The next datagram, or "". */
static const char *heard(void)
{
	static char text[4096];
	ssize_t n = recv(manager, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void test_notify_states(void **state)
{
	char path[64];

	snprintf(path, sizeof(path), "/tmp/test_notify.%d", (int)getpid());
	listen_at(path);
	notify_ready("listening at /x");
	assert_string_equal(heard(), "READY=1\nSTATUS=listening at /x");
	unlink(path);
	snprintf(path, sizeof(path), "@test_notify.%d", (int)getpid());
	listen_at(path);
	notify_stopping("");
	assert_string_equal(heard(), "STOPPING=1\nSTATUS=");
	notify_refusal("no configuration");
	assert_string_equal(heard(), "STATUS=no configuration");
}

static void test_notify_forged_line(void **state)
{
	char dots[5000], path[64];

	snprintf(path, sizeof(path), "@test_notify.forged.%d", (int)getpid());
	listen_at(path);
	notify_ready("a\nMAINPID=1\r\x80");
	assert_string_equal(heard(), "READY=1\nSTATUS=a?MAINPID=1??");
	memset(dots, '.', sizeof(dots));
	dots[sizeof(dots) - 1] = '\0';
	notify_ready(dots);
	assert_int_equal(strncmp(heard(), "READY=1\nSTATUS=...", 18), 0);
}

/* Nobody asks, or nobody is there: nothing happens. */
static void test_notify_nobody(void **state)
{
	char path[300];

	unsetenv("NOTIFY_SOCKET");
	notify_ready("x");
	setenv("NOTIFY_SOCKET", "", 1);
	notify_ready("x");
	setenv("NOTIFY_SOCKET", "relative", 1);
	notify_ready("x");
	setenv("NOTIFY_SOCKET", "/nonexistent/x", 1);
	notify_ready("x");
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	setenv("NOTIFY_SOCKET", path, 1);
	notify_ready("x");
	assert_string_equal(heard(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notify_states),
		cmocka_unit_test(test_notify_forged_line),
		cmocka_unit_test(test_notify_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
