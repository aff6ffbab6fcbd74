/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_request.h - what is asked of the cache: an object, and on which terms. */
#ifndef HOSTD_CACHE_REQUEST_H
#define HOSTD_CACHE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

struct source;
struct tftp_request;

#define CACHE_AGAIN_MAX (1u << 20) /* a file by TFTP of up to so many bytes is fetched again each time */
#define CACHE_HEAD 65536u	   /* the first bytes that an old copy is compared by */
#define CACHE_AGE_DEFAULT_MS 60000 /* tftp_max_age; a fetch by HTTP in flight is joined for so long as well */

struct cache_request {
	const char *vm;			 /* for the log */
	const struct tftp_request *tftp; /* a file by TFTP; or NULL and: */
	const char *url;		 /* http: or https: */
	struct source *source;		 /* whose sockets (source.h), NULL: the host's own */
	const char *identity;		 /* of source, as part of the key; NULL where source is */
	bool stat_only;			 /* the size alone is wanted */
	bool off;			 /* cache = off: a fetch of its own, shared with nobody and not kept */
	bool stale;			 /* serve_stale: an old copy will do where the server is away */
	uint32_t max_age_ms;		 /* tftp_max_age */
};

#endif /* HOSTD_CACHE_REQUEST_H */
