/* SPDX-License-Identifier: BSD-2-Clause */
/* test_addr.c - addresses as bytes and as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/addr.h"

static void test_addr_unicast_or_none(void **state)
{
	static const struct {
		uint8_t ip[4];
		bool unicast, none;
	} cases[] = {
		{{0, 0, 0, 0}, false, true},	{{0, 0, 0, 1}, false, false},
		{{10, 0, 0, 0}, true, false},	{{127, 0, 0, 1}, false, false},
		{{126, 0, 0, 1}, true, false},	{{223, 255, 255, 255}, true, false},
		{{224, 0, 0, 1}, false, false}, {{255, 255, 255, 255}, false, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(addr_unicast(cases[i].ip), cases[i].unicast);
		assert_int_equal(addr_none(cases[i].ip), cases[i].none);
	}
}

static void test_addr_texts_live_side_by_side(void **state)
{
	const char *text[8];

	for (uint8_t i = 0; i < 8; i++)
		text[i] = addr_text((uint8_t[4]){255, 255, 255, i});
	assert_string_equal(text[0], "255.255.255.0");
	assert_string_equal(text[7], "255.255.255.7");
	assert_string_equal(addr_mac_text((uint8_t[6]){0x52, 0x54, 0, 0xab, 0xcd, 0xef}), "52:54:00:ab:cd:ef");
}

static void test_addr_parse_refusals(void **state)
{
	static const char *const wrong[] = {"",		"1.2.3", "1.2.3.4.5",	    "1.2.3.256",
					    "1.2.3.4 ", "host",	 "255.255.255.255x"};
	uint8_t ip[4] = {9, 9, 9, 9};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(addr_parse(ip, wrong[i], strlen(wrong[i])));
	assert_memory_equal(ip, "\11\11\11\11", 4);
	assert_true(addr_parse(ip, "1.2.3.45", 7)); /* the length counts */
	assert_memory_equal(ip, "\1\2\3\4", 4);
}

static void test_addr_mac_parse(void **state)
{
	static const char *const wrong[] = {"",
					    "52:54:00:12:34",
					    "52:54:00:12:34:5",
					    "52:54:00:12:34:5g",
					    "52-54-00-12-34-56",
					    "52:54:00:12:34:56:78",
					    "52:54:00:*",
					    "*"};
	uint8_t mac[6];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(addr_mac_parse(mac, wrong[i]));
	assert_true(addr_mac_parse(mac, "52:54:00:Ab:cD:ef"));
	assert_memory_equal(mac, "\x52\x54\x00\xab\xcd\xef", 6);
	assert_true(addr_mac_unicast(mac));
	assert_false(addr_mac_unicast((uint8_t[6]){0}));
	assert_false(addr_mac_unicast((uint8_t[6]){1, 0, 0x5e, 0, 0, 1}));
}

static void test_addr_mac_patterns(void **state)
{
	struct addr_mac_pattern pattern;

	assert_true(addr_mac_pattern_parse(&pattern, "52:*:00:*"));
	assert_false(addr_mac_pattern_is_exact(&pattern));
	assert_true(addr_mac_matches(&pattern, (uint8_t[6]){0x52, 1, 0, 2, 3, 4}));
	assert_false(addr_mac_matches(&pattern, (uint8_t[6]){0x52, 1, 1, 2, 3, 4}));
	assert_false(addr_mac_pattern_parse(&pattern, "52:*x:00:*"));
}

static void test_addr_uuid_both_ways(void **state)
{
	char text[ADDR_UUID_TEXT];
	uint8_t uuid[16];

	assert_true(addr_uuid_parse(uuid, "78563412-3412-7856-9abc-def012345678"));
	assert_memory_equal(uuid, "\x12\x34\x56\x78\x12\x34\x56\x78\x9a\xbc\xde\xf0\x12\x34\x56\x78", 16);
	addr_uuid_text(text, uuid);
	assert_string_equal(text, "12345678-1234-5678-9abc-def012345678");
	assert_false(addr_uuid_parse(uuid, "78563412-3412-7856-9abc-def01234567"));
	assert_false(addr_uuid_parse(uuid, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addr_unicast_or_none), cmocka_unit_test(test_addr_texts_live_side_by_side),
		cmocka_unit_test(test_addr_parse_refusals),  cmocka_unit_test(test_addr_mac_parse),
		cmocka_unit_test(test_addr_mac_patterns),    cmocka_unit_test(test_addr_uuid_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
