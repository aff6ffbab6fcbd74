/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of what becomes of the stream when its VM is freed.  Palacios frees a stream that the plugin closes, also under
 * a daemon that has it open; this host says "violation" then, and at each thing the daemon does with it afterwards.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "drive.h"

#define XML DRIVE_XML("<bus>pci0</bus><mac>52:54:00:12:34:57</mac>")
#define HURRY 50 /* the second after a BYE in 20 ms */
#define SLOW 100 /* in 100 s */
/* That second and more, slept: the plugin reads the time from the CPU, whose clock no test can move. */
#define LET_GO_US 40000
#define BYTES 60000u
#define MIB (1u << 20)

static int set_up(void **state)
{
	*state = drive_new(XML);
	return 0;
}

static int set_up_in_a_hurry(void **state)
{
	host_hurry = HURRY;
	return set_up(state);
}

static int set_up_slow(void **state)
{
	host_slow = SLOW;
	return set_up(state);
}

static int tear_down(void **state)
{
	host_hurry = host_slow = 1;
	host_before_lock = host_during_copy = NULL;
	drive_free(*state);
	return 0;
}

/* A driver, and a daemon that serves it. */
static struct drive *both(void **state)
{
	struct drive *d = *state;

	drive_start(d, 0);
	drive_connect(d);
	drive_hello(d);
	return d;
}

static void say_bye(struct drive *d)
{
	drive_send(d, PVBOOT_LINK_BYE, 0, NULL, 0, NULL, 0);
}

/* What the daemon still has is as good as before, and takes nothing. */
static void check_disowned(struct drive *d)
{
	char buf[HOST_RING];

	assert_int_equal(stream_write(d->stream, "x", 1), -1);
	while (stream_readable(d->stream))
		assert_true(stream_read(d->stream, buf, sizeof(buf)) > 0);
	assert_int_equal(stream_read(d->stream, buf, sizeof(buf)), 0);
	drive_release(d);
	assert_int_equal(stream_bury(), 1);
	assert_int_equal(host_allocations(), 0);
}

/* ---- who may have it open --------------------------------------------------------------------------------------- */

static void test_free_under_a_daemon(void **state)
{
	struct drive *d = both(state);

	drive_free_vm(d);
	assert_true(host_printed("pvboot: the VM is freed, and a process may have the stream open"));
	check_disowned(d);
}

/* A process that has said nothing, such as one that only reads. */
static void test_free_under_a_silent_process(void **state)
{
	struct drive *d = *state;

	drive_connect(d);
	drive_free_vm(d);
	check_disowned(d);
}

/* Between the BYE and the close() of a hostd that lets go. */
static void test_free_soon_after_a_bye(void **state)
{
	struct drive *d = both(state);

	say_bye(d);
	drive_free_vm(d);
	check_disowned(d);
}

static void test_free_after_a_bye(void **state)
{
	struct drive *d = both(state);

	say_bye(d);
	drive_release(d);
	usleep(LET_GO_US);
	drive_free_vm(d);
	assert_int_equal(stream_bury(), 0);
	assert_int_equal(host_allocations(), 0);
	assert_false(host_printed("4.4 KB"));
}

static void test_free_after_a_bye_and_a_hello(void **state)
{
	struct drive *d = both(state);

	say_bye(d);
	drive_release(d);
	drive_connect(d);
	drive_hello(d);
	usleep(LET_GO_US);
	drive_free_vm(d);
	check_disowned(d);
}

/* The first byte of a HELLO. */
static void test_free_after_a_bye_and_a_byte(void **state)
{
	struct drive *d = both(state);

	say_bye(d);
	drive_release(d);
	drive_connect(d);
	assert_int_equal(stream_write(d->stream, "K", 1), 1);
	usleep(LET_GO_US);
	drive_free_vm(d);
	check_disowned(d);
}

/* The device gave the connection up, and hostd has not heard of it yet. */
static void test_free_after_a_bye_of_the_device(void **state)
{
	struct drive *d = both(state);

	drive_send(d, 99, 0, NULL, 0, NULL, 0);
	drive_expect(d, PVBOOT_LINK_BYE, NULL, NULL);
	usleep(LET_GO_US);
	drive_free_vm(d);
	check_disowned(d);
}

/* The next VM has a stream of that name, and the daemon finds it while it still holds the other. */
static void test_free_and_the_next_vm(void **state)
{
	struct drive *d = both(state);
	struct host_stream *before = d->stream;

	drive_free_vm(d);
	d->vm = host_create(XML);
	assert_non_null(d->vm);
	drive_start(d, d->base);
	drive_connect(d);
	assert_true(d->stream != before);
	assert_int_equal(stream_write(before, "x", 1), -1);
	drive_hello(d);
	stream_release(before);
	assert_int_equal(stream_bury(), 1);
	drive_send(d, PVBOOT_LINK_KEEP, PVBOOT_LINK_KEY_LEASE, "the lease", 9, NULL, 0);
}

/* ---- while the daemon writes ------------------------------------------------------------------------------------ */

struct meanwhile {
	struct drive *d;
	pthread_t thread;
	bool freed;
};

static void *free_vm(void *arg)
{
	struct meanwhile *m = arg;

	drive_free_vm(m->d);
	__atomic_store_n(&m->freed, true, __ATOMIC_SEQ_CST);
	return NULL;
}

/* v3_free, as far as it comes: it waits for the input that is under way, or it would have freed what that uses. */
static void begin_free(void *arg)
{
	unsigned int before = host_yields();
	struct meanwhile *m = arg;

	assert_int_equal(pthread_create(&m->thread, NULL, free_vm, m), 0);
	while (host_yields() == before && !__atomic_load_n(&m->freed, __ATOMIC_SEQ_CST))
		usleep(100);
	if (!__atomic_load_n(&m->freed, __ATOMIC_SEQ_CST))
		return;
	/* no assertion: it would leave the plugin by a jump, and the rest would hang */
	fprintf(stderr, "test_free: the VM was freed under an input\n");
	abort();
}

static void test_free_while_an_input_copies(void **state)
{
	const struct pvboot_read_args args = {.handle = 7, .offset = 0};
	const struct pvboot_link_data data = {.offset = 0, .length = BYTES};
	struct meanwhile m = {.d = both(state)};
	uint8_t *bytes = calloc(1, BYTES);
	uint32_t id;

	assert_non_null(bytes);
	drive_submit(m.d, 0, PVBOOT_OP_READ, &args, sizeof(args), MIB, BYTES);
	id = drive_expect(m.d, PVBOOT_LINK_REQUEST, NULL, NULL);
	host_during_copy_arg = &m;
	host_during_copy = begin_free;
	drive_send(m.d, PVBOOT_LINK_DATA, id, &data, sizeof(data), bytes, BYTES);
	free(bytes);
	assert_null(host_during_copy);
	pthread_join(m.thread, NULL);
	check_disowned(m.d);
}

/* hostd's thread is in the plugin, and has not come to its lock. */
static void test_free_while_an_input_begins(void **state)
{
	struct meanwhile m = {.d = both(state)};

	host_before_lock_arg = &m;
	host_before_lock = begin_free;
	drive_send(m.d, PVBOOT_LINK_FORGET, 0, NULL, 0, NULL, 0);
	assert_null(host_before_lock);
	pthread_join(m.thread, NULL);
	check_disowned(m.d);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TEST_IN_A_HURRY(name) cmocka_unit_test_setup_teardown(name, set_up_in_a_hurry, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_free_under_a_daemon),
		TEST(test_free_under_a_silent_process),
		cmocka_unit_test_setup_teardown(test_free_soon_after_a_bye, set_up_slow, tear_down),
		TEST_IN_A_HURRY(test_free_after_a_bye),
		TEST_IN_A_HURRY(test_free_after_a_bye_and_a_hello),
		TEST_IN_A_HURRY(test_free_after_a_bye_and_a_byte),
		TEST_IN_A_HURRY(test_free_after_a_bye_of_the_device),
		TEST(test_free_and_the_next_vm),
		TEST(test_free_while_an_input_copies),
		TEST(test_free_while_an_input_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
