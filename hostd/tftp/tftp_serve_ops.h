/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_serve_ops.h - what the TFTP server for guests asks of its owner. */
#ifndef HOSTD_TFTP_SERVE_OPS_H
#define HOSTD_TFTP_SERVE_OPS_H

#include <stddef.h>
#include <stdint.h>

#include "pvboot_req.h"

#define TFTP_SERVE_AHEAD 6 /* blocks sent beyond the guest's last ACK */

struct file;

struct tftp_serve_ops {
	/* Begin to get the file the guest asked server for; one reference passes to the caller. */
	struct file *(*open)(void *arg, const uint8_t server[4], uint16_t port, const char *filename);
	/* Send a datagram to the guest. */
	void (*send)(void *arg, const struct pvboot_pkt *pkt, const void *payload);
	/* Have len bytes kept by the device under key (a guest port) so that a restarted hostd can go on; len 0:
	 * forget. */
	void (*keep)(void *arg, uint16_t key, const void *blob, size_t len);
};

#endif /* HOSTD_TFTP_SERVE_OPS_H */
