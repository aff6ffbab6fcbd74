/* SPDX-License-Identifier: BSD-2-Clause */
/* test_link_keep.c - what is kept for hostd over the end of the device process (docs/spec.md 5.5, 7.2). */
#include <stdlib.h>

#include "fake_host.h"

#define FILE_KEY(handle) (PVBOOT_LINK_KEY_FILE + (handle))

static struct link_kept slots[LINK_KEPT_SLOTS];

static void put(unsigned int i, uint32_t key, const char *text)
{
	slots[i].key = key;
	slots[i].len = (uint16_t)strlen(text);
	memcpy(slots[i].blob, text, slots[i].len);
	slots[i].used = true;
}

/* A process that begins with these slots, up to WELCOME. */
static struct fake_host *begin(uint16_t *id_flags)
{
	struct fake_host *h = host_new(true);
	struct pvboot_link_identity id;

	link_keep_in(&h->link, slots);
	link_up(&h->link);
	host_hello(h, 1, 1, PVBOOT_LINK_F_FD);
	host_expect(h, PVBOOT_LINK_IDENTITY, &id, sizeof(id));
	*id_flags = id.flags;
	host_welcome(h, PVBOOT_LINK_F_FD);
	return h;
}

static void expect_kept(struct fake_host *h, uint32_t key, const char *text)
{
	char blob[64] = "";

	assert_int_equal(host_expect(h, PVBOOT_LINK_KEPT, blob, strlen(text)), key);
	assert_memory_equal(blob, text, strlen(text));
}

static int clear(void **state)
{
	memset(slots, 0, sizeof(slots));
	return 0;
}

static void test_slots_with_rubbish(void **state)
{
	struct fake_host *h;
	uint16_t flags;

	memset(slots, 0xff, sizeof(slots)); /* neither true nor false */
	slots[3].len = 4;
	put(5, 77, "good");
	put(6, 78, "long");
	slots[6].len = PVBOOT_LINK_KEEP_MAX + 1;
	h = begin(&flags);
	expect_kept(h, 77, "good");
	host_expect(h, PVBOOT_LINK_RESUME, NULL, 0);
	host_free(h);
}

/* A process that ended between any two steps of a replacement leaves one copy that is whole. */
static void test_slot_half_replaced(void **state)
{
	struct fake_host *h;
	uint16_t flags;

	put(0, 77, "old");
	put(PVBOOT_LINK_KEEPS, 77, "new"); /* the first copy was complete, the second not begun */
	h = begin(&flags);
	expect_kept(h, 77, "old");
	host_expect(h, PVBOOT_LINK_RESUME, NULL, 0);
	host_free(h);

	clear(state);
	put(0, 77, "ol");
	slots[0].used = false; /* the second was under way */
	put(PVBOOT_LINK_KEEPS, 77, "new");
	h = begin(&flags);
	expect_kept(h, 77, "new");
	host_expect(h, PVBOOT_LINK_RESUME, NULL, 0);
	host_free(h);
}

static void test_replacing_keeps_the_order_and_all_slots(void **state)
{
	struct fake_host *h;
	uint16_t flags;

	h = begin(&flags);
	assert_int_equal(flags & PVBOOT_LINK_ID_LOST, 0);
	host_expect(h, PVBOOT_LINK_RESUME, NULL, 0);
	for (uint32_t i = 1; i <= PVBOOT_LINK_KEEPS; i++)
		host_send(h, PVBOOT_LINK_KEEP, i, "first", 5, NULL, 0);
	for (uint32_t i = 1; i <= PVBOOT_LINK_KEEPS; i++)
		host_send(h, PVBOOT_LINK_KEEP, i, "again", 5, NULL, 0);
	assert_int_equal(h->link.state, LINK_UP);
	host_send(h, PVBOOT_LINK_KEEP, 1000, "too many", 8, NULL, 0); /* [LNK-16] */
	assert_int_equal(h->link.state, LINK_DOWN);
	host_free(h);

	h = begin(&flags);
	for (uint32_t i = 1; i <= PVBOOT_LINK_KEEPS; i++)
		expect_kept(h, i, "again");
	host_expect(h, PVBOOT_LINK_RESUME, NULL, 0);
	host_free(h);
}

/* [DEV-65] The READ waits for the descriptor, which comes without an OPEN. */
static void test_file_of_a_process_before(void **state)
{
	struct fake_host *h;
	struct fake_io *io;
	uint16_t flags;

	put(0, FILE_KEY(7), "a file");
	h = begin(&flags);
	assert_int_equal(flags & PVBOOT_LINK_ID_LOST, PVBOOT_LINK_ID_LOST);
	expect_kept(h, FILE_KEY(7), "a file");
	host_expect(h, PVBOOT_LINK_RESUME, NULL, 0);
	io = host_read(h, 7, 0, 100, 0, 0);
	link_turn(&h->link);
	assert_int_equal(io->answers, 0);
	host_grow(h, 8, host_file(h, 100), 100, 100, 0, PVBOOT_LINK_GROW_DONE); /* nobody's */
	assert_int_equal(h->open_fds, 0);
	host_grow(h, 7, host_file(h, 100), 100, 100, 0, PVBOOT_LINK_GROW_DONE);
	link_turn(&h->link);
	assert_int_equal(io->answers, 1);
	assert_int_equal(io->status, PVBOOT_S_OK);
	assert_int_equal(io->length, 100);
	/* and now it has the descriptor: the next hostd is not asked for it */
	link_down(&h->link);
	assert_false(link_keep_lost(&h->link));
	host_free(h);
}

static void test_file_that_hostd_has_no_use_for(void **state)
{
	struct fake_host *h;
	struct fake_io *io;
	uint16_t flags;

	put(0, FILE_KEY(7), "a file");
	h = begin(&flags);
	io = host_read(h, 7, 0, 100, 0, 0);
	assert_int_equal(io->answers, 0);
	host_send(h, PVBOOT_LINK_FORGET, FILE_KEY(7), NULL, 0, NULL, 0);
	link_turn(&h->link);
	assert_int_equal(io->answers, 1);
	assert_int_equal(io->status, PVBOOT_S_BAD_HANDLE);
	host_free(h);
}

static void test_partial_read_of_it_ends_in_time(void **state)
{
	struct fake_host *h;
	struct fake_io *io;
	uint16_t flags;

	put(0, FILE_KEY(7), "a file");
	h = begin(&flags);
	io = host_read(h, 7, 0, 100, PVBOOT_READ_F_PARTIAL, 50);
	link_turn(&h->link);
	assert_int_equal(io->answers, 0);
	h->dev.now_ms += 50;
	link_turn(&h->link);
	assert_int_equal(io->answers, 1);
	assert_int_equal(io->status, PVBOOT_S_AGAIN);
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_slots_with_rubbish, clear),
		cmocka_unit_test_setup(test_slot_half_replaced, clear),
		cmocka_unit_test_setup(test_replacing_keeps_the_order_and_all_slots, clear),
		cmocka_unit_test_setup(test_file_of_a_process_before, clear),
		cmocka_unit_test_setup(test_file_that_hostd_has_no_use_for, clear),
		cmocka_unit_test_setup(test_partial_read_of_it_ends_in_time, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
