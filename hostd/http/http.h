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
	const char *proxy; /* a URL; NULL or "": none.  hostd ignores the environment's proxy */
	const void *ca;	   /* PEM of the trusted authorities, kept for the life of the process; NULL: the system's */
	size_t ca_len;
	uint32_t connect_ms; /* give up a connection attempt after this; 0: the default, 10 s */
	uint32_t stall_ms;   /* give up a transfer that is slower than 1 KiB/s for this long; 0: 30 s */
	uint32_t retry_ms;   /* wait before the first retry; doubles each time; 0: 250 ms */
	bool (*allowed)(const uint8_t address[4]); /* may hostd connect there?  NULL: udp_allowed() */
};

/* Load libcurl and set it up.  *settings is copied, with proxy but without ca.  On failure returns NULL and fills err.
 */
struct http *http_new(struct event_base *base, const struct http_settings *settings, char *err, size_t err_len);
/* Free it, and end all transfers as http_cancel() does. */
void http_free(struct http *http);

struct http_request {
	const char *vm;	       /* for the log */
	const char *url;       /* canonical, base/url.h */
	const char *etag;      /* of the cached copy: ask whether that is still current; NULL or "": there is none */
	const char *modified;  /* its Last-Modified, for the same if there is no etag */
	bool stat_only;	       /* HEAD */
	struct source *source; /* opens the sockets (source.h); NULL: the host */
};

struct http_answer {
	bool unchanged;		     /* 304: the cached copy is current.  Nothing else is set, and done follows */
	uint64_t size;		     /* or PVBOOT_SIZE_UNKNOWN */
	const char *etag, *modified; /* validators for the cache's next request: strong ones, or "" */
	bool no_store;
};

struct http_ops {
	/* The server has the file.  Called once, before any data. */
	void (*opened)(void *arg, const struct http_answer *answer);
	/* The next len bytes of the file.  Return false to end the transfer (PVBOOT_S_NO_RESOURCES). */
	bool (*data)(void *arg, const void *buf, size_t len);
	/* The transfer began again: do these len bytes equal those that came at that offset before? */
	bool (*same)(void *arg, uint64_t offset, const void *buf, size_t len);
	/* The transfer has ended.  Called once.  status is PVBOOT_S_OK, or a failure with its detail (the HTTP status,
	 * or 0) and its error text. */
	void (*done)(void *arg, uint32_t status, uint32_t detail, const char *text);
};

/* Begin a transfer; *req is copied.  Returns NULL only if memory ran out.  Every other failure comes through done, from
 * the loop. */
struct http_get *http_get(struct http *http, const struct http_request *req, const struct http_ops *ops, void *arg);
/* End it now; done is not called. */
void http_cancel(struct http_get *get);

#endif /* HOSTD_HTTP_H */
