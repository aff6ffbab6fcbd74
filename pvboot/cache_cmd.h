/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_cmd.h - `pvboot cache`: what a running hostd keeps (docs/pvboot-cache.1). */
#ifndef PVBOOT_CACHE_CMD_H
#define PVBOOT_CACHE_CMD_H

int cache_main(int argc, char **argv);

#endif /* PVBOOT_CACHE_CMD_H */
