/* SPDX-License-Identifier: BSD-2-Clause */
/* test_url.c - names of files: paths, and URLs of TFTP.  Those of HTTP are in test_http_head.c, the forms of a
 * pxelinux.cfg in test_pxelinux_names.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/url.h"

static struct url url;
static char err[256];

static void test_url_kind(void **state)
{
	static const struct {
		const char *name;
		enum url_kind kind;
	} cases[] = {
		{"", URL_PATH},
		{"a/b", URL_PATH},
		{"/a", URL_PATH},
		{"1://a/b", URL_PATH},
		{"a b://c", URL_PATH},
		{"tftp:a", URL_PATH},
		{"tftp:/a", URL_PATH},
		{"10.0.0.1::a", URL_PATH},
		{"tftp://a/b", URL_TFTP},
		{"TFTP://", URL_TFTP},
		{"Pvboot://a/b", URL_TFTP},
		{"http://a", URL_HTTP},
		{"HTTPS://a", URL_HTTP},
		{"ftp://a/b", URL_OTHER},
		{"x-y.z+1://", URL_OTHER},
		{"httpss://a", URL_OTHER},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (url_kind(cases[i].name) != cases[i].kind)
			fail_msg("%s: kind %d", cases[i].name, (int)url_kind(cases[i].name));
}

static void expect_refused(const char *name, const char *words)
{
	strcpy(err, "");
	if (url_parse(&url, name, err, sizeof(err)) || !strstr(err, words))
		fail_msg("%s: \"%s\" does not say \"%s\"", name, err, words);
}

static void test_url_refused(void **state)
{
	expect_refused("ftp://10.0.0.1/k", "fetches by TFTP and HTTP");
	expect_refused("tftp://server/k", "has to be an IPv4 address");
	expect_refused("tftp://10.0.0.1.2/k", "has to be an IPv4 address");
	expect_refused("tftp://[::1]/k", "has to be an IPv4 address");
	expect_refused("tftp://user@10.0.0.1/k", "names a user");
	expect_refused("tftp://10.0.0.1:0/k", "no good port");
	expect_refused("tftp://10.0.0.1:65536/k", "no good port");
	expect_refused("tftp://10.0.0.1:99999999999999999999/k", "no good port");
	expect_refused("tftp://10.0.0.1:6x/k", "no good port");
	expect_refused("tftp://10.0.0.1", "names no file");
	expect_refused("tftp://10.0.0.1/", "names no file");
	expect_refused("tftp://10.0.0.1?k", "names no file");
	expect_refused("tftp://10.0.0.1/;mode=octet", "names no file");
	expect_refused("pvboot://10.0.0.1/", "names no file");
}

static void test_url_too_long(void **state)
{
	static char name[2 * PVBOOT_NAME_MAX] = "tftp://10.0.0.1/";
	const size_t before = strlen(name);

	memset(name + before, 'a', PVBOOT_NAME_MAX + 1);
	expect_refused(name, "too long");
	expect_refused(name + before, "too long");
	name[before + PVBOOT_NAME_MAX] = '\0';
	assert_true(url_parse(&url, name, err, sizeof(err)));
	assert_int_equal(strlen(url.path), PVBOOT_NAME_MAX);
	assert_true(url_parse(&url, name + before, err, sizeof(err)));
	assert_int_equal(url.kind, URL_PATH);
}

static void expect(const char *name, const char *server, uint16_t port, const char *path)
{
	char text[16];

	if (!url_parse(&url, name, err, sizeof(err)))
		fail_msg("%s: %s", name, err);
	snprintf(text, sizeof(text), "%u.%u.%u.%u", url.server[0], url.server[1], url.server[2], url.server[3]);
	assert_string_equal(text, server);
	assert_int_equal(url.port, port);
	assert_string_equal(url.path, path);
}

static void test_url_of_tftp(void **state)
{
	expect("a%20b;c#d", "0.0.0.0", 0, "a%20b;c#d");
	expect("10.0.0.1::a", "0.0.0.0", 0, "10.0.0.1::a"); /* which only a pxelinux.cfg has */
	expect("tftp://10.0.0.1/a%20b;mode=octet", "10.0.0.1", 0, "a b");
	expect("TFTP://10.0.0.1:6969//a%2fB%zz%4#x", "10.0.0.1", 6969, "/a/B%zz%4");
	expect("tftp://10.0.0.1:/a", "10.0.0.1", 0, "a");
	expect("tftp:///a", "0.0.0.0", 0, "a");
	expect("PVBOOT://10.0.0.1/a%20b;mode=octet#x", "10.0.0.1", 0, "a%20b;mode=octet#x");
	expect("http://host:8/a%20b", "0.0.0.0", 0, "http://host:8/a%20b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_url_kind),
		cmocka_unit_test(test_url_refused),
		cmocka_unit_test(test_url_too_long),
		cmocka_unit_test(test_url_of_tftp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
