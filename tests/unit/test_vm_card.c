/* SPDX-License-Identifier: BSD-2-Clause */
/* test_vm_card.c - mac = card: a VM at hostd has the MAC of its machine's card, of which the guest tells. */
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

static const uint8_t card[6] = {0x52, 0x54, 0, 1, 2, 3}, another[6] = {0x52, 0x54, 0, 1, 2, 4};

/* DISCOVER, followed by len bytes of what the guest takes for its card's MAC. */
static void discover_by(struct fake_device *dev, uint32_t id, const uint8_t *mac, size_t len)
{
	uint8_t bytes[sizeof(struct pvboot_discover_args) + 16] = {0};

	memcpy(bytes + sizeof(struct pvboot_discover_args), mac, len);
	fake_device_request(dev, id, PVBOOT_OP_DISCOVER, bytes, sizeof(struct pvboot_discover_args) + len, ROOM);
	fake_device_turn(dev);
}

static void expect_denied_(struct fixture *f, uint32_t id, const char *words, int line)
{
	expect_status(f, id, PVBOOT_S_DENIED);
	if (strstr(f->dev.text, words))
		return;
	print_error("\"%s\" does not say \"%s\"\n", f->dev.text, words);
	_fail(__FILE__, line);
}
#define expect_denied(f, id, words) expect_denied_(f, id, words, __LINE__)

static void test_card_not_told(void **state)
{
	static const uint8_t none[6];
	struct fixture *f = *state;

	join(f, "k1", 0);
	discover(f, 1, 0);
	expect_denied(f, 1, "which tells none");
	discover_by(&f->dev, 2, none, 6);
	expect_denied(f, 2, "which tells none");
	assert_false(fake_dhcp_running);
}

static void test_card_of_another_length(void **state)
{
	static const uint8_t bytes[8] = {0x52, 0x54, 0, 1, 2, 3};
	struct fixture *f = *state;

	join(f, "k1", 0);
	for (size_t len = 1; len <= 8; len++) {
		if (len == 6)
			continue;
		discover_by(&f->dev, (uint32_t)len, bytes, len);
		expect_status(f, (uint32_t)len, PVBOOT_S_BAD_REQUEST);
	}
	assert_false(fake_dhcp_running);
}

/* [LNK-4] */
static void test_card_not_allowed(void **state)
{
	static const uint8_t multicast[6] = {0x53, 0x54, 0, 1, 2, 3}, outside[6] = {0x52, 0x54, 1, 1, 2, 3};
	static const uint8_t of_net[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x57};
	struct fixture *f = *state;

	join(f, "k1", 0);
	discover_by(&f->dev, 1, multicast, 6);
	expect_denied(f, 1, "[vm k*] does not allow the MAC 53:54:00:01:02:03");
	discover_by(&f->dev, 2, outside, 6);
	expect_denied(f, 2, "[vm k*] does not allow the MAC 52:54:01:01:02:03");
	discover_by(&f->dev, 3, of_net, 6);
	expect_denied(f, 3, "belongs to [vm net]");
	assert_false(fake_dhcp_running);
}

/* [LNK-4] */
static void test_card_in_use(void **state)
{
	struct fixture *f = *state;

	fake_device_connect(&f->other, f->base, f->server, UID);
	fake_device_join(&f->other, "k2", 0);
	discover_by(&f->other, 1, card, 6);
	join(f, "k1", 0);
	discover_by(&f->dev, 1, card, 6);
	expect_denied(f, 1, "\"k2\" has the MAC of this machine's card");
	discover_by(&f->dev, 2, another, 6);
	assert_memory_equal(fake_dhcp_mac, another, 6);
	fake_device_close(&f->dev);
	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, "t1", card, 0);
	expect_refusal(f, "\"k2\" has this MAC already");
}

static void test_card_frames_before_it_is_known(void **state)
{
	const struct pvboot_frame_open_args args = {0};
	struct fixture *f = *state;

	join(f, "k1", 0);
	fake_device_request(&f->dev, 1, PVBOOT_OP_FRAME_OPEN, &args, sizeof(args), ROOM);
	fake_device_turn(&f->dev);
	expect_denied(f, 1, "before it said which MAC");
}

/* Two that have not said anything yet are not in each other's way. */
static void test_card_is_the_vms(void **state)
{
	struct pvboot_link_welcome welcome;
	struct fixture *f = *state;

	fake_device_connect(&f->other, f->base, f->server, UID);
	fake_device_join(&f->other, "k2", 0);
	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, "k1", NULL, 0);
	fake_device_expect(&f->dev, PVBOOT_LINK_WELCOME);
	memcpy(&welcome, f->dev.body, sizeof(welcome));
	assert_int_equal(welcome.flags, 0);
	fake_device_send(&f->dev, PVBOOT_LINK_RESUME, 0, NULL, 0);
	discover_by(&f->dev, 1, card, 6);
	assert_memory_equal(fake_dhcp_mac, card, 6);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
	expect_status(f, 1, PVBOOT_S_OK);
	discover_by(&f->dev, 2, another, 6); /* the machine was started again with another card */
	assert_memory_equal(fake_dhcp_mac, another, 6);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
}

/* What the starter of the device says goes before the guest. */
static void test_card_does_not_count_beside_a_name(void **state)
{
	struct fixture *f = *state;

	fake_device_connect(&f->dev, f->base, f->server, UID);
	fake_device_identify(&f->dev, "k1", another, 0);
	fake_device_expect(&f->dev, PVBOOT_LINK_WELCOME);
	fake_device_send(&f->dev, PVBOOT_LINK_RESUME, 0, NULL, 0);
	discover_by(&f->dev, 1, card, 6);
	assert_memory_equal(fake_dhcp_mac, another, 6);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
}

static void test_card_is_told_in_vain_elsewhere(void **state)
{
	static const uint8_t of_net[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x57};
	struct fixture *f = *state;

	join(f, "net", 0);
	discover_by(&f->dev, 1, card, 6);
	assert_memory_equal(fake_dhcp_mac, of_net, 6);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
}

/* A hostd that is started again has it from what the device keeps, and checks it again. [LNK-15] */
static void test_card_after_a_restart(void **state)
{
	const struct pvboot_frame_open_args args = {0};
	struct fixture *f = *state;
	uint8_t blob[PVBOOT_LINK_KEEP_MAX];
	size_t len;

	join(f, "k1", 0);
	discover_by(&f->dev, 1, card, 6);
	fake_dhcp_finish(PVBOOT_S_OK, "", lease_ip);
	fake_device_expect(&f->dev, PVBOOT_LINK_KEEP);
	assert_int_equal(f->dev.hdr.id, PVBOOT_LINK_KEY_LEASE);
	len = f->dev.hdr.length;
	memcpy(blob, f->dev.body, len);
	for (int bad = 0; bad < 2; bad++) {
		server_free(f->server);
		fake_device_close(&f->dev);
		f->server = server_new(f->base, &f->conf);
		fake_device_connect(&f->dev, f->base, f->server, UID);
		fake_device_identify(&f->dev, "k1", NULL, 0);
		fake_device_expect(&f->dev, PVBOOT_LINK_WELCOME);
		blob[sizeof(struct kept_head)] |= (uint8_t)bad; /* the first byte of the card's: a multicast address */
		fake_device_send(&f->dev, PVBOOT_LINK_KEPT, PVBOOT_LINK_KEY_LEASE, blob, len);
		fake_device_send(&f->dev, PVBOOT_LINK_RESUME, 0, NULL, 0);
		fake_device_request(&f->dev, 1, PVBOOT_OP_FRAME_OPEN, &args, sizeof(args), ROOM);
		fake_device_turn(&f->dev);
		if (bad) {
			fake_device_expect(&f->dev, PVBOOT_LINK_FORGET);
			expect_denied(f, 1, "before it said which MAC");
		} else {
			expect_status(f, 1, PVBOOT_S_FAILED); /* as far as there being no interface x0 */
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_card_not_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_card_of_another_length, setup, teardown),
		cmocka_unit_test_setup_teardown(test_card_not_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_card_in_use, setup, teardown),
		cmocka_unit_test_setup_teardown(test_card_frames_before_it_is_known, setup, teardown),
		cmocka_unit_test_setup_teardown(test_card_is_the_vms, setup, teardown),
		cmocka_unit_test_setup_teardown(test_card_does_not_count_beside_a_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_card_is_told_in_vain_elsewhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_card_after_a_restart, setup, teardown),
	};

	log_open(false, LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
