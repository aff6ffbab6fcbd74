/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_path.c - remember what transfers have shown about a TFTP server, for later ones. */
#include "tftp/tftp_path.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE (UINT64_C(60) * 1000000)
#define WINDOWS_AGAIN (10 * MINUTE) /* a server may have been upgraded */
#define LARGE_WAIT_MIN (1 * MINUTE)
#define LARGE_WAIT_MAX (60 * MINUTE)

static struct tftp_path *paths; /* most recently used first */

static bool same(const struct tftp_path *path, const uint8_t server[4], uint16_t port, const char *ifname)
{
	return !memcmp(path->server, server, 4) && path->port == port && !strcmp(path->ifname, ifname);
}

/* Free unused paths, except for the `keep` most recently used of them. */
static void forget(unsigned keep)
{
	struct tftp_path **link = &paths;
	unsigned idle = 0;

	while (*link) {
		struct tftp_path *path = *link;

		if (path->users || idle++ < keep) {
			link = &path->next;
			continue;
		}
		*link = path->next;
		free(path);
	}
}

struct tftp_path *tftp_path_get(const uint8_t server[4], uint16_t port, const char *ifname)
{
	struct tftp_path **link = &paths, *path;

	while (*link && !same(*link, server, port, ifname))
		link = &(*link)->next;
	path = *link;
	if (path) {
		*link = path->next;
	} else {
		path = calloc(1, sizeof(*path));
		if (!path)
			return NULL;
		memcpy(path->server, server, 4);
		path->port = port;
		strncpy(path->ifname, ifname, sizeof(path->ifname) - 1);
	}
	path->users++;
	path->next = paths;
	paths = path;
	return path;
}

void tftp_path_release(struct tftp_path *path)
{
	if (!path)
		return;
	path->users--;
	forget(TFTP_PATHS_MAX);
}

void tftp_path_forget(void)
{
	forget(0);
}

/* ---- what to ask for ------------------------------------------------------------------------------------------- */

bool tftp_path_prefers_large(const struct tftp_path *path, uint64_t now)
{
	return path->no_windows && now - path->asked < WINDOWS_AGAIN && path->large_good &&
	       tftp_path_allows_large(path, now);
}

bool tftp_path_allows_large(const struct tftp_path *path, uint64_t now)
{
	return now >= path->large_after;
}

uint16_t tftp_path_window(const struct tftp_path *path, uint16_t wanted)
{
	return path->window && path->window < wanted ? path->window : wanted;
}

/* ---- what was seen --------------------------------------------------------------------------------------------- */

void tftp_path_windows(struct tftp_path *path, uint64_t now, bool granted)
{
	path->no_windows = !granted;
	path->asked = now;
}

void tftp_path_window_lost(struct tftp_path *path, uint16_t window)
{
	path->window = window > 2 ? window / 2 : 1;
}

void tftp_path_window_went(struct tftp_path *path, uint16_t window)
{
	if (path->window && path->window <= window)
		path->window = window < UINT16_MAX / 2 ? (uint16_t)(2 * window) : 0;
}

void tftp_path_large_went(struct tftp_path *path)
{
	path->large_good = true;
	path->large_wait = 0;
}

static void not_large(struct tftp_path *path, uint64_t now, uint64_t wait)
{
	path->large_good = false;
	path->large_after = now + wait;
}

void tftp_path_large_lost(struct tftp_path *path, uint64_t now)
{
	if (now < path->large_after)
		return; /* a parallel transfer has recorded it already */
	if (path->large_wait < LARGE_WAIT_MIN)
		path->large_wait = LARGE_WAIT_MIN;
	not_large(path, now, path->large_wait);
	path->large_wait = path->large_wait < LARGE_WAIT_MAX / 2 ? 2 * path->large_wait : LARGE_WAIT_MAX;
}

void tftp_path_large_refused(struct tftp_path *path, uint64_t now)
{
	not_large(path, now, LARGE_WAIT_MAX);
}
