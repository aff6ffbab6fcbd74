/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * palacios.h - machines of a Palacios host: each is reached by a stream that hostd opens, serves and lets go.
 *
 * A stream is carried to one end of a socket pair, whose other end is an ordinary link to the server.  What is peculiar
 * about it stays here: it tells of no end, says nothing of room for output, and must be let go before its machine is
 * freed (docs/palacios.md).
 */
#ifndef HOSTD_PALACIOS_H
#define HOSTD_PALACIOS_H

#include "conf.h"

struct event_base;
struct palacios;
struct server;

/* Whether any section names a stream. */
bool palacios_wanted(const struct conf *conf);

/*
 * Begin to look for every machine of conf that has a stream.  opener is from palacios_open_start(), and closed by
 * palacios_free().  server and conf outlive what is returned.  NULL if memory ran out.
 */
struct palacios *palacios_new(struct event_base *base, struct server *server, const struct conf *conf, int opener);

/* Write what the server has queued, then close every stream.  The server must have ended its links before. */
void palacios_free(struct palacios *all);

/*
 * Let a machine's stream go and leave it alone until palacios_attach().  done(arg, error) is called once, at once or
 * later; error is NULL when the stream is closed, or words.  A second detach of the same machine answers the first.
 */
void palacios_detach(struct palacios *all, const char *name, void (*done)(void *arg, const char *error), void *arg);
/* Drop the caller of palacios_detach() with this arg: its done() is not called. */
void palacios_forget(struct palacios *all, void *arg);
/* Look for the machine again.  Returns NULL, or an error text. */
const char *palacios_attach(struct palacios *all, const char *name);

#endif /* HOSTD_PALACIOS_H */
