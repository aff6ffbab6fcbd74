/* SPDX-License-Identifier: BSD-2-Clause */
/* test_link_file.c - files by descriptor: GROW and READ, against a hostd that is played by the test. */
#include "fake_host.h"

#define DONE PVBOOT_LINK_GROW_DONE

/* A host that passes descriptors, and an OPEN sent to it; *id is the request's. */
static struct fake_host *opening(uint32_t *id, struct fake_io **io)
{
	struct fake_host *h = host_new(true);

	host_connect(h, PVBOOT_LINK_F_FD);
	*io = host_open(h);
	*id = host_expect_request(h, PVBOOT_OP_OPEN);
	return h;
}

static void opened(struct fake_host *h, uint32_t id, uint32_t handle)
{
	struct pvboot_open_res res = {.handle = handle, .size = PVBOOT_SIZE_UNKNOWN};

	host_reply(h, id, PVBOOT_S_OK, &res, sizeof(res));
}

/* A host, and file 7 of size bytes open, of which available are there. */
static struct fake_host *with_file(uint64_t available, uint64_t size, uint32_t flags)
{
	struct fake_io *io;
	uint32_t id;
	struct fake_host *h = opening(&id, &io);

	host_grow(h, 7, host_file(h, size == PVBOOT_SIZE_UNKNOWN ? available : size), available, size, 0, flags);
	opened(h, id, 7);
	assert_int_equal(io->status, PVBOOT_S_OK);
	return h;
}

/* ---- refusals --------------------------------------------------------------------------------------------------- */

/* [LNK-12] */
static void test_grow_contradicts(void **state)
{
	static const struct pvboot_link_grow bad[] = {
		{101, 100, 0, 0},			    /* more than there is */
		{99, 100, 0, DONE},			    /* complete, and not */
		{UINT64_MAX, PVBOOT_SIZE_UNKNOWN, 0, DONE}, /* no file is so long */
		{50, 100, 0, 2},			    /* an unknown flag */
		{50, 100, PVBOOT_S_FAILED, 0},		    /* failed, and goes on */
		{50, 100, PVBOOT_S_LAST + 1, DONE},
		{39, 100, 0, 0}, /* shrinks */
		{50, 101, 0, 0}, /* another size */
		{50, PVBOOT_SIZE_UNKNOWN, 0, 0},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fake_host *h = with_file(40, 100, 0);

		host_grow(h, 7, -1, bad[i].available, bad[i].size, bad[i].status, bad[i].flags);
		assert_int_equal(h->link.state, LINK_DOWN);
		assert_int_equal(h->dropped, 1);
		host_free(h);
	}
}

static void test_grow_after_done(void **state)
{
	struct fake_host *h = with_file(100, 100, DONE);

	host_grow(h, 7, -1, 100, 100, 0, 0);
	assert_int_equal(h->link.state, LINK_DOWN);
	host_free(h);
}

/* [LNK-12] */
static void test_grow_no_plain_file(void **state)
{
	struct fake_io *io;
	uint32_t id;
	struct fake_host *h = opening(&id, &io);
	int fd = host_file(h, 100);

	h->file[fd].special = true;
	host_grow(h, 7, fd, 0, 100, 0, 0);
	assert_int_equal(h->link.state, LINK_DOWN);
	assert_int_equal(h->open_fds, 0);
	assert_int_equal(io->answers, 0);
	host_free(h);
}

/* [LNK-1] */
static void test_grow_announced_without_descriptor(void **state)
{
	struct pvboot_link_hdr hdr = {PVBOOT_LINK_MAGIC, sizeof(struct pvboot_link_grow), PVBOOT_LINK_GROW,
				      PVBOOT_LINK_F_FD, 7};
	struct pvboot_link_grow g = {0};
	struct fake_io *io;
	uint32_t id;
	struct fake_host *h = opening(&id, &io);

	link_input(&h->link, &hdr, sizeof(hdr));
	link_input(&h->link, &g, sizeof(g));
	assert_int_equal(h->link.state, LINK_DOWN);
	host_free(h);
}

/* [LNK-8] */
static void test_grow_unknown_handle_ignored(void **state)
{
	struct fake_host *h = with_file(40, 100, 0);

	host_grow(h, 8, -1, 1000, 1, 9999, 9999); /* nobody looks */
	host_grow(h, 8, host_file(h, 10), 10, 10, 0, DONE);
	host_grow(h, 0, host_file(h, 10), 10, 10, 0, DONE);
	assert_int_equal(h->link.state, LINK_UP);
	assert_int_equal(h->open_fds, 1);
	host_free(h);
}

static void test_grow_files_without_end(void **state)
{
	struct fake_io *io;
	uint32_t id;
	struct fake_host *h = opening(&id, &io);

	for (uint32_t i = 1; i <= LINK_FILES; i++)
		host_grow(h, i, host_file(h, 10), 10, 10, 0, DONE);
	assert_int_equal(h->link.state, LINK_UP);
	host_grow(h, 99, host_file(h, 10), 10, 10, 0, DONE);
	assert_int_equal(h->link.state, LINK_DOWN);
	assert_int_equal(h->open_fds, 0); /* none of them was confirmed */
	host_free(h);
}

static void test_grow_of_others_closed_with_open(void **state)
{
	struct fake_io *io;
	uint32_t id;
	struct fake_host *h = opening(&id, &io);

	host_grow(h, 6, host_file(h, 10), 10, 10, 0, DONE); /* closed by a reset that it crossed */
	host_grow(h, 7, host_file(h, 10), 10, 10, 0, DONE);
	opened(h, id, 7);
	assert_int_equal(h->open_fds, 1);
	assert_int_equal(host_read(h, 6, 0, 10, 0, 0)->status, PVBOOT_S_BAD_HANDLE);
	assert_int_equal(host_read(h, 7, 0, 10, 0, 0)->length, 10);
	host_free(h);
}

static void test_read_bad_handle(void **state)
{
	struct fake_host *h = with_file(40, 100, 0);
	struct fake_io *io = host_read(h, 0, 0, 10, 0, 0);

	assert_int_equal(io->status, PVBOOT_S_BAD_HANDLE);
	assert_string_equal(h->dev.error, "no file is open under that handle");
	host_free(h);
}

static void test_data_with_descriptors(void **state)
{
	struct fake_host *h = with_file(40, 100, 0);

	host_data(h, 1, 0, "x", 1);
	assert_int_equal(h->link.state, LINK_DOWN);
	host_free(h);
}

static void test_read_no_memory(void **state)
{
	struct fake_host *h = with_file(100, 100, DONE);
	struct fake_io *io = host_io(h, fake_io_read(&h->dev, 7, 0, 10, 0, 0));

	io->no_memory = true;
	link_backend.submit(&h->link, &io->io);
	link_turn(&h->link);
	assert_int_equal(io->status, PVBOOT_S_FAILED);
	host_free(h);
}

/* [DEV-27] */
static void test_read_file_shorter_than_announced(void **state)
{
	struct fake_host *h = with_file(100, 100, DONE);
	struct fake_io *io;

	h->file[0].size = 50;
	io = host_read(h, 7, 60, 10, 0, 0);
	assert_int_equal(io->status, PVBOOT_S_CHANGED);
	host_free(h);
}

/* [DEV-27] */
static void test_read_file_changed(void **state)
{
	struct fake_host *h = with_file(100, 100, DONE);
	struct fake_io *io;

	h->file[0].mtime++;
	io = host_read(h, 7, 0, 50, 0, 0);
	assert_int_equal(io->status, PVBOOT_S_OK); /* asked at the end */
	io = host_read(h, 7, 50, 50, 0, 0);
	assert_int_equal(io->status, PVBOOT_S_CHANGED);
	assert_string_equal(h->dev.error, "the file changed while it was read");
	host_free(h);
}

static void test_read_offset_wraps(void **state)
{
	struct fake_host *h = with_file(100, 100, DONE);
	struct fake_io *io = host_read(h, 7, UINT64_MAX, 10, 0, 0);

	assert_int_equal(io->status, PVBOOT_S_OK);
	assert_int_equal(io->length, 0);
	assert_int_equal(io->detail, PVBOOT_READ_EOF);
	host_free(h);
}

/* ---- what is to work -------------------------------------------------------------------------------------------- */

/* [DEV-26] */
static void test_read_to_the_end(void **state)
{
	struct fake_host *h = with_file(100, 100, DONE);
	struct fake_io *io = host_read(h, 7, 0, 99, 0, 0);

	assert_int_equal(io->length, 99);
	assert_int_equal(io->detail, 0);
	assert_memory_equal(io->result, host_bytes, 99);
	io = host_read(h, 7, 99, 1, 0, 0);
	assert_int_equal(io->length, 1);
	assert_int_equal(io->detail, PVBOOT_READ_EOF);
	assert_int_equal(io->result[0], host_bytes[99]);
	io = host_read(h, 7, 90, 100, 0, 0);
	assert_int_equal(io->length, 10);
	assert_int_equal(io->detail, PVBOOT_READ_EOF);
	io = host_read(h, 7, 100, 100, 0, 0);
	assert_int_equal(io->length, 0);
	assert_int_equal(io->detail, PVBOOT_READ_EOF);
	host_free(h);
}

static void test_read_empty_file(void **state)
{
	struct fake_host *h = with_file(0, PVBOOT_SIZE_UNKNOWN, DONE);
	struct fake_io *io = host_read(h, 7, 0, 10, 0, 0);

	assert_int_equal(io->status, PVBOOT_S_OK);
	assert_int_equal(io->length, 0);
	assert_int_equal(io->detail, PVBOOT_READ_EOF);
	host_free(h);
}

/* [DEV-26] */
static void test_read_waits_for_growth(void **state)
{
	struct fake_host *h = with_file(40, 100, 0);
	struct fake_io *io = host_read(h, 7, 30, 50, 0, 0);

	assert_int_equal(io->answers, 0);
	assert_int_equal(io->io.be_offset, 10); /* moved as it comes */
	host_grow(h, 7, -1, 79, 100, 0, 0);
	link_turn(&h->link);
	assert_int_equal(io->answers, 0);
	host_grow(h, 7, -1, 80, 100, 0, 0);
	assert_true(link_turn_due(&h->link));
	link_turn(&h->link);
	assert_int_equal(io->length, 50);
	assert_memory_equal(io->result, host_bytes + 30, 50);
	host_free(h);
}

/* [DEV-26] */
static void test_read_fails_with_the_file(void **state)
{
	struct fake_host *h = with_file(40, 100, 0);
	struct fake_io *io = host_read(h, 7, 30, 50, 0, 0);

	host_grow(h, 7, -1, 40, 100, PVBOOT_S_TIMEOUT, DONE);
	link_turn(&h->link);
	assert_int_equal(io->status, PVBOOT_S_TIMEOUT);
	assert_int_equal(io->length, 0);
	assert_string_equal(h->dev.error, "words");
	/* what came before the failure can be had */
	io = host_read(h, 7, 0, 50, PVBOOT_READ_F_PARTIAL, 0);
	assert_int_equal(io->status, PVBOOT_S_OK);
	assert_int_equal(io->length, 40);
	assert_int_equal(io->detail, 0);
	io = host_read(h, 7, 40, 50, PVBOOT_READ_F_PARTIAL, 0);
	assert_int_equal(io->status, PVBOOT_S_TIMEOUT);
	host_free(h);
}

/* [DEV-26] */
static void test_read_partial(void **state)
{
	struct fake_host *h = with_file(40, 100, 0);
	struct fake_io *io = host_read(h, 7, 30, 50, PVBOOT_READ_F_PARTIAL, 100);

	assert_int_equal(io->length, 10);
	io = host_read(h, 7, 40, 50, PVBOOT_READ_F_PARTIAL, 0);
	assert_int_equal(io->status, PVBOOT_S_AGAIN);
	io = host_read(h, 7, 40, 50, PVBOOT_READ_F_PARTIAL, 100);
	assert_int_equal(io->answers, 0);
	assert_int_equal(link_deadline(&h->link), 100);
	h->dev.now_ms = 99;
	host_grow(h, 7, -1, 41, 100, 0, 0);
	link_turn(&h->link);
	assert_int_equal(io->status, PVBOOT_S_OK);
	assert_int_equal(io->length, 1);
	io = host_read(h, 7, 41, 50, PVBOOT_READ_F_PARTIAL, 1);
	h->dev.now_ms = 100;
	link_turn(&h->link);
	assert_int_equal(io->status, PVBOOT_S_AGAIN);
	host_free(h);
}

/* [DEV-6] */
static void test_read_yields(void **state)
{
	struct fake_host *h = with_file(3 * LINK_CHUNK, PVBOOT_SIZE_UNKNOWN, DONE);
	struct fake_io *big = host_io(h, fake_io_read(&h->dev, 7, 0, 2 * LINK_CHUNK, 0, 0)), *small;

	/* the fake guest's memory ends early: the first turns are enough to see who gets which */
	h->file[0].size = 100000;
	link_backend.submit(&h->link, &big->io);
	assert_int_equal(big->io.be_offset, 0); /* nothing while the VMM waits */
	assert_true(link_turn_due(&h->link));
	link_turn(&h->link);
	assert_int_equal(big->answers, 0);
	assert_int_equal(big->io.be_offset, 100000);
	assert_true(link_turn_due(&h->link));
	h->file[0].size = 200000;
	small = host_read(h, 7, 0, 10, 0, 0);
	assert_int_equal(small->length, 10);
	assert_int_equal(big->answers, 0);
	host_free(h);
}

static void test_progress_answered_here(void **state)
{
	struct fake_host *h = with_file(40, 100, 0);
	struct pvboot_file_args a = {.handle = 7};
	struct fake_io *io =
		host_io(h, fake_io_new(&h->dev, PVBOOT_OP_PROGRESS, &a, sizeof(a), sizeof(struct pvboot_progress_res)));
	struct pvboot_progress_res res;

	link_backend.submit(&h->link, &io->io);
	memcpy(&res, io->result, sizeof(res));
	assert_int_equal(res.size, 100);
	assert_int_equal(res.available, 40);
	assert_int_equal(h->out_len, 0);
	host_free(h);
}

static void test_close_is_told_and_done(void **state)
{
	struct fake_host *h = with_file(40, 100, 0);
	struct pvboot_file_args a = {.handle = 7};
	struct fake_io *io = host_io(h, fake_io_new(&h->dev, PVBOOT_OP_CLOSE, &a, sizeof(a), 0));
	uint32_t id;

	link_backend.submit(&h->link, &io->io);
	assert_int_equal(h->open_fds, 0);
	id = host_expect_request(h, PVBOOT_OP_CLOSE);
	host_grow(h, 7, -1, 60, 100, 0, 0); /* crossed it */
	host_reply(h, id, PVBOOT_S_OK, NULL, 0);
	assert_int_equal(io->status, PVBOOT_S_OK);
	assert_int_equal(host_read(h, 7, 0, 10, 0, 0)->status, PVBOOT_S_BAD_HANDLE);
	host_free(h);
}

/* [DEV-20] */
static void test_file_outlives_host(void **state)
{
	struct fake_host *h = with_file(40, 100, 0);
	struct fake_io *io;

	link_down(&h->link);
	assert_int_equal(host_read(h, 7, 0, 40, 0, 0)->length, 40);
	io = host_read(h, 7, 20, 40, 0, 0);
	assert_int_equal(io->answers, 0);
	/* the next host has it in another place and has got less of it so far */
	host_connect(h, PVBOOT_LINK_F_FD);
	host_grow(h, 7, host_file(h, 100), 30, 100, 0, 0);
	link_turn(&h->link);
	assert_int_equal(h->open_fds, 1);
	assert_int_equal(io->answers, 0);
	host_grow(h, 7, -1, 100, 100, 0, DONE);
	link_turn(&h->link);
	assert_int_equal(io->length, 40);
	assert_memory_equal(io->result, host_bytes + 20, 40);
	host_free(h);
}

static void test_next_host_without_descriptors(void **state)
{
	struct fake_host *h = with_file(40, 100, 0);
	struct fake_io *io = host_read(h, 7, 0, 50, 0, 0);
	uint32_t id;

	link_down(&h->link);
	host_connect(h, 0);
	assert_int_equal(h->open_fds, 0);
	id = host_expect_request(h, PVBOOT_OP_READ);
	host_data(h, id, 0, host_bytes, 50);
	host_reply_read(h, id, PVBOOT_S_OK, 0, 50);
	assert_int_equal(io->length, 50);
	assert_memory_equal(io->result, host_bytes, 50);
	host_free(h);
}

static void test_reset_closes(void **state)
{
	struct fake_host *h = with_file(40, 100, 0);
	struct fake_io *io = host_read(h, 7, 0, 50, 0, 0);

	link_backend.reset(&h->link);
	assert_int_equal(h->open_fds, 0);
	host_expect(h, PVBOOT_LINK_RESET, NULL, 0);
	link_turn(&h->link);
	assert_int_equal(io->answers, 0);
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grow_contradicts),
		cmocka_unit_test(test_grow_after_done),
		cmocka_unit_test(test_grow_no_plain_file),
		cmocka_unit_test(test_grow_announced_without_descriptor),
		cmocka_unit_test(test_grow_unknown_handle_ignored),
		cmocka_unit_test(test_grow_files_without_end),
		cmocka_unit_test(test_grow_of_others_closed_with_open),
		cmocka_unit_test(test_read_bad_handle),
		cmocka_unit_test(test_data_with_descriptors),
		cmocka_unit_test(test_read_no_memory),
		cmocka_unit_test(test_read_file_shorter_than_announced),
		cmocka_unit_test(test_read_file_changed),
		cmocka_unit_test(test_read_offset_wraps),
		cmocka_unit_test(test_read_to_the_end),
		cmocka_unit_test(test_read_empty_file),
		cmocka_unit_test(test_read_waits_for_growth),
		cmocka_unit_test(test_read_fails_with_the_file),
		cmocka_unit_test(test_read_partial),
		cmocka_unit_test(test_read_yields),
		cmocka_unit_test(test_progress_answered_here),
		cmocka_unit_test(test_close_is_told_and_done),
		cmocka_unit_test(test_file_outlives_host),
		cmocka_unit_test(test_next_host_without_descriptors),
		cmocka_unit_test(test_reset_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
