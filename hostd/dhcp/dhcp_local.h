/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_local.h - make up a lease for a VM that is served from a local directory (--root). */
#ifndef HOSTD_DHCP_LOCAL_H
#define HOSTD_DHCP_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

#include "dhcp/dhcp.h"

struct dhcp_local_request {
	const char *root_path;
	int root_fd;
	const char *boot_file; /* "": the first usual name that exists in root_fd */
	uint8_t mac[6];
	bool has_uuid;
	uint8_t uuid[16];
};

/* Make up a lease, with the packets that a boot program expects.  On failure sets out->status and out->text. */
void dhcp_local_lease(const struct dhcp_local_request *req, struct dhcp_result *out);

#endif /* HOSTD_DHCP_LOCAL_H */
