/* SPDX-License-Identifier: BSD-2-Clause */
/* test_file.c - files below a root and files that are fetched: refusals, bounds, watches. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/cache.h"
#include "fake_network.h"
#include "file/file.h"
#include "file/file_root.h"
#include "log.h"
#include "pvboot_req.h"
#include "tftp/tftp.h"

static char root[64];
static int root_fd;
static struct cache *cache;

static void put(const char *name, const char *text)
{
	int fd = openat(root_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
}

static int setup(void **state)
{
	strcpy(root, "/tmp/test_file.XXXXXX");
	assert_non_null(mkdtemp(root));
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(root_fd, "dir", 0755), 0);
	put("dir/a", "hello");
	put("empty", "");
	assert_int_equal(symlinkat("a", root_fd, "dir/inside"), 0);
	assert_int_equal(symlinkat("/etc/passwd", root_fd, "outside"), 0);
	assert_int_equal(symlinkat("loop", root_fd, "loop"), 0);
	assert_int_equal(mkfifoat(root_fd, "fifo", 0644), 0);
	file_set_limits(1 << 20, 1 << 20);
	cache = cache_new(NULL, NULL, &(struct cache_settings){.dir = -1});
	assert_non_null(cache);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	close(root_fd);
	cache_free(cache);
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static void expect_root_(const char *name, uint32_t status, const char *words, int line)
{
	struct file *file = file_root_open(root_fd, "/boot", name, "vm");

	assert_non_null(file);
	assert_true(file_done(file));
	_assert_int_equal(file_status(file), status, __FILE__, line);
	if (!strstr(file_text(file), words)) {
		print_error("\"%s\" does not say \"%s\"\n", file_text(file), words);
		_fail(__FILE__, line);
	}
	assert_int_equal(file_open_fd(file), -1);
	file_unref(file);
}
#define expect_root(name, status, words) expect_root_(name, status, words, __LINE__)

static void test_file_root_refusals(void **state)
{
	expect_root("none", PVBOOT_S_NOT_FOUND, "/boot has no file \"none\"");
	expect_root("dir/a/b", PVBOOT_S_NOT_FOUND, "no file");
	expect_root("dir", PVBOOT_S_ACCESS, "no plain file");
	expect_root("fifo", PVBOOT_S_ACCESS, "no plain file");
	expect_root("", PVBOOT_S_ACCESS, "no plain file");
	expect_root("/", PVBOOT_S_ACCESS, "no plain file");
}

static void test_file_root_escapes(void **state)
{
	expect_root("../etc/passwd", PVBOOT_S_ACCESS, "leads out of /boot");
	expect_root("dir/../../etc/passwd", PVBOOT_S_ACCESS, "leads out");
	expect_root("//../etc/passwd", PVBOOT_S_ACCESS, "leads out");
	expect_root("outside", PVBOOT_S_ACCESS, "leads out");
	expect_root("loop", PVBOOT_S_ACCESS, "leads out");
	expect_root("etc/passwd", PVBOOT_S_NOT_FOUND, "no file");
}

static void test_file_root_reads(void **state)
{
	static const char *const names[] = {"dir/a", "/dir/a", "///dir//a", "dir/inside", "dir/../dir/a"};
	char bytes[16];

	for (size_t i = 0; i < 5; i++) {
		struct file *file = file_root_open(root_fd, "/boot", names[i], "vm");

		assert_int_equal(file_status(file), PVBOOT_S_OK);
		assert_int_equal(file_size(file), 5);
		assert_int_equal(file_read(file, 1, bytes, sizeof(bytes)), 4);
		assert_memory_equal(bytes, "ello", 4);
		assert_int_equal(file_read(file, 5, bytes, sizeof(bytes)), 0);
		assert_int_equal(file_read(file, UINT64_MAX, bytes, sizeof(bytes)), 0);
		assert_true(file_root_check(file));
		file_unref(file);
	}
}

static void test_file_root_empty(void **state)
{
	struct file *file = file_root_open(root_fd, "/boot", "empty", "vm");

	assert_int_equal(file_status(file), PVBOOT_S_OK);
	assert_int_equal(file_size(file), 0);
	assert_true(file_done(file));
	file_unref(file);
}

/* [DEV-27] */
static void test_file_root_changed(void **state)
{
	struct file *file;

	put("dir/b", "12345");
	file = file_root_open(root_fd, "/boot", "dir/b", "vm");
	put("dir/b", "54321");
	assert_false(file_root_check(file));
	assert_int_equal(file_status(file), PVBOOT_S_CHANGED);
	assert_non_null(strstr(file_text(file), "changed"));
	file_unref(file);
}

/* A file replaced by rename is another file: the guest goes on with the one it opened. */
static void test_file_root_replaced(void **state)
{
	struct file *file;
	char bytes[5];

	put("dir/b", "12345");
	file = file_root_open(root_fd, "/boot", "dir/b", "vm");
	put("dir/c", "54321");
	assert_int_equal(renameat(root_fd, "dir/c", root_fd, "dir/b"), 0);
	assert_int_equal(file_read(file, 0, bytes, 5), 5);
	assert_memory_equal(bytes, "12345", 5);
	file_unref(file);
}

/* ---- fetched files --------------------------------------------------------------------------------------------- */

static struct file *fetch(void)
{
	struct tftp_request req = {.vm = "vm", .server = {172, 21, 0, 2}, .filename = "f"};
	const struct cache_request alone = {.vm = "vm", .tftp = &req, .off = true};
	struct file *file = cache_open(cache, &alone);

	assert_non_null(file);
	assert_false(file_opened(file));
	return file;
}

static void test_file_fetch_too_large(void **state)
{
	struct file *file = fetch();

	file_set_limits(4, 100);
	fake_tftp_opened(PVBOOT_SIZE_UNKNOWN);
	assert_true(fake_tftp_data("1234", 4));
	assert_false(fake_tftp_data("5", 1));
	fake_tftp_done(PVBOOT_S_NO_RESOURCES, 0, "ended");
	assert_int_equal(file_status(file), PVBOOT_S_NO_RESOURCES);
	assert_non_null(strstr(file_text(file), "max_file"));
	file_unref(file);
}

static void test_file_fetch_too_many(void **state)
{
	struct file *first, *second;

	file_set_limits(100, 6);
	first = fetch();
	fake_tftp_opened(4);
	assert_true(fake_tftp_data("1234", 4));
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	second = fetch();
	fake_tftp_opened(4);
	assert_false(fake_tftp_data("1234", 4));
	fake_tftp_done(PVBOOT_S_NO_RESOURCES, 0, "");
	file_unref(first);
	file_unref(second);
	second = fetch(); /* what was given back can be used again */
	fake_tftp_opened(4);
	assert_true(fake_tftp_data("1234", 4));
	file_unref(second);
	assert_int_equal(fake_tftp_running, 0);
}

/* [DEV-27] */
static void test_file_fetch_truncated(void **state)
{
	struct file *file = fetch();

	fake_tftp_opened(10);
	fake_tftp_data("12345", 5);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	assert_int_equal(file_status(file), PVBOOT_S_TRUNCATED);
	file_unref(file);
}

/* [LNK-11] */
static void test_file_fetched_cannot_be_written(void **state)
{
	struct file *file = fetch();
	char path[64], bytes[8];
	struct stat st;
	int fd, again;

	fake_tftp_opened(PVBOOT_SIZE_UNKNOWN);
	fake_tftp_data("1234", 4);
	fd = file_open_fd(file);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(ftruncate(fd, 0), -1);
	lseek(fd, 3, SEEK_SET);
	again = file_open_fd(file);
	assert_int_equal(lseek(again, 0, SEEK_CUR), 0); /* not a dup */
	close(again);
	fake_tftp_data("56", 2);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	assert_int_equal(pread(fd, bytes, 8, 0), 6);
	assert_int_equal(file_size(file), 6);
	/* complete: not even root writes to it by reopening */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_WRONLY | O_CLOEXEC);
	if (again >= 0) {
		assert_int_equal(write(again, "x", 1), -1);
		close(again);
	}
	close(fd);
	file_unref(file);
}

/* ---- watches --------------------------------------------------------------------------------------------------- */

struct watcher {
	struct file_watch watch;
	int calls;
	struct watcher *drops;
};

static void on_changed(struct file_watch *watch)
{
	struct watcher *w = (struct watcher *)watch;

	w->calls++;
	if (w->drops)
		file_unwatch(&w->drops->watch);
}

static void test_file_watch_dropped_in_a_call(void **state)
{
	struct watcher a = {.watch.changed = on_changed}, b = a, c = a;
	struct file *file = fetch();

	file_watch(file, &a.watch);
	file_watch(file, &b.watch);
	file_watch(file, &c.watch);
	c.drops = &b; /* the one whose turn is next */
	fake_tftp_opened(1);
	assert_int_equal(c.calls, 1);
	assert_int_equal(b.calls, 0);
	assert_int_equal(a.calls, 1);
	file_unwatch(&b.watch); /* twice does no harm */
	a.drops = &a;
	c.drops = NULL;
	fake_tftp_data("1", 1);
	assert_int_equal(a.calls, 2);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	assert_int_equal(a.calls, 2);
	assert_int_equal(c.calls, 3);
	file_unwatch(&c.watch);
	file_unref(file);
}

static struct file *held;

static void drop_file(struct file_watch *watch)
{
	file_unwatch(watch);
	file_unref(held);
}

static void test_file_dropped_in_a_call(void **state)
{
	struct file_watch watch = {.changed = drop_file};

	held = fetch();
	file_watch(held, &watch);
	fake_tftp_opened(1);
	assert_int_equal(fake_tftp_running, 0);
}

#define file_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		file_test(test_file_root_refusals),
		file_test(test_file_root_escapes),
		file_test(test_file_root_reads),
		file_test(test_file_root_empty),
		file_test(test_file_root_changed),
		file_test(test_file_root_replaced),
		file_test(test_file_fetch_too_large),
		file_test(test_file_fetch_too_many),
		file_test(test_file_fetch_truncated),
		file_test(test_file_fetched_cannot_be_written),
		file_test(test_file_watch_dropped_in_a_call),
		file_test(test_file_dropped_in_a_call),
	};

	log_open(false, LOG_EMERG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
