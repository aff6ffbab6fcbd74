/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_msg.h - DHCP messages as bytes: built for a PXE client, parsed from anybody (RFC 2131, 2132, 3396, 4578). */
#ifndef HOSTD_DHCP_MSG_H
#define HOSTD_DHCP_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_SERVER_PORT 67
#define DHCP_CLIENT_PORT 68
#define DHCP_PXE_PORT 4011 /* ProxyDHCP and boot servers (PXE 2.1, 2.2.1) */

#define DHCP_HEADER 240	    /* the fixed fields and the magic cookie */
#define DHCP_FILE_AT 108    /* where the boot file's name is among them, */
#define DHCP_FILE_FIELD 128 /* and its bytes (RFC 2131 2); a NUL is not needed */
#define DHCP_MSG_MIN 300    /* what BOOTP relays may insist on (RFC 1542 2.1) */
#define DHCP_MSG_MAX 1500   /* no larger datagram arrives unfragmented */

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

/* What is to be sent.  An address of 0.0.0.0 leaves its option or field out. */
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
	uint8_t site_option;  /* one more in option 55, 0: none */
	bool has_item;	      /* option 43, sub-option 71: the boot menu's item of this type */
	uint16_t item;
};

/* What a server grants.  An address of 0.0.0.0 leaves its option out. */
struct dhcp_grant {
	uint32_t xid;
	uint8_t mac[6];
	uint8_t address[4]; /* the client's */
	uint8_t server[4];  /* siaddr, and option 54 */
	uint8_t netmask[4];
	uint8_t router[4];
	uint32_t seconds;
	const char *file; /* the boot file's name, at most 255 bytes; "": none is named */
};

/* Options are written here.  The bytes behind len are the caller's until it writes END. */
struct dhcp_writer {
	uint8_t *buf;
	size_t cap;
	size_t len;
	bool full; /* something did not fit, and was left out */
};

/* One option in a struct dhcp_msg: its pieces concatenated (RFC 3396). */
struct dhcp_option {
	bool present;
	uint16_t offset; /* in the pool */
	uint16_t length;
};

/* A message that was parsed: everything in it is a copy, and every offset was checked. */
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
	uint8_t chaddr[6];		/* zero unless htype is Ethernet's and hlen 6 */
	char file[DHCP_FILE_FIELD + 1]; /* NUL terminated; empty where options overload it */
	bool file_overloaded;		/* option 52: the field holds options (RFC 2132 9.3) */
	char sname[65];			/* NUL terminated; empty where options overload it */
	bool truncated; /* an option claimed more bytes than there were, and was left out with all that followed it */
	struct dhcp_option option[256];
	uint8_t pool[DHCP_MSG_MAX];
};

/* A walk over code-length-value triples: options, and the sub-options of option 43. */
struct dhcp_walk {
	const uint8_t *buf;
	size_t len;
	size_t pos;
	uint8_t code;	/* of the item found */
	uint8_t length; /* of its value */
	const uint8_t *value;
	bool truncated; /* the walk ended in the middle of an item */
};

/* Begin a walk over len bytes at buf, which must outlive it. */
void dhcp_walk_begin(struct dhcp_walk *walk, const void *buf, size_t len);
/* Step to the next item, over pads.  False at END, at the end of the bytes, and (truncated is set) inside an item. */
bool dhcp_walk_next(struct dhcp_walk *walk);

/* Write a client's message (RFC 2131 4.4.1, RFC 4578) to buf; bytes written, at least DHCP_MSG_MIN, or 0 if cap is too
 * small. */
size_t dhcp_msg_build(uint8_t *buf, size_t cap, const struct dhcp_send *send);

/* Write a server's ACK to buf; bytes written, at least DHCP_MSG_MIN, or 0 if cap is too small. */
size_t dhcp_msg_build_ack(uint8_t *buf, size_t cap, const struct dhcp_grant *grant);

/* Write an option of at most 255 bytes, where END will fit behind it. */
void dhcp_put_option(struct dhcp_writer *w, uint8_t code, const void *value, size_t len);
/* Write END.  False if that, or an option before it, did not fit. */
bool dhcp_put_end(struct dhcp_writer *w);

/*
 * Parse len bytes.  Overloaded `file` and `sname` are read as options, in that order (RFC 2131 4.1); an option sent in
 * pieces is put together (RFC 3396).  False if it is no DHCP message: too short, too long, no magic cookie.
 */
bool dhcp_msg_parse(struct dhcp_msg *msg, const void *buf, size_t len);

/* The value of an option with at least min bytes (its length goes to *len unless NULL), or NULL. */
const uint8_t *dhcp_msg_option(const struct dhcp_msg *msg, uint8_t code, size_t min, size_t *len);
/* The first address of an option into addr; false (addr is 0.0.0.0) if there is none. */
bool dhcp_msg_address(const struct dhcp_msg *msg, uint8_t code, uint8_t addr[4]);
/*
 * An option as a string into buf: up to its first NUL, without the blanks, control characters and FFh bytes that some
 * servers leave behind it.  Its length, or 0 if it is absent, empty or too long for cap.
 */
size_t dhcp_msg_string(const struct dhcp_msg *msg, uint8_t code, char *buf, size_t cap);

/* The identifier sent for a guest without a UUID: version 1 of RFC 4122 at time 0, its node the MAC.  pxelinux takes it
 * for none (byte 6 is below 10h), so it leads to no configuration. */
void dhcp_msg_uuid_of_mac(uint8_t uuid[16], const uint8_t mac[6]);

/* "DISCOVER", "ACK", ... for the log. */
const char *dhcp_msg_type_name(uint8_t type);

/* What comes from the network goes to screens and logs: make every byte that is not printable ASCII a '?'. */
void dhcp_msg_printable(char *s);

#endif /* HOSTD_DHCP_MSG_H */
