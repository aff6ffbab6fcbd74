/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp.h - fetch one file from a TFTP server (RFC 1350, 2347, 2348, 2349, 7440) with the host's own socket. */
#ifndef HOSTD_TFTP_H
#define HOSTD_TFTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pvboot_req.h"

struct event_base;
struct source;
struct tftp;

struct tftp_request {
	const char *vm;	       /* for the log */
	const char *ifname;    /* bind to this interface (SO_BINDTODEVICE), NULL: by route */
	struct source *source; /* whose socket (source.h), NULL: the host's */
	uint8_t server[4];
	uint16_t port;	      /* 0: 69; host order */
	const char *filename; /* octet mode always */
	uint16_t blksize;     /* to ask for, 8..65464; 0: as large as pays on the way there */
	uint16_t windowsize;  /* to ask for, 1..65535; 0: the default */
	bool stat_only;	      /* only the size: end the transfer (ERROR 0) after the OACK */
	uint32_t timeout_ms;  /* give up after this long without progress; 0: the default, 30 s */
};

struct tftp_ops {
	/* The server accepted; size is tsize or PVBOOT_SIZE_UNKNOWN.  Called once, before any data. */
	void (*opened)(void *arg, uint64_t size, uint16_t blksize);
	/* len bytes that follow what came before.  Return false to end the transfer (PVBOOT_S_NO_RESOURCES). */
	bool (*data)(void *arg, const void *buf, size_t len);
	/* The end, once: PVBOOT_S_OK, or a failure with its detail (TFTP ErrorCode) and its words.  The struct tftp is
	 * freed after it returns. */
	void (*done)(void *arg, uint32_t status, uint32_t detail, const char *text);
};

/* Begin.  NULL only if memory ran out: every other failure comes through done, from the loop. */
struct tftp *tftp_get(struct event_base *base, const struct tftp_request *req, const struct tftp_ops *ops, void *arg);
/* End it now (ERROR 0 to the server); done is not called. */
void tftp_cancel(struct tftp *tftp);

#endif /* HOSTD_TFTP_H */
