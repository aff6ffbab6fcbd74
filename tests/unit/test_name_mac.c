/* SPDX-License-Identifier: BSD-2-Clause */
/* test_name_mac.c - MAC addresses made from names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/addr.h"
#include "base/name_mac.h"

#define MANY 20000

static const struct addr_mac_pattern open_pattern = {{0}, {0}};

static uint64_t number(const char *name, const struct addr_mac_pattern *within)
{
	uint8_t mac[6];
	uint64_t n = 0;

	name_mac(mac, name, within);
	for (int i = 0; i < 6; i++)
		n = n << 8 | mac[i];
	return n;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* How many of the addresses of base1 .. baseN another name has already. */
static unsigned int doubles(const char *base, unsigned int n, const struct addr_mac_pattern *within)
{
	static uint64_t macs[MANY];
	unsigned int found = 0;
	char name[64];

	assert_in_range(n, 1, MANY);
	for (unsigned int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s%u", base, i + 1);
		macs[i] = number(name, within);
	}
	qsort(macs, n, sizeof(macs[0]), compare);
	for (unsigned int i = 1; i < n; i++)
		found += macs[i] == macs[i - 1];
	return found;
}

static void test_name_mac_is_the_same_again(void **state)
{
	assert_int_equal(number("web1", NULL), number("web1", NULL));
	/* It is in somebody's DHCP server: a change is one of the interface. */
	assert_int_equal(number("web1", NULL), UINT64_C(0x5254004af2fb));
}

static void test_name_mac_of_names_that_differ_in_the_end(void **state)
{
	assert_int_equal(doubles("web", 999, NULL), 0);
	assert_int_equal(doubles("a-rather-long-name-of-a-virtual-machine-", 999, NULL), 0);
}

/* n names in 2^24 addresses: n * n / 2^25 doubles are to be expected, 12 of 20000; 46 bits have none. */
static void test_name_mac_as_chance_has_it(void **state)
{
	assert_in_range(doubles("vm", MANY, NULL), 2, 30);
	assert_in_range(doubles("node-", MANY, NULL), 2, 30);
	assert_int_equal(doubles("vm", MANY, &open_pattern), 0);
}

/* Each bit that is not laid down is 1 for about half of the names. */
static void test_name_mac_uses_each_bit(void **state)
{
	unsigned int ones[48] = {0};
	char name[16];

	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "web%u", i);
		for (unsigned int bit = 0; bit < 48; bit++)
			ones[bit] += number(name, &open_pattern) >> bit & 1;
	}
	for (unsigned int bit = 0; bit < 40; bit++)
		assert_in_range(ones[bit], 420, 580);
}

static void test_name_mac_is_unicast_and_local(void **state)
{
	char name[16];

	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "web%u", i);
		assert_int_equal(number(name, &open_pattern) >> 40 & 3, 2);
		assert_int_equal(number(name, NULL) >> 24, 0x525400);
	}
}

static void test_name_mac_stays_in_its_pattern(void **state)
{
	const struct addr_mac_pattern pattern = {{0x02, 0x11, 0x22, 0x33, 0, 0}, {0xff, 0xff, 0xff, 0xff, 0, 0}};

	assert_int_equal(number("web1", &pattern) >> 16, 0x02112233);
	assert_int_not_equal(number("web1", &pattern), number("web2", &pattern));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name_mac_is_the_same_again),
		cmocka_unit_test(test_name_mac_of_names_that_differ_in_the_end),
		cmocka_unit_test(test_name_mac_as_chance_has_it),
		cmocka_unit_test(test_name_mac_uses_each_bit),
		cmocka_unit_test(test_name_mac_is_unicast_and_local),
		cmocka_unit_test(test_name_mac_stays_in_its_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
