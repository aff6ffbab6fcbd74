/* SPDX-License-Identifier: BSD-2-Clause */
/* test_http_head.c - URLs and the heads of answers: what is refused, and what counts as a validator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "http/http_head.h"
#include "base/url.h"
#include "pvboot_req.h"

/* ---- URLs ---------------------------------------------------------------------------------------------------------
 */

static void test_http_url_refused(void **state)
{
	static const char *const bad[] = {
		"ftp://a/b",
		"http:/a/b",
		"http:///b",
		"http://:80/",
		"http://a:0/",
		"http://a:65536/",
		"http://a:x/",
		"http://user:secret@a/b",
		"http://user@a/b",
		"http://a b/",
		"http://[::1]/",
		"http://a/b\nc",
		"http://a\x01/",
		"https://?x",
		"http://a:99999999999999999999/",
	};
	char out[URL_MAX], why[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strcpy(why, "");
		if (url_canonical(out, bad[i], why, sizeof(why)))
			fail_msg("%s was taken: %s", bad[i], out);
		assert_true(why[0]);
		assert_null(strstr(why, "secret"));
	}
}

static void test_http_url_too_long(void **state)
{
	static char url[2 * URL_MAX];
	char out[URL_MAX], why[256];

	memset(url, 'a', sizeof(url) - 1);
	memcpy(url, "http://a/", 9);
	assert_false(url_canonical(out, url, why, sizeof(why)));
	url[URL_MAX / 2] = '\0';
	assert_true(url_canonical(out, url, why, sizeof(why)));
	memset(url + 9, ' ', URL_MAX / 2 - 9); /* three bytes each */
	assert_false(url_canonical(out, url, why, sizeof(why)));
}

static void test_http_url_canonical(void **state)
{
	static const char *const pairs[][2] = {
		{"HTTP://Server.Example:80/A/b", "http://server.example/A/b"},
		{"https://a:443", "https://a/"},
		{"https://a:80/", "https://a:80/"},
		{"http://10.0.0.1:8080?x=y#frag", "http://10.0.0.1:8080/?x=y"},
		{"http://a:/b", "http://a/b"},
		{"http://a/b c\x80%41", "http://a/b%20c%80%41"},
	};
	char out[URL_MAX], why[256];

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_true(url_canonical(out, pairs[i][0], why, sizeof(why)));
		assert_string_equal(out, pairs[i][1]);
	}
}

/* ---- heads --------------------------------------------------------------------------------------------------------
 */

static struct http_head head;

static void lines(const char *text)
{
	http_head_line(&head, "HTTP/1.1 200 OK\r\n", 17);
	while (*text) {
		const char *nl = strchr(text, '\n');

		http_head_line(&head, text, (size_t)(nl - text) + 1);
		text = nl + 1;
	}
}

static void test_http_head_lengths(void **state)
{
	static const char *const bad[] = {"Content-Length: -1\n", "Content-Length: 5x\n", "Content-Length:\n",
					  "Content-Length: 99999999999999999999\n",
					  "Content-Length: 5\nContent-Length: 6\n"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		lines(bad[i]);
		assert_true(head.bad_length);
	}
	lines("content-LENGTH:\t5 \r\nContent-Length: 5\r\n");
	assert_false(head.bad_length);
	assert_int_equal(head.length, 5);
	lines("X-Content-Length: 5\n");
	assert_true(head.length == PVBOOT_SIZE_UNKNOWN);
}

static void test_http_head_ranges(void **state)
{
	static const char *const bad[] = {"Content-Range: bytes 5-4/10\n",  "Content-Range: bytes 5-10/10\n",
					  "Content-Range: bytes */10\n",    "Content-Range: items 5-9/10\n",
					  "Content-Range: bytes 5-9/10x\n", "Content-Range: bytes 5-\n",
					  "Content-Range: bytes 5\n",	    "Content-Range: bytes 5-9/\n"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		lines(bad[i]);
		assert_false(head.has_range);
	}
	lines("Content-Range: bytes 5-9/10\n");
	assert_true(head.has_range && head.first == 5 && head.total == 10);
	lines("Content-Range: bytes 5-9/*\n");
	assert_true(head.has_range && head.total == PVBOOT_SIZE_UNKNOWN);
}

static void test_http_head_validators(void **state)
{
	lines("ETag: W/\"a\"\n");
	assert_string_equal(http_head_strong_etag(&head), "");
	lines("ETag: a\n");
	assert_string_equal(http_head_strong_etag(&head), "");
	lines("ETag: \"a\nETag: \"a\"b\"\n");
	assert_string_equal(http_head_strong_etag(&head), "");
	lines("ETag: \"a\x7f\"\n");
	assert_string_equal(http_head_strong_etag(&head), "");
	lines("ETag: \"a-b\"\r\n");
	assert_string_equal(http_head_strong_etag(&head), "\"a-b\"");
	lines("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\n");
	assert_string_equal(http_head_strong_modified(&head), ""); /* no Date to compare it with */
	lines("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\nDate: Sun, 06 Nov 1994 08:49:38 GMT\n");
	assert_string_equal(http_head_strong_modified(&head), "");
	lines("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\nDate: Sun, 06 Nov 1994 08:49:39 GMT\n");
	assert_string_equal(http_head_strong_modified(&head), "Sun, 06 Nov 1994 08:49:37 GMT");
	lines("Last-Modified: yesterday\nDate: Sun, 06 Nov 1994 08:49:39 GMT\n");
	assert_string_equal(http_head_strong_modified(&head), "");
}

static void test_http_head_no_store(void **state)
{
	lines("Cache-Control: max-age=5\n");
	assert_false(head.no_store);
	lines("Cache-Control: max-age=5, No-Store\n");
	assert_true(head.no_store);
	lines("Cache-Control: private\n");
	assert_true(head.no_store);
}

static void test_http_head_begins_again(void **state)
{
	lines("Content-Length: 5\nETag: \"a\"\nLocation: /x\n\r\n");
	assert_true(head.complete && head.location);
	http_head_line(&head, "HTTP/1.1 404 Not Found\r\n", 24);
	assert_int_equal(head.status, 404);
	assert_false(head.complete || head.location || head.etag[0]);
	http_head_line(&head, "HTTP/1.1 99999\r\n", 16);
	assert_int_equal(head.status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http_url_refused),   cmocka_unit_test(test_http_url_too_long),
		cmocka_unit_test(test_http_url_canonical), cmocka_unit_test(test_http_head_lengths),
		cmocka_unit_test(test_http_head_ranges),   cmocka_unit_test(test_http_head_validators),
		cmocka_unit_test(test_http_head_no_store), cmocka_unit_test(test_http_head_begins_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
