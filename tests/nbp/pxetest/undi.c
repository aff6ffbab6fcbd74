// SPDX-License-Identifier: BSD-2-Clause
/* undi.c - groups undi (the card's states and settings) and frames (sending and receiving). */
#include "pxetest.h"

#define START 0x00
#define STARTUP 0x01
#define CLEANUP 0x02
#define INITIALIZE 0x03
#define RESET 0x04
#define SHUTDOWN 0x05
#define OPEN 0x06
#define CLOSE 0x07
#define TRANSMIT 0x08
#define SET_MCAST 0x09
#define SET_STATION 0x0a
#define SET_FILTER 0x0b
#define INFORMATION 0x0c
#define STATISTICS 0x0d
#define CLEAR_STATISTICS 0x0e
#define DIAGS 0x0f
#define FORCE_INTERRUPT 0x10
#define GET_MCAST 0x11
#define ISR 0x14
#define UNLOAD_STACK 0x70

#define ISR_START 1
#define ISR_PROCESS 2
#define ISR_GET_NEXT 3
#define OUT_DONE 0
#define OUT_TRANSMIT 2
#define OUT_RECEIVE 3

#define FILTER_USUAL 3 /* directed and multicast, broadcast */
#define TBD_AT (DATA_AT + 0x800)
#define FRAME_AT DATA_AT
#define FRAME_MIN 60
#define ARP_LENGTH 42
#define WAIT_TICKS 36
#define MAC_FIELD 16					/* bytes of an address in a block */
#define LIST(count_at) ((count_at) + 2 + 8 * MAC_FIELD) /* the length of a block that ends with a list of 8 */

static uint16_t simple(const char *name, uint16_t opcode, uint16_t len)
{
	block(len);
	return call(name, opcode);
}

static uint16_t open_filter(const char *name, uint16_t filter)
{
	block(LIST(6));
	put16(4, filter);
	return call(name, OPEN);
}

static uint16_t close(const char *name)
{
	return simple(name, CLOSE, 2);
}

static void set_filter(const char *name, uint8_t filter)
{
	block(3);
	put8(2, filter);
	call(name, SET_FILTER);
}

static uint16_t isr(uint16_t function)
{
	block(0x10);
	put16(2, function);
	return quiet(ISR);
}

static void show_isr(const char *name, uint16_t function)
{
	uint16_t status = isr(function);

	show(name, status);
	if (!status)
		show("out", get16(2));
}

static uint8_t mac[6];

static void learn_mac(void)
{
	block(0x32);
	quiet(INFORMATION);
	for (uint8_t i = 0; i < 6; i++)
		mac[i] = blk[0x0c + i];
}

static void mcast_list(const char *name, uint16_t opcode, uint16_t count)
{
	block(LIST(2));
	put16(2, count);
	for (uint8_t i = 0; i < 8; i++) {
		put32(4 + i * MAC_FIELD, 0x005e0001);
		put16(8 + i * MAC_FIELD, 0x0100 + i);
	}
	call(name, opcode);
}

static void states(void)
{
	if (begin("undi.close-closed")) {
		close("close");
		close("again");
		end();
	}
	if (begin("undi.closed")) {
		set_filter("filter", FILTER_USUAL);
		mcast_list("mcast", SET_MCAST, 1);
		show_isr("isr", ISR_PROCESS);
		end();
	}
	if (begin("undi.open-close")) {
		open_filter("open", FILTER_USUAL);
		close("close");
		end();
	}
	if (begin("undi.open-short-block")) { /* GRUB's: no room for a list */
		block(8);
		put16(4, FILTER_USUAL);
		call("open", OPEN);
		close("close");
		end();
	}
	if (begin("undi.open-twice")) {
		open_filter("open", FILTER_USUAL);
		open_filter("again", FILTER_USUAL);
		close("close");
		end();
	}
	if (begin("undi.open-mcast")) {
		block(LIST(6));
		put16(4, FILTER_USUAL);
		put16(6, 2);
		for (uint8_t i = 0; i < 2; i++) {
			put32(8 + i * MAC_FIELD, 0x005e0001);
			put16(12 + i * MAC_FIELD, 0x0200 + i);
		}
		call("open", OPEN);
		close("close");
		end();
	}
	if (begin("undi.open-mcast-9")) { /* one more than there is room for */
		block(LIST(6));
		put16(4, FILTER_USUAL);
		put16(6, 9);
		call("open", OPEN);
		close("close");
		end();
	}
	if (begin("undi.open-filter-0")) {
		open_filter("open", 0);
		close("close");
		end();
	}
	if (begin("undi.reset")) {
		open_filter("open", FILTER_USUAL);
		mcast_list("reset", RESET, 0);
		show_isr("isr", ISR_PROCESS);
		close("close");
		end();
	}
	if (begin("undi.life")) { /* what undionly.kpxe does */
		free_vectors();
		simple("shutdown", SHUTDOWN, 2);
		simple("startup", STARTUP, 2);
		block(0x0a);
		call("initialize", INITIALIZE);
		simple("information", INFORMATION, 0x32);
		open_filter("open", FILTER_USUAL);
		close("close");
		simple("shutdown", SHUTDOWN, 2);
		simple("cleanup", CLEANUP, 2);
		end();
	}
	if (begin("undi.start")) {
		free_vectors();
		simple("start", START, 0x0c);
		open_filter("open", FILTER_USUAL);
		close("close");
		end();
	}
	if (begin("undi.life-again")) {
		free_vectors();
		simple("startup", STARTUP, 2);
		block(0x0a);
		call("initialize", INITIALIZE);
		open_filter("open", FILTER_USUAL);
		close("close");
		end();
	}
	if (begin("undi.initialize-twice")) {
		free_vectors();
		block(0x0a);
		call("initialize", INITIALIZE);
		block(0x0a);
		call("again", INITIALIZE);
		end();
	}
}

static void settings(void)
{
	if (begin("undi.filter")) {
		open_filter("open", FILTER_USUAL);
		set_filter("none", 0);
		set_filter("all", 0x0f);
		set_filter("unknown", 0xf0);
		set_filter("usual", FILTER_USUAL);
		close("close");
		end();
	}
	if (begin("undi.mcast")) {
		open_filter("open", FILTER_USUAL);
		mcast_list("none", SET_MCAST, 0);
		mcast_list("eight", SET_MCAST, 8);
		mcast_list("nine", SET_MCAST, 9);
		mcast_list("many", SET_MCAST, 0xffff);
		close("close");
		end();
	}
	if (begin("undi.mcast-address")) {
		block(6 + MAC_FIELD);
		put32(2, 0x040381e0); /* 224.129.3.4 */
		call("get", GET_MCAST);
		show("mac", get32(6));
		show("rest", get16(10));
		end();
	}
	if (begin("undi.station-closed")) {
		learn_mac();
		block(2 + MAC_FIELD);
		for (uint8_t i = 0; i < 6; i++)
			put8(2 + i, mac[i]);
		call("set", SET_STATION);
		end();
	}
	if (begin("undi.station-open")) {
		learn_mac();
		open_filter("open", FILTER_USUAL);
		block(2 + MAC_FIELD);
		for (uint8_t i = 0; i < 6; i++)
			put8(2 + i, mac[i]);
		call("set", SET_STATION);
		close("close");
		end();
	}
	if (begin("undi.statistics")) {
		open_filter("open", FILTER_USUAL);
		simple("get", STATISTICS, 0x12);
		simple("clear", CLEAR_STATISTICS, 2);
		simple("get", STATISTICS, 0x12);
		show("sent", get32(2));
		close("close");
		end();
	}
	if (begin("undi.diags")) {
		open_filter("open", FILTER_USUAL);
		simple("diags", DIAGS, 2);
		close("close");
		end();
	}
	if (begin("undi.force-interrupt")) {
		open_filter("open", FILTER_USUAL);
		simple("force", FORCE_INTERRUPT, 2);
		close("close");
		end();
	}
	if (begin("undi.isr-nothing")) {
		open_filter("open", 0);
		show_isr("process", ISR_PROCESS);
		show_isr("next", ISR_GET_NEXT);
		close("close");
		end();
	}
	if (begin("undi.isr-start")) { /* 1: not ours */
		open_filter("open", 0);
		show_isr("start", ISR_START);
		close("close");
		end();
	}
	if (begin("undi.isr-unknown")) {
		open_filter("open", 0);
		show_isr("zero", 0);
		show_isr("nine", 9);
		show_isr("many", 0xffff);
		close("close");
		end();
	}
}

void group_undi(void)
{
	states();
	settings();
	if (begin("undi.station-other")) { /* last: where it is granted it stays */
		block(2 + MAC_FIELD);
		put32(2, 0x12005452);
		put16(6, 0x9934);
		call("set", SET_STATION);
		learn_mac();
		show("changed", mac[5] == 0x99);
		end();
	}
}

/* ---- frames
 * ---------------------------------------------------------------------------------------------------------------- */

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
	if (receive(0x0608))
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

static void modes(void)
{
	if (begin("frames.pxenv")) {
		mode_pxenv = true;
		exchange(0, 1, 42, 0, 0);
	}
	if (begin("frames.interrupts-off")) {
		mode_masked = true;
		exchange(0, 1, 42, 0, 0);
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
		transmit("transmit", 0, 1, 42, 0, 0);
		for (start = ticks(); ticks() - start < WAIT_TICKS && (isr(ISR_START) || get16(2));)
			;
		show("out", get16(2));
		show("received", receive(0x0608));
		close("close");
		end();
	}
	if (begin("frames.direction-down")) {
		mode_down = true;
		exchange(2, 1, 28, 0, 0);
	}
	if (begin("frames.block-at-segment-end")) {
		place(BLOCK_AT / 16, 0xff60);
		exchange(0, 1, 42, 0, 0);
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
		transmit("transmit", 0, 1, 42, 0, 0);
		end();
	}
	arp("frames.arp-whole", 0, 1, 42, 0, 0);
	arp("frames.arp-padded", 0, 1, FRAME_MIN, 0, 0);
	arp("frames.arp-one-fragment", 0, 1, 0, 1, 42);
	arp("frames.arp-header-and-fragment", 0, 1, 14, 1, 28);
	arp("frames.arp-seven-fragments", 0, 1, 0, 7, 6);
	arp("frames.arp-without-header", 2, 1, 28, 0, 0);
	arp("frames.arp-without-header-fragments", 2, 1, 8, 2, 10);
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
	odd("frames.protocol-4", 4, 42, 0, 0);
	odd("frames.protocol-99", 99, 42, 0, 0);
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
		transmit("transmit", 0, 1, 42, 0, 0);
		allow(FRAME_AT, 0x1000);
		show("received", receive(0x0608));
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
		exchange(0, 1, 42, 0, 0);
	}
}
