/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM's Ethernet frames: hostd/vm/vm_frame.c, with frames.c played here (docs/spec.md 4.9). */
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/kept_head.h"
#include "fake_network.h"
#include "net/frames.h"
#include "vm_world.h"

/* ---- in place of frames.c -------------------------------------------------------------------------------------- */

struct frames {
	const struct frames_ops *ops;
	void *arg;
};

static struct {
	struct frames *open;
	unsigned int opened, sent, holds;
	bool fails, held;
	struct ether_filter filter;
	size_t len;
	uint8_t mac[6];
} fake;

struct frames *frames_open(struct event_base *base, const struct frames_guest *guest, const struct ether_filter *filter,
			   const struct frames_ops *ops, void *arg, char *err, size_t err_len)
{
	assert_null(fake.open);
	assert_string_equal(guest->ifname, "x0");
	if (fake.fails) {
		snprintf(err, err_len, "no such luck");
		return NULL;
	}
	fake.open = calloc(1, sizeof(*fake.open));
	assert_non_null(fake.open);
	*fake.open = (struct frames){ops, arg};
	fake.opened++;
	fake.held = false;
	fake.filter = *filter;
	memcpy(fake.mac, guest->mac, 6);
	return fake.open;
}

void frames_close(struct frames *frames)
{
	assert_ptr_equal(frames, fake.open);
	free(frames);
	fake.open = NULL;
}

void frames_set_filter(struct frames *frames, const struct ether_filter *filter)
{
	fake.filter = *filter;
}

void frames_send(struct frames *frames, const uint8_t *frame, size_t len)
{
	fake.sent++;
	fake.len = len;
}

void frames_hold(struct frames *frames, bool hold)
{
	fake.holds += hold && !fake.held;
	fake.held = hold;
}

/* ---- the tests ------------------------------------------------------------------------------------------------- */

static const struct pvboot_frame_open_args args = {.flags = PVBOOT_FRAME_F_BROADCAST};
static const uint8_t bytes[PVBOOT_FRAME_MAX + 1] = {1, 2, 3};

static int begin(void **state)
{
	memset(&fake, 0, sizeof(fake));
	return setup(state);
}

static int end(void **state)
{
	teardown(state);
	assert_null(fake.open);
	return 0;
}

static void open_frames(struct fixture *f, uint32_t id, uint32_t want)
{
	fake_device_request(&f->dev, id, PVBOOT_OP_FRAME_OPEN, &args, sizeof(args), 0);
	expect_status(f, id, want);
}

static void note_close(struct fixture *f)
{
	struct pvboot_link_request q = {.op = PVBOOT_OP_FRAME_CLOSE};

	fake_device_send(&f->dev, PVBOOT_LINK_NOTE, 0, &q, sizeof(q));
	fake_device_turn(&f->dev);
}

/* [DEV-40] */
static void test_frames_of_a_directory_are_denied(void **state)
{
	struct fixture *f = *state;

	join(f, "local", PVBOOT_LINK_F_FD);
	open_frames(f, 1, PVBOOT_S_DENIED);
	assert_non_null(strstr(f->dev.text, "no network"));
	assert_int_equal(fake.opened, 0);
}

/* lpxelinux.0 asks several times, and closes in between: that is one line in the log for each boot. */
static void test_frames_denied_are_logged_once(void **state)
{
	struct fixture *f = *state;
	const char *log;

	join(f, "local", PVBOOT_LINK_F_FD);
	for (uint32_t boot = 0; boot < 2; boot++) {
		capture_log();
		for (uint32_t i = 1; i <= 3; i++) {
			open_frames(f, 10 * boot + i, PVBOOT_S_DENIED);
			note_close(f);
		}
		log = strstr(captured_log(), "no network to send frames to");
		assert_non_null(log);
		assert_null(strstr(log + 1, "no network to send frames to"));
		fake_device_send(&f->dev, PVBOOT_LINK_RESET, 0, NULL, 0);
		fake_device_turn(&f->dev);
	}
}

/* [DEV-40] */
static void test_frames_off_are_denied(void **state)
{
	struct fixture *f = *state;

	for (struct conf_vm *vm = f->conf.vms; vm; vm = vm->next)
		assert_true(vm->root[0] || conf_set(&f->conf, vm, "frames", "off"));
	join(f, "net", PVBOOT_LINK_F_FD);
	open_frames(f, 1, PVBOOT_S_DENIED);
	assert_non_null(strstr(f->dev.text, "frames = on"));
	assert_int_equal(fake.opened, 0);
	fake_device_send(&f->dev, PVBOOT_LINK_FRAME, 0, bytes, 60); /* no reason to end the link [LNK-20] */
	fake_device_turn(&f->dev);
	assert_int_equal(fake.sent, 0);
	assert_false(fake_device_ended(&f->dev));
}

/* [LNK-10] */
static void test_open_malformed_is_refused(void **state)
{
	struct pvboot_frame_open_args bad = args;
	struct fixture *f = *state;

	join(f, "net", PVBOOT_LINK_F_FD);
	fake_device_request(&f->dev, 1, PVBOOT_OP_FRAME_OPEN, &args, sizeof(args) - 1, 0);
	expect_status(f, 1, PVBOOT_S_BAD_REQUEST);
	bad.n_mcasts = PVBOOT_FRAME_MCASTS + 1;
	fake_device_request(&f->dev, 2, PVBOOT_OP_FRAME_OPEN, &bad, sizeof(bad), 0);
	expect_status(f, 2, PVBOOT_S_BAD_REQUEST);
	assert_int_equal(fake.opened, 0);
}

/* [LNK-20] */
static void test_frame_of_a_wrong_length_ends_the_link(void **state)
{
	static const size_t lengths[] = {0, PVBOOT_FRAME_MIN - 1, PVBOOT_FRAME_MAX + 1};
	struct fixture *f = *state;

	for (size_t i = 0; i < 3; i++) {
		join(f, "net", PVBOOT_LINK_F_FD);
		open_frames(f, 1, PVBOOT_S_OK);
		fake_device_send(&f->dev, PVBOOT_LINK_FRAME, 0, bytes, lengths[i]);
		assert_true(fake_device_ended(&f->dev));
		assert_null(fake.open);
		fake_device_close(&f->dev);
	}
	assert_int_equal(fake.sent, 0);
}

static void test_open_that_fails_says_why(void **state)
{
	struct fixture *f = *state;

	fake.fails = true;
	join(f, "net", PVBOOT_LINK_F_FD);
	open_frames(f, 1, PVBOOT_S_FAILED);
	assert_string_equal(f->dev.text, "no such luck");
}

static void test_frames_both_ways_until_closed(void **state)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x57};
	struct fixture *f = *state;

	join(f, "net", PVBOOT_LINK_F_FD);
	open_frames(f, 1, PVBOOT_S_OK);
	assert_memory_equal(fake.mac, mac, 6);
	fake_device_send(&f->dev, PVBOOT_LINK_FRAME, 0, bytes, PVBOOT_FRAME_MAX);
	fake_device_turn(&f->dev);
	assert_int_equal(fake.sent, 1);
	assert_int_equal(fake.len, PVBOOT_FRAME_MAX);
	assert_true(fake.open->ops->deliver(fake.open->arg, bytes, 77));
	fake_device_expect(&f->dev, PVBOOT_LINK_FRAME);
	assert_int_equal(f->dev.hdr.length, 77);
	assert_memory_equal(f->dev.body, bytes, 77);
	note_close(f);
	assert_null(fake.open);
	fake_device_expect(&f->dev, PVBOOT_LINK_FORGET);
	assert_int_equal(f->dev.hdr.id, PVBOOT_LINK_KEY_FRAME);
	fake_device_send(&f->dev, PVBOOT_LINK_FRAME, 0, bytes, 60);
	note_close(f);
	assert_int_equal(fake.sent, 1);
	assert_false(fake_device_ended(&f->dev));
}

/* [DEV-40] */
static void test_second_open_replaces_the_filter(void **state)
{
	struct pvboot_frame_open_args more = {.flags = PVBOOT_FRAME_F_ALL_MULTICAST};
	struct fixture *f = *state;

	join(f, "net", PVBOOT_LINK_F_FD);
	open_frames(f, 1, PVBOOT_S_OK);
	assert_int_equal(fake.filter.flags, PVBOOT_FRAME_F_BROADCAST);
	fake_device_request(&f->dev, 2, PVBOOT_OP_FRAME_OPEN, &more, sizeof(more), 0);
	expect_status(f, 2, PVBOOT_S_OK);
	assert_int_equal(fake.filter.flags, PVBOOT_FRAME_F_ALL_MULTICAST);
	assert_int_equal(fake.opened, 1);
}

static void test_reset_closes(void **state)
{
	struct fixture *f = *state;

	join(f, "net", PVBOOT_LINK_F_FD);
	open_frames(f, 1, PVBOOT_S_OK);
	fake_device_send(&f->dev, PVBOOT_LINK_RESET, 0, NULL, 0);
	fake_device_turn(&f->dev);
	assert_null(fake.open);
}

/* [LNK-31] With mac = card: who has another card now sends no more as the one before. */
static void test_another_card_closes(void **state)
{
	struct fixture *f = *state;
	uint8_t discover_args[sizeof(struct pvboot_discover_args) + PVBOOT_CARD_LEN] = {0};
	uint8_t *card = discover_args + sizeof(struct pvboot_discover_args);

	memcpy(card, (const uint8_t[]){0x52, 0x54, 0, 1, 2, 3}, PVBOOT_CARD_LEN);
	join(f, "k1", 0);
	fake_device_request(&f->dev, 1, PVBOOT_OP_DISCOVER, discover_args, sizeof(discover_args), ROOM);
	fake_device_turn(&f->dev);
	open_frames(f, 2, PVBOOT_S_OK);
	assert_memory_equal(fake.mac, card, 6);
	fake_dhcp_finish(PVBOOT_S_NO_OFFER, "", lease_ip);
	expect_status(f, 1, PVBOOT_S_NO_OFFER);
	fake_device_request(&f->dev, 3, PVBOOT_OP_DISCOVER, discover_args, sizeof(discover_args), ROOM);
	fake_device_turn(&f->dev);
	assert_non_null(fake.open); /* the same again */
	fake_dhcp_finish(PVBOOT_S_NO_OFFER, "", lease_ip);
	expect_status(f, 3, PVBOOT_S_NO_OFFER);
	card[5]++;
	fake_device_request(&f->dev, 4, PVBOOT_OP_DISCOVER, discover_args, sizeof(discover_args), ROOM);
	fake_device_turn(&f->dev);
	assert_null(fake.open);
}

/* [LNK-2] What a device does not read waits in the kernel, not here. */
static void test_slow_device_holds_the_frames(void **state)
{
	struct fixture *f = *state;
	unsigned int n = 0;

	join(f, "net", PVBOOT_LINK_F_FD);
	open_frames(f, 1, PVBOOT_S_OK);
	while (!fake.held && n++ < 1000)
		fake.open->ops->deliver(fake.open->arg, bytes, PVBOOT_FRAME_MAX);
	assert_in_range(n, 100, 999);
	while (n--)
		fake_device_expect(&f->dev, PVBOOT_LINK_FRAME);
	fake_device_turn(&f->dev);
	assert_false(fake.held);
	assert_int_equal(fake.holds, 1);
}

/* [LNK-14] [LNK-15] */
static void test_next_hostd_goes_on(void **state)
{
	uint8_t blob[PVBOOT_LINK_KEEP_MAX];
	struct fixture *f = *state;
	size_t len;

	join(f, "net", PVBOOT_LINK_F_FD);
	fake_device_request(&f->dev, 1, PVBOOT_OP_FRAME_OPEN, &args, sizeof(args), 0);
	fake_device_expect(&f->dev, PVBOOT_LINK_KEEP);
	assert_int_equal(f->dev.hdr.id, PVBOOT_LINK_KEY_FRAME);
	len = f->dev.hdr.length;
	memcpy(blob, f->dev.body, len);
	fake_device_close(&f->dev);
	assert_null(fake.open);

	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, "net", NULL, 0);
	fake_device_expect(&f->dev, PVBOOT_LINK_WELCOME);
	fake_device_send(&f->dev, PVBOOT_LINK_KEPT, PVBOOT_LINK_KEY_FRAME, blob, len);
	fake_device_send(&f->dev, PVBOOT_LINK_RESUME, 0, NULL, 0);
	fake_device_turn(&f->dev);
	assert_non_null(fake.open);
	assert_int_equal(fake.filter.flags, PVBOOT_FRAME_F_BROADCAST);
	fake_device_close(&f->dev);

	for (size_t i = 0; i < 4; i++) { /* one byte short; another magic; another version; arguments that cannot be */
		static const size_t at[] = {0, 0, 4, sizeof(struct kept_head) + 4};

		memset(&fake, 0, sizeof(fake));
		if (i)
			blob[at[i]] ^= 0xff;
		fake_device_connect(&f->dev, f->base, f->server, UID);
		fake_device_identify(&f->dev, "net", NULL, 0);
		fake_device_expect(&f->dev, PVBOOT_LINK_WELCOME);
		fake_device_send(&f->dev, PVBOOT_LINK_KEPT, PVBOOT_LINK_KEY_FRAME, blob, i ? len : len - 1);
		fake_device_expect(&f->dev, PVBOOT_LINK_FORGET);
		assert_int_equal(f->dev.hdr.id, PVBOOT_LINK_KEY_FRAME);
		assert_null(fake.open);
		fake_device_close(&f->dev);
		if (i)
			blob[at[i]] ^= 0xff;
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_frames_of_a_directory_are_denied),
		TEST(test_frames_denied_are_logged_once),
		TEST(test_frames_off_are_denied),
		TEST(test_open_malformed_is_refused),
		TEST(test_frame_of_a_wrong_length_ends_the_link),
		TEST(test_open_that_fails_says_why),
		TEST(test_frames_both_ways_until_closed),
		TEST(test_second_open_replaces_the_filter),
		TEST(test_reset_closes),
		TEST(test_slow_device_holds_the_frames),
		TEST(test_next_hostd_goes_on),
		TEST(test_another_card_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
