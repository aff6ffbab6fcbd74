/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * http_lib.h - load libcurl when it is first needed.
 *
 * Loading libcurl and its libraries takes 6 ms, which `pvboot run --root` would waste: it does not use libcurl.
 */
#ifndef HOSTD_HTTP_LIB_H
#define HOSTD_HTTP_LIB_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

/* libcurl's functions, named as in <curl/curl.h> without the prefix. */
struct http_lib {
	CURLcode (*global_init)(long flags);
	CURL *(*easy_init)(void);
	CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
	CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
	void (*easy_cleanup)(CURL *easy);
	const char *(*easy_strerror)(CURLcode code);
	CURLM *(*multi_init)(void);
	CURLMcode (*multi_setopt)(CURLM *multi, CURLMoption option, ...);
	CURLMcode (*multi_add_handle)(CURLM *multi, CURL *easy);
	CURLMcode (*multi_remove_handle)(CURLM *multi, CURL *easy);
	CURLMcode (*multi_socket_action)(CURLM *multi, curl_socket_t fd, int what, int *running);
	CURLMcode (*multi_assign)(CURLM *multi, curl_socket_t fd, void *arg);
	CURLMsg *(*multi_info_read)(CURLM *multi, int *left);
	CURLMcode (*multi_cleanup)(CURLM *multi);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
	void (*slist_free_all)(struct curl_slist *list);
};

/* Load libcurl, once.  On failure returns NULL and fills err. */
const struct http_lib *http_lib_load(char *err, size_t err_len);

#endif /* HOSTD_HTTP_LIB_H */
