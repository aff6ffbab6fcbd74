/* SPDX-License-Identifier: BSD-2-Clause */
/* notify.h - messages to the service manager (sd_notify(3)); without one these functions send nothing. */
#ifndef HOSTD_NOTIFY_H
#define HOSTD_NOTIFY_H

/* Devices can connect.  status: one line for `systemctl status`. */
void notify_ready(const char *status);
/* hostd ends, after this. */
void notify_stopping(const char *status);
/* hostd cannot start: say why on stderr, as log_refusal() does, and to the service manager. */
void notify_refusal(const char *words);

#endif /* HOSTD_NOTIFY_H */
