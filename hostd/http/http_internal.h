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
	unsigned int inside; /* calls into libcurl now on the stack: it is not to be called again */
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
	struct source_watch cut; /* the source has gone */
	bool wanted;		 /* is to be added to the multi handle */
	bool added;		 /* is */
	bool dead;		 /* nobody is to be told of it any more */

	/* this exchange */
	struct http_head head;
	size_t head_bytes;
	bool judged;	    /* the head was looked at */
	bool refused;	    /* by us: status, detail and text have what for */
	bool denied;	    /* the last address that libcurl wanted to connect to */
	uint64_t skip;	    /* bytes from the start that have come before, and are compared */
	uint8_t address[4]; /* which was denied */
	uint32_t status, detail;

	/* the file */
	bool opened;
	uint64_t size, have, best;				     /* best: have at the last break */
	unsigned int tries;					     /* since there was progress */
	char etag[HTTP_VALIDATOR_MAX], modified[HTTP_VALIDATOR_MAX]; /* strong ones of the first answer */
	char vm[64];
	char *url, *ask_etag, *ask_modified;
	bool stat_only;
	char text[PVBOOT_ERROR_MAX + 1];
	char curl_error[CURL_ERROR_SIZE];
};

/* http_get.c: libcurl ended the exchange. */
void http_get_ended(struct http_get *get, CURLcode code);
/* The source has gone. */
void http_get_cut(struct source_watch *watch);
/* Begin an exchange after a while. */
void http_get_later(struct http_get *get);
/* Set up the next exchange.  False if memory ran out. */
bool http_get_prepare(struct http_get *get);

/* http.c: have it added to the multi handle, now or when libcurl has returned. */
void http_start(struct http_get *get);
/* Take it out and free it, now or when libcurl has returned. */
void http_drop(struct http_get *get);

#endif /* HOSTD_HTTP_INTERNAL_H */
