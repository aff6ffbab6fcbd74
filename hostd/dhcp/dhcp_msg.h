/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_msg.h - build a PXE client's DHCP messages, and parse untrusted ones (RFC 2131, 2132, 3396, 4578). */
#ifndef HOSTD_DHCP_MSG_H
#define HOSTD_DHCP_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_SERVER_PORT 67
#define DHCP_CLIENT_PORT 68
#define DHCP_PXE_PORT 4011 /* ProxyDHCP and boot servers (PXE 2.1, 2.2.1) */

#define DHCP_HEADER 240	    /* the fixed fields and the magic cookie */
#define DHCP_FILE_AT 108    /* offset of the boot file's name in the fixed fields */
#define DHCP_FILE_FIELD 128 /* its size in bytes (RFC 2131 2); it need not end with a NUL */
#define DHCP_MSG_MIN 300    /* BOOTP relays may insist on this many bytes (RFC 1542 2.1) */
#define DHCP_MSG_MAX 1500   /* a larger datagram does not arrive unfragmented */

#define DHCP_OP_REQUEST 1
#define DHCP_OP_REPLY 2
#define DHCP_FLAG_BROADCAST 0x8000

/* Option 53. */
#define DHCP_DISCOVER 1
#define DHCP_OFFER 2
#define DHCP_REQUEST 3
#define DHCP_ACK 5
#define DHCP_NAK 6
#define DHCP_RELEASE 7

/* Option codes (RFC 2132; 93, 94, 97: RFC 4578; 150: RFC 5859; 208-211: RFC 5071). */
#define DHCP_OPT_PAD 0
#define DHCP_OPT_NETMASK 1
#define DHCP_OPT_ROUTER 3
#define DHCP_OPT_DNS 6
#define DHCP_OPT_VENDOR 43
#define DHCP_OPT_REQUESTED 50
#define DHCP_OPT_LEASE_TIME 51
#define DHCP_OPT_OVERLOAD 52
#define DHCP_OPT_TYPE 53
#define DHCP_OPT_SERVER_ID 54
#define DHCP_OPT_PARAMETERS 55
#define DHCP_OPT_MESSAGE 56
#define DHCP_OPT_MAX_SIZE 57
#define DHCP_OPT_CLASS 60
#define DHCP_OPT_SERVER_NAME 66
#define DHCP_OPT_BOOTFILE 67
#define DHCP_OPT_ARCH 93
#define DHCP_OPT_NII 94
#define DHCP_OPT_UUID 97
#define DHCP_OPT_TFTP_SERVERS 150
#define DHCP_OPT_PXELINUX_CONFIG 209
#define DHCP_OPT_PXELINUX_PREFIX 210
#define DHCP_OPT_END 255

/* A message to build for a client.  If an address is 0.0.0.0, its option or field is left out. */
struct dhcp_send {
	uint8_t type; /* DHCP_DISCOVER, DHCP_REQUEST or DHCP_RELEASE */
	uint32_t xid;
	uint16_t secs;
	bool broadcast;
	uint8_t mac[6];
	uint8_t uuid[16];
	uint8_t ciaddr[4];
	uint8_t requested[4]; /* option 50 */
	uint8_t server[4];    /* option 54 */
	uint8_t site_option;  /* code of one more option to request in option 55; 0: none */
	bool has_item;	      /* send option 43, sub-option 71: the type of the boot menu's item */
	uint16_t item;
};

/* An ACK to build for a server.  If an address is 0.0.0.0, its option is left out. */
struct dhcp_grant {
	uint32_t xid;
	uint8_t mac[6];
	uint8_t address[4]; /* the client's */
	uint8_t server[4];  /* siaddr, and option 54 */
	uint8_t netmask[4];
	uint8_t router[4];
	uint32_t seconds;
	const char *file; /* the boot file's name, at most 255 bytes; "": none */
};

/* A buffer that options are appended to.  The bytes after len are undefined until END is written. */
struct dhcp_writer {
	uint8_t *buf;
	size_t cap;
	size_t len;
	bool full; /* an option did not fit and was left out */
};

/* One option in a struct dhcp_msg: its pieces concatenated (RFC 3396). */
struct dhcp_option {
	bool present;
	uint16_t offset; /* in the pool */
	uint16_t length;
};

/* A parsed message.  It has copies of everything, and every offset was checked. */
struct dhcp_msg {
	uint8_t raw[DHCP_MSG_MAX]; /* as received */
	size_t len;
	uint8_t op;
	uint8_t type; /* option 53, 0 if there is none (BOOTP) */
	uint32_t xid;
	uint16_t flags;
	uint8_t ciaddr[4];
	uint8_t yiaddr[4];
	uint8_t siaddr[4];
	uint8_t giaddr[4];
	uint8_t chaddr[6];		/* 0 unless htype is Ethernet and hlen is 6 */
	char file[DHCP_FILE_FIELD + 1]; /* NUL terminated; empty where options overload it */
	bool file_overloaded;		/* option 52: the field holds options (RFC 2132 9.3) */
	char sname[65];			/* NUL terminated; empty where options overload it */
	bool truncated; /* an option claimed more bytes than there are: it and all after it were left out */
	struct dhcp_option option[256];
	uint8_t pool[DHCP_MSG_MAX];
};

/* An iterator over code-length-value items: options, or the sub-options of option 43. */
struct dhcp_walk {
	const uint8_t *buf;
	size_t len;
	size_t pos;
	uint8_t code;	/* of the current item */
	uint8_t length; /* of its value */
	const uint8_t *value;
	bool truncated; /* the walk ended in the middle of an item */
};

/* Begin a walk over len bytes at buf, which must outlive the walk. */
void dhcp_walk_begin(struct dhcp_walk *walk, const void *buf, size_t len);
/* Step to the next item, skipping pads.  Returns false at END, at the end of the bytes, or if the bytes end inside an
 * item (truncated is then set). */
bool dhcp_walk_next(struct dhcp_walk *walk);

/* Write a client's message (RFC 2131 4.4.1, RFC 4578) to buf.  Returns the bytes written, at least DHCP_MSG_MIN, or 0
 * if cap is too small. */
size_t dhcp_msg_build(uint8_t *buf, size_t cap, const struct dhcp_send *send);

/* Write a server's ACK to buf.  Returns the bytes written, at least DHCP_MSG_MIN, or 0 if cap is too small. */
size_t dhcp_msg_build_ack(uint8_t *buf, size_t cap, const struct dhcp_grant *grant);

/* Append an option of len bytes.  If len exceeds 255, or the option and END do not fit, sets full and writes nothing.
 */
void dhcp_put_option(struct dhcp_writer *w, uint8_t code, const void *value, size_t len);
/* Append END.  Returns false if END, or an option before it, did not fit. */
bool dhcp_put_end(struct dhcp_writer *w);

/*
 * Parse len bytes.  Reads overloaded `file` and `sname` as options, in that order (RFC 2131 4.1), and concatenates an
 * option that was sent in pieces (RFC 3396).  Returns false if this is not a DHCP message: it is too short or too long,
 * or has no magic cookie.
 */
bool dhcp_msg_parse(struct dhcp_msg *msg, const void *buf, size_t len);

/* Returns the value of an option, and its length in *len (len may be NULL); NULL if it is absent or shorter than min.
 */
const uint8_t *dhcp_msg_option(const struct dhcp_msg *msg, uint8_t code, size_t min, size_t *len);
/* Copy the first address of an option to addr.  If there is none, returns false and sets addr to 0.0.0.0. */
bool dhcp_msg_address(const struct dhcp_msg *msg, uint8_t code, uint8_t addr[4]);
/*
 * Copy an option as a string to buf: up to its first NUL, without the blanks, control characters and FFh bytes that
 * some servers append.  Returns its length, or 0 if the option is absent, empty or too long for cap.
 */
size_t dhcp_msg_string(const struct dhcp_msg *msg, uint8_t code, char *buf, size_t cap);

/* Make the UUID that is sent for a guest without one: RFC 4122 version 1, time 0, the MAC address as its node. pxelinux
 * treats it as no UUID (byte 6 is below 10h), so it does not look for a configuration by it. */
void dhcp_msg_uuid_of_mac(uint8_t uuid[16], const uint8_t mac[6]);

/* The name of a message type for the log: "DISCOVER", "ACK", ... */
const char *dhcp_msg_type_name(uint8_t type);

/* Replace every byte of s that is not printable ASCII by '?': text from the network goes to screens and logs. */
void dhcp_msg_printable(char *s);

#endif /* HOSTD_DHCP_MSG_H */
