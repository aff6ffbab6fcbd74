// SPDX-License-Identifier: BSD-2-Clause
/* undi.c - group undi: the card's states and settings. */
#include "undi.h"

uint16_t simple(const char *name, uint16_t opcode, uint16_t len)
{
	block(len);
	return call(name, opcode);
}

uint16_t open_filter(const char *name, uint16_t filter)
{
	block(LIST(6));
	put16(4, filter);
	return call(name, OPEN);
}

uint16_t close(const char *name)
{
	return simple(name, CLOSE, 2);
}

static void set_filter(const char *name, uint8_t filter)
{
	block(3);
	put8(2, filter);
	call(name, SET_FILTER);
}

uint16_t isr(uint16_t function)
{
	block(0x10);
	put16(2, function);
	return quiet(ISR);
}

void show_isr(const char *name, uint16_t function)
{
	uint16_t status = isr(function);

	show(name, status);
	if (!status)
		show("out", get16(2));
}

uint8_t mac[6];

void learn_mac(void)
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
