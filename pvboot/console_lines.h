/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * console_lines.h - in which order the guest's console and lines of the log go to one terminal.
 *
 * The console is passed on as it comes.  A line of the log goes between two of its lines: where the console is in the
 * midst of one, the log waits.  It waits until the console has been silent for LINES_QUIET_MS (a prompt), and never
 * longer than LINES_WAIT_MS; then the console's line is ended for it.
 *
 * Times are milliseconds of any clock that never goes back.
 */
#ifndef CONSOLE_LINES_H
#define CONSOLE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define LINES_QUIET_MS 300
#define LINES_WAIT_MS 2000
#define LINES_SOURCES 2
#define LINES_MAX 4096	 /* bytes of one line of the log; a longer one is cut into several */
#define LINES_HELD 65536 /* bytes of the log that may wait; more does not */

enum lines_escape { LINES_TEXT, LINES_ESC, LINES_CSI };

struct lines {
	/* Where bytes go: to the console's place, or to the log's. */
	void (*put)(void *arg, bool log, const char *buf, size_t len);
	void *arg;
	bool midst;		  /* the console is in the midst of a line */
	enum lines_escape escape; /* ... and of a control sequence */
	long spoke;		  /* when it last said something */
	char held[LINES_HELD];	  /* whole lines of the log, which wait */
	size_t held_len;
	long held_since;
	struct {
		char text[LINES_MAX]; /* the beginning of a line */
		size_t len;
		long since;
	} begun[LINES_SOURCES];
};

/* The console said this. */
void lines_console(struct lines *l, long now, const char *buf, size_t len);

/* One of those who write to the log did: each one's lines stay whole. */
void lines_log(struct lines *l, long now, unsigned int source, const char *buf, size_t len);

/* When lines_time() is to be called, or -1: nothing waits. */
long lines_due(const struct lines *l);
void lines_time(struct lines *l, long now);

/* Nothing comes any more: nothing waits any longer. */
void lines_end(struct lines *l);

#endif /* CONSOLE_LINES_H */
