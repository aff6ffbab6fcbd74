/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tftp_serve.h - answer the guest's own TFTP (RFC 1350, 2347-2349) on the host.
 *
 * A boot program such as pxelinux.0 brings its own TFTP client.  Its RRQs are recognised here and answered from a
 * struct file that is being fetched; upstream never sees the guest's transfer.  Sessions are keyed by the guest's port.
 * The channel to the guest loses nothing that fits the device's queue, so DATA is sent ahead of the ACKs by a few
 * blocks (bounded), and the guest's own retransmission repairs what was dropped.
 */
#ifndef HOSTD_TFTP_SERVE_H
#define HOSTD_TFTP_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvboot_req.h"
#include "tftp/tftp_serve_ops.h"

struct event_base;
struct tftp_serve;

struct tftp_serve *tftp_serve_new(struct event_base *base, const char *vm, const struct tftp_serve_ops *ops, void *arg);
void tftp_serve_free(struct tftp_serve *serve);
/* The guest started over: end all sessions. */
void tftp_serve_reset(struct tftp_serve *serve);

/* Take a guest's datagram of len bytes if it is TFTP, and send any answer.  Returns false if it is not for TFTP. */
bool tftp_serve_input(struct tftp_serve *serve, const struct pvboot_dgram_args *to, const uint8_t guest_ip[4],
		      const void *payload, size_t len);

/* Restore a session from a blob that an earlier hostd had kept; hostile input.  Returns false if the blob is invalid or
 * its file is refused now: the caller must then forget the blob. */
bool tftp_serve_restore(struct tftp_serve *serve, uint16_t key, const void *blob, size_t len);

#endif /* HOSTD_TFTP_SERVE_H */
