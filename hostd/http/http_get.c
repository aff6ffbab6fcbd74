/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * http_get.c - fetch one file by HTTP, in one or more exchanges with the server.
 *
 * If an exchange breaks, hostd begins another.  If the first answer had a strong validator, hostd asks only for the
 * rest (Range and If-Range, RFC 9110 13.1.5).  Otherwise, or if the server sends the whole file anyway, hostd compares
 * the bytes that came before, since guests may have read them: if they differ, the file fails.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/container_of.h"
#include "base/addr.h"
#include "http/http_internal.h"
#include "log.h"

#define REDIRECTS_MAX 8L
#define BUFFER (512L << 10)
#define SLOW_BYTES 1024L /* a second: a slower transfer has stalled */
#define TRIES_MAX 4	 /* exchanges without progress */
#define PROGRESS 65536	 /* bytes that count as progress: hostd does not wait for a server that drips */
#define TRIES_FIRST 2	 /* the same limit while no server has answered yet */

/* ---- refusals -----------------------------------------------------------------------------------------------------
 */

static void refuse(struct http_get *get, uint32_t status, uint32_t detail, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Let the file fail, whatever libcurl reports.  Only the first refusal counts. */
static void refuse(struct http_get *get, uint32_t status, uint32_t detail, const char *fmt, ...)
{
	va_list ap;

	if (get->refused)
		return;
	get->refused = true;
	get->status = status;
	get->detail = detail;
	va_start(ap, fmt);
	vsnprintf(get->text, sizeof(get->text), fmt, ap);
	va_end(ap);
}

static void refuse_changed(struct http_get *get)
{
	refuse(get, PVBOOT_S_CHANGED, 0, "\"%.150s\" changed while it was read: boot again", get->url);
}

static void refuse_status(struct http_get *get, unsigned int status)
{
	if (status == 404 || status == 410)
		refuse(get, PVBOOT_S_NOT_FOUND, status,
		       "\"%.150s\": the server has no such file (%u): check the name and the server's "
		       "directory",
		       get->url, status);
	else if (status == 401 || status == 403 || status == 407)
		refuse(get, PVBOOT_S_ACCESS, status, "\"%.150s\": the %s refuses the file (%u): let this host have it",
		       get->url, status == 407 ? "proxy" : "server", status);
	else
		refuse(get, PVBOOT_S_FAILED, status, "\"%.150s\": the server answers %u: look at its log", get->url,
		       status);
}

/* ---- the head -----------------------------------------------------------------------------------------------------
 */

static void open_file(struct http_get *get)
{
	const struct http_head *head = &get->head;
	struct http_answer answer = {.size = head->length, .no_store = head->no_store};

	get->opened = true;
	get->size = head->length;
	memcpy(get->etag, http_head_strong_etag(head), strlen(http_head_strong_etag(head)) + 1);
	memcpy(get->modified, http_head_strong_modified(head), strlen(http_head_strong_modified(head)) + 1);
	answer.etag = get->etag;
	answer.modified = get->modified;
	get->ops->opened(get->arg, &answer);
}

/* Check a 206, the answer to a Range: refuse it unless it is the rest of this file. */
static void judge_range(struct http_get *get)
{
	const struct http_head *head = &get->head;
	bool same_tag = !get->etag[0] || !strcmp(get->etag, head->etag);

	if (!head->has_range || head->first != get->have || !same_tag ||
	    (head->total != PVBOOT_SIZE_UNKNOWN && get->size != PVBOOT_SIZE_UNKNOWN && head->total != get->size))
		refuse_changed(get);
}

/* Check a 200 that sends the whole file again: is it the same file, judging by its head? */
static void judge_again(struct http_get *get)
{
	const struct http_head *head = &get->head;

	get->skip = get->have;
	if (strcmp(get->etag, http_head_strong_etag(head)) || strcmp(get->modified, http_head_strong_modified(head)) ||
	    (get->size != PVBOOT_SIZE_UNKNOWN && head->length != PVBOOT_SIZE_UNKNOWN && head->length != get->size))
		refuse_changed(get);
}

/* Check a 304: the cached copy is current, if the server's answer is about that copy. */
static void judge_unchanged(struct http_get *get)
{
	const struct http_answer answer = {.unchanged = true, .etag = "", .modified = ""};

	if (get->ask_etag[0] && get->head.etag[0] && strcmp(get->ask_etag, get->head.etag)) {
		refuse(get, PVBOOT_S_FAILED, 304,
		       "\"%.120s\": the server says that another file is unchanged: look at it, or at the proxy",
		       get->url);
		return;
	}
	get->opened = true;
	get->size = 0;
	get->ops->opened(get->arg, &answer);
}

/* Check the final head of an exchange. */
static void judge(struct http_get *get)
{
	const struct http_head *head = &get->head;

	get->judged = true;
	if (head->bad_length)
		refuse(get, PVBOOT_S_FAILED, head->status,
		       "\"%.150s\": the server's Content-Length is no number: look at it", get->url);
	else if (head->status == 304 && !get->opened && (get->ask_etag[0] || get->ask_modified[0])) {
		judge_unchanged(get);
	} else if (head->status == 206 && get->opened && get->have) {
		judge_range(get);
	} else if (head->status == 200 && !get->opened) {
		open_file(get);
	} else if (head->status == 200) {
		judge_again(get);
	} else if (head->status >= 500 && get->opened) {
		; /* the server has a problem that may pass: http_get_ended() tries again */
	} else {
		refuse_status(get, head->status);
	}
}

static bool is_redirect(const struct http_head *head)
{
	return head->status >= 300 && head->status < 400 && head->status != 304 && head->location;
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
	struct http_get *get = arg;
	size_t len = size * n;

	if (get->dead)
		return 0;
	if (len > HTTP_HEAD_MAX - get->head_bytes) {
		refuse(get, PVBOOT_S_FAILED, 0,
		       "\"%.150s\": the head of the answer is longer than %d bytes: look at the server", get->url,
		       HTTP_HEAD_MAX);
		return 0;
	}
	get->head_bytes += len;
	if (get->judged)
		return len; /* a trailer */
	http_head_line(&get->head, line, len);
	if (get->head.complete && get->head.status >= 200 && !is_redirect(&get->head))
		judge(get);
	return get->dead || get->refused ? 0 : len;
}

/* ---- the body -----------------------------------------------------------------------------------------------------
 */

/* Compare bytes that came before and are sent again.  Moves *bytes and *len past them. */
static bool skip(struct http_get *get, const char **bytes, size_t *len)
{
	size_t part = *len < get->skip ? *len : (size_t)get->skip;

	if (part && !get->ops->same(get->arg, get->have - get->skip, *bytes, part)) {
		refuse_changed(get);
		return false;
	}
	get->skip -= part;
	*bytes += part;
	*len -= part;
	return true;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct http_get *get = arg;
	size_t len = size * n, rest = len;
	const char *at = bytes;

	if (get->dead || get->refused)
		return 0;
	if (!get->judged || (get->head.status != 200 && get->head.status != 206))
		return len; /* the body of an error page: ignore it */
	if (!skip(get, &at, &rest))
		return 0;
	if (get->size != PVBOOT_SIZE_UNKNOWN && rest > get->size - get->have) {
		refuse_changed(get);
		return 0;
	}
	if (rest && !get->ops->data(get->arg, at, rest)) {
		refuse(get, PVBOOT_S_NO_RESOURCES, 0, "no room on the host for \"%.150s\"", get->url);
		return 0;
	}
	get->have += rest;
	return get->dead ? 0 : len;
}

/* ---- connecting ---------------------------------------------------------------------------------------------------
 */

static bool address_allowed(struct http_get *get, const struct sockaddr *to)
{
	struct sockaddr_in in;

	if (to->sa_family != AF_INET)
		return false;
	memcpy(&in, to, sizeof(in));
	memcpy(get->address, &in.sin_addr, 4);
	return get->http->set.allowed(get->address);
}

/* libcurl calls this for each address that it is about to connect to, after DNS and after each redirect. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct http_get *get = arg;

	/* The administrator chose the proxy, so its address is not checked. */
	if (!get->http->proxy[0] && !address_allowed(get, &to->addr)) {
		get->denied = true;
		return CURL_SOCKET_BAD;
	}
	return source_socket(get->source, SOCK_STREAM);
}

/* With a proxy, hostd does not see the server's address, but it can check one that the URL contains. */
static bool literal_allowed(struct http_get *get)
{
	char host[ADDR_IP_TEXT];

	return !url_host(host, sizeof(host), get->url) || !addr_parse(get->address, host, strlen(host)) ||
	       get->http->set.allowed(get->address);
}

/* ---- an exchange --------------------------------------------------------------------------------------------------
 */

static bool add_header(struct http_get *get, const char *name, const char *value)
{
	char line[HTTP_VALIDATOR_MAX + 32];
	struct curl_slist *more;

	snprintf(line, sizeof(line), "%s: %s", name, value);
	more = get->http->lib->slist_append(get->headers, line);
	if (more)
		get->headers = more;
	return more != NULL;
}

/* Add the request headers of this exchange. */
static bool add_headers(struct http_get *get)
{
	char range[48];

	get->http->lib->slist_free_all(get->headers);
	get->headers = NULL;
	if (!get->opened && get->ask_etag[0])
		return add_header(get, "If-None-Match", get->ask_etag);
	if (!get->opened && get->ask_modified[0])
		return add_header(get, "If-Modified-Since", get->ask_modified);
	if (!get->have || !(get->etag[0] || get->modified[0]))
		return true;
	snprintf(range, sizeof(range), "bytes=%llu-", (unsigned long long)get->have);
	return add_header(get, "Range", range) && add_header(get, "If-Range", get->etag[0] ? get->etag : get->modified);
}

static void set_tls(struct http_get *get)
{
	const struct http_settings *set = &get->http->set;
	const struct http_lib *lib = get->http->lib;
	struct curl_blob blob = {.data = (void *)(uintptr_t)set->ca, .len = set->ca_len, .flags = CURL_BLOB_NOCOPY};

	/* libcurl verifies the peer and its name by default.  hostd has no option to turn this off. */
	if (!set->ca)
		return;
	lib->easy_setopt(get->easy, CURLOPT_CAINFO, NULL);
	lib->easy_setopt(get->easy, CURLOPT_CAPATH, NULL);
	lib->easy_setopt(get->easy, CURLOPT_CAINFO_BLOB, &blob);
}

bool http_get_prepare(struct http_get *get)
{
	const struct http_settings *set = &get->http->set;
	const struct http_lib *lib = get->http->lib;
	CURL *easy = get->easy;
	bool tls = !strncmp(get->url, "https:", 6);

	memset(&get->head, 0, sizeof(get->head));
	get->head_bytes = 0;
	get->judged = get->denied = false;
	get->skip = 0;
	get->curl_error[0] = '\0';
	if (!add_headers(get))
		return false;
	lib->easy_setopt(easy, CURLOPT_PRIVATE, get);
	lib->easy_setopt(easy, CURLOPT_URL, get->url);
	lib->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	lib->easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
	lib->easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	lib->easy_setopt(easy, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
	lib->easy_setopt(easy, CURLOPT_NOBODY, get->stat_only ? 1L : 0L);
	lib->easy_setopt(easy, CURLOPT_HTTPHEADER, get->headers);
	lib->easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	lib->easy_setopt(easy, CURLOPT_USERAGENT, "pvboot-hostd/" PVBOOT_VERSION);
	lib->easy_setopt(easy, CURLOPT_IPRESOLVE, (long)CURL_IPRESOLVE_V4);
	/* Ignore the environment's proxy and exceptions: without a proxy, open_socket() must see the real addresses. */
	lib->easy_setopt(easy, CURLOPT_PROXY, set->proxy);
	lib->easy_setopt(easy, CURLOPT_NOPROXY, "");
	lib->easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	lib->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	lib->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)set->connect_ms);
	lib->easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
	lib->easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)(set->stall_ms + 999) / 1000);
	lib->easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER);
	lib->easy_setopt(easy, CURLOPT_ERRORBUFFER, get->curl_error);
	lib->easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	lib->easy_setopt(easy, CURLOPT_HEADERDATA, get);
	lib->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	lib->easy_setopt(easy, CURLOPT_WRITEDATA, get);
	lib->easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	lib->easy_setopt(easy, CURLOPT_OPENSOCKETDATA, get);
	/* A guest's source must not share connections. */
	lib->easy_setopt(easy, CURLOPT_FRESH_CONNECT, source_is_host(get->source) ? 0L : 1L);
	lib->easy_setopt(easy, CURLOPT_FORBID_REUSE, source_is_host(get->source) ? 0L : 1L);
	set_tls(get);
	if (set->proxy[0] && !literal_allowed(get)) {
		/* libcurl would connect to the proxy, where open_socket() cannot refuse: refuse here. */
		get->denied = true;
		lib->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "file");
	}
	return true;
}

/* ---- the end of an exchange ---------------------------------------------------------------------------------------
 */

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct http_get *get = arg;

	if (get->refused)
		http_get_ended(get, CURLE_OK);
	else if (http_get_prepare(get))
		http_start(get);
	else
		http_get_later(get);
}

/* The sockets are cut off.  This may be called from anywhere, so end the transfer from the loop. */
void http_get_cut(struct source_watch *watch)
{
	struct http_get *get = container_of(watch, struct http_get, cut);

	source_unwatch(watch);
	refuse(get, PVBOOT_S_UNREACHABLE, 0, "\"%.150s\": the guest's address on the host is given up", get->url);
	get->tries = 1;
	http_get_later(get);
}

void http_get_later(struct http_get *get)
{
	uint32_t ms = get->http->set.retry_ms << (get->tries ? get->tries - 1 : 0);

	if (!get->retry)
		get->retry = evtimer_new(get->http->base, on_retry, get);
	if (get->retry)
		event_add(get->retry, &(struct timeval){ms / 1000, ms % 1000 * 1000});
}

/* Is the failure one that may pass, so that another exchange can succeed? */
static bool is_passing(const struct http_get *get, CURLcode code)
{
	if (get->refused || get->denied)
		return false;
	switch (code) {
	case CURLE_OK:
		return get->opened && get->head.status >= 500;
	case CURLE_COULDNT_CONNECT:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return true;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_OPERATION_TIMEDOUT:
		return get->have > 0;
	default:
		return false;
	}
}

static const struct {
	CURLcode code;
	uint32_t status;
	const char *words, *cure;
} failures[] = {
	{CURLE_COULDNT_RESOLVE_HOST, PVBOOT_S_UNREACHABLE, "the server's name is not known", "look at the host's DNS"},
	{CURLE_COULDNT_RESOLVE_PROXY, PVBOOT_S_UNREACHABLE, "the proxy's name is not known", "look at http_proxy"},
	{CURLE_COULDNT_CONNECT, PVBOOT_S_UNREACHABLE, "cannot connect",
	 "does the server run, does a firewall forbid it?"},
	{CURLE_OPERATION_TIMEDOUT, PVBOOT_S_TIMEOUT, "the server is too slow, or does not answer", "see its log"},
	{CURLE_PEER_FAILED_VERIFICATION, PVBOOT_S_DENIED, "the server is not whom its certificate should say",
	 "see tls_ca"},
	{CURLE_TOO_MANY_REDIRECTS, PVBOOT_S_FAILED, "the server redirects on and on", "look at its configuration"},
	{CURLE_UNSUPPORTED_PROTOCOL, PVBOOT_S_DENIED,
	 "the server redirects away from http: and https:, or from https:", "name where it leads"},
	{CURLE_PARTIAL_FILE, PVBOOT_S_TRUNCATED, "the server sends less than it announces", "look at its file"},
	{CURLE_OUT_OF_MEMORY, PVBOOT_S_NO_RESOURCES, "out of memory", "give the host more"},
};

/* Refuse with the URL, what failed, libcurl's error text, and what to do.  Cuts the URL if that is too long. */
static void refuse_curl(struct http_get *get, uint32_t status, const char *words, const char *cure)
{
	const char *own = get->curl_error;
	char tail[PVBOOT_ERROR_MAX - 32];
	int len = snprintf(tail, sizeof(tail), "%s%s%.110s%s: %s", words, *own ? " (" : "", own, *own ? ")" : "", cure);

	refuse(get, status, 0, "\"%.*s\": %s", PVBOOT_ERROR_MAX - 4 - len, get->url, tail);
}

static void explain(struct http_get *get, CURLcode code)
{
	if (get->denied) {
		refuse(get, PVBOOT_S_DENIED, 0,
		       "\"%.120s\": %s is no server that a guest may ask: give the server's address in the "
		       "guest's network",
		       get->url, addr_text(get->address));
		return;
	}
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].code == code)
			refuse_curl(get, failures[i].status, failures[i].words, failures[i].cure);
	if (code == CURLE_OK && get->skip)
		refuse_changed(get);
	if (code == CURLE_OK)
		refuse_status(get, get->head.status);
	if (!get->curl_error[0])
		snprintf(get->curl_error, sizeof(get->curl_error), "%s", get->http->lib->easy_strerror(code));
	refuse_curl(get, PVBOOT_S_FAILED, "HTTP fails", "see the server's log");
}

/* Is the file complete, as far as HTTP can tell? */
static bool is_whole(const struct http_get *get, CURLcode code)
{
	unsigned int status = get->head.status;

	return code == CURLE_OK && get->judged && !get->refused && !get->skip &&
	       (status == 200 || status == 206 || status == 304);
}

void http_get_ended(struct http_get *get, CURLcode code)
{
	if (get->dead)
		return;
	if (!is_whole(get, code) && is_passing(get, code)) {
		if (get->have - get->best >= PROGRESS) {
			get->tries = 0;
			get->best = get->have;
		}
		if (++get->tries < (get->opened ? TRIES_MAX : TRIES_FIRST)) {
			log_msg(LOG_INFO, get->vm, "http: %.200s: %s: asking again, %llu bytes are here", get->url,
				get->curl_error[0] ? get->curl_error : "broke off", (unsigned long long)get->have);
			http_get_later(get);
			return;
		}
	}
	if (!is_whole(get, code))
		explain(get, code);
	get->ops->done(get->arg, get->status, get->detail, get->text);
	http_drop(get);
}
