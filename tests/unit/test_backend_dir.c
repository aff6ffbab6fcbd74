/* SPDX-License-Identifier: BSD-2-Clause */
/* The directory backend, driven by a guest through the device: vmm/pvboot_backend/dir.c. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "fake_guest.h"
#include "pvboot_backend/dir.h"

struct fixture {
	char path[64];
	struct pvboot_dir *dir;
	struct guest *g;
};

static const char *const names[] = {"file", "empty", "secret-link", "dir/inner", "dir", "big", "pipe"};

static void in_dir(const struct fixture *f, const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", f->path, name);
}

static void put_file(const struct fixture *f, const char *name, const void *data, size_t len)
{
	char path[128];
	FILE *out;

	in_dir(f, name, path);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, len, out), len);
	fclose(out);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char path[128];

	assert_non_null(f);
	strcpy(f->path, "/tmp/pvboot-dir-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	put_file(f, "file", "hello, guest", 12);
	put_file(f, "empty", "", 0);
	in_dir(f, "dir", path);
	assert_int_equal(mkdir(path, 0755), 0);
	put_file(f, "dir/inner", "inner", 5);
	in_dir(f, "secret-link", path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	in_dir(f, "pipe", path);
	assert_int_equal(mkfifo(path, 0644), 0);
	f->dir = pvboot_dir_new(f->path, NULL);
	assert_non_null(f->dir);
	f->g = guest_new(&pvboot_dir_ops, f->dir);
	guest_start(f->g);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char path[128];
	size_t i;

	guest_free(f->g);
	pvboot_dir_free(f->dir);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		in_dir(f, names[i], path);
		remove(path);
	}
	rmdir(f->path);
	free(f);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* [DEV-40] */
static void test_frames_denied(void **state)
{
	const struct pvboot_frame_open_args args = {.flags = PVBOOT_FRAME_F_BROADCAST};
	const uint8_t send[sizeof(struct pvboot_frame_args) + 60] = {0};
	struct fixture *f = *state;

	assert_int_equal(guest_ask(f->g, PVBOOT_OP_FRAME_OPEN, &args, sizeof(args), 0).status, PVBOOT_S_DENIED);
	assert_int_equal(guest_ask(f->g, PVBOOT_OP_FRAME_SEND, send, sizeof(send), 0).status, PVBOOT_S_FAILED);
	assert_int_equal(guest_ask(f->g, PVBOOT_OP_FRAME_CLOSE, NULL, 0, 0).status, PVBOOT_S_OK);
}

static uint32_t open_status(struct fixture *f, const char *name, struct pvboot_open_res *res)
{
	struct {
		struct pvboot_open_args args;
		char name[PVBOOT_NAME_MAX];
	} open = {0};
	struct pvboot_rsp rsp;

	memcpy(open.name, name, strlen(name));
	rsp = guest_ask(f->g, PVBOOT_OP_OPEN, &open, (uint32_t)(sizeof(open.args) + strlen(name)), sizeof(*res));
	if (rsp.status == PVBOOT_S_OK) {
		assert_int_equal(rsp.length, sizeof(*res));
		guest_get(f->g, GUEST_IN(0) + sizeof(rsp), res, sizeof(*res));
		assert_int_not_equal(res->handle, 0);
	}
	return rsp.status;
}

/* Read at most room bytes and return the answer; what was read lies at GUEST_IN(0) + 16. */
static struct pvboot_rsp read_at(struct fixture *f, uint32_t handle, uint64_t offset, uint32_t room)
{
	struct pvboot_read_args args = {.handle = handle, .offset = offset};

	return guest_ask(f->g, PVBOOT_OP_READ, &args, sizeof(args), room);
}

static void assert_words(struct fixture *f, const char *words)
{
	char text[PVBOOT_ERROR_MAX + 1] = {0};
	struct pvboot_rsp rsp = guest_ask(f->g, PVBOOT_OP_LAST_ERROR, NULL, 0, PVBOOT_ERROR_MAX);

	guest_get(f->g, GUEST_IN(0) + sizeof(rsp), text, rsp.length);
	assert_non_null(strstr(text, words));
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

static void test_path_that_is_no_directory_refused(void **state)
{
	assert_null(pvboot_dir_new("/etc/passwd", NULL));
	assert_int_equal(errno, ENOTDIR);
	assert_null(pvboot_dir_new("/nonexistent", NULL));
	assert_int_equal(errno, ENOENT);
}

static void test_open_missing_file_refused(void **state)
{
	struct fixture *f = *state;
	struct pvboot_open_res res;

	assert_int_equal(open_status(f, "missing", &res), PVBOOT_S_NOT_FOUND);
	assert_words(f, "missing: No such file");
	assert_int_equal(open_status(f, "file/below", &res), PVBOOT_S_NOT_FOUND);
	assert_int_equal(open_status(f, "/", &res), PVBOOT_S_NOT_FOUND);
}

static void test_open_outside_the_directory_refused(void **state)
{
	struct fixture *f = *state;
	struct pvboot_open_res res;

	assert_int_equal(open_status(f, "../../../etc/passwd", &res), PVBOOT_S_ACCESS);
	assert_int_equal(open_status(f, "dir/../../x", &res), PVBOOT_S_ACCESS);
	assert_int_equal(open_status(f, "secret-link", &res), PVBOOT_S_ACCESS);
}

static void test_open_what_is_no_file_refused(void **state)
{
	struct fixture *f = *state;
	struct pvboot_open_res res;

	assert_int_equal(open_status(f, "dir", &res), PVBOOT_S_ACCESS);
	assert_int_equal(open_status(f, "pipe", &res), PVBOOT_S_ACCESS);
}

static void test_open_url_refused(void **state)
{
	struct fixture *f = *state;
	struct pvboot_open_res res;

	assert_int_equal(open_status(f, "http://192.0.2.1/file", &res), PVBOOT_S_UNSUPPORTED);
	assert_words(f, "serves no URLs");
}

/* [DEV-28] */
static void test_open_of_too_many_files_refused(void **state)
{
	struct fixture *f = *state;
	struct pvboot_open_res res;
	struct pvboot_file_args close = {0};
	int i;

	for (i = 0; i < PVBOOT_FILES_MAX; i++)
		assert_int_equal(open_status(f, "file", &res), PVBOOT_S_OK);
	close.handle = res.handle;
	assert_int_equal(open_status(f, "file", &res), PVBOOT_S_NO_RESOURCES);
	assert_int_equal(guest_ask(f->g, PVBOOT_OP_CLOSE, &close, sizeof(close), 0).status, PVBOOT_S_OK);
	assert_int_equal(open_status(f, "file", &res), PVBOOT_S_OK);
	assert_int_not_equal(res.handle, close.handle);
	assert_int_equal(read_at(f, close.handle, 0, 10).status, PVBOOT_S_BAD_HANDLE);
}

static void test_handle_that_is_not_open_refused(void **state)
{
	struct fixture *f = *state;
	struct pvboot_open_res res;
	struct pvboot_file_args args = {.handle = 12345};

	assert_int_equal(read_at(f, 0, 0, 10).status, PVBOOT_S_BAD_HANDLE);
	assert_int_equal(guest_ask(f->g, PVBOOT_OP_CLOSE, &args, 8, 0).status, PVBOOT_S_BAD_HANDLE);
	assert_int_equal(guest_ask(f->g, PVBOOT_OP_PROGRESS, &args, 8, 16).status, PVBOOT_S_BAD_HANDLE);
	assert_int_equal(open_status(f, "file", &res), PVBOOT_S_OK);
	args.handle = res.handle;
	assert_int_equal(guest_ask(f->g, PVBOOT_OP_CLOSE, &args, 8, 0).status, PVBOOT_S_OK);
	assert_int_equal(guest_ask(f->g, PVBOOT_OP_CLOSE, &args, 8, 0).status, PVBOOT_S_BAD_HANDLE);
	assert_int_equal(read_at(f, res.handle, 0, 10).status, PVBOOT_S_BAD_HANDLE);
}

/* [DEV-27] */
static void test_file_that_changed_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct pvboot_open_res res;

	assert_int_equal(open_status(f, "file", &res), PVBOOT_S_OK);
	assert_int_equal(read_at(f, res.handle, 0, 5).status, PVBOOT_S_OK);
	put_file(f, "file", "hello, other", 12);
	assert_int_equal(read_at(f, res.handle, 5, 100).status, PVBOOT_S_CHANGED);
	put_file(f, "file", "shorter", 7);
	assert_int_equal(read_at(f, res.handle, 7, 100).status, PVBOOT_S_CHANGED);
	assert_words(f, "shorter while it was read");
}

static void test_read_into_no_memory_refused(void **state)
{
	struct fixture *f = *state;
	struct pvboot_open_res res;

	assert_int_equal(open_status(f, "file", &res), PVBOOT_S_OK);
	guest_submit(f->g, 2, PVBOOT_OP_READ, &(struct pvboot_read_args){.handle = res.handle},
		     sizeof(struct pvboot_read_args), 0);
	guest_desc(f->g, 1, 3, GUEST_IN(2), 16, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 4);
	guest_desc(f->g, 1, 4, GUEST_HOLE, 4096, VRING_DESC_F_WRITE, 0);
	guest_avail(f->g, 1, 2);
	guest_kick(f->g, 1);
	assert_int_equal(guest_rsp(f->g, 2).status, PVBOOT_S_BAD_REQUEST);
}

/* ---- what works ------------------------------------------------------------------------------------------------ */

static void test_lease_is_made_up_and_says_so(void **state)
{
	struct fixture *f = *state;
	struct pvboot_discover_args args = {0};
	struct pvboot_discover_res res;
	struct pvboot_rsp rsp = guest_ask(f->g, PVBOOT_OP_DISCOVER, &args, sizeof(args), sizeof(res));

	assert_int_equal(rsp.status, PVBOOT_S_OK);
	assert_int_equal(rsp.length, sizeof(res));
	guest_get(f->g, GUEST_IN(0) + sizeof(rsp), &res, sizeof(res));
	assert_int_equal(res.lease.flags, PVBOOT_LEASE_F_LOCAL);
	assert_string_equal(res.lease.bootfile, "pxelinux.0");
	assert_memory_equal(res.ack + 16, res.lease.address, 4);	       /* yiaddr */
	assert_memory_equal(res.ack + 20, res.lease.boot_server, 4);	       /* siaddr */
	assert_memory_equal(res.ack + 28, "\x52\x54\x00\x12\x34\x57", 6);      /* chaddr */
	assert_string_equal((char *)res.ack + 108, "pxelinux.0");	       /* file */
	assert_memory_equal(res.ack + 236, "\x63\x82\x53\x63\x35\x01\x05", 7); /* cookie, DHCPACK */
	assert_memory_equal(res.discover + 236, "\x63\x82\x53\x63\x35\x01\x01", 7);
	assert_memory_equal(res.reply, res.ack, sizeof(res.ack));
	assert_int_equal(guest_in(f->g, PVBOOT_REG_DEVICE + 6, 2), PVBOOT_STATUS_HOST_UP);
}

/* [DEV-26] */
static void test_file_is_read_in_parts(void **state)
{
	struct fixture *f = *state;
	struct pvboot_open_res res;
	struct pvboot_progress_res progress;
	struct pvboot_file_args args;
	struct pvboot_rsp rsp;
	char got[16] = {0};

	assert_int_equal(open_status(f, "/file", &res), PVBOOT_S_OK); /* absolute: from the directory */
	assert_int_equal(res.size, 12);
	rsp = read_at(f, res.handle, 0, 5);
	assert_int_equal(rsp.length, 5);
	assert_int_equal(rsp.detail, 0);
	rsp = read_at(f, res.handle, 5, 7);
	assert_int_equal(rsp.length, 7);
	assert_int_equal(rsp.detail, PVBOOT_READ_EOF);
	guest_get(f->g, GUEST_IN(0) + 16, got, 7);
	assert_string_equal(got, ", guest");
	rsp = read_at(f, res.handle, 12, 7);
	assert_int_equal(rsp.status, PVBOOT_S_OK);
	assert_int_equal(rsp.length, 0);
	assert_int_equal(rsp.detail, PVBOOT_READ_EOF);
	rsp = read_at(f, res.handle, UINT64_MAX, 7);
	assert_int_equal(rsp.length, 0);
	args = (struct pvboot_file_args){.handle = res.handle};
	assert_int_equal(guest_ask(f->g, PVBOOT_OP_PROGRESS, &args, 8, 16).status, PVBOOT_S_OK);
	guest_get(f->g, GUEST_IN(0) + 16, &progress, sizeof(progress));
	assert_int_equal(progress.size, 12);
	assert_int_equal(progress.available, 12);
}

static void test_empty_file_ends_at_once(void **state)
{
	struct fixture *f = *state;
	struct pvboot_open_res res;
	struct pvboot_rsp rsp;

	assert_int_equal(open_status(f, "empty", &res), PVBOOT_S_OK);
	assert_int_equal(res.size, 0);
	rsp = read_at(f, res.handle, 0, 100);
	assert_int_equal(rsp.status, PVBOOT_S_OK);
	assert_int_equal(rsp.length, 0);
	assert_int_equal(rsp.detail, PVBOOT_READ_EOF);
}

static void test_reset_closes_every_file(void **state)
{
	struct fixture *f = *state;
	struct pvboot_open_res res;

	assert_int_equal(open_status(f, "dir/inner", &res), PVBOOT_S_OK);
	guest_start(f->g);
	assert_int_equal(read_at(f, res.handle, 0, 10).status, PVBOOT_S_BAD_HANDLE);
}

/* Submit a READ as head 2 of more than two turns' bytes, all landing in the same piece of memory over and over. */
static void submit_big(struct fixture *f)
{
	static uint8_t data[2 * 1024 * 1024 + 5];
	struct pvboot_open_res res;
	struct pvboot_read_args args = {0};
	uint16_t i;

	put_file(f, "big", data, sizeof(data));
	assert_int_equal(open_status(f, "big", &res), PVBOOT_S_OK);
	args.handle = res.handle;
	/* Lay it out (this READ is answered at once), then stretch its room. */
	guest_submit(f->g, 2, PVBOOT_OP_READ, &args, sizeof(args), 1);
	guest_put(f->g, GUEST_IN(2), &(struct pvboot_rsp){.status = PVBOOT_S_UNWRITTEN}, 16);
	guest_desc(f->g, 1, 3, GUEST_IN(2), 16, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 4);
	for (i = 4; i < 50; i++)
		guest_desc(f->g, 1, i, GUEST_IN(10), 0x10000, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, i + 1);
	guest_desc(f->g, 1, i, GUEST_IN(10), 0x10000, VRING_DESC_F_WRITE, 0);
	guest_avail(f->g, 1, 2);
	guest_kick(f->g, 1);
	assert_int_equal(guest_rsp(f->g, 2).status, PVBOOT_S_UNWRITTEN);
}

/* [DEV-6] */
static void test_big_read_takes_turns(void **state)
{
	struct fixture *f = *state;

	submit_big(f);
	assert_true(pvboot_dir_run(f->dir));
	assert_int_equal(guest_rsp(f->g, 2).status, PVBOOT_S_UNWRITTEN);
	assert_false(pvboot_dir_run(f->dir));
	assert_int_equal(guest_rsp(f->g, 2).status, PVBOOT_S_OK);
	assert_int_equal(guest_rsp(f->g, 2).length, 2 * 1024 * 1024 + 5);
	assert_int_equal(guest_rsp(f->g, 2).detail, PVBOOT_READ_EOF);
	assert_false(pvboot_dir_run(f->dir));
}

static void test_big_read_is_forgotten_on_cancel(void **state)
{
	struct fixture *f = *state;
	struct pvboot_cancel_args cancel = {.head = 2};
	unsigned int maps;

	submit_big(f);
	guest_submit(f->g, 60, PVBOOT_OP_CANCEL, &cancel, sizeof(cancel), 0);
	assert_int_equal(guest_rsp(f->g, 2).status, PVBOOT_S_CANCELLED);
	maps = f->g->maps;
	assert_false(pvboot_dir_run(f->dir));
	assert_int_equal(f->g->maps, maps);
}

static void test_big_read_is_forgotten_on_reset(void **state)
{
	struct fixture *f = *state;
	unsigned int maps;

	submit_big(f);
	guest_out(f->g, VIRTIO_PCI_COMMON_STATUS, 1, 0);
	maps = f->g->maps;
	assert_false(pvboot_dir_run(f->dir));
	assert_int_equal(f->g->maps, maps);
	/* The same head again, twice the same way. */
	guest_start(f->g);
	submit_big(f);
	guest_start(f->g);
	submit_big(f);
	assert_true(pvboot_dir_run(f->dir));
	assert_false(pvboot_dir_run(f->dir));
	assert_int_equal(guest_rsp(f->g, 2).status, PVBOOT_S_OK);
}

static void test_log_line_goes_to_the_vmm(void **state)
{
	struct fixture *f = *state;
	struct {
		struct pvboot_log_args args;
		char text[6];
	} log = {{0, 0}, "hello"};

	assert_int_equal(guest_ask(f->g, PVBOOT_OP_LOG, &log, 13, 0).status, PVBOOT_S_OK);
	assert_string_equal(f->g->log, "hello");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_path_that_is_no_directory_refused),
		TEST(test_open_missing_file_refused),
		TEST(test_open_outside_the_directory_refused),
		TEST(test_open_what_is_no_file_refused),
		TEST(test_open_url_refused),
		TEST(test_open_of_too_many_files_refused),
		TEST(test_handle_that_is_not_open_refused),
		TEST(test_file_that_changed_is_an_error),
		TEST(test_read_into_no_memory_refused),
		TEST(test_lease_is_made_up_and_says_so),
		TEST(test_file_is_read_in_parts),
		TEST(test_empty_file_ends_at_once),
		TEST(test_frames_denied),
		TEST(test_reset_closes_every_file),
		TEST(test_big_read_takes_turns),
		TEST(test_big_read_is_forgotten_on_cancel),
		TEST(test_big_read_is_forgotten_on_reset),
		TEST(test_log_line_goes_to_the_vmm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
