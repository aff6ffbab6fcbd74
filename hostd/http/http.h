/* SPDX-License-Identifier: BSD-2-Clause */
/* http.h - fetch one file by HTTP or HTTPS (RFC 9110), with libcurl on the loop. */
#ifndef HOSTD_HTTP_H
#define HOSTD_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvboot_req.h"

struct event_base;
struct http;
struct http_get;
struct source;

struct http_settings {
	const char *proxy; /* a URL; NULL or "": none.  The environment's is not used */
	const void *ca;	   /* PEM of the authorities to believe, for the life of the process; NULL: the system's */
	size_t ca_len;
	uint32_t connect_ms;			   /* give up a connection after; 0: the default, 10 s */
	uint32_t stall_ms;			   /* and a transfer slower than 1 KiB/s for so long; 0: 30 s */
	uint32_t retry_ms;			   /* before the first of the retries, then twice that; 0: 250 ms */
	bool (*allowed)(const uint8_t address[4]); /* may be connected to?  NULL: udp_allowed() */
};

/* Load libcurl and begin.  settings' texts are copied, but for ca.  NULL with words. */
struct http *http_new(struct event_base *base, const struct http_settings *settings, char *err, size_t err_len);
/* Transfers under way are ended as by http_cancel(). */
void http_free(struct http *http);

struct http_request {
	const char *vm;	       /* for the log */
	const char *url;       /* canonical, base/url.h */
	const char *etag;      /* of a copy: ask whether it is still right; NULL or "": there is none */
	const char *modified;  /* the same, where there is no etag */
	bool stat_only;	       /* HEAD */
	struct source *source; /* whose sockets (source.h), NULL: the host's */
};

struct http_answer {
	bool unchanged; /* 304: the copy that was asked about is right.  Nothing else is set, and done follows */
	uint64_t size;	/* or PVBOOT_SIZE_UNKNOWN */
	const char *etag, *modified; /* what the cache may ask by next time: strong ones, or "" */
	bool no_store;
};

struct http_ops {
	/* The server has the file.  Called once, before any data. */
	void (*opened)(void *arg, const struct http_answer *answer);
	/* len bytes that follow what came before.  Return false to end the transfer (PVBOOT_S_NO_RESOURCES). */
	bool (*data)(void *arg, const void *buf, size_t len);
	/* The transfer began again: are these the len bytes that came at that offset before? */
	bool (*same)(void *arg, uint64_t offset, const void *buf, size_t len);
	/* The end, once: PVBOOT_S_OK, or a failure with its detail (the HTTP status, or 0) and its words. */
	void (*done)(void *arg, uint32_t status, uint32_t detail, const char *text);
};

/* Begin.  NULL only if memory ran out: every other failure comes through done, from the loop. */
struct http_get *http_get(struct http *http, const struct http_request *req, const struct http_ops *ops, void *arg);
/* End it now; done is not called. */
void http_cancel(struct http_get *get);

#endif /* HOSTD_HTTP_H */
