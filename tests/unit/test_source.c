/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests of hostd/net/source.c, source_guest.c, net_ask.c and net_helper.c, and of hostd/net_process.c: what the
 * helper refuses, and what happens when it is gone.  That its namespaces and taps work is seen in
 * tests/boot/test_source.py and test_frames.py.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/net_ask.h"
#include "net/netns.h"
#include "net_process.h"
#include "net/source_guest.h"

/* ---- a source of the test's own -------------------------------------------------------------------------------- */

static int sockets, closes, frees, gone;

static int count_socket(void *arg, int type)
{
	sockets++;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void count_close(void *arg)
{
	closes++;
}

static void count_free(void *arg)
{
	frees++;
}

static const struct source_ops counting = {count_socket, count_close, count_free};

static struct source *make(void)
{
	sockets = closes = frees = gone = 0;
	return source_new(&counting, NULL);
}

static void on_gone(struct source_watch *watch)
{
	gone++;
}

static void test_gone_source_gives_no_socket(void **state)
{
	struct source *s = make();

	close(source_socket(s, SOCK_DGRAM));
	assert_int_equal(sockets, 1);
	assert_false(source_is_gone(s));
	source_close(s);
	source_close(s);
	assert_true(source_is_gone(s));
	assert_int_equal(closes, 1);
	errno = 0;
	assert_int_equal(source_socket(s, SOCK_DGRAM), -1);
	assert_int_equal(errno, ENETDOWN);
	assert_int_equal(sockets, 1);
	source_unref(s);
	assert_int_equal(frees, 1);
	assert_int_equal(closes, 1);
}

struct follower {
	struct source_watch watch;
	struct source *source;
};

static void on_gone_unref(struct source_watch *watch)
{
	gone++;
	source_unref(((struct follower *)watch)->source);
}

static void test_watchers_are_told_once(void **state)
{
	struct source *s = make();
	struct source_watch a = {.gone = on_gone}, b = {.gone = on_gone}, late = {.gone = on_gone};
	struct follower last = {.watch = {.gone = on_gone_unref}};

	source_watch(s, &a);
	source_watch(s, &b);
	source_unwatch(&b);
	source_unwatch(&b);
	last.source = source_ref(s);
	source_watch(s, &last.watch);
	source_unref(s); /* the follower's is the last one */
	source_close(last.source);
	assert_int_equal(gone, 2);
	assert_int_equal(frees, 1);
	s = make();
	source_close(s);
	source_watch(s, &late); /* the caller can see that it is gone */
	source_unwatch(&late);
	assert_int_equal(gone, 0);
	source_unref(s);
}

static void test_last_reference_closes(void **state)
{
	struct source *s = make();

	source_unref(source_ref(s));
	assert_int_equal(closes, 0);
	source_unref(s);
	assert_int_equal(closes, 1);
	assert_int_equal(frees, 1);
}

static void test_no_source_is_the_host(void **state)
{
	struct source_watch w = {.gone = on_gone};
	int fd = source_socket(NULL, SOCK_STREAM), type;
	socklen_t len = sizeof(type);

	assert_true(fd >= 0 && source_is_host(NULL) && !source_is_gone(NULL));
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len), 0);
	assert_int_equal(type, SOCK_STREAM);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(fd);
	source_watch(NULL, &w);
	source_unwatch(&w);
	source_close(source_ref(NULL));
	source_unref(NULL);
}

/* ---- the helper ------------------------------------------------------------------------------------------------ */

static struct conf conf;
static int helper;
static pid_t pid;

static int start_helper(void **state)
{
	static const char text[] = "[vm a]\ninterface = nosuch0\nmac = 52:54:00:12:34:57\n"
				   "[vm b]\ninterface = nosuch0\nmac = 52:54:00:12:34:*\nsource = guest\n"
				   "[vm c]\nroot = /\n"
				   "[vm d]\ninterface = lo\nframes = off\n"
				   "[vm e]\ninterface = lo\n";
	int ends[2], taps = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	conf_init(&conf);
	assert_true(conf_parse(&conf, "f", text, sizeof(text) - 1) && conf_check(&conf, "f"));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	pid = fork();
	if (!pid) {
		close(ends[0]);
		_exit(netns_start() ? (net_process_serve(&conf, ends[1], taps), 0) : 1);
	}
	close(ends[1]);
	close(taps);
	helper = ends[0];
	return 0;
}

static int stop_helper(void **state)
{
	int status = -1;

	close(helper);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0); /* it ends with its last asker */
	conf_free(&conf);
	return 0;
}

static const struct net_request good = {.number = 7,
					.op = NET_SOCKET,
					.id = 1,
					.section = 1,
					.type = SOCK_DGRAM,
					.mac = {0x52, 0x54, 0, 0x12, 0x34, 1},
					.address = {172, 21, 0, 50}};

static int refused(const struct net_request *req)
{
	struct net_answer a = {0};

	assert_int_equal(send(helper, req, sizeof(*req), 0), sizeof(*req));
	assert_int_equal(recv(helper, &a, sizeof(a), 0), sizeof(a));
	assert_int_equal(a.number, 7);
	if (a.error != EPERM && a.error != EINVAL && a.error) /* it would have been allowed */
		assert_non_null(strstr(a.words, req->op == NET_TAP ? "neither a bridge nor a port of one"
								   : "no interface nosuch0"));
	return a.error;
}

/* A hostd that somebody else has taken over. */
static void test_helper_does_what_the_configuration_says(void **state)
{
	struct net_request bad = good;

	assert_int_not_equal(refused(&good), EPERM);
	bad = good, bad.section = 0; /* source = host */
	assert_int_equal(refused(&bad), EPERM);
	bad = good, bad.section = 2; /* a directory */
	assert_int_equal(refused(&bad), EPERM);
	bad = good, bad.section = 5; /* there is none */
	assert_int_equal(refused(&bad), EPERM);
	bad = good, bad.section = UINT32_MAX;
	assert_int_equal(refused(&bad), EPERM);
	bad = good, bad.mac[0] = 2; /* not the section's */
	assert_int_equal(refused(&bad), EPERM);
	bad = good, bad.address[0] = 127;
	assert_int_equal(refused(&bad), EPERM);
	bad = good, bad.address[0] = 224;
	assert_int_equal(refused(&bad), EPERM);
	bad = good, bad.type = SOCK_RAW;
	assert_int_equal(refused(&bad), EINVAL);
	bad = good, bad.op = NET_REMOVE, bad.id = 99; /* nothing to do */
	assert_int_equal(refused(&bad), 0);
}

static void test_helper_makes_taps_for_frames_alone(void **state)
{
	const struct net_request tap = {.number = 7, .op = NET_TAP, .mac = {0x52, 0x54, 0, 0x12, 0x34, 0x57}};
	struct net_request bad;

	assert_int_equal(refused(&tap), ENODEV); /* allowed, but for the interface that is not there */
	bad = tap, bad.mac[5] = 0x58;		 /* not the section's */
	assert_int_equal(refused(&bad), EPERM);
	bad = tap, bad.section = 2; /* a directory */
	assert_int_equal(refused(&bad), EPERM);
	bad = tap, bad.section = 3; /* frames = off */
	assert_int_equal(refused(&bad), EPERM);
	bad = tap, bad.section = 4; /* no bridge */
	assert_int_equal(refused(&bad), ENODEV);
	bad.mac[0] = 1; /* nobody's */
	assert_int_equal(refused(&bad), EPERM);
	bad = tap, bad.section = UINT32_MAX;
	assert_int_equal(refused(&bad), EPERM);
	bad = tap, bad.op = NET_TAP + 1;
	assert_int_equal(refused(&bad), EINVAL);
}

static void test_helper_ends_at_a_request_of_another_size(void **state)
{
	char byte;

	assert_int_equal(send(helper, &good, sizeof(good) - 1, 0), sizeof(good) - 1);
	assert_int_equal(recv(helper, &byte, 1, 0), 0);
}

static void test_words_of_a_failure(void **state)
{
	const struct pvboot_lease lease = {.address = {172, 21, 0, 50}};
	struct source *s;

	net_ask_use(helper);
	s = source_guest("vm", 1, good.mac, &lease);
	assert_int_equal(source_socket(s, SOCK_DGRAM), -1);
	assert_int_not_equal(errno, EPERM);
	source_unref(s); /* there is nothing to remove */
}

static void test_helper_that_is_gone(void **state)
{
	const struct pvboot_lease lease = {.address = {172, 21, 0, 50}};
	struct source *s = source_guest("vm", 1, good.mac, &lease);
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	net_ask_use(ends[0]);
	close(ends[1]);
	assert_int_equal(source_socket(s, SOCK_DGRAM), -1);
	assert_int_equal(errno, EPIPE);
	close(ends[0]);
	net_ask_use(-1);
	assert_int_equal(source_socket(s, SOCK_DGRAM), -1);
	source_unref(s);
}

/* An answer that came after hostd gave up waiting is not taken for the next one's. */
static void test_answer_that_came_too_late(void **state)
{
	const struct pvboot_lease lease = {.address = {172, 21, 0, 50}};
	struct source *s = source_guest("vm", 1, good.mac, &lease);
	struct net_answer late = {.number = 0xfffffff0, .error = 0}, mine = {.error = EACCES, .words = "mine"};
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	net_ask_use(ends[0]);
	pid = fork();
	if (!pid) {
		struct net_request req;

		if (recv(ends[1], &req, sizeof(req), 0) != sizeof(req))
			_exit(1);
		mine.number = req.number;
		_exit(send(ends[1], &late, sizeof(late), 0) != sizeof(late) ||
		      send(ends[1], &mine, sizeof(mine), 0) != sizeof(mine));
	}
	assert_int_equal(source_socket(s, SOCK_DGRAM), -1);
	assert_int_equal(errno, EACCES);
	waitpid(pid, NULL, 0);
	close(ends[0]);
	close(ends[1]);
	net_ask_use(-1);
	source_unref(s);
}

#define HELPER(f) cmocka_unit_test_setup_teardown(f, start_helper, stop_helper)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gone_source_gives_no_socket),
		cmocka_unit_test(test_watchers_are_told_once),
		cmocka_unit_test(test_last_reference_closes),
		cmocka_unit_test(test_no_source_is_the_host),
		HELPER(test_helper_does_what_the_configuration_says),
		HELPER(test_helper_makes_taps_for_frames_alone),
		HELPER(test_helper_ends_at_a_request_of_another_size),
		HELPER(test_words_of_a_failure),
		cmocka_unit_test(test_helper_that_is_gone),
		cmocka_unit_test(test_answer_that_came_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
