/* SPDX-License-Identifier: BSD-2-Clause */
/* test_cache_disk.c - what is on disk: damage, a full disk, eviction, and a hostd that is killed in the middle. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/cache_dir.h"
#include "cache_world.h"
#include "fake_network.h"

#define SIZE (2 * MIB)
#define KILLS 40
#define LIVE_US 150000 /* at most until it is killed */

/* ---- damage -------------------------------------------------------------------------------------------------------
 */

/* Change one bit, which the owner may after a chmod. */
static void flip(const char *path, off_t at)
{
	uint8_t byte;
	int fd;

	assert_int_equal(chmod(path, 0600), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

/* The copy is not served: a fetch begins, and what it brings is. */
static void expect_fetched_again(struct world *w, const char *name)
{
	int before = fake_tftp_gets;
	struct file *file = world_tftp(w, name);

	for (int i = 0; i < 2000 && fake_tftp_gets == before; i++) {
		event_base_loop(w->base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	assert_int_equal(fake_tftp_gets, before + 1);
	world_send(SIZE, 9);
	world_expect(file, SIZE, 9);
	file_unref(file);
	world_wait_stored(w, 1);
	world_run(w, NULL);
	assert_int_equal(world_count(w, ".data"), 1);
	assert_int_equal(world_count(w, ".meta"), 1);
}

static void test_cache_bit_flipped_before_a_start(void **state)
{
	struct world *w = *state;
	char path[160];

	world_store(w, "f", SIZE, 1);
	world_data_path(w, path);
	flip(path, SIZE - 1);
	world_restart(w);
	expect_fetched_again(w, "f");
}

static void test_cache_bit_flipped_while_running(void **state)
{
	struct world *w = *state;
	char path[160];

	world_store(w, "f", SIZE, 1);
	world_data_path(w, path);
	flip(path, SIZE / 2);
	expect_fetched_again(w, "f");
}

static void test_cache_truncated(void **state)
{
	struct world *w = *state;
	char path[160];

	world_store(w, "f", SIZE, 1);
	world_data_path(w, path);
	assert_int_equal(truncate(path, SIZE - 4096), 0);
	expect_fetched_again(w, "f");
	world_data_path(w, path);
	assert_int_equal(truncate(path, 0), 0);
	world_restart(w);
	expect_fetched_again(w, "f");
	world_data_path(w, path);
	assert_int_equal(unlink(path), 0);
	expect_fetched_again(w, "f");
}

static void test_cache_meta_damaged(void **state)
{
	struct world *w = *state;
	char command[256];

	world_store(w, "f", SIZE, 1);
	snprintf(command, sizeof(command), "sed -i 's/^size 2/size 1/' %s/*.meta", w->dir);
	assert_int_equal(system(command), 0);
	world_restart(w);
	assert_int_equal(world_count(w, ""), 0);
	expect_fetched_again(w, "f");
	snprintf(command, sizeof(command), "for f in %s/*.meta; do : > $f; done", w->dir);
	assert_int_equal(system(command), 0);
	world_restart(w);
	assert_int_equal(world_count(w, ""), 0);
}

/* A meta file that is whole, under another key's name, is not that key's. */
static void test_cache_meta_renamed(void **state)
{
	struct world *w = *state;
	char command[256];

	world_store(w, "f", SIZE, 1);
	snprintf(command, sizeof(command), "cd %s && mv *.meta $(printf %%064d 0).meta", w->dir);
	assert_int_equal(system(command), 0);
	world_restart(w);
	assert_int_equal(world_count(w, ""), 0);
}

/* hostd was another user, or somebody else has put a file there: it is not served, and goes. */
static void test_cache_of_another_user(void **state)
{
	struct world *w = *state;
	char command[256];

	if (geteuid())
		return; /* only root can give files away */
	for (const char *const *kind = (const char *const[]){"meta", "data", NULL}; *kind; kind++) {
		world_store(w, "f", SIZE, 1);
		snprintf(command, sizeof(command), "chown 12345 %s/*.%s && chmod 644 %s/*.%s", w->dir, *kind, w->dir,
			 *kind);
		assert_int_equal(system(command), 0);
		world_restart(w);
		assert_int_equal(world_count(w, ""), 0);
	}
}

/* What is not ours stays. */
static void test_cache_strange_files(void **state)
{
	struct world *w = *state;
	char command[256];

	snprintf(command, sizeof(command), "cd %s && touch README photo.data notes.meta && mkdir x.tmp", w->dir);
	assert_int_equal(system(command), 0);
	world_restart(w);
	assert_int_equal(world_count(w, ""), 4);
}

/* ---- the directory ------------------------------------------------------------------------------------------------
 */

static void test_cache_directory_refused(void **state)
{
	struct world *w = *state;
	char why[256] = "", path[128];
	struct stat st;

	assert_int_equal(cache_dir_open(w->dir, "", why, sizeof(why)), -1);
	assert_non_null(strstr(why, "another hostd has it"));
	snprintf(path, sizeof(path), "%s/open", w->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(cache_dir_open(path, "", why, sizeof(why)), -1);
	assert_non_null(strstr(why, "others may write there"));
	if (!geteuid()) {
		assert_int_equal(chmod(path, 0700), 0);
		assert_int_equal(chown(path, 12345, 12345), 0);
		assert_int_equal(cache_dir_open(path, "", why, sizeof(why)), -1);
		assert_non_null(strstr(why, "belongs to uid 12345"));
	}
	if (!geteuid()) { /* it might be /var/cache */
		snprintf(path, sizeof(path), "%s/full", w->dir);
		assert_int_equal(mkdir(path, 0755), 0);
		assert_int_equal(mkdir(strcat(path, "/x"), 0755), 0);
		*strrchr(path, '/') = '\0';
		assert_int_equal(cache_dir_open(path, "nobody", why, sizeof(why)), -1);
		assert_non_null(strstr(why, "belongs to uid 0"));
		assert_int_equal(rmdir(strcat(path, "/x")), 0);
		*strrchr(path, '/') = '\0';
		close(cache_dir_open(path, "nobody", why, sizeof(why)));
		assert_int_equal(stat(path, &st), 0);
		assert_int_not_equal(st.st_uid, 0);
	}
	snprintf(path, sizeof(path), "%s/none/deep", w->dir);
	assert_int_equal(cache_dir_open(path, "", why, sizeof(why)), -1);
	assert_non_null(strstr(why, "cannot make"));
}

/* [LNK-11] */
static void test_cache_copy_cannot_be_written(void **state)
{
	struct world *w = *state;
	struct file *file;
	struct stat st;
	int fd, again;

	world_store(w, "f", SIZE, 1);
	file = world_tftp(w, "f");
	fd = file_open_fd(file);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(lseek(fd, 5, SEEK_SET), 5);
	again = file_open_fd(file);
	assert_int_equal(lseek(again, 0, SEEK_CUR), 0); /* no dup */
	close(fd);
	close(again);
	file_unref(file);
}

/* ---- room ---------------------------------------------------------------------------------------------------------
 */

static bool has(struct world *w, const char *name)
{
	int before = fake_tftp_gets;
	struct file *file = world_tftp(w, name);
	bool kept;

	world_run(w, NULL);
	kept = file_done(file) && fake_tftp_gets == before;
	file_unref(file);
	return kept;
}

/*
 * The order outlives a start by a file's mtime.  The kernel takes that from a clock that moves every few milliseconds:
 * wait until it has.
 */
static void wait_for_another_mtime(void)
{
	struct timespec from, now;

	clock_gettime(CLOCK_REALTIME_COARSE, &from);
	do
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	while (now.tv_sec == from.tv_sec && now.tv_nsec == from.tv_nsec);
}

static void test_cache_eviction_is_of_the_least_recently_used(void **state)
{
	struct world *w = *state;
	struct file *d;

	w->size = 3 * SIZE + SIZE / 2;
	world_restart(w);
	world_store(w, "a", SIZE, 1);
	wait_for_another_mtime();
	world_store(w, "b", SIZE, 2);
	wait_for_another_mtime();
	world_store(w, "c", SIZE, 3);
	wait_for_another_mtime();
	assert_true(has(w, "a"));
	world_restart(w);
	d = world_tftp(w, "d");
	world_send(SIZE, 4);
	file_unref(d);
	world_run(w, NULL);
	assert_int_equal(world_count(w, ".data"), 3);
	assert_false(has(w, "b"));
	assert_true(has(w, "a"));
	assert_true(has(w, "c"));
	assert_true(has(w, "d"));
}

static void test_cache_eviction_spares_what_is_read(void **state)
{
	struct world *w = *state;
	struct file *a, *b, *c;

	w->size = 2 * SIZE;
	world_restart(w);
	world_store(w, "a", SIZE, 1);
	world_store(w, "b", SIZE, 2);
	a = world_tftp(w, "a");
	b = world_tftp(w, "b");
	c = world_tftp(w, "c");
	world_send(SIZE, 3);
	world_run(w, NULL);
	assert_int_equal(world_count(w, ".data"), 2); /* there is no room for c */
	world_expect(a, SIZE, 1);
	world_expect(b, SIZE, 2);
	world_expect(c, SIZE, 3);
	file_unref(c);
	file_unref(a);
	world_run(w, NULL);
	assert_false(has(w, "c"));
	c = world_tftp(w, "c");
	world_send(SIZE, 3);
	file_unref(c);
	world_run(w, NULL);
	assert_false(has(w, "a"));
	world_expect(b, SIZE, 2);
	file_unref(b);
}

static void test_cache_object_larger_than_the_cache(void **state)
{
	struct world *w = *state;
	struct file *file;

	w->size = SIZE - 1;
	world_restart(w);
	file = world_tftp(w, "f");
	world_send(SIZE, 1);
	world_expect(file, SIZE, 1);
	file_unref(file);
	world_run(w, NULL);
	assert_int_equal(world_count(w, ""), 0);
}

/* A smaller cache_size counts from the start. */
static void test_cache_made_smaller(void **state)
{
	struct world *w = *state;

	world_store(w, "a", SIZE, 1);
	world_store(w, "b", SIZE, 2);
	w->size = SIZE;
	world_restart(w);
	world_run(w, NULL);
	assert_int_equal(world_count(w, ".data"), 1);
}

static void test_cache_memory_is_short(void **state)
{
	struct world *w = *state;
	struct file *file;

	file_set_limits(4 * SIZE, 4 * SIZE);
	file = world_tftp(w, "a");
	world_send(3 * SIZE, 1);
	world_expect(file, 3 * SIZE, 1);
	world_run(w, NULL);
	assert_int_equal(world_count(w, ""), 0);
	file_unref(file);
	world_store(w, "b", SIZE, 2);
}

static void test_cache_disk_is_full(void **state)
{
	struct world *w = *state;
	struct file *one, *two;

	/* A tmpfs of its own, in a mount namespace of the test's own. */
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("pvboot", w->dir, "tmpfs", 0, "size=1m,mode=0700"))
		skip();
	world_restart(w);
	one = world_tftp(w, "f");
	world_send(SIZE, 1);
	world_expect(one, SIZE, 1);
	world_run(w, NULL);
	assert_int_equal(world_count(w, ""), 0);
	two = world_tftp(w, "f"); /* from memory, while there is one who reads it */
	assert_int_equal(fake_tftp_gets, 1);
	world_expect(two, SIZE, 1);
	file_unref(one);
	world_expect(two, SIZE, 1);
	file_unref(two);
	one = world_tftp(w, "f");
	assert_int_equal(fake_tftp_gets, 2);
	file_unref(one);
	cache_free(w->cache);
	w->cache = NULL;
	assert_int_equal(umount2(w->dir, MNT_DETACH), 0);
}

/* ---- purging ------------------------------------------------------------------------------------------------------
 */

static void test_cache_purge_while_read_and_stored(void **state)
{
	struct world *w = *state;
	struct file *a, *b;

	world_store(w, "a", SIZE, 1);
	a = world_tftp(w, "a");
	b = world_tftp(w, "b");
	world_send(SIZE, 2); /* and is being stored now */
	assert_int_equal(cache_purge(w->cache, "tftp://172.21.0.2:69/none"), 0);
	assert_int_equal(cache_purge(w->cache, "tftp://172.21.0.2:69/b"), 1);
	assert_int_equal(cache_purge(w->cache, NULL), 1);
	world_run(w, NULL);
	assert_int_equal(world_count(w, ""), 0);
	world_expect(a, SIZE, 1);
	world_expect(b, SIZE, 2);
	file_unref(a);
	file_unref(b);
	assert_false(has(w, "a"));
}

/* ---- kill -9 ------------------------------------------------------------------------------------------------------
 */

/* hostd, until it is killed: stores objects, replaces them, evicts them. */
static void live(struct world *w)
{
	for (unsigned int i = 0;; i++) {
		char name[8];
		struct file *file;

		int before = fake_tftp_gets;

		snprintf(name, sizeof(name), "f%u", i % 5);
		w->max_age_ms = 0;
		file = world_tftp(w, name);
		while (fake_tftp_gets == before && !file_done(file))
			event_base_loop(w->base, EVLOOP_NONBLOCK);
		if (!file_done(file))
			world_send(SIZE + i % 5, (uint8_t)(i % 5));
		file_unref(file);
		event_base_loop(w->base, EVLOOP_NONBLOCK);
	}
}

static void note_object(void *arg, const struct cache_info *info)
{
	*(unsigned int *)arg |= 1u << atoi(strrchr(info->key, 'f') + 1);
}

/* Each object that survived has all its bytes.  How many they are. */
static unsigned int check_objects(struct world *w)
{
	unsigned int there = 0, count = 0;
	char name[8];

	cache_list(w->cache, note_object, &there);
	w->max_age_ms = 3600000;
	fake_tftp_gets = 0;
	for (unsigned int i = 0; i < 5; i++) {
		struct file *file;

		if (!(there & 1u << i))
			continue;
		snprintf(name, sizeof(name), "f%u", i);
		file = world_tftp(w, name);
		world_run(w, file);
		world_expect(file, SIZE + i, (uint8_t)i);
		file_unref(file);
		count++;
	}
	assert_int_equal(fake_tftp_gets, 0);
	return count;
}

static void test_cache_killed_at_many_points(void **state)
{
	struct world *w = *state;
	unsigned int survived = 0;

	w->size = 3 * SIZE + 64;
	for (unsigned int i = 0; i < KILLS; i++) {
		pid_t pid;

		cache_free(w->cache);
		w->cache = NULL;
		pid = fork();
		if (!pid) {
			/* The parent's loop is not for a child. */
			w->base = event_base_new();
			world_begin(w);
			live(w);
			_exit(1);
		}
		usleep(2000 + (useconds_t)(random() % LIVE_US)); /* the kill is to come at any moment */
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		world_begin(w);
		survived += check_objects(w);
		assert_int_equal(world_count(w, ".meta"), world_count(w, ".data"));
		assert_int_equal(world_count(w, ".tmp"), 0);
		cache_purge(w->cache, i % 4 ? "tftp://172.21.0.2:69/f1" : NULL);
		world_run(w, NULL);
	}
	assert_in_range(survived, 1, KILLS * 5); /* it did get somewhere */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cache_bit_flipped_before_a_start, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_bit_flipped_while_running, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_truncated, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_meta_damaged, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_meta_renamed, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_of_another_user, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_strange_files, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_directory_refused, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_copy_cannot_be_written, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_eviction_is_of_the_least_recently_used, world_setup,
						world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_eviction_spares_what_is_read, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_object_larger_than_the_cache, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_made_smaller, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_purge_while_read_and_stored, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_killed_at_many_points, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_memory_is_short, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_disk_is_full, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
