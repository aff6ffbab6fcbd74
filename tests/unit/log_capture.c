/* SPDX-License-Identifier: BSD-2-Clause */
#include "log_capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"

static int saved;
static FILE *file;

void log_capture_begin(void)
{
	file = tmpfile();
	assert_non_null(file);
	saved = dup(STDERR_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	log_open(false, LOG_DEBUG);
}

void log_capture_end(char *text, size_t room, const char *word, int level)
{
	char line[2048];

	log_open(false, level);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	text[0] = '\0';
	while (fgets(line, sizeof(line), file))
		if (strstr(line, word) && strlen(text) + strlen(line) < room)
			strcat(text, line);
	fclose(file);
}
