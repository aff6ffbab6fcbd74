/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pxelinux_fetch.h - find and parse a guest's pxelinux configuration and the files that it includes, as they are
 * fetched.
 */
#ifndef HOSTD_PXELINUX_FETCH_H
#define HOSTD_PXELINUX_FETCH_H

#include "pxelinux/pxelinux_names.h"
#include "pxelinux/pxelinux_parse.h"

struct file;
struct pxelinux_fetch;

#define PXELINUX_FETCH_TOTAL_MAX (1024 * 1024) /* bytes of all files of one configuration */

enum pxelinux_fetched {
	PXELINUX_FETCHED,      /* config is valid until done() returns */
	PXELINUX_FETCH_NONE,   /* no server has a configuration for this guest */
	PXELINUX_FETCH_REFUSED /* the configuration cannot be read, or cannot be booted directly */
};

struct pxelinux_fetch_ops {
	/* Open a file.  The fetch owns the returned reference.  NULL only if memory ran out. */
	struct file *(*open)(void *arg, const struct pxelinux_file *file);
	/*
	 * The fetch has ended; called once.  The struct pxelinux_fetch is freed after done() returns.  words is the
	 * printable text of a failure.
	 */
	void (*done)(void *arg, enum pxelinux_fetched fetched, const struct pxelinux_config *config, const char *words);
};

/* Make a fetch.  guest is copied; ops and arg must outlive the fetch.  Returns NULL only if memory ran out. */
struct pxelinux_fetch *pxelinux_fetch_new(const struct pxelinux_guest *guest, const struct pxelinux_fetch_ops *ops,
					  void *arg);

/*
 * Begin.  Asks for the files of pxelinux_names() one by one, and reads the first that exists and is not empty, as
 * pxelinux does.  If a server does not answer, the fetch ends.  done() is called before this returns, or later from the
 * loop.
 */
void pxelinux_fetch_run(struct pxelinux_fetch *fetch);

/*
 * Begin with len bytes of text that are the configuration; errors call it name.  Only the files that it includes are
 * fetched.
 */
void pxelinux_fetch_parse(struct pxelinux_fetch *fetch, const char *name, const char *text, size_t len);

/* End the fetch; done() is not called.  fetch may be NULL. */
void pxelinux_fetch_cancel(struct pxelinux_fetch *fetch);

#endif /* HOSTD_PXELINUX_FETCH_H */
