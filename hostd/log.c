/* SPDX-License-Identifier: BSD-2-Clause */
/* log.c - one line per event, the VM's name first; what comes from outside cannot forge a line. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define LINE_MAX_BYTES 2048
#define VM_LINES 100 /* of one VM in one second */
#define VM_SLOTS 256

static bool to_syslog, to_journal, with_times;
static int max_level = LOG_INFO;

/* Copy text, with every byte that is not printable ASCII (and the backslash, which begins an escape) as \xNN. */
static size_t escape(char *out, size_t room, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (; *text && n + 5 < room; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c < 0x7f && c != '\\') {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	out[n] = '\0';
	return n;
}

/* Is stderr the journal's?  systemd names the device and inode that it gave us (systemd.exec(5), JOURNAL_STREAM). */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;
	char tail;

	return stream && sscanf(stream, "%llu:%llu%c", &dev, &ino, &tail) == 2 && !fstat(STDERR_FILENO, &st) &&
	       st.st_dev == dev && st.st_ino == ino;
}

/* What the journal takes for a line's priority, or "". */
static const char *priority(bool journal, int level)
{
	static const char digits[] = "<0>\0<1>\0<2>\0<3>\0<4>\0<5>\0<6>\0<7>";

	return journal ? &digits[4 * (level & 7)] : "";
}

void log_refusal(const char *words)
{
	fprintf(stderr, "%spvboot-hostd: %s\n", priority(is_journal(), LOG_ERR), words);
}

void log_open(bool use_syslog, int level)
{
	to_syslog = use_syslog;
	to_journal = is_journal();
	max_level = level;
	if (use_syslog)
		openlog("pvboot-hostd", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void log_times(void)
{
	tzset(); /* while files can be read */
	with_times = !is_journal();
}

/* "2026-11-30 02:19:58.123 ", if lines are to begin so. */
static void put_time(char *out, size_t room)
{
	struct timespec now;
	struct tm tm;
	size_t len;

	out[0] = '\0';
	if (!with_times)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	len = strftime(out, room, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(out + len, room - len, ".%03ld ", now.tv_nsec / 1000000);
}

/*
 * Has this VM said enough in this second?  What a guest does makes lines, and it may do it as often as it likes.  VMs
 * whose names fall into one slot share its lines.  Debug lines are not counted: who asks for them wants them all.
 */
static bool is_flood(int level, const char *vm)
{
	static struct {
		time_t second;
		unsigned int lines;
	} slots[VM_SLOTS];
	unsigned int hash = 5381, *lines;
	struct timespec now;

	if (level >= LOG_DEBUG)
		return false;
	for (; vm && *vm; vm++)
		hash = hash * 33 + (unsigned char)*vm;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	lines = &slots[hash % VM_SLOTS].lines;
	if (slots[hash % VM_SLOTS].second != now.tv_sec) {
		slots[hash % VM_SLOTS].second = now.tv_sec;
		*lines = 0;
	}
	return ++*lines > VM_LINES;
}

void log_msg(int level, const char *vm, const char *fmt, ...)
{
	char raw[LINE_MAX_BYTES / 2], name[256], text[LINE_MAX_BYTES], line[LINE_MAX_BYTES + 512], when[40];
	const char *kind = level <= LOG_ERR ? "error: " : level == LOG_WARNING ? "warning: " : "";
	va_list ap;
	int n;

	if (level > max_level || is_flood(level, vm))
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	escape(name, sizeof(name), vm ? vm : "hostd");
	escape(text, sizeof(text), raw);
	if (to_syslog) {
		syslog(level, "%s: %s%s", name, kind, text);
		return;
	}
	/* One write per line, so that lines of several processes on one terminal do not mix. */
	put_time(when, sizeof(when));
	n = snprintf(line, sizeof(line), "%s%s%s: %s%s\n", priority(to_journal, level), when, name, kind, text);
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return; /* stderr is gone: there is nowhere to say so */
}
