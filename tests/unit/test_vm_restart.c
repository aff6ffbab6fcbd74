/* SPDX-License-Identifier: BSD-2-Clause */
/* test_vm_restart.c - what a device keeps for hostd, and what the next hostd makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/kept_head.h"
#include "fake_network.h"
#include "log.h"
#include "server.h"
#include "vm_world.h"

/* ---- what a restart keeps -------------------------------------------------------------------------------------- */

struct kept {
	uint32_t key;
	size_t len;
	uint8_t blob[PVBOOT_LINK_KEEP_MAX];
};

static void take_kept(struct fixture *f, struct kept *kept)
{
	fake_device_expect(&f->dev, PVBOOT_LINK_KEEP);
	assert_true(f->dev.hdr.length <= sizeof(kept->blob));
	kept->key = f->dev.hdr.id;
	kept->len = f->dev.hdr.length;
	memcpy(kept->blob, f->dev.body, kept->len);
}

/* hostd ends, another one starts, and the device comes with what it kept. */
static void restart_both(struct fixture *f, const char *name, const struct kept *kept, size_t n, uint16_t id_flags)
{
	server_free(f->server);
	fake_device_close(&f->dev);
	f->server = server_new(f->base, &f->conf);
	fake_device_connect(&f->dev, f->base, f->server, UID);
	f->dev.id_flags = id_flags;
	fake_device_identify(&f->dev, name, NULL, PVBOOT_LINK_F_FD);
	fake_device_expect(&f->dev, PVBOOT_LINK_WELCOME);
	for (size_t i = 0; i < n; i++)
		fake_device_send(&f->dev, PVBOOT_LINK_KEPT, kept[i].key, kept[i].blob, kept[i].len);
	fake_device_send(&f->dev, PVBOOT_LINK_RESUME, 0, NULL, 0);
	fake_device_turn(&f->dev);
}

static void restart(struct fixture *f, const char *name, const struct kept *kept, size_t n)
{
	restart_both(f, name, kept, n, 0);
}

/* ---- what a device keeps before a restart ---------------------------------------------------------------------- */

/* The device "net" joins and gets a lease, and opens file 1, whose server said how large it is. */
static void keep_lease_and_file(struct fixture *f, struct kept kept[2], const char *name, uint64_t size)
{
	join(f, "net", PVBOOT_LINK_F_FD);
	discover(f, 1000, 0);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
	take_kept(f, &kept[0]);
	fake_device_open(&f->dev, 1, name, 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(size);
	take_kept(f, &kept[1]);
}

/* The same, and all of the file came: "abc". */
static void keep_lease_and_complete_file(struct fixture *f, struct kept kept[2])
{
	keep_lease_and_file(f, kept, "x", 3);
	fake_tftp_data("abc", 3);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	take_kept(f, &kept[1]);
}

/* The device "local" joins and opens a file of its directory. */
static void keep_root_file(struct fixture *f, struct kept *kept)
{
	join(f, "local", PVBOOT_LINK_F_FD);
	fake_device_open(&f->dev, 1, "small", 0);
	take_kept(f, kept);
}

/* ---- what the next hostd makes of it --------------------------------------------------------------------------- */

/* [LNK-15] */
static void test_vm_kept_rubbish(void **state)
{
	static const uint32_t keys[] = {0,	 1,	  69,	   0xffff,  0x10000, 0x10001,
					0x10002, 0x20000, 0x20001, 0x2ffff, 0x30000};
	struct fixture *f = *state;
	struct kept kept[11];

	join(f, "net", PVBOOT_LINK_F_FD);
	for (size_t i = 0; i < 11; i++) {
		kept[i].key = keys[i];
		kept[i].len = i * 13 % 90;
		memset(kept[i].blob, (int)i * 29, sizeof(kept[i].blob));
	}
	restart(f, "net", kept, 11);
	for (size_t i = 0; i < 11; i++) {
		fake_device_expect(&f->dev, PVBOOT_LINK_FORGET);
		assert_int_equal(f->dev.hdr.id, keys[i]);
	}
	lease(f);
}

/* [LNK-15] */
static void test_vm_kept_file_with_wrong_name_length(void **state)
{
	struct fixture *f = *state;
	struct kept kept;

	keep_root_file(f, &kept);
	kept.len--;
	restart(f, "local", &kept, 1);
	fake_device_expect(&f->dev, PVBOOT_LINK_FORGET);
	assert_int_equal(f->dev.hdr.id, kept.key);
}

/* Have the device keep a blob of each kind. */
static void keep_one_of_each(struct fixture *f, struct kept kept[4])
{
	const struct pvboot_dgram_open_args dgrams = {.address = {172, 21, 0, 50}};
	struct {
		struct pvboot_link_request head;
		struct pvboot_dgram_open_args args;
	} note = {{.op = PVBOOT_OP_DGRAM_OPEN, .arg_len = sizeof(note.args)}, dgrams};
	const struct kept_head head = {KEPT_FRAME_MAGIC, 1, 0};

	keep_lease_and_file(f, kept, "x", 6);
	fake_device_send(&f->dev, PVBOOT_LINK_NOTE, 0, &note, sizeof(note));
	take_kept(f, &kept[2]);
	/* There is no network to hear frames on: what vm_frame.c would have kept. */
	kept[3] = (struct kept){.key = PVBOOT_LINK_KEY_FRAME,
				.len = sizeof(head) + sizeof(struct pvboot_frame_open_args)};
	memcpy(kept[3].blob, &head, sizeof(head));
}

static void expect_forgotten(struct fixture *f, const struct kept *kept, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fake_device_expect(&f->dev, PVBOOT_LINK_FORGET);
		assert_int_equal(f->dev.hdr.id, kept[i].key);
	}
}

/* [LNK-15] Of a newer hostd, another kind, and a length that its head does not say. */
static void test_vm_kept_of_another_version(void **state)
{
	struct fixture *f = *state;
	struct kept good[4], kept[4];

	keep_one_of_each(f, good);
	for (size_t at = 0; at < 8; at++) {
		memcpy(kept, good, sizeof(kept));
		for (size_t i = 0; i < 4; i++)
			kept[i].blob[at]++;
		restart(f, "net", kept, 4);
		expect_forgotten(f, kept, 4);
	}
	/* Without a lease there is no address to ask for again. */
	discover(f, 1000, 0);
	assert_memory_equal(fake_dhcp_previous, ((uint8_t[4]){0}), 4);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
}

/* [LNK-15] Blobs of the hostd that kept no version, byte for byte. */
static void test_vm_kept_by_an_older_hostd(void **state)
{
	static const struct {
		uint32_t magic;
		uint8_t card[6], reserved[2];
		struct pvboot_lease lease;
		char prefix[256], config[256], boot_text[256];
	} lease_blob = {.magic = 0x344c4b50, .lease = {.address = {172, 21, 0, 50}, .bootfile = "pxelinux.0"}};
	static const struct {
		uint32_t magic;
		uint8_t address[4];
	} dgram_blob = {0x31444b50, {172, 21, 0, 50}};
	static const struct {
		uint32_t magic;
		struct pvboot_frame_open_args args;
	} frame_blob = {.magic = 0x31454b50};
	static const struct {
		uint32_t magic, flags;
		uint64_t size, stamp;
		uint8_t server[4];
		uint16_t port, name_len;
		uint32_t block_size, head_len;
		char name[8];
	} file_blob = {.magic = 0x31464b50, .size = 6, .name_len = 8, .name = {'d', 'i', 'r', '/', 'f', 'i', 'l', 'e'}};
	static const struct {
		uint32_t key;
		const void *bytes;
		size_t len;
	} blobs[] = {
		{PVBOOT_LINK_KEY_LEASE, &lease_blob, sizeof(lease_blob)},
		{PVBOOT_LINK_KEY_DGRAM, &dgram_blob, sizeof(dgram_blob)},
		{PVBOOT_LINK_KEY_FRAME, &frame_blob, sizeof(frame_blob)},
		{PVBOOT_LINK_KEY_FILE + 1, &file_blob, sizeof(file_blob)},
	};
	struct fixture *f = *state;
	struct kept kept[4];
	int gets = fake_tftp_gets;

	for (size_t i = 0; i < 4; i++) {
		kept[i].key = blobs[i].key;
		kept[i].len = blobs[i].len;
		memcpy(kept[i].blob, blobs[i].bytes, blobs[i].len);
	}
	join(f, "net", PVBOOT_LINK_F_FD);
	restart(f, "net", kept, 4);
	expect_forgotten(f, kept, 4);
	assert_int_equal(fake_tftp_gets, gets);
	discover(f, 1000, 0);
	assert_memory_equal(fake_dhcp_previous, ((uint8_t[4]){0}), 4);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
}

/* What the packets said is not asked for again: a plan needs it. */
static void test_vm_goes_on_with_what_the_lease_says(void **state)
{
	static const char config[] = "DEFAULT a\nLABEL a\nLINUX k\nIPAPPEND 1\n";
	static const char options[] = "\1\4\377\377\0\0"     /* mask */
				      "\3\4\254\25\0\1"	     /* router */
				      "\321\6my.cfg"	     /* 209 */
				      "\322\4pre/"	     /* 210 */
				      "\340\14direct quiet"; /* 224 */
	const struct pvboot_plan_args args = {0};
	struct fixture *f = *state;
	struct pvboot_plan plan;
	struct kept kept;

	((struct conf_vm *)conf_find_vm(&f->conf, "net"))->boot_option = 224;
	join(f, "net", PVBOOT_LINK_F_FD);
	discover(f, 1, 0);
	fake_dhcp_options(options, sizeof(options) - 1);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
	take_kept(f, &kept);
	restart(f, "net", &kept, 1);
	fake_device_request(&f->dev, 2, PVBOOT_OP_PLAN, &args, sizeof(args), sizeof(plan));
	fake_device_turn(&f->dev);
	assert_string_equal(fake_tftp_name, "pre/my.cfg");
	fake_tftp_opened(sizeof(config) - 1);
	fake_tftp_data(config, sizeof(config) - 1);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	fake_device_reply(&f->dev, 2);
	assert_int_equal(f->dev.reply.result_len, sizeof(plan));
	memcpy(&plan, f->dev.result, sizeof(plan));
	assert_int_equal(plan.kind, PVBOOT_PLAN_LINUX);
	assert_string_equal(plan.bytes + plan.file[0].name_at, "pre/k");
	assert_non_null(strstr(plan.bytes + plan.text_at, "ip=172.21.0.50:172.21.0.2:172.21.0.1:255.255.0.0"));
	/* The same lease again is not kept again. */
	discover(f, 3, 0);
	assert_memory_equal(fake_dhcp_previous, lease_ip, 4);
	fake_dhcp_options(options, sizeof(options) - 1);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
	while (fake_device_next(&f->dev))
		assert_int_not_equal(f->dev.hdr.type, PVBOOT_LINK_KEEP);
}

static void test_vm_ending_forgets_nothing(void **state)
{
	struct fixture *f = *state;

	join(f, "local", PVBOOT_LINK_F_FD);
	fake_device_open(&f->dev, 1, "small", 0);
	expect_status(f, 1, PVBOOT_S_OK);
	server_free(f->server);
	f->server = server_new(f->base, &f->conf);
	while (fake_device_next(&f->dev))
		assert_int_not_equal(f->dev.hdr.type, PVBOOT_LINK_FORGET);
}

static void test_vm_goes_on_with_a_lease_and_a_file(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow;
	struct kept kept[2];

	keep_lease_and_file(f, kept, "dir/x", 6);
	assert_int_equal(kept[0].key, PVBOOT_LINK_KEY_LEASE);
	assert_int_equal(kept[1].key, PVBOOT_LINK_KEY_FILE + 1);
	restart(f, "net", kept, 2);
	assert_string_equal(fake_tftp_name, "dir/x");
	assert_memory_equal(fake_tftp_server, ((uint8_t[]){172, 21, 0, 2}), 4);
	fake_tftp_opened(6);
	fake_tftp_data("abcdef", 6);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	grow = expect_grow(f, true);
	close(f->dev.msg_fd);
	assert_int_equal(f->dev.hdr.id, 1);
	do
		grow = expect_grow(f, false);
	while (!(grow.flags & PVBOOT_LINK_GROW_DONE));
	assert_int_equal(grow.status, PVBOOT_S_OK);
	assert_int_equal(grow.available, 6);
	/* the handle is not given away again, and the lease's server is known */
	fake_device_open(&f->dev, 2, "y", 0);
	fake_device_turn(&f->dev);
	fake_tftp_opened(1);
	fake_device_reply(&f->dev, 2);
	assert_int_equal(f->dev.result[0], 2);
	assert_memory_equal(fake_tftp_server, ((uint8_t[]){172, 21, 0, 2}), 4);
}

static void test_vm_file_has_another_size_after_restart(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow;
	struct kept kept[2];

	keep_lease_and_file(f, kept, "x", 6);
	restart(f, "net", kept, 2);
	fake_tftp_opened(7);
	grow = expect_grow(f, true); /* in place of what was said before, so with a descriptor */
	close(f->dev.msg_fd);
	assert_int_equal(grow.status, PVBOOT_S_CHANGED);
	assert_int_equal(grow.flags, PVBOOT_LINK_GROW_DONE);
	assert_int_equal(grow.available, 0);
}

/* As far as a file of 100000 bytes, of which 70000 have come; hostd starts over, and the file begins with this byte. */
static struct pvboot_link_grow restart_in_mid_file(struct fixture *f, uint8_t first)
{
	static uint8_t bytes[70000];
	struct kept kept[2];

	keep_lease_and_file(f, kept, "x", 100000);
	bytes[0] = 1;
	fake_tftp_data(bytes, sizeof(bytes));
	take_kept(f, &kept[1]); /* with what the file begins with */
	restart(f, "net", kept, 2);
	fake_tftp_opened(100000);
	bytes[0] = first;
	fake_tftp_data(bytes, 60000);
	while (fake_device_next(&f->dev)) /* not yet: it could be another file */
		assert_int_not_equal(f->dev.hdr.type, PVBOOT_LINK_GROW);
	fake_tftp_data(bytes + 60000, 10000);
	return expect_grow(f, true);
}

static void test_vm_file_begins_otherwise_after_restart(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow = restart_in_mid_file(f, 2);

	close(f->dev.msg_fd);
	assert_int_equal(grow.status, PVBOOT_S_CHANGED);
	assert_int_equal(grow.flags, PVBOOT_LINK_GROW_DONE);
	assert_int_equal(fake_tftp_running, 0);
}

static void test_vm_file_begins_the_same_after_restart(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow = restart_in_mid_file(f, 1);

	close(f->dev.msg_fd);
	assert_int_equal(grow.status, PVBOOT_S_OK);
	assert_int_equal(grow.available, 70000);
	assert_int_equal(grow.flags, 0);
}

static void test_vm_file_is_gone_after_restart(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow;
	struct kept kept[2];

	keep_lease_and_file(f, kept, "x", 6);
	restart(f, "net", kept, 2);
	fake_tftp_done(PVBOOT_S_NOT_FOUND, 1, "172.21.0.2 has no file \"x\"");
	grow = expect_grow(f, true);
	close(f->dev.msg_fd);
	assert_int_equal(grow.status, PVBOOT_S_NOT_FOUND);
	assert_int_equal(grow.flags, PVBOOT_LINK_GROW_DONE);
	assert_memory_equal(f->dev.body + sizeof(grow), "172.21.0.2 has", 14);
}

static void test_vm_complete_file_is_not_fetched_again(void **state)
{
	struct fixture *f = *state;
	struct kept kept[2];
	int gets;

	keep_lease_and_complete_file(f, kept);
	gets = fake_tftp_gets;
	restart(f, "net", kept, 2);
	assert_int_equal(fake_tftp_gets, gets);
	fake_device_request(&f->dev, 2, PVBOOT_OP_CLOSE, &(struct pvboot_file_args){.handle = 1},
			    sizeof(struct pvboot_file_args), 0);
	expect_status(f, 2, PVBOOT_S_OK);
}

/* [DEV-65] [LNK-30] The device process was another one: it has no descriptor of what was complete. */
static void test_vm_complete_file_is_passed_again_to_another_process(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow;
	struct kept kept[2];
	int gets;

	keep_lease_and_complete_file(f, kept);
	gets = fake_tftp_gets;
	restart_both(f, "net", kept, 2, PVBOOT_LINK_ID_LOST);
	assert_int_equal(fake_tftp_gets, gets + 1);
	fake_tftp_opened(3);
	fake_tftp_data("abc", 3);
	fake_tftp_done(PVBOOT_S_OK, 0, "");
	fake_device_expect(&f->dev, PVBOOT_LINK_GROW);
	assert_int_equal(f->dev.hdr.flags, PVBOOT_LINK_F_FD);
	assert_int_equal(f->dev.hdr.id, 1);
	memcpy(&grow, f->dev.body, sizeof(grow));
	assert_int_equal(grow.available, 3);
}

static void test_vm_root_file_changed_over_restart(void **state)
{
	struct fixture *f = *state;
	struct pvboot_link_grow grow;
	struct kept kept;

	keep_root_file(f, &kept);
	write_file(f, "small", "9876543210", 10); /* the same size */
	restart(f, "local", &kept, 1);
	grow = expect_grow(f, true);
	close(f->dev.msg_fd);
	assert_int_equal(grow.status, PVBOOT_S_CHANGED);
}

#define vm_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_test(test_vm_kept_rubbish),
		vm_test(test_vm_kept_file_with_wrong_name_length),
		vm_test(test_vm_kept_of_another_version),
		vm_test(test_vm_kept_by_an_older_hostd),
		vm_test(test_vm_goes_on_with_what_the_lease_says),
		vm_test(test_vm_ending_forgets_nothing),
		vm_test(test_vm_goes_on_with_a_lease_and_a_file),
		vm_test(test_vm_file_has_another_size_after_restart),
		vm_test(test_vm_file_begins_otherwise_after_restart),
		vm_test(test_vm_file_begins_the_same_after_restart),
		vm_test(test_vm_file_is_gone_after_restart),
		vm_test(test_vm_complete_file_is_not_fetched_again),
		vm_test(test_vm_complete_file_is_passed_again_to_another_process),
		vm_test(test_vm_root_file_changed_over_restart),
	};

	log_open(false, LOG_EMERG);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
