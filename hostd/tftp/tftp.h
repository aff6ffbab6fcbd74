/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp.h - fetch one file from a TFTP server (RFC 1350, 2347, 2348, 2349, 7440) with the host's own socket. */
#ifndef HOSTD_TFTP_H
#define HOSTD_TFTP_H

#include "pvboot_req.h"
#include "tftp/tftp_request.h"

struct event_base;
struct tftp;

/* Begin to fetch a file.  Returns NULL only if memory ran out.  Every other failure comes through done, from the loop.
 */
struct tftp *tftp_get(struct event_base *base, const struct tftp_request *req, const struct tftp_ops *ops, void *arg);
/* End it now (ERROR 0 to the server); done is not called. */
void tftp_cancel(struct tftp *tftp);

#endif /* HOSTD_TFTP_H */
