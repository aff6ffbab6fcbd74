/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_local.h - the lease that hostd makes up for a VM served from a local directory (--root). */
#ifndef HOSTD_DHCP_LOCAL_H
#define HOSTD_DHCP_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

#include "dhcp/dhcp.h"

struct dhcp_local_request {
	const char *root_path;
	int root_fd;
	const char *boot_file; /* "": the first usual name that is there */
	uint8_t mac[6];
	bool has_uuid;
	uint8_t uuid[16];
};

/* Make up a lease, with the packets a boot program expects to find; a failure is in out->status and out->text. */
void dhcp_local_lease(const struct dhcp_local_request *req, struct dhcp_result *out);

#endif /* HOSTD_DHCP_LOCAL_H */
