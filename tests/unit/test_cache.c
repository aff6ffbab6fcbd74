/* SPDX-License-Identifier: BSD-2-Clause */
/* test_cache.c - when a copy is served, and when not: docs/hostd.conf.5, CACHE. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cache_world.h"
#include "fake_clock.h"
#include "fake_network.h"

#define URL "http://172.21.0.2/f"
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

/* 2 MiB that begin with 1 are on disk as "f", and too old to be served unasked: opening "f" asks its server. */
static struct file *ask_about_old_copy(struct world *w)
{
	world_store(w, "f", 2 * MIB, 1);
	w->max_age_ms = 0;
	fake_clock_pass(1);
	return world_tftp(w, "f");
}

/* ---- not served: TFTP ---------------------------------------------------------------------------------------------
 */

static void test_cache_small_file_is_fetched_again(void **state)
{
	struct world *w = *state;

	for (uint8_t seed = 1; seed < 4; seed++) {
		struct file *file = world_tftp(w, "small");

		assert_int_equal(fake_tftp_gets, seed);
		world_send(CACHE_AGAIN_MAX, seed);
		world_expect(file, CACHE_AGAIN_MAX, seed);
		file_unref(file);
	}
	world_run(w, NULL);
	assert_int_equal(world_count(w, ""), 0);
}

static void test_cache_another_size(void **state)
{
	struct world *w = *state;
	struct file *file = ask_about_old_copy(w);

	assert_int_equal(fake_tftp_gets, 2);
	world_send(2 * MIB + 1, 1);
	world_expect(file, 2 * MIB + 1, 1);
	file_unref(file);
}

static void test_cache_another_beginning(void **state)
{
	struct world *w = *state;
	struct file *file = ask_about_old_copy(w);

	world_send_part(2 * MIB, 2, 65536 - 512);
	assert_false(file_opened(file)); /* nobody is told before it is known */
	fake_tftp_done(PVBOOT_S_TIMEOUT, 0, "gone");
	assert_int_equal(file_status(file), PVBOOT_S_TIMEOUT);
	file_unref(file);
	file = world_tftp(w, "f");
	world_send(2 * MIB, 2);
	world_expect(file, 2 * MIB, 2);
	file_unref(file);
}

/* A transfer that ends before the copy could be compared is one that was cut off. */
static void test_cache_cut_off_while_compared(void **state)
{
	struct world *w = *state;
	struct file *file = ask_about_old_copy(w);

	world_send_part(2 * MIB, 1, 1000);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	assert_int_equal(file_status(file), PVBOOT_S_TRUNCATED);
	file_unref(file);
}

/* The copy goes while its server is being asked about it: it is fetched after all. */
static void test_cache_purged_while_asked_about(void **state)
{
	struct world *w = *state;
	struct file *file;

	file = world_http(w, URL);
	world_send_http(100, 1, "\"a\"", "");
	file_unref(file);
	world_run(w, NULL);
	file = world_http(w, URL);
	assert_string_equal(fake_http_etag, "\"a\"");
	assert_int_equal(cache_purge(w->cache, NULL), 1);
	world_run(w, NULL);
	fake_http_opened(&(struct http_answer){.unchanged = true, .etag = "", .modified = ""});
	fake_http_done(PVBOOT_S_OK, 0, "");
	assert_int_equal(fake_http_gets, 3);
	assert_string_equal(fake_http_etag, "");
	world_send_http(100, 2, "\"a\"", "");
	world_expect(file, 100, 2);
	file_unref(file);
	world_run(w, NULL);
	/* The same by TFTP, whose transfer is already the fetch. */
	file = ask_about_old_copy(w);
	cache_purge(w->cache, NULL);
	world_run(w, NULL);
	world_send(2 * MIB, 1);
	world_expect(file, 2 * MIB, 1);
	file_unref(file);
}

static void test_cache_unknown_size(void **state)
{
	struct world *w = *state;
	struct file *file = ask_about_old_copy(w);

	world_send_part(PVBOOT_SIZE_UNKNOWN, 1, 65536);
	assert_int_equal(fake_tftp_running, 1); /* not ended: nothing shows that it is the same */
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	world_expect(file, 65536, 1);
	file_unref(file);
}

static void test_cache_old_fetch_is_not_joined(void **state)
{
	struct world *w = *state;
	struct file *one, *two;

	w->max_age_ms = 20;
	one = world_tftp(w, "f");
	world_send_part(2 * MIB, 1, MIB);
	fake_clock_pass(w->max_age_ms + 1);
	two = world_tftp(w, "f");
	assert_int_equal(fake_tftp_gets, 2);
	assert_ptr_not_equal(one, two);
	world_send(2 * MIB, 2);
	world_expect(two, 2 * MIB, 2);
	file_unref(one);
	file_unref(two);
}

static void test_cache_other_names_and_servers(void **state)
{
	struct world *w = *state;
	struct file *file;

	world_store(w, "f", 2 * MIB, 1);
	file = world_tftp(w, "F");
	assert_int_equal(fake_tftp_gets, 2);
	file_unref(file);
	file = world_http(w, "http://172.21.0.2/f");
	assert_int_equal(fake_http_gets, 1);
	file_unref(file);
}

static void test_cache_another_identity(void **state)
{
	struct world *w = *state;
	struct cache_request req = {.vm = "vm", .url = URL, .identity = "52:54:00:12:34:57"};
	struct file *one = world_http(w, URL), *two = cache_open(w->cache, &req);

	assert_int_equal(fake_http_gets, 2);
	assert_ptr_not_equal(one, two);
	file_unref(one);
	file_unref(two);
}

static void test_cache_off(void **state)
{
	struct world *w = *state;
	struct file *one, *two;

	world_store(w, "f", 2 * MIB, 1);
	w->off = true;
	one = world_tftp(w, "f");
	two = world_tftp(w, "f");
	assert_int_equal(fake_tftp_gets, 3);
	world_send(2 * MIB, 2);
	world_expect(two, 2 * MIB, 2);
	file_unref(one);
	file_unref(two);
}

/* ---- served: TFTP -------------------------------------------------------------------------------------------------
 */

static void test_cache_two_vms_race(void **state)
{
	struct world *w = *state;
	struct file *one = world_tftp(w, "f"), *two = world_tftp(w, "f"), *three;

	assert_int_equal(fake_tftp_gets, 1);
	world_send_part(2 * MIB, 1, MIB);
	three = world_tftp(w, "f");
	assert_true(file_opened(three));
	assert_int_equal(file_available(three), MIB);
	assert_int_equal(fake_tftp_gets, 1);
	file_unref(one);
	file_unref(two);
	assert_int_equal(fake_tftp_running, 1);
	file_unref(three);
	assert_int_equal(fake_tftp_running, 0); /* the last one ends it */
}

static void test_cache_young_copy(void **state)
{
	struct world *w = *state;
	struct file *file;

	world_store(w, "f", 2 * MIB, 1);
	file = world_tftp(w, "f");
	assert_int_equal(fake_tftp_gets, 1);
	world_expect(file, 2 * MIB, 1);
	file_unref(file);
	world_restart(w); /* first it has to be hashed */
	file = world_tftp(w, "f");
	assert_false(file_opened(file));
	world_run(w, file);
	assert_int_equal(fake_tftp_gets, 1);
	world_expect(file, 2 * MIB, 1);
	file_unref(file);
	file = world_tftp(w, "f");
	assert_true(file_done(file)); /* and not again */
	file_unref(file);
}

static void test_cache_same_beginning(void **state)
{
	struct world *w = *state;
	struct file *file = ask_about_old_copy(w);

	assert_int_equal(fake_tftp_gets, 2);
	world_send_part(2 * MIB, 1, 65536);
	assert_int_equal(fake_tftp_running, 0); /* ended */
	world_expect(file, 2 * MIB, 1);
	file_unref(file);
}

static void test_cache_while_it_is_stored(void **state)
{
	struct world *w = *state;
	struct file *one = world_tftp(w, "f"), *two;

	world_send(2 * MIB, 1);
	two = world_tftp(w, "f");
	assert_int_equal(fake_tftp_gets, 1);
	world_expect(two, 2 * MIB, 1);
	file_unref(one);
	world_wait_stored(w, 1);
	world_expect(two, 2 * MIB, 1);
	file_unref(two);
}

/* ---- HTTP ---------------------------------------------------------------------------------------------------------
 */

static void fetch_http(struct world *w, const char *etag, const char *modified)
{
	struct file *file = world_http(w, URL);

	world_send_http(100, 1, etag, modified);
	world_expect(file, 100, 1);
	file_unref(file);
	world_run(w, NULL);
}

static void confirm(void)
{
	fake_http_opened(&(struct http_answer){.unchanged = true, .etag = "", .modified = ""});
	fake_http_done(PVBOOT_S_OK, 0, "");
}

static void test_cache_http_without_validator(void **state)
{
	struct world *w = *state;

	fetch_http(w, "", "");
	assert_int_equal(world_count(w, ""), 0);
	fetch_http(w, "", "");
	assert_int_equal(fake_http_gets, 2);
	assert_string_equal(fake_http_etag, "");
}

static void test_cache_http_no_store(void **state)
{
	struct world *w = *state;
	struct file *file = world_http(w, URL);

	fake_http_opened(&(struct http_answer){.size = 0, .etag = "\"a\"", .modified = "", .no_store = true});
	fake_http_done(PVBOOT_S_OK, 0, "");
	file_unref(file);
	world_run(w, NULL);
	assert_int_equal(world_count(w, ""), 0);
}

static void test_cache_http_changed(void **state)
{
	struct world *w = *state;
	struct file *file;

	fetch_http(w, "\"a\"", "");
	file = world_http(w, URL);
	assert_string_equal(fake_http_etag, "\"a\"");
	world_send_http(100, 2, "\"b\"", "");
	world_expect(file, 100, 2);
	file_unref(file);
	world_wait_stored(w, 1);
	world_run(w, NULL);
	assert_int_equal(world_count(w, ".data"), 1);
	file = world_http(w, URL);
	assert_string_equal(fake_http_etag, "\"b\"");
	file_unref(file);
}

static void test_cache_http_unchanged(void **state)
{
	struct world *w = *state;
	struct file *file;

	fetch_http(w, "\"a\"", DATE);
	file = world_http(w, URL);
	assert_int_equal(fake_http_gets, 2); /* it is asked each time */
	assert_false(file_opened(file));
	assert_string_equal(fake_http_modified, DATE);
	confirm();
	world_expect(file, 100, 1);
	file_unref(file);
}

/* What is not on disk is there while somebody reads it, or asks its server about it. */
static void test_cache_http_last_reader_leaves(void **state)
{
	struct world *w = *state;
	struct file *one, *two;

	w->size = 99;
	world_restart(w);
	one = world_http(w, URL);
	world_send_http(100, 1, "\"a\"", "");
	world_run(w, NULL);
	two = world_http(w, URL);
	assert_string_equal(fake_http_etag, "\"a\"");
	file_unref(one);
	confirm();
	world_expect(two, 100, 1);
	file_unref(two);
}

static void test_cache_http_server_away(void **state)
{
	struct world *w = *state;
	struct file *file;

	fetch_http(w, "\"a\"", "");
	file = world_http(w, URL);
	fake_http_done(PVBOOT_S_UNREACHABLE, 0, "away");
	assert_int_equal(file_status(file), PVBOOT_S_UNREACHABLE);
	file_unref(file);
	w->stale = true;
	file = world_http(w, URL);
	fake_http_done(PVBOOT_S_NOT_FOUND, 404, "not there"); /* the server is not away */
	assert_int_equal(file_status(file), PVBOOT_S_NOT_FOUND);
	file_unref(file);
	file = world_http(w, URL);
	fake_http_done(PVBOOT_S_UNREACHABLE, 0, "away");
	world_expect(file, 100, 1);
	file_unref(file);
}

static void test_cache_tftp_server_away(void **state)
{
	struct world *w = *state;
	struct file *file;

	w->stale = true;
	world_store(w, "small", 100, 1);
	file = world_tftp(w, "small");
	fake_tftp_done(PVBOOT_S_TIMEOUT, 0, "away");
	world_expect(file, 100, 1);
	file_unref(file);
	file = world_tftp(w, "small");
	world_send_part(100, 2, 50);
	fake_tftp_done(PVBOOT_S_TIMEOUT, 0, "away"); /* guests may have read of it */
	assert_int_equal(file_status(file), PVBOOT_S_TIMEOUT);
	file_unref(file);
}

static void test_cache_http_cut_off(void **state)
{
	struct world *w = *state;
	struct file *file = world_http(w, URL);

	fake_http_opened(&(struct http_answer){.size = 100, .etag = "\"a\"", .modified = ""});
	assert_true(fake_http_data("1234", 4));
	fake_http_done(PVBOOT_S_TRUNCATED, 0, "cut");
	assert_int_equal(file_status(file), PVBOOT_S_TRUNCATED);
	file_unref(file);
	world_run(w, NULL);
	assert_int_equal(world_count(w, ""), 0);
}

/* A size alone is asked for on its own: what is joined later is a fetch. */
static void test_cache_stat(void **state)
{
	struct world *w = *state;
	const struct cache_request req = {.vm = "vm", .url = URL, .stat_only = true};
	struct file *stat = cache_open(w->cache, &req), *file;

	assert_true(fake_http_stat);
	fake_http_opened(&(struct http_answer){.size = 1000, .etag = "\"a\"", .modified = ""});
	fake_http_done(PVBOOT_S_OK, 0, "");
	assert_int_equal(file_status(stat), PVBOOT_S_OK);
	assert_int_equal(file_size(stat), 1000);
	file_unref(stat);
	file = world_http(w, URL);
	assert_false(fake_http_stat);
	file_unref(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cache_small_file_is_fetched_again, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_another_size, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_another_beginning, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_cut_off_while_compared, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_purged_while_asked_about, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_unknown_size, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_old_fetch_is_not_joined, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_other_names_and_servers, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_another_identity, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_off, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_two_vms_race, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_young_copy, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_same_beginning, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_while_it_is_stored, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_http_without_validator, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_http_no_store, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_http_changed, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_http_unchanged, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_http_last_reader_leaves, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_http_server_away, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_tftp_server_away, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_http_cut_off, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_cache_stat, world_setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
