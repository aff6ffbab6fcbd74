/* SPDX-License-Identifier: BSD-2-Clause */
/* isolate.h - shedding privilege, in named phases; isolate.c says what each one should and must not do. */
#ifndef HOSTD_ISOLATE_H
#define HOSTD_ISOLATE_H

#include <stdbool.h>
#include <stddef.h>

/* hostd's own user, which make install makes; and who it is where that one is missing, with everybody else's daemons.
 */
#define ISOLATE_USER "pvboot-hostd"
#define ISOLATE_USER_ELSE "nobody"

/* Which of the two it is on this machine. */
const char *isolate_default_user(void);

/* Phase 1, before anything is read or opened. */
void isolate_start(void);

/*
 * Phase 2, once the socket and the root directories are open: become user ("": no change) and drop all capabilities,
 * except CAP_NET_RAW if packets is set.  On failure returns false and fills err.
 */
bool isolate_user(const char *user, bool packets, char *err, size_t err_len);

/* Phase 3, before the first guest; it cannot be undone.  On failure returns false and fills err. */
bool isolate_final(char *err, size_t err_len);

/* Has this process the rights that isolate_network() is to keep? */
bool isolate_may_administer(bool namespaces);

/*
 * Replaces phases 2 and 3 in the network helper, and may make namespaces.  On failure returns false
 * and fills err.
 */
bool isolate_network(const char *user, bool namespaces, char *err, size_t err_len);

#endif /* HOSTD_ISOLATE_H */
