/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests of hostd/dhcp/dhcp_msg.c and hostd/dhcp/dhcp_pxe.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp_craft.h"
#include "dhcp/dhcp_msg.h"
#include "dhcp/dhcp_pxe.h"

static struct dhcp_msg msg;
static struct dhcp_pxe pxe;

/* Parse from a heap block of exactly that length, so that a sanitizer sees any byte read behind it. */
static bool parse(const struct craft *craft)
{
	uint8_t *exact = malloc(craft->len ? craft->len : 1);
	bool good;

	assert_non_null(exact);
	memcpy(exact, craft->buf, craft->len);
	good = dhcp_msg_parse(&msg, exact, craft->len);
	free(exact);
	return good;
}

static void read_pxe(struct craft *craft)
{
	craft_end(craft);
	assert_true(parse(craft));
	dhcp_pxe_read(&pxe, &msg);
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

static void test_parse_too_short(void **state)
{
	struct craft c;

	craft_offer(&c, DHCP_OFFER, 2, NULL);
	for (c.len = 0; c.len < DHCP_HEADER; c.len++)
		assert_false(parse(&c));
	assert_true(parse(&c));
}

static void test_parse_too_long(void **state)
{
	uint8_t buf[DHCP_MSG_MAX + 1] = {0};
	struct craft c;

	craft_offer(&c, DHCP_OFFER, 2, NULL);
	memcpy(buf, c.buf, sizeof(c.buf));
	assert_true(dhcp_msg_parse(&msg, buf, DHCP_MSG_MAX));
	assert_false(dhcp_msg_parse(&msg, buf, DHCP_MSG_MAX + 1));
}

static void test_parse_no_cookie(void **state)
{
	struct craft c;

	craft_offer(&c, DHCP_OFFER, 2, NULL);
	c.buf[238] ^= 1;
	assert_false(parse(&c));
}

static void test_option_cut_short(void **state)
{
	struct craft c;

	craft_begin(&c, DHCP_OFFER);
	craft_address(&c, DHCP_OPT_ROUTER, 1, 2, 3, 4);
	craft_address(&c, DHCP_OPT_DNS, 5, 6, 7, 8);
	c.len--; /* the last byte of its value is gone */
	assert_true(parse(&c));
	assert_true(msg.truncated);
	assert_non_null(dhcp_msg_option(&msg, DHCP_OPT_ROUTER, 4, NULL));
	assert_null(dhcp_msg_option(&msg, DHCP_OPT_DNS, 0, NULL));
}

static void test_option_without_length(void **state)
{
	struct craft c;

	craft_begin(&c, DHCP_OFFER);
	c.buf[c.len++] = DHCP_OPT_DNS;
	assert_true(parse(&c));
	assert_true(msg.truncated);
	assert_null(dhcp_msg_option(&msg, DHCP_OPT_DNS, 0, NULL));
}

static void test_option_behind_end(void **state)
{
	struct craft c;

	craft_begin(&c, DHCP_OFFER);
	craft_end(&c);
	craft_address(&c, DHCP_OPT_ROUTER, 1, 2, 3, 4);
	assert_true(parse(&c));
	assert_false(msg.truncated);
	assert_null(dhcp_msg_option(&msg, DHCP_OPT_ROUTER, 0, NULL));
}

static void test_option_shorter_than_asked(void **state)
{
	struct craft c;
	uint8_t addr[4] = {9, 9, 9, 9};

	craft_begin(&c, DHCP_OFFER);
	craft_option(&c, DHCP_OPT_ROUTER, "abc", 3);
	craft_end(&c);
	assert_true(parse(&c));
	assert_null(dhcp_msg_option(&msg, DHCP_OPT_ROUTER, 4, NULL));
	assert_false(dhcp_msg_address(&msg, DHCP_OPT_ROUTER, addr));
	assert_int_equal(addr[0] | addr[1] | addr[2] | addr[3], 0);
}

static void test_type_of_no_length(void **state)
{
	struct craft c;

	craft_begin(&c, 0);
	craft_option(&c, DHCP_OPT_TYPE, "", 0);
	craft_end(&c);
	assert_true(parse(&c));
	assert_int_equal(msg.type, 0);
}

static void test_chaddr_not_ethernet(void **state)
{
	static const uint8_t none[6];
	struct craft c;

	craft_offer(&c, DHCP_OFFER, 2, NULL);
	c.buf[2] = 16;
	assert_true(parse(&c));
	assert_memory_equal(msg.chaddr, none, 6);
}

static void test_string_too_long_for_buffer(void **state)
{
	struct craft c;
	char buf[5];

	craft_begin(&c, DHCP_OFFER);
	craft_string(&c, DHCP_OPT_BOOTFILE, "12345");
	craft_string(&c, DHCP_OPT_SERVER_NAME, "1234");
	craft_end(&c);
	assert_true(parse(&c));
	assert_int_equal(dhcp_msg_string(&msg, DHCP_OPT_BOOTFILE, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	assert_int_equal(dhcp_msg_string(&msg, DHCP_OPT_SERVER_NAME, buf, sizeof(buf)), 4);
}

static void test_build_no_room(void **state)
{
	struct dhcp_send send = {.type = DHCP_DISCOVER};
	uint8_t buf[DHCP_MSG_MAX];
	size_t len = dhcp_msg_build(buf, sizeof(buf), &send);

	assert_true(len >= DHCP_MSG_MIN);
	assert_int_equal(dhcp_msg_build(buf, DHCP_MSG_MIN - 1, &send), 0);
	for (size_t cap = DHCP_MSG_MIN; cap < len; cap++) {
		uint8_t *exact = malloc(cap);

		assert_non_null(exact);
		assert_int_equal(dhcp_msg_build(exact, cap, &send), 0);
		free(exact);
	}
	assert_int_equal(dhcp_msg_build(buf, len, &send), len);
}

/* ---- what is read ---------------------------------------------------------------------------------------------- */

static void test_option_in_pieces(void **state)
{
	struct craft c;
	size_t len;
	const uint8_t *value;

	craft_begin(&c, DHCP_OFFER);
	craft_string(&c, DHCP_OPT_BOOTFILE, "pxe");
	craft_address(&c, DHCP_OPT_ROUTER, 1, 2, 3, 4);
	c.buf[c.len++] = DHCP_OPT_PAD;
	craft_string(&c, DHCP_OPT_BOOTFILE, "linux.0");
	craft_end(&c);
	assert_true(parse(&c));
	value = dhcp_msg_option(&msg, DHCP_OPT_BOOTFILE, 1, &len);
	assert_non_null(value);
	assert_int_equal(len, 10);
	assert_memory_equal(value, "pxelinux.0", 10);
	assert_memory_equal(dhcp_msg_option(&msg, DHCP_OPT_ROUTER, 4, NULL), "\1\2\3\4", 4);
}

static void test_overload_order(void **state)
{
	struct craft c;
	char buf[16];

	/* RFC 2131 4.1, RFC 3396 5: the options, then file, then sname. */
	craft_begin(&c, DHCP_OFFER);
	craft_string(&c, DHCP_OPT_BOOTFILE, "a");
	craft_option(&c, DHCP_OPT_OVERLOAD, "\3", 1);
	craft_end(&c);
	memcpy(c.buf + 44, "\103\001c\xff", 4);
	memcpy(c.buf + 108, "\103\001b\xff", 4);
	assert_true(parse(&c));
	assert_int_equal(dhcp_msg_string(&msg, DHCP_OPT_BOOTFILE, buf, sizeof(buf)), 3);
	assert_string_equal(buf, "abc");
	assert_string_equal(msg.file, "");
	assert_string_equal(msg.sname, "");
}

static void test_overload_of_file_only(void **state)
{
	struct craft c;

	craft_begin(&c, DHCP_OFFER);
	craft_option(&c, DHCP_OPT_OVERLOAD, "\1", 1);
	craft_end(&c);
	memcpy(c.buf + 44, "server", 6);
	memcpy(c.buf + 108, "\103\001b\xff", 4);
	assert_true(parse(&c));
	assert_string_equal(msg.sname, "server");
	assert_non_null(dhcp_msg_option(&msg, DHCP_OPT_BOOTFILE, 1, NULL));
}

static void test_overload_within_overload(void **state)
{
	struct craft c;

	/* An option 52 in `file` says nothing about sname. */
	craft_begin(&c, DHCP_OFFER);
	craft_option(&c, DHCP_OPT_OVERLOAD, "\1", 1);
	craft_end(&c);
	memcpy(c.buf + 44, "server", 6);
	memcpy(c.buf + 108, "\064\001\003\xff", 4);
	assert_true(parse(&c));
	assert_string_equal(msg.sname, "server");
}

static void test_overload_fills_the_pool(void **state)
{
	struct craft c;

	/* As much option data as a message can hold: it all fits, and nothing is truncated but the last pieces. */
	craft_begin(&c, DHCP_OFFER);
	craft_option(&c, DHCP_OPT_OVERLOAD, "\3", 1);
	while (c.len < sizeof(c.buf))
		c.buf[c.len++] = 200;
	memset(c.buf + 44, 43, 192);
	assert_true(parse(&c));
	assert_true(msg.option[200].offset + msg.option[200].length <= (int)sizeof(msg.pool));
	assert_true(msg.option[43].offset + msg.option[43].length <= (int)sizeof(msg.pool));
}

static void test_file_not_terminated(void **state)
{
	char name[129];
	struct craft c;

	memset(name, 'x', 128);
	name[128] = 0;
	craft_begin(&c, DHCP_OFFER);
	craft_file(&c, name);
	read_pxe(&c);
	assert_string_equal(msg.file, name);
	assert_string_equal(pxe.file, name);
	assert_string_equal(pxe.file_from, "file field");
	assert_true(pxe.file_full);
}

/* Servers that keep a byte for a NUL cut at 127. */
static void test_file_full(void **state)
{
	char name[128] = "";
	struct craft c;

	memset(name, 'x', 126);
	craft_begin(&c, DHCP_OFFER);
	craft_file(&c, name);
	read_pxe(&c);
	assert_false(pxe.file_full);
	name[126] = 'x';
	craft_begin(&c, DHCP_OFFER);
	craft_file(&c, name);
	read_pxe(&c);
	assert_true(pxe.file_full);
}

static void test_bootfile_trailing_bytes(void **state)
{
	struct craft c;

	craft_begin(&c, DHCP_OFFER);
	craft_option(&c, DHCP_OPT_BOOTFILE, "pxelinux.0\r\n\xff\0junk", 18);
	read_pxe(&c);
	assert_string_equal(pxe.file, "pxelinux.0");
	assert_string_equal(pxe.file_from, "option 67");
}

static void test_bootfile_too_long(void **state)
{
	char name[200];
	struct craft c;

	memset(name, 'x', sizeof(name));
	craft_begin(&c, DHCP_OFFER);
	craft_option(&c, DHCP_OPT_BOOTFILE, name, 200);
	craft_option(&c, DHCP_OPT_BOOTFILE, name, 56);
	read_pxe(&c);
	assert_string_equal(pxe.file, "");
	assert_true(pxe.file_too_long);
}

static void test_server_sources_in_order(void **state)
{
	struct craft c;

	craft_begin(&c, DHCP_OFFER);
	craft_address(&c, DHCP_OPT_SERVER_ID, 10, 0, 0, 54);
	read_pxe(&c);
	assert_string_equal(pxe.server_from, "option 54");
	assert_memory_equal(pxe.server, "\12\0\0\66", 4);

	c.len--;
	craft_option(&c, DHCP_OPT_TFTP_SERVERS, "\12\0\0\226\12\0\0\227", 8);
	read_pxe(&c);
	assert_string_equal(pxe.server_from, "option 150");
	assert_memory_equal(pxe.server, "\12\0\0\226", 4);

	memcpy(c.buf + 44, "10.0.0.44", 10);
	c.len--;
	read_pxe(&c);
	assert_string_equal(pxe.server_from, "sname field");

	c.len--;
	craft_string(&c, DHCP_OPT_SERVER_NAME, "10.0.0.66");
	read_pxe(&c);
	assert_string_equal(pxe.server_from, "option 66");
	assert_memory_equal(pxe.server, "\12\0\0\102", 4);

	craft_siaddr(&c, 10, 0, 0, 20);
	c.len--;
	read_pxe(&c);
	assert_string_equal(pxe.server_from, "siaddr");
	assert_memory_equal(pxe.server, "\12\0\0\24", 4);
}

static void test_server_of_no_network(void **state)
{
	struct craft c;

	/* The host's own loopback is not for a DHCP server to name; the next source counts. */
	craft_begin(&c, DHCP_OFFER);
	craft_siaddr(&c, 127, 0, 0, 1);
	craft_string(&c, DHCP_OPT_SERVER_NAME, "255.255.255.255");
	craft_address(&c, DHCP_OPT_TFTP_SERVERS, 224, 0, 0, 1);
	craft_address(&c, DHCP_OPT_SERVER_ID, 10, 0, 0, 54);
	read_pxe(&c);
	assert_string_equal(pxe.server_from, "option 54");
}

static void test_server_name_not_an_address(void **state)
{
	struct craft c;

	craft_begin(&c, DHCP_OFFER);
	craft_string(&c, DHCP_OPT_SERVER_NAME, "tftp.example.org");
	craft_address(&c, DHCP_OPT_SERVER_ID, 10, 0, 0, 54);
	read_pxe(&c);
	assert_string_equal(pxe.server_from, "option 54");
	assert_string_equal(pxe.server_name, "tftp.example.org");
}

static void test_vendor_of_somebody_else(void **state)
{
	struct craft c;

	/* Option 43 means PXE's sub-options only from a PXE server; RFC 5071's are read in any case. */
	craft_begin(&c, DHCP_OFFER);
	craft_option(&c, DHCP_OPT_VENDOR, "\6\1\10\11\7\200\0\4menu\322\4/pfx\xff", 19);
	read_pxe(&c);
	assert_false(pxe.is_pxe);
	assert_int_equal(pxe.control, 0);
	assert_false(pxe.has_item);
	assert_string_equal(pxe.prefix, "/pfx");
}

static void test_vendor_menu(void **state)
{
	/* Two entries, the first one "boot locally"; the servers stand before the menu. */
	static const uint8_t vendor[] = {6,  1, 3,   8,	  14,  0,   0,	 1,   10,  0,	0,   1,	  0x80, 1,   1,
					 10, 0, 0,   9,	  9,   18,  0,	 0,   5,   'l', 'o', 'c', 'a',	'l', 0x80,
					 1,  7, 'd', 'e', 'b', 'i', 'a', 'n', '2', 10,	2,   0,	  'p',	255};
	struct craft c;

	craft_begin(&c, DHCP_OFFER);
	craft_string(&c, DHCP_OPT_CLASS, "PXEClient");
	craft_option(&c, DHCP_OPT_VENDOR, vendor, sizeof(vendor));
	read_pxe(&c);
	assert_true(pxe.is_pxe);
	assert_int_equal(pxe.control, 3);
	assert_true(pxe.has_item);
	assert_int_equal(pxe.item, 0x8001);
	assert_string_equal(pxe.item_text, "debian2");
	assert_true(pxe.has_item_server);
	assert_memory_equal(pxe.item_server, "\12\0\0\11", 4);
}

static void test_vendor_menu_cut_short(void **state)
{
	static const uint8_t vendor[] = {9, 5, 0x80, 1, 9, 'd', 'e', 8, 4, 0x80, 1, 1, 10, 255};
	struct craft c;

	craft_begin(&c, DHCP_OFFER);
	craft_string(&c, DHCP_OPT_CLASS, "PXEClient");
	craft_option(&c, DHCP_OPT_VENDOR, vendor, sizeof(vendor));
	read_pxe(&c);
	assert_false(pxe.has_item);
	assert_false(pxe.has_item_server);
}

static void test_class_shorter_than_pxeclient(void **state)
{
	struct craft c;

	craft_begin(&c, DHCP_OFFER);
	craft_string(&c, DHCP_OPT_CLASS, "PXEClien");
	read_pxe(&c);
	assert_false(pxe.is_pxe);
}

/* ---- what is sent ---------------------------------------------------------------------------------------------- */

static void check(uint8_t code, const void *value, size_t len)
{
	size_t found;
	const uint8_t *p = dhcp_msg_option(&msg, code, len, &found);

	assert_non_null(p);
	assert_int_equal(found, len);
	assert_memory_equal(p, value, len);
}

static void test_build_discover(void **state)
{
	struct dhcp_send send = {.type = DHCP_DISCOVER, .xid = CRAFT_XID, .secs = 7, .requested = {172, 21, 0, 50}};
	static const uint8_t wanted[] = {1,   3,   6,	43,  54,  60,  66,  67,	 97,  128, 129, 130,
					 131, 132, 133, 134, 135, 150, 175, 208, 209, 210, 211};
	uint8_t uuid[17] = {0};
	uint8_t buf[DHCP_MSG_MAX];
	const uint8_t *list;
	size_t len, n;

	memcpy(send.mac, craft_mac, 6);
	dhcp_msg_uuid_of_mac(send.uuid, craft_mac);
	memcpy(uuid + 1, send.uuid, 16);
	len = dhcp_msg_build(buf, sizeof(buf), &send);
	assert_in_range(len, DHCP_MSG_MIN, 576); /* what every server must accept (RFC 2131 2) */
	assert_true(dhcp_msg_parse(&msg, buf, len));
	assert_int_equal(msg.op, DHCP_OP_REQUEST);
	assert_int_equal(msg.xid, CRAFT_XID);
	assert_int_equal(msg.flags, 0);
	assert_memory_equal(msg.chaddr, craft_mac, 6);
	assert_int_equal(buf[8] << 8 | buf[9], 7);
	assert_int_equal(msg.type, DHCP_DISCOVER);
	check(DHCP_OPT_REQUESTED, "\254\25\0\62", 4);
	check(DHCP_OPT_CLASS, "PXEClient:Arch:00000:UNDI:002001", 32);
	check(DHCP_OPT_ARCH, "\0\0", 2);
	check(DHCP_OPT_NII, "\1\2\1", 3);
	check(DHCP_OPT_UUID, uuid, 17);
	check(DHCP_OPT_MAX_SIZE, "\4\354", 2); /* 1260 */
	assert_null(dhcp_msg_option(&msg, DHCP_OPT_SERVER_ID, 0, NULL));
	assert_null(dhcp_msg_option(&msg, 61, 0, NULL));
	assert_null(dhcp_msg_option(&msg, 77, 0, NULL));
	list = dhcp_msg_option(&msg, DHCP_OPT_PARAMETERS, 1, &n);
	for (size_t i = 0; i < sizeof(wanted); i++)
		assert_non_null(memchr(list, wanted[i], n));
}

static void test_build_request_to_boot_server(void **state)
{
	struct dhcp_send send = {
		.type = DHCP_REQUEST, .broadcast = true, .ciaddr = {172, 21, 0, 50}, .has_item = true, .item = 0x8001};
	uint8_t buf[DHCP_MSG_MAX];

	assert_true(dhcp_msg_parse(&msg, buf, dhcp_msg_build(buf, sizeof(buf), &send)));
	assert_int_equal(msg.flags, DHCP_FLAG_BROADCAST);
	assert_memory_equal(msg.ciaddr, "\254\25\0\62", 4);
	check(DHCP_OPT_VENDOR, "\107\4\200\1\0\0\377", 7);
}

static void test_build_release_says_no_more(void **state)
{
	struct dhcp_send send = {.type = DHCP_RELEASE, .ciaddr = {172, 21, 0, 50}, .server = {172, 21, 0, 2}};
	uint8_t buf[DHCP_MSG_MAX];

	assert_true(dhcp_msg_parse(&msg, buf, dhcp_msg_build(buf, sizeof(buf), &send)));
	assert_int_equal(msg.type, DHCP_RELEASE);
	check(DHCP_OPT_SERVER_ID, "\254\25\0\2", 4);
	for (unsigned int code = 1; code < 255; code++)
		if (code != DHCP_OPT_TYPE && code != DHCP_OPT_SERVER_ID)
			assert_null(dhcp_msg_option(&msg, (uint8_t)code, 0, NULL));
}

static void test_build_ack_of_a_grant(void **state)
{
	struct dhcp_grant grant = {.xid = CRAFT_XID,
				   .address = {10, 0, 2, 15},
				   .server = {10, 0, 2, 2},
				   .netmask = {255, 255, 255, 0},
				   .seconds = 86400,
				   .file = "dir/pxelinux.0"};
	uint8_t buf[1024], addr[4];
	char name[256];
	struct dhcp_msg built;

	memcpy(grant.mac, craft_mac, 6);
	assert_int_equal(dhcp_msg_build_ack(buf, DHCP_MSG_MIN - 1, &grant), 0);
	assert_int_equal(dhcp_msg_build_ack(buf, sizeof(buf), &grant), DHCP_MSG_MIN);
	assert_true(dhcp_msg_parse(&built, buf, DHCP_MSG_MIN));
	assert_int_equal(built.op, DHCP_OP_REPLY);
	assert_int_equal(built.type, DHCP_ACK);
	assert_int_equal(built.xid, CRAFT_XID);
	assert_memory_equal(built.chaddr, craft_mac, 6);
	assert_memory_equal(built.yiaddr, grant.address, 4);
	assert_memory_equal(built.siaddr, grant.server, 4);
	assert_string_equal(built.file, grant.file);
	dhcp_msg_string(&built, DHCP_OPT_BOOTFILE, name, sizeof(name));
	assert_string_equal(name, grant.file);
	assert_memory_equal(dhcp_msg_option(&built, DHCP_OPT_LEASE_TIME, 4, NULL), "\0\1\121\200", 4);
	assert_false(dhcp_msg_address(&built, DHCP_OPT_ROUTER, addr)); /* none is granted */
	/* A name that the field cannot hold is in option 67 alone. */
	memset(name, 'n', 255);
	name[255] = 0;
	grant.file = name;
	assert_int_not_equal(dhcp_msg_build_ack(buf, sizeof(buf), &grant), 0);
	assert_true(dhcp_msg_parse(&built, buf, sizeof(buf)));
	assert_string_equal(built.file, "");
	assert_non_null(dhcp_msg_option(&built, DHCP_OPT_BOOTFILE, 255, NULL));
}

/* An option is written where END fits behind it, or not at all. */
static void test_put_option_leaves_room_for_end(void **state)
{
	uint8_t buf[6] = {0};
	struct dhcp_writer w = {.buf = buf, .cap = sizeof(buf)};

	dhcp_put_option(&w, 1, "abcd", 4);
	assert_int_equal(w.len, 0);
	assert_true(w.full);
	assert_false(dhcp_put_end(&w));
	w = (struct dhcp_writer){.buf = buf, .cap = sizeof(buf)};
	dhcp_put_option(&w, 1, "abc", 3);
	assert_true(dhcp_put_end(&w));
	assert_memory_equal(buf, "\1\3abc\377", 6);
	assert_false(dhcp_put_end(&w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_too_short),
		cmocka_unit_test(test_parse_too_long),
		cmocka_unit_test(test_parse_no_cookie),
		cmocka_unit_test(test_option_cut_short),
		cmocka_unit_test(test_option_without_length),
		cmocka_unit_test(test_option_behind_end),
		cmocka_unit_test(test_option_shorter_than_asked),
		cmocka_unit_test(test_type_of_no_length),
		cmocka_unit_test(test_chaddr_not_ethernet),
		cmocka_unit_test(test_string_too_long_for_buffer),
		cmocka_unit_test(test_build_no_room),
		cmocka_unit_test(test_option_in_pieces),
		cmocka_unit_test(test_overload_order),
		cmocka_unit_test(test_overload_of_file_only),
		cmocka_unit_test(test_overload_within_overload),
		cmocka_unit_test(test_overload_fills_the_pool),
		cmocka_unit_test(test_file_not_terminated),
		cmocka_unit_test(test_file_full),
		cmocka_unit_test(test_bootfile_trailing_bytes),
		cmocka_unit_test(test_bootfile_too_long),
		cmocka_unit_test(test_server_sources_in_order),
		cmocka_unit_test(test_server_of_no_network),
		cmocka_unit_test(test_server_name_not_an_address),
		cmocka_unit_test(test_vendor_of_somebody_else),
		cmocka_unit_test(test_vendor_menu),
		cmocka_unit_test(test_vendor_menu_cut_short),
		cmocka_unit_test(test_class_shorter_than_pxeclient),
		cmocka_unit_test(test_build_discover),
		cmocka_unit_test(test_build_request_to_boot_server),
		cmocka_unit_test(test_build_release_says_no_more),
		cmocka_unit_test(test_build_ack_of_a_grant),
		cmocka_unit_test(test_put_option_leaves_room_for_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
