// SPDX-License-Identifier: BSD-2-Clause
/* frames.c - group frames: sending and receiving Ethernet frames. */
#include "undi.h"

#define TBD_AT (DATA_AT + 0x800)
#define FRAME_AT DATA_AT
#define FRAME_MIN 60
#define ARP_LENGTH 42
#define WAIT_TICKS 36
#define TYPE_ARP 0x0608 /* as in memory */
#define TYPE_IP 0x0008

static uint32_t frame_end;

static void put_frame(uint8_t byte)
{
	poke8(frame_end++, byte);
}

static void put_frame32(uint32_t word)
{
	for (uint8_t i = 0; i < 4; i++, word >>= 8)
		put_frame(word);
}

static void put_mac(const uint8_t *address)
{
	for (uint8_t i = 0; i < 6; i++)
		put_frame(address ? address[i] : 0xff);
}

static void arp_body(void)
{
	static const uint8_t head[] = {0, 1, 8, 0, 6, 4, 0, 1};

	for (uint8_t i = 0; i < sizeof(head); i++)
		put_frame(head[i]);
	put_mac(mac);
	put_frame32(GUEST_IP);
	put_frame32(0);
	put_frame(0);
	put_frame(0);
	put_frame32(SERVER_IP);
}

/* A request for the server's address; header: whether the frame is complete. */
static uint16_t arp_request(bool header)
{
	frame_end = FRAME_AT;
	if (header) {
		put_mac(0);
		put_mac(mac);
		put_frame(8);
		put_frame(6);
	}
	arp_body();
	return frame_end - FRAME_AT;
}

/* TRANSMIT of frame memory: immediate bytes at FRAME_AT, then fragments of len bytes each that follow. */
static uint16_t transmit(const char *name, uint8_t protocol, uint8_t broadcast, uint16_t immediate, uint16_t fragments,
			 uint16_t len)
{
	uint32_t at = FRAME_AT + immediate;

	poke32(TBD_AT, immediate);
	poke8(TBD_AT + 2, 0);
	for (uint8_t i = 0; i < 4; i++)
		poke8(TBD_AT + 2 + i, (i < 2 ? 0 : (FRAME_AT / 16) >> (8 * (i - 2))) & 0xff);
	poke8(TBD_AT + 6, fragments);
	poke8(TBD_AT + 7, fragments >> 8);
	for (uint8_t i = 0; i < 8; i++, at += len) {
		uint32_t d = TBD_AT + 8 + i * 8;

		poke8(d, 1);
		poke8(d + 1, 0);
		poke8(d + 2, len);
		poke8(d + 3, len >> 8);
		poke32(d + 4, (at & 15) | at >> 4 << 16);
	}
	allow(FRAME_AT, 0x1000);
	block(0x14);
	put8(2, protocol);
	put8(3, broadcast);
	put_linear(8, TBD_AT);
	return call(name, TRANSMIT);
}

/* Poll for a received frame of this Ethernet type: 2 s at most. */
static bool receive(uint16_t type)
{
	uint32_t start = ticks();

	while (ticks() - start < WAIT_TICKS) {
		uint16_t function = ISR_PROCESS;

		while (!isr(function) && get16(2) != OUT_DONE) {
			uint32_t at = far_linear(get32(0x0a));

			if (get16(2) == OUT_RECEIVE && peek16(at + 12) == type)
				return true;
			function = ISR_GET_NEXT;
		}
	}
	return false;
}

static void show_received(void)
{
	uint32_t at = far_linear(get32(0x0a));
	bool mine = true;

	for (uint8_t i = 0; i < 6; i++)
		mine = mine && peek8(at + i) == mac[i];
	show("whole", get16(4) == get16(6) && get16(6) >= ARP_LENGTH);
	show("header", get16(8));
	show("protocol", blk[0x0e]);
	show("kind", blk[0x0f]);
	show("to-me", mine);
	show("base-memory", at < 0xa0000);
}

/* Ask for the server's address and hear the answer. */
static void exchange(uint8_t protocol, uint8_t broadcast, uint16_t immediate, uint16_t fragments, uint16_t len)
{
	learn_mac();
	open_filter("open", FILTER_USUAL);
	allow(FRAME_AT, 0x1000);
	arp_request(protocol == 0);
	transmit("transmit", protocol, broadcast, immediate, fragments, len);
	if (receive(TYPE_ARP))
		show_received();
	else
		show_word("received", "nothing");
	close("close");
	end();
}

static void arp(const char *name, uint8_t protocol, uint8_t broadcast, uint16_t immediate, uint16_t fragments,
		uint16_t len)
{
	if (begin(name))
		exchange(protocol, broadcast, immediate, fragments, len);
}

/* ---- a whole datagram
 * ------------------------------------------------------------------------------------------------- */

#define IP_AT 14 /* in a frame; then UDP, then its payload */
#define IP_LENGTH 20
#define UDP_LENGTH 8
#define PAYLOAD 1472
#define HEADERS (IP_AT + IP_LENGTH + UDP_LENGTH)
#define PROTOCOL_UDP 17

/* RFC 1071: the sum of len bytes, FFFFh if the checksum among them is right. */
static uint16_t checksum(uint32_t at, uint16_t len, uint32_t sum)
{
	for (uint16_t i = 0; i < len; i++)
		sum += i & 1 ? peek8(at + i) : peek8(at + i) << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* IP and UDP headers to the echo server; the payload is what lies behind them, FILL. */
static void datagram(const uint8_t *to)
{
	static const uint8_t ip[] = {
		0x45, 0, (PAYLOAD + 28) >> 8, (PAYLOAD + 28) & 0xff, 0, 1, 0x40, 0, 64, PROTOCOL_UDP, 0, 0};
	static const uint8_t udp[] = {0x30, 0x39, 0x1b, 0x5f, (PAYLOAD + 8) >> 8, (PAYLOAD + 8) & 0xff, 0, 0};
	uint16_t sum;

	frame_end = FRAME_AT;
	put_mac(to);
	put_mac(mac);
	put_frame(8);
	put_frame(0);
	for (uint8_t i = 0; i < sizeof(ip); i++)
		put_frame(ip[i]);
	put_frame32(GUEST_IP);
	put_frame32(SERVER_IP);
	sum = ~checksum(FRAME_AT + IP_AT, IP_LENGTH, 0);
	poke8(FRAME_AT + IP_AT + 10, sum >> 8);
	poke8(FRAME_AT + IP_AT + 11, sum);
	for (uint8_t i = 0; i < sizeof(udp); i++)
		put_frame(udp[i]);
}

/* The longest datagram to the echo server and back: its bytes, and the checksums of a server that leaves them to its
 * card. */
static void echo(void)
{
	uint8_t server[6];
	uint32_t at, filled = 0;

	learn_mac();
	open_filter("open", FILTER_USUAL);
	allow(FRAME_AT, 0x1000);
	arp_request(true);
	transmit("transmit", 0, 1, ARP_LENGTH, 0, 0);
	if (receive(TYPE_ARP)) {
		at = far_linear(get32(0x0a));
		for (uint8_t i = 0; i < 6; i++)
			server[i] = peek8(at + 6 + i);
		fill(FRAME_AT, 0x800);
		datagram(server);
		transmit("transmit", 0, 0, HEADERS, 1, PAYLOAD);
		show("received", receive(TYPE_IP));
		at = far_linear(get32(0x0a));
		show("length", get16(6));
		show("ip-sum", checksum(at + IP_AT, IP_LENGTH, 0));
		show("udp-sum",
		     checksum(at + IP_AT + 12, 8 + UDP_LENGTH + PAYLOAD, PROTOCOL_UDP + UDP_LENGTH + PAYLOAD));
		while (filled < PAYLOAD && peek8(at + HEADERS + filled) == FILL)
			filled++;
		show("payload", filled);
	}
	close("close");
	end();
}

static void modes(void)
{
	if (begin("frames.pxenv")) {
		mode_pxenv = true;
		exchange(0, 1, ARP_LENGTH, 0, 0);
	}
	if (begin("frames.interrupts-off")) {
		mode_masked = true;
		exchange(0, 1, ARP_LENGTH, 0, 0);
	}
	if (begin("frames.stack-300")) {
		mode_masked = true; /* an interrupt's share is not the stack's */
		mode_stack = 300;
		exchange(0, 1, 14, 1, 28);
	}
	if (begin("frames.isr-start")) { /* as an interrupt handler does: START until it is ours (0), then PROCESS */
		uint32_t start;

		learn_mac();
		open_filter("open", FILTER_USUAL);
		allow(FRAME_AT, 0x1000);
		arp_request(true);
		transmit("transmit", 0, 1, ARP_LENGTH, 0, 0);
		for (start = ticks(); ticks() - start < WAIT_TICKS && (isr(ISR_START) || get16(2));)
			;
		show("out", get16(2));
		show("received", receive(TYPE_ARP));
		close("close");
		end();
	}
	if (begin("frames.direction-down")) {
		mode_down = true;
		exchange(2, 1, 28, 0, 0);
	}
	if (begin("frames.block-at-segment-end")) {
		place(BLOCK_AT / 16, 0xff60);
		exchange(0, 1, ARP_LENGTH, 0, 0);
	}
}

/* A transmission that is to fail, or to do no harm. */
static void odd(const char *name, uint8_t protocol, uint16_t immediate, uint16_t fragments, uint16_t len)
{
	if (!begin(name))
		return;
	learn_mac();
	open_filter("open", FILTER_USUAL);
	arp_request(true);
	transmit("transmit", protocol, 1, immediate, fragments, len);
	allow(FRAME_AT, 0x1000);
	close("close");
	end();
}

void group_frames(void)
{
	if (begin("frames.transmit-closed")) {
		learn_mac();
		arp_request(true);
		transmit("transmit", 0, 1, ARP_LENGTH, 0, 0);
		end();
	}
	arp("frames.arp-whole", 0, 1, ARP_LENGTH, 0, 0);
	arp("frames.arp-padded", 0, 1, FRAME_MIN, 0, 0);
	arp("frames.arp-one-fragment", 0, 1, 0, 1, 42);
	arp("frames.arp-header-and-fragment", 0, 1, 14, 1, 28);
	arp("frames.arp-seven-fragments", 0, 1, 0, 7, 6);
	arp("frames.arp-without-header", 2, 1, 28, 0, 0);
	arp("frames.arp-without-header-fragments", 2, 1, 8, 2, 10);
	if (begin("frames.udp-1514"))
		echo();
	modes();
	odd("frames.empty", 0, 0, 0, 0);
	odd("frames.shorter-than-header", 0, 10, 0, 0);
	odd("frames.1514", 0, 1514, 0, 0);
	odd("frames.1515", 0, 1515, 0, 0);
	odd("frames.1500-without-header", 2, 1500, 0, 0);
	odd("frames.1501-without-header", 2, 1501, 0, 0);
	odd("frames.65535", 0, 0xffff, 0, 0);
	odd("frames.nine-fragments", 0, 0, 9, 6);
	odd("frames.many-fragments", 0, 0, 0xffff, 6);
	odd("frames.long-fragment", 0, 14, 1, 0xffff);
	odd("frames.protocol-4", 4, ARP_LENGTH, 0, 0);
	odd("frames.protocol-99", 99, ARP_LENGTH, 0, 0);
	if (begin("frames.null-tbd")) {
		open_filter("open", FILTER_USUAL);
		block(0x14);
		put8(3, 1);
		call("transmit", TRANSMIT);
		close("close");
		end();
	}
	if (begin("frames.filter-none")) { /* nobody asked for frames */
		learn_mac();
		open_filter("open", 0);
		arp_request(true);
		transmit("transmit", 0, 1, ARP_LENGTH, 0, 0);
		allow(FRAME_AT, 0x1000);
		show("received", receive(TYPE_ARP));
		close("close");
		end();
	}
	if (begin("frames.udp-beside")) { /* the UDP opcodes go on after frames were used */
		block(6);
		put32(2, GUEST_IP);
		call("udp-open", 0x30);
		block(0x14);
		put32(2, SERVER_IP);
		put16(0x0a, 0x3930);
		put16(0x0c, ECHO_PORT);
		put16(0x0e, 32);
		put_linear(0x10, DATA_AT + 0x2000);
		call("udp-write", 0x33);
		simple("udp-close", 0x31, 2);
		end();
	}
	if (begin("frames.after-unload")) { /* undionly.kpxe goes on like this */
		free_vectors();
		simple("shutdown", SHUTDOWN, 2);
		simple("unload", UNLOAD_STACK, 0x0c);
		simple("startup", STARTUP, 2);
		block(0x0a);
		call("initialize", INITIALIZE);
		exchange(0, 1, ARP_LENGTH, 0, 0);
	}
}
