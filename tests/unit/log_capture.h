/* SPDX-License-Identifier: BSD-2-Clause */
/* log_capture.h - what hostd logs meanwhile, to the level debug. */
#ifndef TESTS_LOG_CAPTURE_H
#define TESTS_LOG_CAPTURE_H

#include <stddef.h>

/* Begin: stderr goes to a file. */
void log_capture_begin(void);
/* End; the log is at level from here on.  Those lines that have word go to text. */
void log_capture_end(char *text, size_t room, const char *word, int level);

#endif /* TESTS_LOG_CAPTURE_H */
