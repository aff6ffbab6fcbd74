// SPDX-License-Identifier: BSD-2-Clause
/* udp.c - group udp: the UDP opcodes. */
#include "pxetest.h"

#define UDP_OPEN 0x30
#define UDP_CLOSE 0x31
#define UDP_READ 0x32
#define UDP_WRITE 0x33
#define MY_PORT 0x3930 /* network order */
#define WAIT_TICKS 36

static uint16_t udp_open(const char *name, uint32_t source)
{
	block(6);
	put32(2, source);
	return call(name, UDP_OPEN);
}

static uint16_t udp_close(const char *name)
{
	block(2);
	return call(name, UDP_CLOSE);
}

/* Write len bytes of field memory (FILL): what the block says is all that counts. */
static uint16_t udp_write_at(const char *name, uint32_t to, uint16_t port, uint16_t len, uint16_t segment,
			     uint16_t offset)
{
	block(0x14);
	put32(2, to);
	put16(0x0a, MY_PORT);
	put16(0x0c, port);
	put16(0x0e, len);
	put_far(0x10, segment, offset);
	return call(name, UDP_WRITE);
}

static uint16_t udp_write(const char *name, uint32_t to, uint16_t port, uint16_t len)
{
	return udp_write_at(name, to, port, len, DATA_AT / 16, 0);
}

/* Read until something is there, 2 s at most. */
static uint16_t udp_read_at(const char *name, uint32_t to, uint16_t port, uint16_t room, uint16_t segment,
			    uint16_t offset)
{
	uint32_t start = ticks();
	uint16_t status;

	do {
		block(0x14);
		put32(2, 0x01020304); /* stale, as pxelinux's */
		put32(6, to);
		put16(0x0a, 0x1234);
		put16(0x0c, port);
		put16(0x0e, room);
		put_far(0x10, segment, offset);
		allow(segment * 16u + offset, room);
		if (offset > 0xff00)
			allow(segment * 16u, 0x100);
		status = quiet(UDP_READ);
	} while (status == 1 && ticks() - start < WAIT_TICKS);
	show(name, status);
	if (!status) {
		show("size", get16(0x0e));
		show("from", get32(2));
		show("sport", get16(0x0a));
		show("to", get32(6));
		show("dport", get16(0x0c));
	}
	return status;
}

static uint16_t udp_read(const char *name, uint32_t to, uint16_t port, uint16_t room)
{
	return udp_read_at(name, to, port, room, DATA_AT / 16, 0x1000);
}

static void echoed(const char *name, uint16_t len, uint16_t room)
{
	if (!begin(name))
		return;
	udp_open("open", GUEST_IP);
	udp_write("write", SERVER_IP, ECHO_PORT, len);
	udp_read("read", GUEST_IP, MY_PORT, room);
	udp_close("close");
	end();
}

static void refused(const char *name, uint32_t to, uint16_t port, uint16_t len)
{
	if (!begin(name))
		return;
	udp_open("open", GUEST_IP);
	udp_write("write", to, port, len);
	udp_close("close");
	end();
}

void group_udp(void)
{
	if (begin("udp.closed")) {
		udp_read("read", GUEST_IP, MY_PORT, 100);
		udp_write("write", SERVER_IP, ECHO_PORT, 10);
		udp_close("close");
		end();
	}
	if (begin("udp.open-close")) {
		udp_open("open", GUEST_IP);
		udp_close("close");
		udp_close("again");
		end();
	}
	if (begin("udp.open-twice")) {
		udp_open("open", GUEST_IP);
		udp_open("again", GUEST_IP);
		udp_close("close");
		end();
	}
	if (begin("udp.open-0")) {
		udp_open("open", 0);
		udp_write("write", SERVER_IP, ECHO_PORT, 8);
		udp_read("read", 0, MY_PORT, 100);
		udp_close("close");
		end();
	}
	if (begin("udp.read-nothing")) {
		udp_open("open", GUEST_IP);
		udp_read("read", GUEST_IP, MY_PORT, 100);
		udp_close("close");
		end();
	}
	echoed("udp.echo-1", 1, 100);
	echoed("udp.echo-100", 100, 2048);
	echoed("udp.echo-1472", 1472, 2048);
	echoed("udp.echo-exact-room", 600, 600);
	echoed("udp.echo-room-less", 600, 599);
	echoed("udp.echo-room-0", 600, 0);
	echoed("udp.echo-0", 0, 100);
	if (begin("udp.echo-after-short-room")) { /* what did not fit is gone, or comes again: the next is whole */
		udp_open("open", GUEST_IP);
		udp_write("write", SERVER_IP, ECHO_PORT, 64);
		udp_read("short", GUEST_IP, MY_PORT, 10);
		udp_write("write", SERVER_IP, ECHO_PORT, 80);
		udp_read("read", GUEST_IP, MY_PORT, 100);
		udp_close("close");
		end();
	}
	if (begin("udp.read-any-port")) {
		udp_open("open", GUEST_IP);
		udp_write("write", SERVER_IP, ECHO_PORT, 8);
		udp_read("read", GUEST_IP, 0, 100);
		udp_close("close");
		end();
	}
	if (begin("udp.read-other-port")) {
		udp_open("open", GUEST_IP);
		udp_write("write", SERVER_IP, ECHO_PORT, 8);
		udp_read("read", GUEST_IP, 0x0101, 100);
		udp_close("close");
		end();
	}
	if (begin("udp.read-other-address")) {
		udp_open("open", GUEST_IP);
		udp_write("write", SERVER_IP, ECHO_PORT, 8);
		udp_read("read", NOBODY_IP, MY_PORT, 100);
		udp_close("close");
		end();
	}
	if (begin("udp.source-port-0")) { /* 2069 */
		udp_open("open", GUEST_IP);
		block(0x14);
		put32(2, SERVER_IP);
		put16(0x0c, ECHO_PORT);
		put16(0x0e, 8);
		put_far(0x10, DATA_AT / 16, 0);
		call("write", UDP_WRITE);
		udp_read("read", GUEST_IP, 0x1508, 100);
		udp_close("close");
		end();
	}
	if (begin("udp.read-buffer-wraps")) {
		udp_open("open", GUEST_IP);
		udp_write("write", SERVER_IP, ECHO_PORT, 64);
		udp_read_at("read", GUEST_IP, MY_PORT, 64, DATA_AT / 16, 0xfff0);
		udp_close("close");
		end();
	}
	if (begin("udp.write-buffer-wraps")) {
		udp_open("open", GUEST_IP);
		udp_write_at("write", SERVER_IP, ECHO_PORT, 64, DATA_AT / 16, 0xfff0);
		udp_read("read", GUEST_IP, MY_PORT, 100);
		udp_close("close");
		end();
	}
	if (begin("udp.write-null-buffer")) { /* address 0 is memory like any other */
		udp_open("open", GUEST_IP);
		udp_write_at("write", SERVER_IP, ECHO_PORT, 16, 0, 0);
		udp_read("read", GUEST_IP, MY_PORT, 100);
		udp_close("close");
		end();
	}
	refused("udp.write-1473", SERVER_IP, ECHO_PORT, 1473);
	refused("udp.write-65535", SERVER_IP, ECHO_PORT, 65535);
	refused("udp.write-port-0", SERVER_IP, 0, 10);
	refused("udp.write-nobody-listens", SERVER_IP, 0x0909, 10);
	refused("udp.write-no-such-host", NOBODY_IP, ECHO_PORT, 10);
	refused("udp.write-address-0", 0, ECHO_PORT, 10);
	refused("udp.write-broadcast", 0xffffffff, ECHO_PORT, 10);
	if (begin("udp.closed-forgets")) { /* what came for the last opening is not read by the next */
		udp_open("open", GUEST_IP);
		udp_write("write", SERVER_IP, ECHO_PORT, 8);
		wait_ticks(9);
		udp_close("close");
		udp_open("open", GUEST_IP);
		udp_read("read", GUEST_IP, MY_PORT, 100);
		udp_close("close");
		end();
	}
}
