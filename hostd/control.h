/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control.h - the socket by which `pvboot detach`, `pvboot attach` and `pvboot cache` speak to hostd.
 *
 * It lies beside the main one, its name that one's and CONTROL_SUFFIX, and is the starting user's alone.  One line of
 * text to hostd: "detach NAME", "attach NAME", or "cache" and what control_cache.h has.  Back come lines, the last of
 * which is "ok" or "error WORDS".
 */
#ifndef HOSTD_CONTROL_H
#define HOSTD_CONTROL_H

#include "conf.h"
#include "control_line.h"

#define CONTROL_SUFFIX ".control"

struct cache;
struct control;
struct event_base;
struct palacios;

/* Bind and listen; commands are answered only after control_serve().  On failure returns NULL and fills err. */
struct control *control_listen(struct event_base *base, const struct conf *conf, char *err, size_t err_len);
/* Begin to answer commands.  If palacios is NULL, no machine is one of Palacios's. */
void control_serve(struct control *control, struct palacios *palacios, struct cache *cache);
void control_free(struct control *control);

#endif /* HOSTD_CONTROL_H */
