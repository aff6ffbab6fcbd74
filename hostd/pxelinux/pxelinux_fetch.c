/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pxelinux_fetch.c - find and parse a guest's pxelinux configuration and the files that it includes, as they are
 * fetched.
 */
#include "pxelinux/pxelinux_fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container_of.h"
#include "file/file.h"
#include "pxelinux/pxelinux_text.h"

/* A file that an INCLUDE names. */
struct included {
	struct included *next;
	char name[PXELINUX_WANTED_MAX]; /* as the INCLUDE has it */
	char *text;			/* NULL: there is no such file */
	size_t len;
};

struct pxelinux_fetch {
	const struct pxelinux_fetch_ops *ops;
	void *arg;
	struct pxelinux_guest guest;
	struct pxelinux_names names;
	unsigned int next_name;
	struct file_watch watch; /* watch.file is the file being read, while reading */
	struct file *reading;
	char *main_text; /* NULL: not found yet */
	size_t main_len;
	char main_name[PXELINUX_NAME_TEXT_MAX];
	struct included *included;
	char wanted[PXELINUX_WANTED_MAX]; /* the name of the INCLUDE's file that is being fetched */
	size_t total;
};

static void changed(struct file_watch *watch);

struct pxelinux_fetch *pxelinux_fetch_new(const struct pxelinux_guest *guest, const struct pxelinux_fetch_ops *ops,
					  void *arg)
{
	struct pxelinux_fetch *fetch = calloc(1, sizeof(*fetch));

	if (!fetch)
		return NULL;
	fetch->guest = *guest;
	fetch->ops = ops;
	fetch->arg = arg;
	fetch->watch.changed = changed;
	pxelinux_names(&fetch->names, guest);
	return fetch;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void stop_reading(struct pxelinux_fetch *fetch)
{
	if (!fetch->reading)
		return;
	file_unwatch(&fetch->watch);
	file_unref(fetch->reading);
	fetch->reading = NULL;
}

void pxelinux_fetch_cancel(struct pxelinux_fetch *fetch)
{
	if (!fetch)
		return;
	stop_reading(fetch);
	while (fetch->included) {
		struct included *next = fetch->included->next;

		free(fetch->included->text);
		free(fetch->included);
		fetch->included = next;
	}
	free(fetch->main_text);
	free(fetch);
}

static void finish(struct pxelinux_fetch *fetch, enum pxelinux_fetched fetched, const struct pxelinux_config *config,
		   const char *words)
{
	stop_reading(fetch);
	fetch->ops->done(fetch->arg, fetched, config, words);
	pxelinux_fetch_cancel(fetch);
}

static void fail(struct pxelinux_fetch *fetch, const char *name, const char *why)
{
	char words[PXELINUX_ERROR_MAX];

	pxelinux_words(words, sizeof(words), "%.200s: %s", name, why);
	finish(fetch, PXELINUX_FETCH_REFUSED, NULL, words);
}

/* ---- one file ---------------------------------------------------------------------------------------------------- */

/* Read all of a complete file.  The caller owns the text.  On failure returns NULL and sets *why. */
static char *read_all(struct pxelinux_fetch *fetch, size_t *len, const char **why)
{
	uint64_t size = file_available(fetch->reading);
	char *text;

	*len = 0;
	*why = "the file is too large for a configuration";
	if (size > PXELINUX_TEXT_MAX || size > PXELINUX_FETCH_TOTAL_MAX - fetch->total)
		return NULL;
	*why = "the host has no memory left";
	text = malloc(size ? size : 1);
	if (!text)
		return NULL;
	while (*len < size) {
		ssize_t n = file_read(fetch->reading, *len, text + *len, size - *len);

		if (n <= 0) {
			free(text);
			*why = "the file cannot be read";
			return NULL;
		}
		*len += (size_t)n;
	}
	fetch->total += *len;
	return text;
}

/* Does this status mean that the file does not exist?  pxelinux treats all errors of a server alike. */
static bool is_missing(uint32_t status)
{
	return status == PVBOOT_S_NOT_FOUND || status == PVBOOT_S_ACCESS || status == PVBOOT_S_TFTP_ERROR;
}

/* Begin to read a file.  Returns false if the fetch has ended. */
static bool begin(struct pxelinux_fetch *fetch, const struct pxelinux_file *file)
{
	fetch->reading = fetch->ops->open(fetch->arg, file);
	if (!fetch->reading) {
		fail(fetch, file->name, "the host has no memory left");
		return false;
	}
	file_watch(fetch->reading, &fetch->watch);
	return true;
}

/* Is the file complete, or too large to be useful? */
static bool is_over(const struct file *file)
{
	return file_done(file) || file_available(file) > PXELINUX_TEXT_MAX;
}

/* ---- the configuration ------------------------------------------------------------------------------------------- */

static enum pxelinux_found on_include(void *arg, const char *name, const char **text, size_t *len)
{
	const struct pxelinux_fetch *fetch = arg;

	for (const struct included *in = fetch->included; in; in = in->next) {
		if (strcmp(in->name, name))
			continue;
		*text = in->text;
		*len = in->len;
		return in->text ? PXELINUX_FOUND : PXELINUX_MISSING;
	}
	return PXELINUX_LATER;
}

/*
 * Parse the texts that are there, from the start.  Returns true if an INCLUDE's file is now being read, false if the
 * fetch has ended.
 */
static bool parse(struct pxelinux_fetch *fetch)
{
	char error[PXELINUX_ERROR_MAX];
	struct pxelinux_config config;
	enum pxelinux_parsed parsed;
	struct pxelinux_file file;
	bool more = false;

	parsed = pxelinux_parse(&config, fetch->main_name, fetch->main_text, fetch->main_len, on_include, fetch);
	memcpy(fetch->wanted, config.wanted, sizeof(fetch->wanted));
	if (parsed == PXELINUX_PARSED)
		finish(fetch, PXELINUX_FETCHED, &config, "");
	else if (parsed == PXELINUX_REFUSED)
		finish(fetch, PXELINUX_FETCH_REFUSED, NULL, config.error);
	else if (!pxelinux_file_resolve(&file, fetch->guest.prefix, fetch->wanted, strlen(fetch->wanted), error,
					sizeof(error)))
		fail(fetch, "INCLUDE", error);
	else
		more = begin(fetch, &file);
	pxelinux_config_free(&config);
	return more;
}

/* An INCLUDE's file is complete or has failed.  Returns false if the fetch has ended. */
static bool take_included(struct pxelinux_fetch *fetch)
{
	uint32_t status = file_status(fetch->reading);
	struct included *in;
	const char *why = file_text(fetch->reading);

	if (status != PVBOOT_S_OK && !is_missing(status)) {
		fail(fetch, fetch->wanted, why);
		return false;
	}
	in = calloc(1, sizeof(*in));
	if (!in) {
		fail(fetch, fetch->wanted, "the host has no memory left");
		return false;
	}
	memcpy(in->name, fetch->wanted, sizeof(in->name));
	in->next = fetch->included;
	fetch->included = in;
	if (status == PVBOOT_S_OK) {
		in->text = read_all(fetch, &in->len, &why);
		if (!in->text) {
			fail(fetch, fetch->wanted, why);
			return false;
		}
	}
	stop_reading(fetch);
	return parse(fetch);
}

/* ---- the search -------------------------------------------------------------------------------------------------- */

/* Ask for the next name.  Returns false if the fetch has ended. */
static bool search(struct pxelinux_fetch *fetch)
{
	char words[PXELINUX_ERROR_MAX];

	if (fetch->next_name < fetch->names.count)
		return begin(fetch, &fetch->names.file[fetch->next_name++]);
	pxelinux_words(words, sizeof(words), "there is no configuration: put one at %.200s",
		       fetch->names.file[fetch->names.count - 1].name);
	finish(fetch, PXELINUX_FETCH_NONE, NULL, words);
	return false;
}

/* A candidate for the main file is complete or has failed.  Returns false if the fetch has ended. */
static bool take_main(struct pxelinux_fetch *fetch)
{
	uint32_t status = file_status(fetch->reading);
	const char *why = file_text(fetch->reading);

	pxelinux_file_text(fetch->main_name, &fetch->names.file[fetch->next_name - 1]);
	if (status == PVBOOT_S_OK) {
		fetch->main_text = read_all(fetch, &fetch->main_len, &why);
		if (!fetch->main_text) {
			fail(fetch, fetch->main_name, why);
			return false;
		}
	} else if (!is_missing(status)) {
		fail(fetch, fetch->main_name, why);
		return false;
	}
	stop_reading(fetch);
	/* pxelinux treats an empty file as a missing one. */
	if (fetch->main_text && fetch->main_len)
		return parse(fetch);
	free(fetch->main_text);
	fetch->main_text = NULL;
	return search(fetch);
}

/* Process all files that are complete. */
static void go_on(struct pxelinux_fetch *fetch)
{
	bool more = true;

	while (more && is_over(fetch->reading))
		more = fetch->main_text ? take_included(fetch) : take_main(fetch);
}

static void changed(struct file_watch *watch)
{
	go_on(container_of(watch, struct pxelinux_fetch, watch));
}

void pxelinux_fetch_run(struct pxelinux_fetch *fetch)
{
	if (search(fetch))
		go_on(fetch);
}

void pxelinux_fetch_parse(struct pxelinux_fetch *fetch, const char *name, const char *text, size_t len)
{
	snprintf(fetch->main_name, sizeof(fetch->main_name), "%s", name);
	fetch->main_text = malloc(len ? len : 1);
	if (!fetch->main_text) {
		fail(fetch, name, "the host has no memory left");
		return;
	}
	memcpy(fetch->main_text, text, len);
	fetch->main_len = len;
	if (parse(fetch))
		go_on(fetch);
}
