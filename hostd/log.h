/* SPDX-License-Identifier: BSD-2-Clause */
/* log.h - one line per event, the VM's name first, on stderr or to syslog. */
#ifndef HOSTD_LOG_H
#define HOSTD_LOG_H

#include <stdbool.h>
#include <syslog.h>

/* Start logging: to syslog if use_syslog, else to stderr; lines above level (LOG_ERR .. LOG_DEBUG) are dropped.  Where
 * systemd has made stderr the journal, each line begins with its priority, which the journal takes off (sd-daemon(3)).
 */
void log_open(bool use_syslog, int level);

/* Write the one line that says why hostd does not start to stderr; before log_open() too. */
void log_refusal(const char *words);

/* Begin each line on stderr with the time from here on: local, to the millisecond.  Not where stderr is the journal's.
 */
void log_times(void);

/* Log one line at a syslog level.  vm may be NULL for the daemon itself.  Bytes that are not printable ASCII, whoever
 * they come from, are written as \xNN, so that no guest or server can forge a line.  Of one VM's lines at most 100 in a
 * second are written. */
void log_msg(int level, const char *vm, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif /* HOSTD_LOG_H */
