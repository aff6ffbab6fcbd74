/* SPDX-License-Identifier: BSD-2-Clause */
/* test_vm_file.c - leases and files, seen from a VM's device. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_network.h"
#include "log.h"
#include "vm_world.h"

/* ---- leases ---------------------------------------------------------------------------------------------------- */

static void test_vm_lease_fails(void **state)
{
	struct fixture *f = *state;

	join(f, "net", 0);
	discover(f, 1, 0);
	fake_dhcp_finish(PVBOOT_S_NO_OFFER, "no DHCP server answered on x0", lease_ip);
	expect_status(f, 1, PVBOOT_S_NO_OFFER);
	assert_string_equal(f->dev.text, "no DHCP server answered on x0");
}

/* [LNK-7] */
static void test_vm_lease_cancelled(void **state)
{
	struct fixture *f = *state;

	join(f, "net", 0);
	discover(f, 1, 0);
	discover(f, 2, 0);
	fake_device_send(&f->dev, PVBOOT_LINK_CANCEL, 1, NULL, 0);
	fake_device_turn(&f->dev);
	assert_true(fake_dhcp_running); /* the second one waits */
	fake_device_send(&f->dev, PVBOOT_LINK_CANCEL, 2, NULL, 0);
	fake_device_turn(&f->dev);
	assert_false(fake_dhcp_running);
	fake_device_send(&f->dev, PVBOOT_LINK_CANCEL, 3, NULL, 0); /* nothing of that id */
	lease(f);
}

static void test_vm_lease_local(void **state)
{
	struct fixture *f = *state;
	struct pvboot_discover_res res;

	join(f, "local", 0);
	discover(f, 1, 0);
	expect_status(f, 1, PVBOOT_S_OK);
	assert_int_equal(f->dev.reply.result_len, sizeof(res));
	memcpy(&res, f->dev.result, sizeof(res));
	assert_int_equal(res.lease.flags, PVBOOT_LEASE_F_LOCAL);
	assert_string_equal(res.lease.bootfile, "small");
}

static void test_vm_lease_asked_again(void **state)
{
	struct fixture *f = *state;

	join(f, "net", 0);
	lease(f);
	fake_device_send(&f->dev, PVBOOT_LINK_RESET, 0, NULL, 0);
	discover(f, 2, 0);
	assert_memory_equal(fake_dhcp_previous, lease_ip, 4);
	fake_device_close(&f->dev);
	join(f, "net", 0); /* the VM was started anew */
	discover(f, 3, 0);
	assert_memory_equal(fake_dhcp_previous, lease_ip, 4);
	fake_device_send(&f->dev, PVBOOT_LINK_CANCEL, 3, NULL, 0);
	discover(f, 4, PVBOOT_DISCOVER_F_FRESH);
	assert_memory_equal(fake_dhcp_previous, "\0\0\0\0", 4);
}

static void test_vm_lease_with_our_boot_file(void **state)
{
	struct fixture *f = *state;
	struct pvboot_discover_res res;

	join(f, "t1", 0);
	discover(f, 1, 0);
	fake_dhcp_finish(PVBOOT_S_NO_BOOTFILE, "nobody names a boot file", lease_ip);
	expect_status(f, 1, PVBOOT_S_OK);
	memcpy(&res, f->dev.result, sizeof(res));
	assert_string_equal(res.lease.bootfile, "mine/other.0");
	assert_string_equal((char *)res.reply + 108, "mine/other.0");
}

/* ---- files by TFTP --------------------------------------------------------------------------------------------- */

static void test_vm_file_missing(void **state)
{
	struct fixture *f = *state;

	join(f, "net", PVBOOT_LINK_F_FD);
	lease(f);
	fake_device_open(&f->dev, 1, "gone", 0);
	fake_device_turn(&f->dev);
	fake_tftp_done(PVBOOT_S_NOT_FOUND, 1, "172.21.0.2 has no file \"gone\"");
	expect_status(f, 1, PVBOOT_S_NOT_FOUND);
	assert_int_equal(f->dev.reply.detail, 1);
	assert_string_equal(f->dev.text, "172.21.0.2 has no file \"gone\"");
}

static void test_vm_file_without_lease(void **state)
{
	struct fixture *f = *state;

	join(f, "net", PVBOOT_LINK_F_FD);
	fake_device_open(&f->dev, 1, "x", 0);
	expect_status(f, 1, PVBOOT_S_BAD_REQUEST);
}

static void test_vm_file_at_loopback(void **state)
{
	struct fixture *f = *state;
	int gets = fake_tftp_gets;

	join(f, "net", PVBOOT_LINK_F_FD);
	fake_device_open(&f->dev, 1, "tftp://127.0.0.1/x", 0);
	expect_status(f, 1, PVBOOT_S_DENIED);
	assert_int_equal(fake_tftp_gets, gets);
}

static void test_vm_file_cancelled(void **state)
{
	struct fixture *f = *state;

	join(f, "net", PVBOOT_LINK_F_FD);
	lease(f);
	fake_device_open(&f->dev, 1, "x", 0);
	fake_device_turn(&f->dev);
	assert_int_equal(fake_tftp_running, 1);
	fake_device_send(&f->dev, PVBOOT_LINK_CANCEL, 1, NULL, 0);
	fake_device_turn(&f->dev);
	assert_int_equal(fake_tftp_running, 0);
}

static void test_vm_file_grows(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow;
	struct pvboot_open_res res;
	char bytes[8];
	int fd;

	join(f, "net", PVBOOT_LINK_F_FD);
	lease(f);
	fake_device_open(&f->dev, 1, "tftp://172.21.0.9:6969/a/b", 0);
	fake_device_turn(&f->dev);
	assert_string_equal(fake_tftp_name, "a/b");
	assert_memory_equal(fake_tftp_server, ((uint8_t[]){172, 21, 0, 9}), 4);
	assert_int_equal(fake_tftp_port, 6969);
	fake_tftp_opened(6);
	grow = expect_grow(f, true);
	fd = f->dev.msg_fd;
	assert_int_equal(grow.available, 0);
	assert_int_equal(grow.size, 6);
	fake_device_expect(&f->dev, PVBOOT_LINK_KEEP);
	expect_status(f, 1, PVBOOT_S_OK);
	memcpy(&res, f->dev.result, sizeof(res));
	assert_int_equal(res.size, 6);
	/* [LNK-11] */
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	fake_tftp_data("abcdef", 6);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	do
		grow = expect_grow(f, false);
	while (!(grow.flags & PVBOOT_LINK_GROW_DONE));
	assert_int_equal(grow.available, 6);
	assert_int_equal(grow.status, PVBOOT_S_OK);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), 6);
	assert_memory_equal(bytes, "abcdef", 6);
	close(fd);
}

static void test_vm_file_fails_on_the_way(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow;

	join(f, "net", PVBOOT_LINK_F_FD);
	lease(f);
	fake_device_open(&f->dev, 1, "x", 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(6);
	fake_tftp_data("abc", 3);
	fake_tftp_done(PVBOOT_S_TIMEOUT, 0, "172.21.0.2 does not answer any more");
	grow = expect_grow(f, true);
	close(f->dev.msg_fd);
	do
		grow = expect_grow(f, false);
	while (!(grow.flags & PVBOOT_LINK_GROW_DONE));
	assert_int_equal(grow.status, PVBOOT_S_TIMEOUT);
	assert_int_equal(grow.available, 3);
	assert_memory_equal(f->dev.body + sizeof(grow), "172.21.0.2 does", 15);
}

static void test_vm_stat_without_tsize(void **state)
{
	struct fixture *f = *state;
	struct pvboot_open_res res;

	join(f, "net", PVBOOT_LINK_F_FD);
	lease(f);
	fake_device_open(&f->dev, 1, "x", PVBOOT_OPEN_F_STAT);
	fake_device_turn(&f->dev);
	assert_true(fake_tftp_stat);
	fake_tftp_opened(PVBOOT_SIZE_UNKNOWN);
	assert_false(fake_tftp_stat); /* it is fetched after all, to be measured */
	fake_tftp_opened(PVBOOT_SIZE_UNKNOWN);
	fake_tftp_data("abc", 3);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	expect_status(f, 1, PVBOOT_S_OK);
	memcpy(&res, f->dev.result, sizeof(res));
	assert_int_equal(res.size, 3);
}

/* ---- READ without descriptors ---------------------------------------------------------------------------------- */

static void read_file(struct fixture *f, uint32_t id, uint64_t offset, uint64_t room, uint32_t flags, uint32_t wait_ms)
{
	struct pvboot_read_args args = {.handle = 1, .flags = flags, .offset = offset, .wait_ms = wait_ms};

	fake_device_request(&f->dev, id, PVBOOT_OP_READ, &args, sizeof(args), room);
}

/* [DEV-26] */
static void test_vm_read_at_the_end(void **state)
{
	struct fixture *f = *state;

	join(f, "local", 0);
	fake_device_open(&f->dev, 1, "small", 0);
	read_file(f, 2, 10, 100, 0, 0);
	expect_status(f, 2, PVBOOT_S_OK);
	assert_int_equal(f->dev.reply.detail, PVBOOT_READ_EOF);
	assert_int_equal(f->dev.reply.result_len, 0);
	read_file(f, 3, UINT64_MAX, 100, 0, 0);
	expect_status(f, 3, PVBOOT_S_OK);
	assert_int_equal(f->dev.reply.result_len, 0);
}

/* [DEV-26] */
static void test_vm_read_inline(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_data data;

	join(f, "local", 0);
	fake_device_open(&f->dev, 1, "small", 0);
	read_file(f, 2, 3, 4, 0, 0);
	fake_device_expect(&f->dev, PVBOOT_LINK_DATA);
	memcpy(&data, f->dev.body, sizeof(data));
	assert_int_equal(data.offset, 0);
	assert_int_equal(data.length, 4);
	assert_memory_equal(f->dev.body + sizeof(data), "3456", 4);
	fake_device_reply(&f->dev, 2);
	assert_int_equal(f->dev.reply.result_len, 4);
	assert_int_equal(f->dev.reply.detail, 0);
	assert_int_equal(f->dev.hdr.length, sizeof(f->dev.reply));
}

static void test_vm_read_large(void **state)
{
	struct fixture *f = *state;
	size_t size = 3u << 20, at = 0;
	uint8_t *bytes = malloc(size);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 7 + (i >> 12));
	write_file(f, "large", bytes, size);
	join(f, "local", 0);
	fake_device_open(&f->dev, 1, "large", 0);
	read_file(f, 2, 0, UINT64_MAX, 0, 0);
	while (at < size) { /* more than the link holds at once */
		struct pvboot_link_data data;

		fake_device_expect(&f->dev, PVBOOT_LINK_DATA);
		memcpy(&data, f->dev.body, sizeof(data));
		assert_int_equal(data.offset, at);
		assert_memory_equal(f->dev.body + sizeof(data), bytes + at, data.length);
		at += data.length;
	}
	fake_device_reply(&f->dev, 2);
	assert_int_equal(f->dev.reply.result_len, size);
	assert_int_equal(f->dev.reply.detail, PVBOOT_READ_EOF);
	free(bytes);
}

/* [DEV-26] */
static void test_vm_read_partial(void **state)
{
	struct fixture *f = *state;

	join(f, "net", 0);
	lease(f);
	fake_device_open(&f->dev, 1, "x", 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(PVBOOT_SIZE_UNKNOWN);
	expect_status(f, 1, PVBOOT_S_OK);
	read_file(f, 2, 0, 100, PVBOOT_READ_F_PARTIAL, 0);
	expect_status(f, 2, PVBOOT_S_AGAIN);
	read_file(f, 3, 0, 100, PVBOOT_READ_F_PARTIAL, 1000);
	fake_device_turn(&f->dev);
	fake_tftp_data("abc", 3);
	fake_device_reply(&f->dev, 3);
	assert_int_equal(f->dev.reply.result_len, 3);
	assert_int_equal(f->dev.reply.detail, 0);
	read_file(f, 4, 0, 100, 0, 0);
	fake_device_turn(&f->dev);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	fake_device_reply(&f->dev, 4);
	assert_int_equal(f->dev.reply.result_len, 3);
	assert_int_equal(f->dev.reply.detail, PVBOOT_READ_EOF);
}

static void test_vm_read_of_closed_file(void **state)
{
	struct fixture *f = *state;
	struct pvboot_file_args args = {.handle = 1};

	join(f, "net", 0);
	lease(f);
	fake_device_open(&f->dev, 1, "x", 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(100);
	expect_status(f, 1, PVBOOT_S_OK);
	read_file(f, 2, 0, 100, 0, 0);
	fake_device_request(&f->dev, 3, PVBOOT_OP_CLOSE, &args, sizeof(args), 0);
	expect_status(f, 2, PVBOOT_S_BAD_HANDLE);
	expect_status(f, 3, PVBOOT_S_OK);
	assert_int_equal(fake_tftp_running, 0);
}

/* [DEV-27] */
static void test_vm_file_changed(void **state)
{
	struct fixture *f = *state;
	struct pvboot_file_args args = {.handle = 1};

	join(f, "local", 0);
	fake_device_open(&f->dev, 1, "small", 0);
	expect_status(f, 1, PVBOOT_S_OK);
	write_file(f, "small", "0123456789ab", 12);
	fake_device_request(&f->dev, 2, PVBOOT_OP_CLOSE, &args, sizeof(args), 0);
	expect_status(f, 2, PVBOOT_S_CHANGED);
	assert_non_null(strstr(f->dev.text, "changed"));
}

#define vm_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_test(test_vm_lease_fails),
		vm_test(test_vm_lease_cancelled),
		vm_test(test_vm_lease_local),
		vm_test(test_vm_lease_asked_again),
		vm_test(test_vm_lease_with_our_boot_file),
		vm_test(test_vm_file_missing),
		vm_test(test_vm_file_without_lease),
		vm_test(test_vm_file_at_loopback),
		vm_test(test_vm_file_cancelled),
		vm_test(test_vm_file_grows),
		vm_test(test_vm_file_fails_on_the_way),
		vm_test(test_vm_stat_without_tsize),
		vm_test(test_vm_read_at_the_end),
		vm_test(test_vm_read_inline),
		vm_test(test_vm_read_large),
		vm_test(test_vm_read_partial),
		vm_test(test_vm_read_of_closed_file),
		vm_test(test_vm_file_changed),
	};

	log_open(false, LOG_EMERG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
