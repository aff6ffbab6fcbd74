/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of hostd/dhcp/dhcp_select.c: one table of situations, and the refusals of dhcp_offers_add(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp_craft.h"
#include "dhcp/dhcp_select.h"

static struct dhcp_offers offers;
static struct dhcp_msg msg;
static const uint8_t src_mac[6] = {2, 0, 0, 0, 0, 1};

static int add(const struct craft *craft, uint8_t id)
{
	const uint8_t src_ip[4] = {172, 21, 0, id};

	assert_true(dhcp_msg_parse(&msg, craft->buf, craft->len));
	return dhcp_offers_add(&offers, &msg, src_ip, src_mac);
}

static void start(void)
{
	memset(&offers, 0, sizeof(offers));
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

static void test_offer_without_server_id(void **state)
{
	struct craft c;

	start();
	craft_begin(&c, DHCP_OFFER);
	craft_yiaddr(&c, 172, 21, 0, 50);
	craft_end(&c);
	assert_int_equal(add(&c, 2), DHCP_NO_OFFER);
	assert_int_equal(offers.count, 0);
}

static void test_offer_without_address_or_class(void **state)
{
	struct craft c;

	start();
	craft_begin(&c, DHCP_OFFER);
	craft_address(&c, DHCP_OPT_SERVER_ID, 172, 21, 0, 2);
	craft_end(&c);
	assert_int_equal(add(&c, 2), DHCP_NO_OFFER);
}

static void test_offer_of_no_unicast_address(void **state)
{
	static const uint8_t first[] = {127, 224, 255};
	struct craft c;

	for (size_t i = 0; i < sizeof(first); i++) {
		start();
		craft_offer(&c, DHCP_OFFER, 2, "pxelinux.0");
		craft_yiaddr(&c, first[i], 0, 0, 1);
		assert_int_equal(add(&c, 2), DHCP_NO_OFFER);
	}
}

static void test_offer_that_is_an_ack(void **state)
{
	struct craft c;

	start();
	craft_offer(&c, DHCP_ACK, 2, "pxelinux.0");
	assert_int_equal(add(&c, 2), DHCP_NO_OFFER);
}

static void test_offer_flood(void **state)
{
	struct craft c;

	start();
	for (unsigned int i = 0; i < DHCP_OFFERS_MAX; i++) {
		craft_offer(&c, DHCP_OFFER, (uint8_t)(i + 1), NULL);
		assert_int_equal(add(&c, (uint8_t)(i + 1)), i);
	}
	craft_offer(&c, DHCP_OFFER, 99, "pxelinux.0");
	assert_int_equal(add(&c, 99), DHCP_NO_OFFER);
	/* One that is known still gets its new answer in. */
	craft_offer(&c, DHCP_OFFER, 3, "pxelinux.0");
	assert_int_equal(add(&c, 3), 2);
	assert_string_equal(offers.offer[2].pxe.file, "pxelinux.0");
}

static void test_offer_again_replaces(void **state)
{
	struct craft c;

	start();
	craft_offer(&c, DHCP_OFFER, 2, NULL);
	assert_int_equal(add(&c, 2), 0);
	assert_int_equal(add(&c, 2), 0);
	/* The same server's proxy half is another offer. */
	craft_proxy(&c, DHCP_OFFER, 2, NULL);
	assert_int_equal(add(&c, 2), 1);
	assert_int_equal(offers.count, 2);
}

static void test_proxy_without_server_id(void **state)
{
	struct craft c;

	start();
	craft_begin(&c, DHCP_OFFER);
	craft_string(&c, DHCP_OPT_CLASS, "PXEClient");
	craft_end(&c);
	assert_int_equal(add(&c, 7), 0);
	assert_memory_equal(offers.offer[0].server_id, "\254\25\0\7", 4);
}

/* ---- choices --------------------------------------------------------------------------------------------------- */

/*
 * Offers in the order of arrival, by one letter: l an address, L with a file, p a proxy, P with a file, x an address by
 * a server that says PXEClient but names no file.  Then the index of the lease and of the boot server, or none.
 */
#define NOBODY (-1)
static const struct situation {
	const char *arrived;
	enum dhcp_proxy_mode mode;
	bool over;
	bool chosen;
	int lease, boot;
	bool ask;
} situations[] = {
	/* nothing to choose from */
	{"", DHCP_PROXY_AUTO, false, false, NOBODY, NOBODY, false},
	{"", DHCP_PROXY_AUTO, true, false, NOBODY, NOBODY, false},
	{"p", DHCP_PROXY_AUTO, true, false, NOBODY, NOBODY, false},
	{"P", DHCP_PROXY_AUTO, true, false, NOBODY, NOBODY, false},
	{"P", DHCP_PROXY_WAIT, true, false, NOBODY, NOBODY, false},
	/* the first offer with a file, at once */
	{"L", DHCP_PROXY_AUTO, false, true, 0, 0, false},
	{"lL", DHCP_PROXY_AUTO, false, true, 1, 1, false},
	{"LL", DHCP_PROXY_AUTO, false, true, 0, 0, false},
	{"xL", DHCP_PROXY_AUTO, false, true, 1, 1, false},
	/* a proxy's file in hand goes before */
	{"PL", DHCP_PROXY_AUTO, false, true, 1, 0, false},
	{"Pl", DHCP_PROXY_AUTO, false, true, 1, 0, false},
	{"lP", DHCP_PROXY_AUTO, false, true, 0, 1, false},
	{"pPl", DHCP_PROXY_AUTO, false, true, 2, 1, false},
	{"PlL", DHCP_PROXY_AUTO, false, true, 2, 0, false},
	/* a proxy without a file does not go before a file in hand, but before none */
	{"pL", DHCP_PROXY_AUTO, false, true, 1, 1, false},
	{"pl", DHCP_PROXY_AUTO, false, true, 1, 0, true},
	{"lp", DHCP_PROXY_AUTO, false, true, 0, 1, true},
	/* no file: wait, then the first lease */
	{"l", DHCP_PROXY_AUTO, false, false, NOBODY, NOBODY, false},
	{"l", DHCP_PROXY_AUTO, true, true, 0, 0, false},
	{"ll", DHCP_PROXY_AUTO, true, true, 0, 0, false},
	{"x", DHCP_PROXY_AUTO, false, true, 0, 0, true},
	{"lx", DHCP_PROXY_AUTO, false, true, 1, 1, true},
	/* proxy = wait */
	{"L", DHCP_PROXY_WAIT, false, false, NOBODY, NOBODY, false},
	{"L", DHCP_PROXY_WAIT, true, true, 0, 0, false},
	{"LP", DHCP_PROXY_WAIT, false, true, 0, 1, false},
	{"Lp", DHCP_PROXY_WAIT, false, true, 0, 1, true},
	{"x", DHCP_PROXY_WAIT, false, false, NOBODY, NOBODY, false},
	{"x", DHCP_PROXY_WAIT, true, true, 0, 0, true},
	/* proxy = off */
	{"PL", DHCP_PROXY_OFF, false, true, 1, 1, false},
	{"Pl", DHCP_PROXY_OFF, false, true, 1, 1, false},
	{"x", DHCP_PROXY_OFF, false, true, 0, 0, false},
};

static void arrive(char kind, uint8_t id)
{
	struct craft c;

	if (kind == 'l' || kind == 'L') {
		craft_offer(&c, DHCP_OFFER, id, kind == 'L' ? "pxelinux.0" : NULL);
	} else if (kind == 'x') {
		craft_offer(&c, DHCP_OFFER, id, NULL);
		c.len--;
		craft_string(&c, DHCP_OPT_CLASS, "PXEClient");
		craft_end(&c);
	} else {
		craft_proxy(&c, DHCP_OFFER, id, kind == 'P' ? "proxy.0" : NULL);
	}
	assert_int_equal(add(&c, id), id - 1);
}

static void test_choices(void **state)
{
	for (size_t i = 0; i < sizeof(situations) / sizeof(situations[0]); i++) {
		const struct situation *s = &situations[i];
		struct dhcp_choice choice = {NOBODY, NOBODY, false, NULL};
		bool chosen;

		start();
		for (unsigned int n = 0; s->arrived[n]; n++)
			arrive(s->arrived[n], (uint8_t)(n + 1));
		chosen = dhcp_select(&offers, s->mode, s->over, &choice);
		if (chosen != s->chosen || choice.lease != s->lease || choice.boot != s->boot || choice.ask != s->ask)
			fail_msg("situation %zu \"%s\": chosen %d lease %d boot %d ask %d", i, s->arrived, chosen,
				 choice.lease, choice.boot, choice.ask);
		assert_true(!chosen || choice.why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offer_without_server_id),
		cmocka_unit_test(test_offer_without_address_or_class),
		cmocka_unit_test(test_offer_of_no_unicast_address),
		cmocka_unit_test(test_offer_that_is_an_ack),
		cmocka_unit_test(test_offer_flood),
		cmocka_unit_test(test_offer_again_replaces),
		cmocka_unit_test(test_proxy_without_server_id),
		cmocka_unit_test(test_choices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
