/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_link.h - the link between a VMM's pvboot device and pvboot-hostd, version 1.
 *
 * The link is a byte stream of framed messages; on a Unix socket a message may carry one file descriptor.  Each side
 * treats the other as hostile.  docs/spec.md, chapter 5, is the prose.  All integers are little-endian.
 *
 *   hostd                          device
 *   HELLO (nonce)            ->                      hostd speaks first, whoever connected
 *                            <-    IDENTITY (nonce)  bytes before it are skipped (an old stream's rest)
 *   WELCOME or REFUSE        ->
 *                            <-    KEPT*, RESUME     what an earlier hostd asked to keep; then:
 *                            <-    REQUEST, CANCEL, RESET, DGRAM, FRAME, NOTE
 *   REPLY, DATA, GROW,       ->
 *   DGRAM, FRAME             ->
 *   KEEP, FORGET             ->
 */
#ifndef PVBOOT_LINK_H
#define PVBOOT_LINK_H

#include "pvboot_req.h"

#define PVBOOT_LINK_VERSION 1
#define PVBOOT_LINK_MAGIC 0x4b4c5650u	  /* "PVLK" */
#define PVBOOT_LINK_BODY_MAX (65536 + 64) /* bytes after the header */
#define PVBOOT_LINK_DATA_MAX 65536	  /* payload bytes of one DATA */
#define PVBOOT_LINK_KEEP_MAX 2048	  /* bytes of one kept blob */
#define PVBOOT_LINK_KEEPS 32		  /* blobs a device keeps for hostd */
#define PVBOOT_LINK_NAME_MAX 64		  /* bytes of a VM's name, NUL included */
#define PVBOOT_LINK_SOCKET_DEFAULT "/run/pvboot/hostd.sock"

#define PVBOOT_LINK_F_FD 0x1u /* in features: descriptors can be passed; in a header's flags: one is attached */

struct pvboot_link_hdr {
	uint32_t magic;	 /* PVBOOT_LINK_MAGIC, in every message */
	uint32_t length; /* bytes of the body, at most PVBOOT_LINK_BODY_MAX */
	uint16_t type;	 /* PVBOOT_LINK_* below */
	uint16_t flags;	 /* PVBOOT_LINK_F_FD or 0 */
	uint32_t id;	 /* request id, file handle or key, by type; else 0 */
};
PVBOOT_ASSERT_LAYOUT(pvboot_link_hdr, magic, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_link_hdr, length, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_link_hdr, type, 8);
PVBOOT_ASSERT_LAYOUT(pvboot_link_hdr, flags, 10);
PVBOOT_ASSERT_LAYOUT(pvboot_link_hdr, id, 12);
PVBOOT_ASSERT_SIZE(pvboot_link_hdr, 16);

/* hostd to device */
#define PVBOOT_LINK_HELLO 1   /* pvboot_link_hello */
#define PVBOOT_LINK_WELCOME 2 /* pvboot_link_welcome */
#define PVBOOT_LINK_REFUSE 3  /* pvboot_link_refuse + text */
#define PVBOOT_LINK_REPLY 4   /* id: request; pvboot_link_reply + text + result */
#define PVBOOT_LINK_DATA 5    /* id: request (READ); pvboot_link_data + bytes; only without descriptors */
#define PVBOOT_LINK_GROW 6    /* id: file handle; pvboot_link_grow + text; the first one carries the descriptor */
#define PVBOOT_LINK_KEEP 7    /* id: key; a blob, opaque to the device; replaces one of the same key */
#define PVBOOT_LINK_FORGET 8  /* id: key; nothing */
/* device to hostd */
#define PVBOOT_LINK_IDENTITY 16 /* pvboot_link_identity */
#define PVBOOT_LINK_KEPT 17	/* id: key; the blob */
#define PVBOOT_LINK_RESUME 18	/* nothing: all kept blobs are sent */
#define PVBOOT_LINK_REQUEST 19	/* id: request; pvboot_link_request + arguments */
#define PVBOOT_LINK_CANCEL 20	/* id: request; nothing; no REPLY follows */
#define PVBOOT_LINK_RESET 21	/* nothing: the guest was reset; its files and datagrams are gone */
/* both ways */
#define PVBOOT_LINK_DGRAM 32 /* pvboot_pkt + payload; from the device dst is the peer, src port the guest's */
#define PVBOOT_LINK_BYE 34   /* nothing: the sender gives the connection up; for streams that do not report their end */
#define PVBOOT_LINK_FRAME 35 /* an Ethernet frame, PVBOOT_FRAME_MIN..PVBOOT_FRAME_MAX bytes */
/* device to hostd, unanswered */
#define PVBOOT_LINK_NOTE 33 /* pvboot_link_request (LOG, PHASE, DGRAM_OPEN, DGRAM_CLOSE, FRAME_CLOSE) + arguments */

/* Keys of KEEP, KEPT and FORGET.  A key of 1..65535 is a TFTP transfer of the guest's own; the key is its UDP port. */
#define PVBOOT_LINK_KEY_LEASE 0x10000u /* survives a reset of the guest */
#define PVBOOT_LINK_KEY_DGRAM 0x10001u /* which datagrams the guest receives */
#define PVBOOT_LINK_KEY_FRAME 0x10002u /* which frames the guest receives */
#define PVBOOT_LINK_KEY_FILE 0x20000u  /* + the low 16 bits of an open file's handle */

struct pvboot_link_hello {
	uint16_t version_min;
	uint16_t version_max;
	uint32_t features; /* PVBOOT_LINK_F_* */
	uint64_t nonce;	   /* random: tells the answer to this hello from older bytes */
};
PVBOOT_ASSERT_LAYOUT(pvboot_link_hello, nonce, 8);
PVBOOT_ASSERT_SIZE(pvboot_link_hello, 16);

#define PVBOOT_LINK_ID_MAC 0x1u	 /* mac is valid: the user set one */
#define PVBOOT_LINK_ID_UUID 0x2u /* uuid is valid */
#define PVBOOT_LINK_ID_LOST 0x4u /* in IDENTITY: the device needs the descriptors of kept files again */

struct pvboot_link_identity {
	uint64_t nonce;	   /* the hello's */
	uint16_t version;  /* chosen within the hello's range */
	uint16_t flags;	   /* PVBOOT_LINK_ID_* */
	uint32_t features; /* the subset of the hello's that the device accepts */
	uint8_t uuid[16];
	uint8_t mac[6];
	uint16_t reserved;
	char name[PVBOOT_LINK_NAME_MAX]; /* the VM's name for itself; hostd looks it up and trusts only its own entry */
};
PVBOOT_ASSERT_LAYOUT(pvboot_link_identity, nonce, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_link_identity, version, 8);
PVBOOT_ASSERT_LAYOUT(pvboot_link_identity, flags, 10);
PVBOOT_ASSERT_LAYOUT(pvboot_link_identity, features, 12);
PVBOOT_ASSERT_LAYOUT(pvboot_link_identity, uuid, 16);
PVBOOT_ASSERT_LAYOUT(pvboot_link_identity, mac, 32);
PVBOOT_ASSERT_LAYOUT(pvboot_link_identity, name, 40);
PVBOOT_ASSERT_SIZE(pvboot_link_identity, 104);

struct pvboot_link_welcome {
	uint16_t version;
	uint16_t flags; /* PVBOOT_LINK_ID_*: which of mac and uuid hostd sets */
	uint32_t features;
	uint8_t uuid[16];
	uint8_t mac[6];
	uint16_t reserved;
	uint32_t host_wait_ms; /* 0: the device keeps its own */
};
PVBOOT_ASSERT_LAYOUT(pvboot_link_welcome, features, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_link_welcome, uuid, 8);
PVBOOT_ASSERT_LAYOUT(pvboot_link_welcome, mac, 24);
PVBOOT_ASSERT_LAYOUT(pvboot_link_welcome, host_wait_ms, 32);
PVBOOT_ASSERT_SIZE(pvboot_link_welcome, 36);

struct pvboot_link_refuse {
	uint32_t status;   /* PVBOOT_S_DENIED, or PVBOOT_S_UNSUPPORTED for a version */
	uint32_t retry_ms; /* when to try again */

	/* followed by the reason, at most PVBOOT_ERROR_MAX bytes */
};
PVBOOT_ASSERT_SIZE(pvboot_link_refuse, 8);

struct pvboot_link_request {
	/* DISCOVER, OPEN, READ, CLOSE, PROGRESS, PLAN or FRAME_OPEN; LOG, PHASE, DGRAM_OPEN, DGRAM_CLOSE, FRAME_CLOSE
	 * in a NOTE */
	uint16_t op;
	uint16_t reserved;
	uint32_t arg_len;
	uint64_t room; /* bytes of result the guest has room for */

	/* followed by arg_len bytes of arguments, as in pvboot_req.h */
};
PVBOOT_ASSERT_LAYOUT(pvboot_link_request, arg_len, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_link_request, room, 8);
PVBOOT_ASSERT_SIZE(pvboot_link_request, 16);

struct pvboot_link_reply {
	uint32_t status;
	uint32_t detail;
	uint32_t text_len;   /* bytes of error text for LAST_ERROR, at most PVBOOT_ERROR_MAX */
	uint32_t result_len; /* bytes of result; for an inline READ the sum of its DATA, and no result follows here */

	/* followed by text_len bytes, then (not for READ) result_len bytes */
};
PVBOOT_ASSERT_LAYOUT(pvboot_link_reply, text_len, 8);
PVBOOT_ASSERT_LAYOUT(pvboot_link_reply, result_len, 12);
PVBOOT_ASSERT_SIZE(pvboot_link_reply, 16);

struct pvboot_link_data {
	uint64_t offset; /* within the READ's room, contiguous from 0 */
	uint32_t length; /* bytes that follow, at most PVBOOT_LINK_DATA_MAX */
	uint32_t reserved;
};
PVBOOT_ASSERT_LAYOUT(pvboot_link_data, length, 8);
PVBOOT_ASSERT_SIZE(pvboot_link_data, 16);

/*
 * GROW: the state of a file that the device reads by descriptor.  With PVBOOT_LINK_F_FD negotiated, the device serves
 * every READ itself.  hostd sends the first GROW with the descriptor (read-only, freshly opened) before the REPLY to
 * the OPEN, more GROWs as the file grows, and a last one with PVBOOT_LINK_GROW_DONE.  The device reads no further than
 * available.  After a RESUME, hostd sends a GROW with a new descriptor for every file restored from a kept blob; this
 * descriptor replaces the old one.
 */
#define PVBOOT_LINK_GROW_DONE 0x1u /* complete (status PVBOOT_S_OK) or failed (any other) */

struct pvboot_link_grow {
	uint64_t available; /* bytes fetched, contiguous from 0; never decreases */
	uint64_t size;	    /* total, or PVBOOT_SIZE_UNKNOWN */
	uint32_t status;    /* PVBOOT_S_* */
	uint32_t flags;	    /* PVBOOT_LINK_GROW_* */

	/* followed by the error text of a failure, at most PVBOOT_ERROR_MAX bytes */
};
PVBOOT_ASSERT_LAYOUT(pvboot_link_grow, available, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_link_grow, size, 8);
PVBOOT_ASSERT_LAYOUT(pvboot_link_grow, status, 16);
PVBOOT_ASSERT_LAYOUT(pvboot_link_grow, flags, 20);
PVBOOT_ASSERT_SIZE(pvboot_link_grow, 24);

#endif /* PVBOOT_LINK_H */
