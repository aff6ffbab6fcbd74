/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_request.h - a request to the cache: an object, and how old it may be. */
#ifndef HOSTD_CACHE_REQUEST_H
#define HOSTD_CACHE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

struct source;
struct tftp_request;

#define CACHE_AGAIN_MAX (1u << 20) /* bytes; a file by TFTP that is not larger is fetched each time */
#define CACHE_HEAD 65536u	   /* bytes at the start that are compared with an old copy's */
#define CACHE_AGE_DEFAULT_MS 60000 /* of tftp_max_age; also how long a fetch by HTTP may be joined */

struct cache_request {
	const char *vm;			 /* for the log */
	const struct tftp_request *tftp; /* a file by TFTP; or NULL, and then: */
	const char *url;		 /* http: or https: */
	struct source *source;		 /* the sockets to fetch with (source.h); NULL: the host's own */
	const char *identity;		 /* the part of the key that stands for source; NULL if source is NULL */
	bool stat_only;			 /* only the size is wanted */
	bool off;			 /* cache = off: fetch for this request alone, and store nothing */
	bool stale;			 /* serve_stale: serve an old copy if the server does not answer */
	uint32_t max_age_ms;		 /* tftp_max_age */
};

#endif /* HOSTD_CACHE_REQUEST_H */
