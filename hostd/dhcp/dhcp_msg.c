/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_msg.c - build and parse DHCP messages. */
#include "dhcp/dhcp_msg.h"

#include <string.h>

#include "base/bytes.h"
#include "base/addr.h"
#include "pvboot_req.h"

/* Offsets of the fixed fields (RFC 2131 2). */
#define OFF_OP 0
#define OFF_HTYPE 1
#define OFF_HLEN 2
#define OFF_XID 4
#define OFF_SECS 8
#define OFF_FLAGS 10
#define OFF_CIADDR 12
#define OFF_YIADDR 16
#define OFF_SIADDR 20
#define OFF_GIADDR 24
#define OFF_CHADDR 28
#define OFF_SNAME 44
#define LEN_SNAME 64
#define OFF_FILE DHCP_FILE_AT
#define LEN_FILE DHCP_FILE_FIELD
#define OFF_COOKIE 236

#define HTYPE_ETHERNET 1
#define OVERLOAD_FILE 1
#define OVERLOAD_SNAME 2
#define PXE_SUB_ITEM 71

static const uint8_t cookie[4] = {99, 130, 83, 99};

static const uint8_t class_id[] = "PXEClient:Arch:00000:UNDI:002001";

/* Option 55: the options that a PXE client requests (RFC 4578 2.4: 128-135 always), that pxelinux reads (RFC 5071), and
 * iPXE's 175. */
static const uint8_t parameters[] = {1,	  3,   6,   12,	 15,  17,  28,	43,  54,  60,  66,  67,	 97, 128,
				     129, 130, 131, 132, 133, 134, 135, 150, 175, 208, 209, 210, 211};

void dhcp_put_option(struct dhcp_writer *w, uint8_t code, const void *value, size_t len)
{
	if (len > 255 || w->cap - w->len < len + 3) { /* code, length, and room for END */
		w->full = true;
		return;
	}
	w->buf[w->len++] = code;
	w->buf[w->len++] = (uint8_t)len;
	memcpy(w->buf + w->len, value, len);
	w->len += len;
}

bool dhcp_put_end(struct dhcp_writer *w)
{
	if (w->len < w->cap)
		w->buf[w->len++] = DHCP_OPT_END;
	else
		w->full = true;
	return !w->full;
}

static void put_address(struct dhcp_writer *w, uint8_t code, const uint8_t addr[4])
{
	if (!addr_none(addr))
		dhcp_put_option(w, code, addr, 4);
}

/* Write the options that identify a PXE client, in every message except a RELEASE (RFC 4578 2, RFC 2132 9.10). */
static void put_identity(struct dhcp_writer *w, const struct dhcp_send *send)
{
	static const uint8_t arch[2];		 /* 0: an x86 BIOS */
	static const uint8_t nii[3] = {1, 2, 1}; /* UNDI 2.1 */
	uint8_t uuid[17] = {0};			 /* type 0: a UUID follows */
	uint8_t asked[sizeof(parameters) + 1];
	uint8_t size[2];

	memcpy(asked, parameters, sizeof(parameters));
	asked[sizeof(parameters)] = send->site_option;
	dhcp_put_option(w, DHCP_OPT_PARAMETERS, asked, sizeof(parameters) + (send->site_option ? 1 : 0));
	/* Accept no message larger than the buffers of GET_CACHED_INFO that boot programs expect. */
	bytes_put_be16(size, PVBOOT_DHCP_PACKET);
	dhcp_put_option(w, DHCP_OPT_MAX_SIZE, size, sizeof(size));
	dhcp_put_option(w, DHCP_OPT_CLASS, class_id, sizeof(class_id) - 1);
	dhcp_put_option(w, DHCP_OPT_ARCH, arch, sizeof(arch));
	dhcp_put_option(w, DHCP_OPT_NII, nii, sizeof(nii));
	memcpy(uuid + 1, send->uuid, 16);
	dhcp_put_option(w, DHCP_OPT_UUID, uuid, sizeof(uuid));
}

/* Write the fixed fields of a message about a client's Ethernet card, and option 53. */
static struct dhcp_writer begin(uint8_t *buf, size_t cap, uint8_t op, uint8_t type, uint32_t xid, const uint8_t mac[6])
{
	struct dhcp_writer w = {.buf = buf, .cap = cap, .len = DHCP_HEADER};

	memset(buf, 0, cap);
	buf[OFF_OP] = op;
	buf[OFF_HTYPE] = HTYPE_ETHERNET;
	buf[OFF_HLEN] = 6;
	bytes_put_be32(buf + OFF_XID, xid);
	memcpy(buf + OFF_CHADDR, mac, 6);
	memcpy(buf + OFF_COOKIE, cookie, sizeof(cookie));
	dhcp_put_option(&w, DHCP_OPT_TYPE, &type, 1);
	return w;
}

/* Write END.  Returns the message's length, padded to DHCP_MSG_MIN, or 0 if it did not fit. */
static size_t end(struct dhcp_writer *w)
{
	if (!dhcp_put_end(w))
		return 0;
	return w->len < DHCP_MSG_MIN ? DHCP_MSG_MIN : w->len;
}

size_t dhcp_msg_build(uint8_t *buf, size_t cap, const struct dhcp_send *send)
{
	struct dhcp_writer w;

	if (cap < DHCP_MSG_MIN)
		return 0;
	w = begin(buf, cap, DHCP_OP_REQUEST, send->type, send->xid, send->mac);
	bytes_put_be16(buf + OFF_SECS, send->secs);
	bytes_put_be16(buf + OFF_FLAGS, send->broadcast ? DHCP_FLAG_BROADCAST : 0);
	memcpy(buf + OFF_CIADDR, send->ciaddr, 4);
	put_address(&w, DHCP_OPT_REQUESTED, send->requested);
	put_address(&w, DHCP_OPT_SERVER_ID, send->server);
	/* RFC 2131 table 5: a RELEASE carries nothing more. */
	if (send->type != DHCP_RELEASE)
		put_identity(&w, send);
	if (send->has_item) {
		uint8_t sub[7] = {PXE_SUB_ITEM, 4, send->item >> 8, send->item & 0xff, 0, 0, DHCP_OPT_END};

		dhcp_put_option(&w, DHCP_OPT_VENDOR, sub, sizeof(sub));
	}
	return end(&w);
}

size_t dhcp_msg_build_ack(uint8_t *buf, size_t cap, const struct dhcp_grant *grant)
{
	uint8_t seconds[4];
	struct dhcp_writer w;

	if (cap < DHCP_MSG_MIN)
		return 0;
	w = begin(buf, cap, DHCP_OP_REPLY, DHCP_ACK, grant->xid, grant->mac);
	memcpy(buf + OFF_YIADDR, grant->address, 4);
	memcpy(buf + OFF_SIADDR, grant->server, 4);
	if (strlen(grant->file) < LEN_FILE)
		memcpy(buf + OFF_FILE, grant->file, strlen(grant->file));
	put_address(&w, DHCP_OPT_SERVER_ID, grant->server);
	bytes_put_be16(seconds, grant->seconds >> 16);
	bytes_put_be16(seconds + 2, grant->seconds & 0xffff);
	dhcp_put_option(&w, DHCP_OPT_LEASE_TIME, seconds, sizeof(seconds));
	put_address(&w, DHCP_OPT_NETMASK, grant->netmask);
	put_address(&w, DHCP_OPT_ROUTER, grant->router);
	if (grant->file[0])
		dhcp_put_option(&w, DHCP_OPT_BOOTFILE, grant->file, strlen(grant->file));
	return end(&w);
}

void dhcp_walk_begin(struct dhcp_walk *walk, const void *buf, size_t len)
{
	memset(walk, 0, sizeof(*walk));
	walk->buf = buf;
	walk->len = len;
}

bool dhcp_walk_next(struct dhcp_walk *walk)
{
	while (walk->pos < walk->len && walk->buf[walk->pos] == DHCP_OPT_PAD)
		walk->pos++;
	if (walk->pos == walk->len || walk->buf[walk->pos] == DHCP_OPT_END)
		return false;
	if (walk->len - walk->pos < 2 || walk->buf[walk->pos + 1] > walk->len - walk->pos - 2) {
		walk->truncated = true;
		return false;
	}
	walk->code = walk->buf[walk->pos];
	walk->length = walk->buf[walk->pos + 1];
	walk->value = walk->buf + walk->pos + 2;
	walk->pos += 2 + (size_t)walk->length;
	return true;
}

/* The regions that may hold options, in the order in which an option's pieces are concatenated (RFC 3396 5). */
struct regions {
	const uint8_t *buf[3];
	size_t len[3];
	unsigned int count;
};

/* Find the regions.  Option 52 is valid only among the options proper. */
static void find_regions(struct regions *regions, const uint8_t *raw, size_t len, uint8_t *overload)
{
	struct dhcp_walk walk;

	*overload = 0;
	regions->buf[0] = raw + DHCP_HEADER;
	regions->len[0] = len - DHCP_HEADER;
	regions->count = 1;
	dhcp_walk_begin(&walk, regions->buf[0], regions->len[0]);
	while (dhcp_walk_next(&walk)) {
		if (walk.code == DHCP_OPT_OVERLOAD && walk.length >= 1)
			*overload = walk.value[0] & (OVERLOAD_FILE | OVERLOAD_SNAME);
	}
	if (*overload & OVERLOAD_FILE) {
		regions->buf[regions->count] = raw + OFF_FILE;
		regions->len[regions->count++] = LEN_FILE;
	}
	if (*overload & OVERLOAD_SNAME) {
		regions->buf[regions->count] = raw + OFF_SNAME;
		regions->len[regions->count++] = LEN_SNAME;
	}
}

/* Add up the pieces of each option, assign each option its place in the pool, then copy the pieces there. */
static void gather_options(struct dhcp_msg *msg, const struct regions *regions)
{
	struct dhcp_walk walk;
	size_t used = 0;

	for (unsigned int i = 0; i < regions->count; i++) {
		dhcp_walk_begin(&walk, regions->buf[i], regions->len[i]);
		while (dhcp_walk_next(&walk)) {
			msg->option[walk.code].present = true;
			msg->option[walk.code].length += walk.length;
		}
		msg->truncated |= walk.truncated;
	}
	for (unsigned int code = 0; code < 256; code++) {
		/* The sum of all values is below the sum of all regions, which lie within raw: it fits. */
		msg->option[code].offset = (uint16_t)used;
		used += msg->option[code].length;
		msg->option[code].length = 0;
	}
	for (unsigned int i = 0; i < regions->count; i++) {
		dhcp_walk_begin(&walk, regions->buf[i], regions->len[i]);
		while (dhcp_walk_next(&walk)) {
			struct dhcp_option *option = &msg->option[walk.code];

			memcpy(msg->pool + option->offset + option->length, walk.value, walk.length);
			option->length += walk.length;
		}
	}
}

bool dhcp_msg_parse(struct dhcp_msg *msg, const void *buf, size_t len)
{
	struct regions regions;
	uint8_t overload;
	const uint8_t *type;

	if (len < DHCP_HEADER || len > DHCP_MSG_MAX)
		return false;
	memset(msg, 0, sizeof(*msg));
	memcpy(msg->raw, buf, len);
	msg->len = len;
	if (memcmp(msg->raw + OFF_COOKIE, cookie, sizeof(cookie)))
		return false;

	msg->op = msg->raw[OFF_OP];
	msg->xid = bytes_be32(msg->raw + OFF_XID);
	msg->flags = bytes_be16(msg->raw + OFF_FLAGS);
	memcpy(msg->ciaddr, msg->raw + OFF_CIADDR, 4);
	memcpy(msg->yiaddr, msg->raw + OFF_YIADDR, 4);
	memcpy(msg->siaddr, msg->raw + OFF_SIADDR, 4);
	memcpy(msg->giaddr, msg->raw + OFF_GIADDR, 4);
	if (msg->raw[OFF_HTYPE] == HTYPE_ETHERNET && msg->raw[OFF_HLEN] == 6)
		memcpy(msg->chaddr, msg->raw + OFF_CHADDR, 6);

	find_regions(&regions, msg->raw, len, &overload);
	gather_options(msg, &regions);
	msg->file_overloaded = overload & OVERLOAD_FILE;
	/* The fields need not end with a NUL.  The copies are one byte longer, so they do. */
	if (!msg->file_overloaded)
		memcpy(msg->file, msg->raw + OFF_FILE, LEN_FILE);
	if (!(overload & OVERLOAD_SNAME))
		memcpy(msg->sname, msg->raw + OFF_SNAME, LEN_SNAME);
	type = dhcp_msg_option(msg, DHCP_OPT_TYPE, 1, NULL);
	msg->type = type ? *type : 0;
	return true;
}

const uint8_t *dhcp_msg_option(const struct dhcp_msg *msg, uint8_t code, size_t min, size_t *len)
{
	const struct dhcp_option *option = &msg->option[code];

	if (!option->present || option->length < min)
		return NULL;
	if (len)
		*len = option->length;
	return msg->pool + option->offset;
}

bool dhcp_msg_address(const struct dhcp_msg *msg, uint8_t code, uint8_t addr[4])
{
	const uint8_t *value = dhcp_msg_option(msg, code, 4, NULL);

	memset(addr, 0, 4);
	if (value)
		memcpy(addr, value, 4);
	return value;
}

size_t dhcp_msg_string(const struct dhcp_msg *msg, uint8_t code, char *buf, size_t cap)
{
	size_t len;
	const uint8_t *value = dhcp_msg_option(msg, code, 1, &len);

	buf[0] = 0;
	if (!value)
		return 0;
	len = strnlen((const char *)value, len);
	while (len && (value[len - 1] <= ' ' || value[len - 1] == 0xff || value[len - 1] == 0x7f))
		len--;
	if (len >= cap)
		return 0;
	memcpy(buf, value, len);
	buf[len] = 0;
	return len;
}

void dhcp_msg_uuid_of_mac(uint8_t uuid[16], const uint8_t mac[6])
{
	memset(uuid, 0, 16);
	uuid[7] = 0x10; /* version 1; in SMBIOS and in PXE the first three fields are little-endian */
	uuid[8] = 0x80; /* the variant of RFC 4122 */
	memcpy(uuid + 10, mac, 6);
}

const char *dhcp_msg_type_name(uint8_t type)
{
	static const char *const names[] = {
		[0] = "BOOTP",	 [DHCP_DISCOVER] = "DISCOVER", [DHCP_OFFER] = "OFFER", [DHCP_REQUEST] = "REQUEST",
		[4] = "DECLINE", [DHCP_ACK] = "ACK",	       [DHCP_NAK] = "NAK",     [DHCP_RELEASE] = "RELEASE",
		[8] = "INFORM",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

void dhcp_msg_printable(char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}
