/* SPDX-License-Identifier: BSD-2-Clause */
/* test_keep.c - the file and the socket that a vhost-user back end has beside it: keep.c, listen.c. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "keep.h"
#include "listen.h"

static char dir[32], path[64], other[64];

static int make_dir(void **state)
{
	strcpy(dir, "/tmp/pvboot-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/x", dir);
	snprintf(other, sizeof(other), "%s/y", dir);
	return 0;
}

static int remove_dir(void **state)
{
	unlink(path);
	unlink(other);
	assert_int_equal(rmdir(dir), 0); /* nothing else was left */
	return 0;
}

static void write_file(const char *name, const void *bytes, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

/* In a process of its own, which ends with its lock: 0 what it saw was as wanted. */
static int in_child(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

static void test_keep_by_another_name_is_refused(void **state)
{
	write_file(other, "", 0);
	assert_int_equal(symlink(other, path), 0);
	assert_null(keep_open(path, 1));
	unlink(path);
	assert_int_equal(link(other, path), 0);
	assert_null(keep_open(path, 1));
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(keep_open(path, 1));
}

static int write_one(void)
{
	struct keep *k = keep_open(path, 1000);

	if (!k || k->dgram_open || k->written || k->epoch_ms != 1000)
		return 1;
	k->epoch_ms = 500;
	k->written = 1;
	k->dgram_open = 1;
	k->slots[3].used = true;
	k->slots[3].key = 9;
	return 0;
}

static void test_keep_of_a_process_that_ended(void **state)
{
	struct keep *k;

	assert_int_equal(in_child(write_one), 0);
	k = keep_open(path, 1000);
	assert_non_null(k);
	assert_int_equal(k->dgram_open, 1);
	assert_int_equal(k->epoch_ms, 500);
	assert_int_equal(k->written, 1);
	assert_int_equal(k->slots[3].key, 9);
	munmap(k, sizeof(*k));
}

/* As a process wrote it that did not know of written, whose place was padding: it goes on with what is there. */
static void test_keep_of_an_older_process(void **state)
{
	const size_t slots = 4 + 4 + 8 + 8 + 8 + 8 + sizeof(struct pvboot_dgram_open_args);
	static struct keep old;
	struct keep *k;

	assert_int_equal(offsetof(struct keep, slots), slots);
	old = (struct keep){.magic = 0x314b5650, .size = sizeof(old), .epoch_ms = 7, .dgram_open = 1};
	write_file(path, &old, sizeof(old));
	k = keep_open(path, 1000);
	assert_non_null(k);
	assert_int_equal(k->epoch_ms, 7);
	assert_int_equal(k->dgram_open, 1);
	assert_int_equal(k->written, 0);
	munmap(k, sizeof(*k));
}

static int open_one(void)
{
	return keep_open(path, 1) ? 1 : errno == EWOULDBLOCK ? 0 : 2;
}

static void test_keep_of_a_process_that_lives_is_refused(void **state)
{
	struct keep *k = keep_open(path, 1);

	assert_non_null(k);
	assert_int_equal(in_child(open_one), 0);
	munmap(k, sizeof(*k));
}

/* Of another version, cut short, or from before the machine started: all zero. */
static void test_keep_of_no_use_is_cleared(void **state)
{
	static struct keep bad[3];

	for (size_t i = 0; i < 3; i++) {
		struct keep *k;

		memset(&bad[i], 0xff, sizeof(bad[i]));
		bad[i].magic = i == 0 ? 1 : 0x314b5650;
		bad[i].size = i == 1 ? 5 : sizeof(bad[i]);
		bad[i].epoch_ms = i == 2 ? 1001 : 1;
		write_file(path, &bad[i], sizeof(bad[i]) - (i == 1 ? 77 : 0));
		k = keep_open(path, 1000);
		assert_non_null(k);
		assert_int_equal(k->epoch_ms, 1000);
		assert_int_equal(k->ram_ino, 0);
		assert_int_equal(k->written, 0);
		assert_int_equal(k->slots[0].used, false);
		assert_int_equal(k->size, sizeof(*k));
		munmap(k, sizeof(*k));
		unlink(path);
	}
}

/* ---- the socket ------------------------------------------------------------------------------------------------- */

/* A connection as QEMU makes it, but for waiting; or a negated errno. */
static int connection(void)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;

	strcpy(sun.sun_path, path);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* 0 or an errno. */
static int try_connect(void)
{
	int fd = connection();

	if (fd < 0)
		return -fd;
	close(fd);
	return 0;
}

/* [DEV-68] QEMU's connect() neither fails nor succeeds, until somebody is accepted. */
static void test_listen_full_makes_others_wait(void **state)
{
	int fd = listen_open(path), qemu, client;

	assert_true(fd >= 0);
	listen_fill(path);
	assert_int_equal(connection(), -EAGAIN); /* which blocks where QEMU does it */
	listen_fill(path);
	assert_int_equal(listen_accept(fd), -1); /* what filled it is nobody */
	assert_int_equal(listen_accept(fd), -1); /* and was one */
	qemu = connection();
	assert_true(qemu >= 0);
	assert_int_equal(connection(), -EAGAIN);
	client = listen_accept(fd);
	assert_true(client >= 0);
	assert_false(listen_ended(client));
	close(qemu);
	assert_true(listen_ended(client));
	close(client);
	close(fd);
}

/* A path that is too long, or where nobody listens, does no harm. */
static void test_listen_fill_in_vain(void **state)
{
	char name[200];

	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	listen_fill(name);
	listen_fill(path);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_listen_in_place_of_one_that_was_killed(void **state)
{
	int dead = listen_open(path), fd;

	close(dead);
	assert_int_equal(try_connect(), ECONNREFUSED);
	fd = listen_open(path);
	assert_true(fd >= 0);
	assert_int_equal(try_connect(), 0);
	listen_remove(path);
	assert_int_equal(try_connect(), ENOENT);
	close(fd);
}

static void test_listen_removes_nothing_else(void **state)
{
	write_file(path, "mine", 4);
	assert_int_equal(listen_open(path), -EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
	listen_remove(path);
	assert_int_equal(access(path, F_OK), 0);
}

static void test_listen_take_of_what_does_not_listen(void **state)
{
	char name[128];
	int pair[2], fd;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_false(listen_take(pair[0], name, sizeof(name)));
	assert_false(listen_take(-1, name, sizeof(name)));
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_false(listen_take(fd, name, sizeof(name)));
	close(fd);
	close(pair[0]);
	close(pair[1]);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(listen(fd, 1), -1); /* no name yet */
	assert_false(listen_take(fd, name, sizeof(name)));
	close(fd);
	fd = listen_open(path);
	assert_int_equal(listen(fd, 128), 0); /* as systemd's */
	assert_false(listen_take(fd, name, 8));
	assert_true(listen_take(fd, name, sizeof(name)));
	assert_string_equal(name, path);
	listen_fill(path);
	assert_int_equal(connection(), -EAGAIN);
	listen_remove(path);
	close(fd);
}

static void test_listen_path_too_long(void **state)
{
	char name[200];

	memset(name, 'a', sizeof(name));
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(listen_open(name), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_keep_by_another_name_is_refused, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_keep_of_a_process_that_ended, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_keep_of_an_older_process, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_keep_of_a_process_that_lives_is_refused, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_keep_of_no_use_is_cleared, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_listen_full_makes_others_wait, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_listen_fill_in_vain, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_listen_in_place_of_one_that_was_killed, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_listen_removes_nothing_else, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_listen_take_of_what_does_not_listen, make_dir, remove_dir),
		cmocka_unit_test(test_listen_path_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
