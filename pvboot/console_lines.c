/* SPDX-License-Identifier: BSD-2-Clause */
/* console_lines.c - in which order the guest's console and lines of the log go to one terminal. */
#include <string.h>

#include "console_lines.h"

/* ---- the console ------------------------------------------------------------------------------------------------ */

/* Does this control sequence (ECMA-48, 5.4) leave the cursor where it is?  Colours and modes do; a place does not. */
static bool keeps_cursor(char final)
{
	return strchr("mhlKJnc", final) != NULL;
}

/* Follow one byte of the console, as far as it says whether a line has begun. */
static void follow(struct lines *l, char c)
{
	if (l->escape == LINES_ESC) {
		l->escape = c == '[' ? LINES_CSI : LINES_TEXT; /* ESC c and its kind are two bytes */
		return;
	}
	if (l->escape == LINES_CSI) {
		if (c < 0x40 || c == 0x7f)
			return;
		l->escape = LINES_TEXT;
		l->midst |= !keeps_cursor(c);
		return;
	}
	if (c == '\n')
		l->midst = false;
	else if (c == 0x1b)
		l->escape = LINES_ESC;
	else if (c == '\t' || c == '\b' || (unsigned char)c >= ' ')
		l->midst = true; /* a CR alone does not end a line: something else is about to be written over it */
}

/* Write what waits, where a line of the console ends. */
static void write_held(struct lines *l)
{
	if (l->held_len)
		l->put(l->arg, true, l->held, l->held_len);
	l->held_len = 0;
}

void lines_console(struct lines *l, long now, const char *buf, size_t len)
{
	size_t done = 0;

	for (size_t i = 0; i < len; i++) {
		follow(l, buf[i]);
		if (buf[i] != '\n' || l->midst || !l->held_len)
			continue;
		l->put(l->arg, false, buf + done, i + 1 - done);
		done = i + 1;
		write_held(l);
	}
	if (done < len)
		l->put(l->arg, false, buf + done, len - done);
	l->spoke = now;
}

/* ---- the log ---------------------------------------------------------------------------------------------------- */

/* End the console's line for what waits. */
static void break_in(struct lines *l)
{
	if (l->midst)
		l->put(l->arg, false, "\r\n", 2);
	l->midst = false;
	l->escape = LINES_TEXT;
	write_held(l);
}

static void take_line(struct lines *l, long now, const char *line, size_t len)
{
	if (!l->midst && !l->held_len) {
		l->put(l->arg, true, line, len);
		return;
	}
	if (len > sizeof(l->held) - l->held_len)
		break_in(l);
	if (!l->held_len)
		l->held_since = now;
	memcpy(l->held + l->held_len, line, len);
	l->held_len += len;
}

/* What a source began is a line as it is. */
static void end_line(struct lines *l, long now, unsigned int source)
{
	l->begun[source].text[l->begun[source].len++] = '\n';
	take_line(l, now, l->begun[source].text, l->begun[source].len);
	l->begun[source].len = 0;
}

void lines_log(struct lines *l, long now, unsigned int source, const char *buf, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (buf[i] == '\n' || l->begun[source].len == LINES_MAX - 1)
			end_line(l, now, source);
		if (buf[i] != '\n')
			l->begun[source].text[l->begun[source].len++] = buf[i];
	}
	l->begun[source].since = now;
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

static long held_due(const struct lines *l)
{
	long quiet = (l->spoke > l->held_since ? l->spoke : l->held_since) + LINES_QUIET_MS;
	long wait = l->held_since + LINES_WAIT_MS;

	return quiet < wait ? quiet : wait;
}

long lines_due(const struct lines *l)
{
	long due = l->held_len ? held_due(l) : -1;

	for (unsigned int i = 0; i < LINES_SOURCES; i++) {
		long line = l->begun[i].since + LINES_QUIET_MS;

		if (l->begun[i].len && (due < 0 || line < due))
			due = line;
	}
	return due;
}

void lines_time(struct lines *l, long now)
{
	for (unsigned int i = 0; i < LINES_SOURCES; i++) {
		if (l->begun[i].len && now >= l->begun[i].since + LINES_QUIET_MS)
			end_line(l, now, i);
	}
	if (l->held_len && now >= held_due(l))
		break_in(l);
}

void lines_end(struct lines *l)
{
	for (unsigned int i = 0; i < LINES_SOURCES; i++) {
		if (l->begun[i].len)
			end_line(l, l->spoke, i);
	}
	if (l->held_len)
		break_in(l);
}
