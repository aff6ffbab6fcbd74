/* SPDX-License-Identifier: BSD-2-Clause */
/* control_cache.c - what `pvboot cache` asks a running hostd. */
#include "control_cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "control.h"
#include "file.h"
#include "http_url.h"
#include "pvboot_req.h"
#include "tftp.h"
#include "udp.h"
#include "vm_internal.h"

/* A prefetch. */
struct control_cache {
	struct client *client;
	struct file_watch watch;
	struct file *file;
};

/* ---- list and purge -----------------------------------------------------------------------------------------------
 */

static void say_object(void *arg, const struct cache_info *info)
{
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
	control_say(arg, line);
}

static void purge(struct cache *cache, struct client *client, const char *key)
{
	unsigned int count = cache_purge(cache, *key ? key : NULL);
	char line[16];

	if (*key && !count) {
		control_end(client, "there is no such object: see pvboot cache list");
		return;
	}
	snprintf(line, sizeof(line), "%u", count);
	control_say(client, line);
	control_end(client, NULL);
}

/* ---- prefetch -----------------------------------------------------------------------------------------------------
 */

void control_cache_cancel(struct control_cache *job)
{
	if (!job)
		return;
	file_unwatch(&job->watch);
	file_unref(job->file);
	free(job);
}

static void step(struct control_cache *job)
{
	struct client *client = job->client;
	char line[24];

	if (!file_done(job->file))
		return;
	if (file_status(job->file) == PVBOOT_S_OK) {
		snprintf(line, sizeof(line), "%" PRIu64, file_size(job->file));
		control_say(client, line);
		control_end(client, NULL);
	} else {
		control_end(client, file_text(job->file));
	}
	control_cache_cancel(job);
}

static void on_changed(struct file_watch *watch)
{
	step((struct control_cache *)((char *)watch - offsetof(struct control_cache, watch)));
}

/* The object of a URL as one writes it; NULL with words. */
static struct file *open_url(struct cache *cache, const char *text, char *why, size_t room)
{
	struct cache_request req = {.vm = "prefetch", .max_age_ms = CACHE_AGE_DEFAULT_MS};
	struct tftp_request tftp = {.vm = "prefetch"};
	char url[HTTP_URL_MAX];

	snprintf(why, room, "out of memory");
	if (http_url_is(text)) {
		req.url = url;
		return http_url_canonical(url, text, why, room) ? cache_open(cache, &req) : NULL;
	}
	if (vm_source_parse(text, tftp.server, &tftp.port, &tftp.filename, why, room) != PVBOOT_S_OK)
		return NULL;
	if (!udp_allowed(tftp.server)) {
		snprintf(why, room, "\"%.150s\" is no http:, https: or tftp: URL of a server that guests may ask",
			 text);
		return NULL;
	}
	req.tftp = &tftp;
	return cache_open(cache, &req);
}

static struct control_cache *prefetch(struct cache *cache, struct client *client, const char *url)
{
	struct control_cache *job = calloc(1, sizeof(*job));
	char why[PVBOOT_ERROR_MAX + 1] = "out of memory";
	bool done;

	if (job)
		job->file = open_url(cache, url, why, sizeof(why));
	if (!job || !job->file) {
		free(job);
		control_end(client, why);
		return NULL;
	}
	job->client = client;
	job->watch.changed = on_changed;
	file_watch(job->file, &job->watch);
	done = file_done(job->file);
	step(job);
	return done ? NULL : job;
}

struct control_cache *control_cache(struct cache *cache, struct client *client, const char *line)
{
	if (!strcmp(line, "list")) {
		cache_list(cache, say_object, client);
		control_end(client, NULL);
	} else if (!strcmp(line, "purge") || !strncmp(line, "purge ", 6)) {
		purge(cache, client, line[5] ? line + 6 : "");
	} else if (!strncmp(line, "prefetch ", 9)) {
		return prefetch(cache, client, line + 9);
	} else {
		control_end(client, "there is no such command: cache list, cache purge [KEY], cache prefetch URL");
	}
	return NULL;
}
