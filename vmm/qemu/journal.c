/* SPDX-License-Identifier: BSD-2-Clause */
/* journal.c - priorities for systemd's journal, which takes them off the lines again (sd-daemon(3)). */
#include "journal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool to_journal;

void journal_open(void)
{
	const char *stream = getenv("JOURNAL_STREAM"); /* systemd.exec(5): what it made stderr, by device and inode */
	unsigned long long dev, ino;
	struct stat st;
	char tail;

	to_journal = stream && sscanf(stream, "%llu:%llu%c", &dev, &ino, &tail) == 2 && !fstat(STDERR_FILENO, &st) &&
		     st.st_dev == dev && st.st_ino == ino;
}

const char *journal_priority(enum pvboot_log_level level)
{
	static const char *const priorities[] = {
		[PVBOOT_LOG_ERROR] = "<3>",
		[PVBOOT_LOG_WARNING] = "<4>",
		[PVBOOT_LOG_NOTICE] = "<5>",
		[PVBOOT_LOG_DEBUG] = "<7>",
	};

	return to_journal ? priorities[level] : "";
}
