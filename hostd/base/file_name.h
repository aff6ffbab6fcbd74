/* SPDX-License-Identifier: BSD-2-Clause */
/* file_name.h - the name of a file, as guests and configurations write it: a path, or a URL. */
#ifndef HOSTD_FILE_NAME_H
#define HOSTD_FILE_NAME_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Split a name (a TFTP path, or a tftp: or pvboot: URL) into server, port and path; server and port are left alone
 * where the name says nothing.  An http: or https: URL is its own path, of server 0.0.0.0.  PVBOOT_S_OK or a failure
 * with words in why.
 */
uint32_t file_name_parse(const char *name, uint8_t server[4], uint16_t *port, const char **path, char *why,
			 size_t room);

/* Is this one of the names under which pxelinux looks for its configuration, of which all but one are usually missing?
 */
bool file_name_is_search(const char *name);

#endif /* HOSTD_FILE_NAME_H */
