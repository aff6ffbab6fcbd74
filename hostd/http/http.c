/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * http.c - libcurl's multi interface on the loop.
 *
 * libcurl must not be called from its own callbacks, but owners of transfers are called from there.  Transfers that
 * they begin or end meanwhile are therefore handled once libcurl has returned (settle()).
 */
#include "http/http.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_internal.h"
#include "net/udp.h"

#define CONNECT_MS 10000
#define STALL_MS 30000
#define RETRY_MS 250
#define IDLE_CONNECTIONS 32 /* kept open for later requests */

/* A socket that libcurl uses, and its event. */
struct watch {
	struct http *http;
	struct event *event;
};

/* ---- the end of transfers -----------------------------------------------------------------------------------------
 */

static void destroy(struct http_get *get)
{
	const struct http_lib *lib = get->http->lib;

	if (get->added)
		lib->multi_remove_handle(get->http->multi, get->easy);
	*get->prev = get->next;
	if (get->next)
		get->next->prev = get->prev;
	if (get->retry)
		event_free(get->retry);
	if (get->easy)
		lib->easy_cleanup(get->easy);
	source_unwatch(&get->cut);
	source_unref(get->source);
	lib->slist_free_all(get->headers);
	free(get->url);
	free(get->ask_etag);
	free(get->ask_modified);
	free(get);
}

void http_drop(struct http_get *get)
{
	get->dead = true;
	if (!get->http->inside)
		destroy(get);
}

static void add(struct http_get *get)
{
	get->wanted = false;
	if (!get->http->lib->multi_add_handle(get->http->multi, get->easy))
		get->added = true;
	else
		http_get_later(get); /* out of memory */
}

void http_start(struct http_get *get)
{
	get->wanted = true;
	if (!get->http->inside)
		add(get);
}

/* After libcurl has returned: handle the exchanges that ended, begin new ones, and free cancelled ones. */
static void settle(struct http *http)
{
	struct http_get *get, *next;
	CURLMsg *msg;
	int left;

	if (--http->inside)
		return;
	while ((msg = http->lib->multi_info_read(http->multi, &left))) {
		CURL *easy = msg->easy_handle;
		CURLcode code = msg->data.result;
		char *ended = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		http->lib->easy_getinfo(easy, CURLINFO_PRIVATE, &ended);
		http->lib->multi_remove_handle(http->multi, easy); /* this also frees msg */
		((struct http_get *)ended)->added = false;
		http->inside++; /* if its owner begins or ends others, the loops below handle them */
		http_get_ended((struct http_get *)ended, code);
		http->inside--;
	}
	for (get = http->gets; get; get = next) {
		next = get->next;
		if (get->dead)
			destroy(get);
		else if (get->wanted)
			add(get);
	}
}

/* ---- libcurl's sockets and timer ----------------------------------------------------------------------------------
 */

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct http *http = ((struct watch *)arg)->http;
	int running, action = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);

	http->inside++;
	http->lib->multi_socket_action(http->multi, fd, action, &running);
	settle(http);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct http *http = arg;
	int running;

	http->inside++;
	http->lib->multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	settle(http);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *old)
{
	struct http *http = arg;
	struct watch *watch = old;
	short events = EV_PERSIST;

	if (watch) {
		event_free(watch->event);
		if (what == CURL_POLL_REMOVE) {
			http->lib->multi_assign(http->multi, fd, NULL);
			free(watch);
			return 0;
		}
	} else {
		watch = calloc(1, sizeof(*watch));
		if (!watch)
			return -1;
		watch->http = http;
		http->lib->multi_assign(http->multi, fd, watch);
	}
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	watch->event = event_new(http->base, fd, events, on_socket, watch);
	if (watch->event && !event_add(watch->event, NULL))
		return 0;
	if (watch->event)
		event_free(watch->event);
	http->lib->multi_assign(http->multi, fd, NULL);
	free(watch);
	return -1;
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
	struct http *http = arg;

	if (ms < 0)
		event_del(http->timer);
	else
		event_add(http->timer, &(struct timeval){ms / 1000, ms % 1000 * 1000});
	return 0;
}

/* ---- life ---------------------------------------------------------------------------------------------------------
 */

struct http *http_new(struct event_base *base, const struct http_settings *settings, char *err, size_t err_len)
{
	const struct http_lib *lib = http_lib_load(err, err_len);
	struct http *http = lib ? calloc(1, sizeof(*http)) : NULL;

	if (!lib)
		return NULL;
	if (http) {
		http->base = base;
		http->lib = lib;
		http->set = *settings;
		http->set.connect_ms = settings->connect_ms ? settings->connect_ms : CONNECT_MS;
		http->set.stall_ms = settings->stall_ms ? settings->stall_ms : STALL_MS;
		http->set.retry_ms = settings->retry_ms ? settings->retry_ms : RETRY_MS;
		http->set.allowed = settings->allowed ? settings->allowed : udp_allowed;
		http->proxy = strdup(settings->proxy ? settings->proxy : "");
		http->multi = lib->multi_init();
		http->timer = evtimer_new(base, on_timer, http);
	}
	if (!http || !http->proxy || !http->multi || !http->timer) {
		snprintf(err, err_len, "out of memory");
		if (http)
			http_free(http);
		return NULL;
	}
	http->set.proxy = http->proxy;
	lib->multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	lib->multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	lib->multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	lib->multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	lib->multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
	return http;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	while (http->gets)
		destroy(http->gets);
	if (http->multi)
		http->lib->multi_cleanup(http->multi);
	if (http->timer)
		event_free(http->timer);
	free(http->proxy);
	free(http);
}

struct http_get *http_get(struct http *http, const struct http_request *req, const struct http_ops *ops, void *arg)
{
	struct http_get *get = calloc(1, sizeof(*get));

	if (!get)
		return NULL;
	get->http = http;
	get->ops = ops;
	get->arg = arg;
	get->stat_only = req->stat_only;
	get->size = PVBOOT_SIZE_UNKNOWN;
	get->source = source_ref(req->source);
	get->cut.gone = http_get_cut;
	source_watch(get->source, &get->cut);
	snprintf(get->vm, sizeof(get->vm), "%s", req->vm);
	get->url = strdup(req->url);
	get->ask_etag = strdup(req->etag ? req->etag : "");
	get->ask_modified = strdup(req->modified ? req->modified : "");
	get->easy = http->lib->easy_init();
	get->next = http->gets;
	get->prev = &http->gets;
	if (get->next)
		get->next->prev = &get->next;
	http->gets = get;
	if (!get->url || !get->ask_etag || !get->ask_modified || !get->easy || !http_get_prepare(get)) {
		destroy(get);
		return NULL;
	}
	http_start(get);
	return get;
}

void http_cancel(struct http_get *get)
{
	http_drop(get);
}
