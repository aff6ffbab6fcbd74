/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control.h - the socket by which `pvboot detach` and `pvboot attach` speak to hostd.
 *
 * It lies beside the main one, its name that one's and CONTROL_SUFFIX, and is the starting user's alone.  One line of
 * text each way: "detach NAME" or "attach NAME"; "ok" or "error WORDS".
 */
#ifndef HOSTD_CONTROL_H
#define HOSTD_CONTROL_H

#include "conf.h"

#define CONTROL_SUFFIX ".control"
#define CONTROL_LINE 256 /* bytes of a line, newline included */

struct control;
struct event_base;
struct palacios;

/* Bind and listen; nobody is answered before control_serve().  NULL with words. */
struct control *control_listen(struct event_base *base, const struct conf *conf, char *why, size_t room);
void control_serve(struct control *control, struct palacios *palacios);
void control_free(struct control *control);

#endif /* HOSTD_CONTROL_H */
