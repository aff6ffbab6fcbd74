/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_fetch.h - find and read a guest's pxelinux configuration, and what it includes, while the files come. */
#ifndef HOSTD_PXELINUX_FETCH_H
#define HOSTD_PXELINUX_FETCH_H

#include "pxelinux/pxelinux_names.h"
#include "pxelinux/pxelinux_parse.h"

struct file;
struct pxelinux_fetch;

#define PXELINUX_FETCH_TOTAL_MAX (1024 * 1024) /* bytes of all files of one configuration */

enum pxelinux_fetched {
	PXELINUX_FETCHED,      /* config is there, until done() returns */
	PXELINUX_FETCH_NONE,   /* no server has a configuration for this guest */
	PXELINUX_FETCH_REFUSED /* one was read that cannot be booted directly, or could not be read */
};

struct pxelinux_fetch_ops {
	/* Open a file.  The reference becomes the fetch's.  NULL only if memory ran out. */
	struct file *(*open)(void *arg, const struct pxelinux_file *file);
	/* The end, once; the struct pxelinux_fetch is freed after it returns.  words: of a failure, printable. */
	void (*done)(void *arg, enum pxelinux_fetched fetched, const struct pxelinux_config *config, const char *words);
};

/* Make one; guest is copied, ops and arg are kept.  NULL only if memory ran out. */
struct pxelinux_fetch *pxelinux_fetch_new(const struct pxelinux_guest *guest, const struct pxelinux_fetch_ops *ops,
					  void *arg);

/*
 * Begin.  The files of pxelinux_names() are asked for one by one, and the first that exists and is not empty is read,
 * as pxelinux does; a server that does not answer ends it.  done() may be called before this returns, else it is called
 * from the loop.
 */
void pxelinux_fetch_run(struct pxelinux_fetch *fetch);

/* Begin with len bytes that are the configuration; name is what errors call it.  Only what it includes is asked for. */
void pxelinux_fetch_parse(struct pxelinux_fetch *fetch, const char *name, const char *text, size_t len);

/* End it now; done() is not called.  NULL is fine. */
void pxelinux_fetch_cancel(struct pxelinux_fetch *fetch);

#endif /* HOSTD_PXELINUX_FETCH_H */
