/* SPDX-License-Identifier: BSD-2-Clause */
/* control_cache.c - what `pvboot cache` asks a running hostd. */
#include "control_cache.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container_of.h"
#include "base/url.h"
#include "cache/cache.h"
#include "control_line.h"
#include "file/file.h"
#include "pvboot_req.h"
#include "tftp/tftp.h"
#include "net/udp.h"
#include "vm/vm_data.h"

#define POLL_MS 20	   /* how often to look whether it has been stored */
#define STORE_MS_MAX 60000 /* after which that is somebody else's matter */

/* A prefetch. */
struct control_cache {
	struct cache *cache;
	const struct control_answer *answer;
	void *arg;
	struct cache_request req; /* of the two below */
	struct tftp_request tftp;
	char url[URL_MAX], name[CONTROL_LINE];
	struct url file_url;
	struct file_watch watch;
	struct file *file;
	struct event *poll;
	unsigned int polls;
};

/* For say_object(). */
struct listing {
	const struct control_answer *answer;
	void *arg;
};

/* ---- list and purge -----------------------------------------------------------------------------------------------
 */

/* arg is a struct listing. */
static void say_object(void *arg, const struct cache_info *info)
{
	const struct listing *listing = arg;
	char line[CONTROL_LINE], size[24] = "-", state[4] = "";

	if (info->size != PVBOOT_SIZE_UNKNOWN)
		snprintf(size, sizeof(size), "%" PRIu64, info->size);
	if (info->in_flight)
		strcat(state, "f");
	if (info->in_use)
		strcat(state, "r");
	if (info->on_disk)
		strcat(state, "d");
	snprintf(line, sizeof(line), "%s %s %" PRId64 " %" PRId64 " %s", *state ? state : "-", size, info->fetched,
		 info->used, info->key);
	listing->answer->say(listing->arg, line);
}

static void purge(struct cache *cache, const char *key, const struct control_answer *answer, void *arg)
{
	unsigned int count = cache_purge(cache, *key ? key : NULL);
	char line[16];

	if (*key && !count) {
		answer->end(arg, "there is no such object: see pvboot cache list");
		return;
	}
	snprintf(line, sizeof(line), "%u", count);
	answer->say(arg, line);
	answer->end(arg, NULL);
}

/* ---- prefetch -----------------------------------------------------------------------------------------------------
 */

void control_cache_cancel(struct control_cache *job)
{
	if (!job)
		return;
	file_unwatch(&job->watch);
	file_unref(job->file);
	if (job->poll)
		event_free(job->poll);
	free(job);
}

/* The end, for the client and the job.  error: words, or NULL. */
static void end(struct control_cache *job, const char *error)
{
	job->answer->end(job->arg, error);
	control_cache_cancel(job);
}

/* It has been fetched: has it been stored, too? */
static void on_poll(evutil_socket_t fd, short what, void *arg)
{
	struct control_cache *job = arg;
	enum cache_kept kept = cache_kept(job->cache, &job->req);
	char line[40];

	if (kept == CACHE_BEING_STORED && job->polls++ < STORE_MS_MAX / POLL_MS) {
		event_add(job->poll, &(struct timeval){0, POLL_MS * 1000});
		return;
	}
	snprintf(line, sizeof(line), "%" PRIu64 " %s", file_size(job->file), kept == CACHE_KEPT ? "kept" : "not-kept");
	job->answer->say(job->arg, line);
	end(job, NULL);
}

/* May end the job, but not before the loop's next turn if all is well. */
static void on_changed(struct file_watch *watch)
{
	struct control_cache *job = container_of(watch, struct control_cache, watch);

	if (!file_done(job->file) || event_pending(job->poll, EV_TIMEOUT, NULL))
		return;
	if (file_status(job->file) == PVBOOT_S_OK)
		event_add(job->poll, &(struct timeval){0, 0});
	else
		end(job, file_text(job->file));
}

/* What a URL as one writes it means.  Returns false and fills err. */
static bool read_url(struct control_cache *job, char *err, size_t err_len)
{
	job->req = (struct cache_request){.vm = "prefetch", .max_age_ms = CACHE_AGE_DEFAULT_MS};
	job->tftp = (struct tftp_request){.vm = "prefetch"};
	if (url_kind(job->name) == URL_HTTP) {
		job->req.url = job->url;
		return url_canonical(job->url, job->name, err, err_len);
	}
	if (!url_parse(&job->file_url, job->name, err, err_len))
		return false;
	memcpy(job->tftp.server, job->file_url.server, 4);
	job->tftp.port = job->file_url.port;
	job->tftp.filename = job->file_url.path;
	job->req.tftp = &job->tftp;
	if (udp_allowed(job->tftp.server))
		return true;
	snprintf(err, err_len, "\"%.150s\" is no http:, https: or tftp: URL of a server that guests may ask",
		 job->name);
	return false;
}

static struct control_cache *prefetch(struct cache *cache, struct event_base *base, const char *url,
				      const struct control_answer *answer, void *arg)
{
	struct control_cache *job = calloc(1, sizeof(*job));
	char why[PVBOOT_ERROR_MAX + 1] = "out of memory";

	if (job) {
		job->cache = cache;
		job->answer = answer;
		job->arg = arg;
		job->watch.changed = on_changed;
		snprintf(job->name, sizeof(job->name), "%s", url);
		job->poll = evtimer_new(base, on_poll, job);
	}
	if (job && job->poll && read_url(job, why, sizeof(why)))
		job->file = cache_open(cache, &job->req);
	if (!job || !job->file) {
		control_cache_cancel(job);
		answer->end(arg, why);
		return NULL;
	}
	if (file_done(job->file) && file_status(job->file) != PVBOOT_S_OK) {
		end(job, file_text(job->file));
		return NULL;
	}
	file_watch(job->file, &job->watch);
	on_changed(&job->watch);
	return job;
}

struct control_cache *control_cache(struct cache *cache, struct event_base *base, const char *line,
				    const struct control_answer *answer, void *arg)
{
	if (!strcmp(line, "list")) {
		struct listing listing = {.answer = answer, .arg = arg};

		cache_list(cache, say_object, &listing);
		answer->end(arg, NULL);
	} else if (!strcmp(line, "purge") || !strncmp(line, "purge ", 6)) {
		purge(cache, line[5] ? line + 6 : "", answer, arg);
	} else if (!strncmp(line, "prefetch ", 9)) {
		return prefetch(cache, base, line + 9, answer, arg);
	} else {
		answer->end(arg, "there is no such command: cache list, cache purge [KEY], cache prefetch URL");
	}
	return NULL;
}
