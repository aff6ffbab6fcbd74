/* SPDX-License-Identifier: BSD-2-Clause */
/* pxelinux_fetch.h - find and read a guest's pxelinux configuration, and what it includes, while the files come. */
#ifndef HOSTD_PXELINUX_FETCH_H
#define HOSTD_PXELINUX_FETCH_H

#include "pxelinux/pxelinux_names.h"
#include "pxelinux/pxelinux_parse.h"

struct file;
struct plan_fetch;

#define PLAN_FETCH_TOTAL_MAX (1024 * 1024) /* bytes of all files of one configuration */

enum plan_fetched {
	PLAN_FETCHED,	   /* config is there, until done() returns */
	PLAN_FETCH_NONE,   /* no server has a configuration for this guest */
	PLAN_FETCH_REFUSED /* one was read that cannot be booted directly, or could not be read */
};

struct plan_fetch_ops {
	/* Open a file, as file_open_root() and file_fetch_tftp() do; one reference is the fetch's.  NULL: no memory. */
	struct file *(*open)(void *arg, const struct plan_file *file);
	/* The end, once; the struct plan_fetch is freed after it returns.  words: of a failure, printable. */
	void (*done)(void *arg, enum plan_fetched fetched, const struct plan_config *config, const char *words);
};

/* Make one; guest is copied, ops and arg are kept.  NULL only if memory ran out. */
struct plan_fetch *plan_fetch_new(const struct plan_guest *guest, const struct plan_fetch_ops *ops, void *arg);

/*
 * Begin.  The files of plan_names() are asked for one by one, and the first that exists and is not empty is read, as
 * pxelinux does; a server that does not answer ends it.  done() may be called before this returns, else it is called
 * from the loop.
 */
void plan_fetch_run(struct plan_fetch *fetch);

/* Begin with len bytes that are the configuration; name is what errors call it.  Only what it includes is asked for. */
void plan_fetch_parse(struct plan_fetch *fetch, const char *name, const char *text, size_t len);

/* End it now; done() is not called.  NULL is fine. */
void plan_fetch_cancel(struct plan_fetch *fetch);

#endif /* HOSTD_PXELINUX_FETCH_H */
