/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control_cache.h - what `pvboot cache` asks a running hostd.
 *
 *   list             a line for each object: STATE SIZE FETCHED USED KEY, blanks between; STATE is letters: f, it is
 * being fetched, r, somebody reads it, d, it is on disk, or "-"; SIZE is bytes or "-"; times are seconds since 1970
 *   purge [KEY]      forget that object, or all; a line with their number
 *   prefetch URL     fetch it, and wait until it is on disk; a line with its size and "kept" or "not-kept"
 */
#ifndef HOSTD_CONTROL_CACHE_H
#define HOSTD_CONTROL_CACHE_H

struct cache;
struct control_cache;
struct event_base;

/* How the client is answered; arg is what control_cache() was given. */
struct control_answer {
	/* A line of the answer, without its newline. */
	void (*say)(void *arg, const char *line);
	/* The end, once: error has words, or is NULL.  The job is over, and its pointer no longer valid. */
	void (*end)(void *arg, const char *error);
};

/*
 * Run the command in line.  end() is called before this returns, or later from the loop of base.  Returns the job, or
 * NULL if it has ended.
 */
struct control_cache *control_cache(struct cache *cache, struct event_base *base, const char *line,
				    const struct control_answer *answer, void *arg);
/* The client has closed its end: cancel the job.  job may be NULL. */
void control_cache_cancel(struct control_cache *job);

#endif /* HOSTD_CONTROL_CACHE_H */
