/* SPDX-License-Identifier: BSD-2-Clause */
/* test_loop.c - the device process's event loop: awake for a moment after QEMU, asleep otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop.h"

#define TRIES 5000 /* of a millisecond */

static struct loop loop;
static unsigned int yields, served, tries;
static int to_write = -1; /* by the first yield: as QEMU does who got the processor */

int __wrap_sched_yield(void);

int __wrap_sched_yield(void)
{
	if (!yields++ && to_write >= 0)
		assert_int_equal(write(to_write, "x", 1), 1);
	return 0;
}

static int start(void **state)
{
	yields = served = tries = 0;
	to_write = -1;
	loop = (struct loop){.base = event_base_new()};
	return loop.base ? 0 : -1;
}

static int end(void **state)
{
	event_base_free(loop.base);
	return 0;
}

static void serve(evutil_socket_t fd, short what, void *arg)
{
	char c;

	served++;
	assert_int_equal(read(fd, &c, 1), 1);
	event_base_loopbreak(loop.base);
}

/* End the test; a loop that is still awake, since this process was kept from running, first falls asleep. */
static void give_up(evutil_socket_t fd, short what, void *arg)
{
	if (loop.awake && tries++ < TRIES)
		event_add(arg, &(struct timeval){0, 1000});
	else
		event_base_loopbreak(loop.base);
}

/* The read end of a pipe, watched, and a timer that ends the test. */
static int watched_pipe(struct event *ev[2], int ends[2], const struct timeval *patience)
{
	assert_int_equal(pipe(ends), 0);
	ev[0] = event_new(loop.base, ends[0], EV_READ | EV_PERSIST, serve, NULL);
	ev[1] = evtimer_new(loop.base, give_up, event_self_cbarg());
	assert_int_equal(event_add(ev[0], NULL), 0);
	assert_int_equal(event_add(ev[1], patience), 0);
	return ends[1];
}

static void close_pipe(struct event *ev[2], int ends[2])
{
	for (int i = 0; i < 2; i++) {
		event_free(ev[i]);
		close(ends[i]);
	}
}

static void test_without_events_it_ends(void **state)
{
	loop_run(&loop);
	assert_int_equal(yields, 0);
}

static void test_asleep_nothing_yields(void **state)
{
	struct event *ev[2];
	int ends[2];

	watched_pipe(ev, ends, &(struct timeval){0, 20000});
	loop_run(&loop);
	assert_int_equal(yields, 0);
	close_pipe(ev, ends);
}

static void test_awake_it_sees_what_comes(void **state)
{
	struct event *ev[2];
	int ends[2];

	to_write = watched_pipe(ev, ends, &(struct timeval){10, 0});
	loop.yields = true;
	loop.in_vain = 3;
	loop_stay_awake(&loop);
	loop_run(&loop);
	assert_int_equal(yields, 1);
	assert_int_equal(served, 1);
	loop_stay_awake(&loop); /* the answer to that */
	assert_int_equal(loop.in_vain, 2);
	close_pipe(ev, ends);
}

/* A second of waiting has room for a million looks. */
static void test_awake_it_falls_asleep(void **state)
{
	struct event *ev[2];
	int ends[2];

	watched_pipe(ev, ends, &(struct timeval){1, 0});
	loop.yields = true;
	loop_stay_awake(&loop);
	loop_run(&loop);
	assert_in_range(yields, 1, 10000);
	close_pipe(ev, ends);
}

static void test_awake_it_yields_only_if_told(void **state)
{
	struct event *ev[2];
	int ends[2];

	watched_pipe(ev, ends, &(struct timeval){0, 20000});
	loop_stay_awake(&loop);
	loop_run(&loop);
	assert_int_equal(yields, 0);
	assert_int_equal(loop.in_vain, 1); /* it did look */
	close_pipe(ev, ends);
}

/* 0, 1, 3, 7 ... 255 answers go by without an attempt. */
static void test_in_vain_it_tries_less_and_less(void **state)
{
	struct event *ev[2];
	int ends[2];

	for (unsigned int i = 0; i < 11; i++) {
		unsigned int expected = i < 8 ? (1u << i) - 1 : 255;

		watched_pipe(ev, ends, &(struct timeval){0, 1000});
		loop_stay_awake(&loop);
		assert_true(loop.awake);
		loop_run(&loop);
		assert_false(loop.awake);
		for (unsigned int answers = 0; answers < expected; answers++) {
			loop_stay_awake(&loop);
			assert_false(loop.awake);
		}
		close_pipe(ev, ends);
	}
}

static void test_break_ends_it_while_awake(void **state)
{
	struct event *ev[2];
	int ends[2];

	assert_int_equal(write(watched_pipe(ev, ends, &(struct timeval){10, 0}), "x", 1), 1);
	loop_stay_awake(&loop);
	loop_run(&loop);
	assert_int_equal(served, 1);
	close_pipe(ev, ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_without_events_it_ends, start, end),
		cmocka_unit_test_setup_teardown(test_asleep_nothing_yields, start, end),
		cmocka_unit_test_setup_teardown(test_awake_it_sees_what_comes, start, end),
		cmocka_unit_test_setup_teardown(test_awake_it_falls_asleep, start, end),
		cmocka_unit_test_setup_teardown(test_awake_it_yields_only_if_told, start, end),
		cmocka_unit_test_setup_teardown(test_in_vain_it_tries_less_and_less, start, end),
		cmocka_unit_test_setup_teardown(test_break_ends_it_while_awake, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
