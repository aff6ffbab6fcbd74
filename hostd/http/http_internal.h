/* SPDX-License-Identifier: BSD-2-Clause */
/* http_internal.h - what http.c (libcurl and the loop) and http_get.c (one transfer) share. */
#ifndef HOSTD_HTTP_INTERNAL_H
#define HOSTD_HTTP_INTERNAL_H

#include "http/http.h"
#include "http/http_head.h"
#include "http/http_lib.h"
#include "base/url.h"
#include "net/source.h"

struct event;

struct http {
	struct event_base *base;
	const struct http_lib *lib;
	CURLM *multi;
	struct event *timer;
	struct http_settings set;
	char *proxy;
	unsigned int inside; /* depth of calls into libcurl: while not 0, do not call it again */
	struct http_get *gets;
};

struct http_get {
	struct http_get *next, **prev;
	struct http *http;
	const struct http_ops *ops;
	void *arg;
	CURL *easy;
	struct curl_slist *headers;
	struct event *retry;
	struct source *source;
	struct source_watch cut; /* calls http_get_cut() */
	bool wanted;		 /* to be added to the multi handle */
	bool added;		 /* has been added */
	bool dead;		 /* cancelled: call no ops any more */

	/* this exchange */
	struct http_head head;
	size_t head_bytes;
	bool judged;	    /* judge() has checked the head */
	bool refused;	    /* hostd refused it: status, detail and text say why */
	bool denied;	    /* hostd refused the last address that libcurl wanted to connect to */
	uint64_t skip;	    /* bytes that came before, are sent again, and must be compared */
	uint8_t address[4]; /* the address that was denied */
	uint32_t status, detail;

	/* the file */
	bool opened;
	uint64_t size, have, best; /* best: the value of have when progress was last seen */
	unsigned int tries;	   /* exchanges since the last progress */
	char etag[HTTP_VALIDATOR_MAX], modified[HTTP_VALIDATOR_MAX]; /* strong validators of the first answer */
	char vm[64];
	char *url, *ask_etag, *ask_modified;
	bool stat_only;
	char text[PVBOOT_ERROR_MAX + 1];
	char curl_error[CURL_ERROR_SIZE];
};

/* http_get.c: handle the end of an exchange, which libcurl reports with code. */
void http_get_ended(struct http_get *get, CURLcode code);
/* Handle the end of the transfer's source. */
void http_get_cut(struct source_watch *watch);
/* Begin the next exchange after a delay. */
void http_get_later(struct http_get *get);
/* Set up the next exchange.  Returns false if memory ran out. */
bool http_get_prepare(struct http_get *get);

/* http.c: add it to the multi handle, now or once libcurl has returned. */
void http_start(struct http_get *get);
/* Remove it from the multi handle and free it, now or once libcurl has returned. */
void http_drop(struct http_get *get);

#endif /* HOSTD_HTTP_INTERNAL_H */
