/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_serve_ops.h - the calls that the TFTP server for guests makes to its owner. */
#ifndef HOSTD_TFTP_SERVE_OPS_H
#define HOSTD_TFTP_SERVE_OPS_H

#include <stddef.h>
#include <stdint.h>

#include "pvboot_req.h"

#define TFTP_SERVE_AHEAD 6 /* blocks sent beyond the guest's last ACK */

struct file;

struct tftp_serve_ops {
	/* Begin to fetch the file that the guest asked server for.  The caller gets one reference. */
	struct file *(*open)(void *arg, const uint8_t server[4], uint16_t port, const char *filename);
	/* Send a datagram to the guest. */
	void (*send)(void *arg, const struct pvboot_pkt *pkt, const void *payload);
	/* Let the device keep len bytes under key (a guest port), so that a restarted hostd can continue; len 0: let it
	 * forget them. */
	void (*keep)(void *arg, uint16_t key, const void *blob, size_t len);
};

#endif /* HOSTD_TFTP_SERVE_OPS_H */
