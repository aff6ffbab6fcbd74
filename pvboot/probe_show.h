/* SPDX-License-Identifier: BSD-2-Clause */
/* probe_show.h - lines of `pvboot probe` on standard output. */
#ifndef PROBE_SHOW_H
#define PROBE_SHOW_H

/* Print one line.  What servers sent is part of it, so bytes that could speak to a terminal are printed as '?'. */
void probe_show(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* PROBE_SHOW_H */
