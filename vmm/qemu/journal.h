/* SPDX-License-Identifier: BSD-2-Clause */
/* journal.h - lines of the log on their way to systemd's journal. */
#ifndef QEMU_JOURNAL_H
#define QEMU_JOURNAL_H

#include "pvboot_dev.h"

/* Before privileges are shed: find out whether stderr is the journal's. */
void journal_open(void);

/* What a line of that level has to begin with: its priority, where stderr is the journal's, else "". */
const char *journal_priority(enum pvboot_log_level level);

#endif /* QEMU_JOURNAL_H */
