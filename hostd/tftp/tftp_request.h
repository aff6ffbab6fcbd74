/* SPDX-License-Identifier: BSD-2-Clause */
/* tftp_request.h - a request to the TFTP client, and the calls by which the client reports to its owner. */
#ifndef HOSTD_TFTP_REQUEST_H
#define HOSTD_TFTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source;

struct tftp_request {
	const char *vm;	       /* for the log */
	const char *ifname;    /* bind to this interface (SO_BINDTODEVICE), NULL: by route */
	struct source *source; /* opens the socket (source.h); NULL: the host */
	uint8_t server[4];
	uint16_t port;	      /* 0: 69; host order */
	const char *filename; /* octet mode always */
	uint16_t blksize;     /* to ask for, 8..65464; 0: as large as suits the path */
	uint16_t windowsize;  /* to ask for, 1..65535; 0: the default */
	bool stat_only;	      /* only the size: end the transfer (ERROR 0) after the OACK */
	uint32_t timeout_ms;  /* give up after this long without progress; 0: the default, 30 s */
};

struct tftp_ops {
	/* The server accepted; size is tsize or PVBOOT_SIZE_UNKNOWN.  Called once, before any data. */
	void (*opened)(void *arg, uint64_t size, uint16_t blksize);
	/* The next len bytes of the file.  Return false to end the transfer (PVBOOT_S_NO_RESOURCES). */
	bool (*data)(void *arg, const void *buf, size_t len);
	/* The transfer has ended.  Called once.  status is PVBOOT_S_OK, or a failure with its detail (TFTP ErrorCode)
	 * and its error text.  The struct tftp is freed after it returns. */
	void (*done)(void *arg, uint32_t status, uint32_t detail, const char *text);
};

#endif /* HOSTD_TFTP_REQUEST_H */
