// SPDX-License-Identifier: BSD-2-Clause
/* modes.c - groups modes (how calls are made), exit (leaving the stack, and calls after that) and restart. */
#include "pxetest.h"

#define TFTP_GET_FSIZE 0x25
#define RESTART_TFTP 0x73
#define SMALL "small.bin"
#define SMALL_STACK 300
#define EBDA 0x9fc00	 /* SeaBIOS's, from the start */
#define SECOND_RUN 0x600 /* linear: says that RESTART_TFTP started us */
#define SECOND_MAGIC 0x32545250

static void fsize(const char *name)
{
	block(0x8e);
	put32(2, SERVER_IP);
	put_text(0x0a, SMALL);
	call(name, TFTP_GET_FSIZE);
}

static void simple(const char *name, uint16_t opcode, uint16_t len)
{
	block(len);
	call(name, opcode);
}

/* The calls that boot programs make, in the mode that is set. */
static void tour(void)
{
	block(0x0c);
	put16(2, 2);
	put16(4, 100);
	put_linear(6, DATA_AT);
	allow(DATA_AT, 100);
	call("cached-info", 0x71);
	allow(DATA_AT, 100);
	simple("information", 0x0c, 0x32);
	simple("nic-type", 0x12, 0x0d);
	simple("iface-info", 0x13, 0x2a);
	fsize("fsize");
	block(6);
	put32(2, GUEST_IP);
	call("udp-open", 0x30);
	block(0x14);
	put32(2, SERVER_IP);
	put16(0x0a, 0x3930);
	put16(0x0c, ECHO_PORT);
	put16(0x0e, 32);
	put_linear(0x10, DATA_AT + 0x200);
	call("udp-write", 0x33);
	block(0x14);
	put16(0x0c, 0x0101);
	put16(0x0e, 32);
	put_linear(0x10, DATA_AT);
	call("udp-read", 0x32);
	simple("udp-close", 0x31, 2);
	simple("unknown", 0x3f, 2);
}

void group_modes(void)
{
	if (begin("modes.plain")) {
		tour();
		end();
	}
	if (begin("modes.pxenv")) {
		mode_pxenv = true;
		tour();
		end();
	}
	if (begin("modes.interrupts-off")) {
		mode_masked = true;
		tour();
		end();
	}
	if (begin("modes.direction-down")) {
		mode_down = true;
		tour();
		end();
	}
	if (begin("modes.stack-300")) {
		mode_masked = true; /* an interrupt's share is not the stack's */
		mode_stack = SMALL_STACK;
		tour();
		end();
	}
	if (begin("modes.pxenv-stack-300")) {
		mode_pxenv = mode_masked = true;
		mode_stack = SMALL_STACK;
		tour();
		end();
	}
	if (begin("modes.odd-block")) {
		place(BLOCK_AT / 16, 3);
		tour();
		end();
	}
	if (begin("modes.block-at-segment-end")) {
		place(BLOCK_AT / 16, 0xff00);
		tour();
		end();
	}
	if (begin("modes.block-wraps")) { /* its end is at the segment's start, and behind the segment: either will do
					   */
		uint32_t behind = BLOCK_AT / 16 * 16 + 0x10000;

		place(BLOCK_AT / 16, 0xfffc);
		block(0x0c);
		put16(2, 2);
		put16(4, 16);
		put_linear(6, DATA_AT + 0x1000);
		for (uint8_t i = 0; i < 8; i++)
			poke8(behind + i, blk[4 + i]);
		allow(behind, 8);
		allow(DATA_AT + 0x1000, 16);
		call("cached-info", 0x71);
		show("op", peek8(DATA_AT + 0x1000));
		end();
	}
}

/* Interrupt vectors into base memory from what the BIOS took at first: nothing is to answer there any more. */
static uint8_t hooks_left(uint32_t low)
{
	uint8_t n = 0;

	for (uint16_t i = 0; i < 0x78; i++) {
		uint32_t at = far_linear(peek32(i * 4u));

		n += at >= low && at < EBDA;
	}
	return n;
}

static void hooked(const char *name)
{
	before.eax = 0x5650;
	bios_int1a();
	show(name, (uint16_t)after.eax == 0x564e);
}

void group_exit(void)
{
	uint32_t reserved_from = 0;

	if (begin("exit.shutdown")) {
		free_vectors();
		simple("shutdown", 0x05, 2);
		simple("again", 0x05, 2);
		simple("and-again", 0x05, 2);
		end();
	}
	if (begin("exit.after-shutdown")) {
		free_vectors();
		simple("udp-close", 0x31, 2);
		block(0x0c);
		put16(2, 2);
		call("cached-info", 0x71);
		simple("information", 0x0c, 0x32);
		fsize("fsize");
		end();
	}
	if (begin("exit.unload")) {
		free_vectors();
		reserved_from = peek16(0x413) * 1024u;
		simple("shutdown", 0x05, 2);
		simple("unload", 0x70, 0x0c);
		simple("again", 0x70, 0x0c);
		end();
	}
	if (begin("exit.undi-after-unload")) { /* iPXE's undionly does so */
		free_vectors();
		simple("information", 0x0c, 0x32);
		end();
	}
	if (begin("exit.stop-undi")) {
		free_vectors();
		simple("stop", 0x15, 2);
		hooked("int1a");
		show("hooks", hooks_left(reserved_from));
		show("base-memory-back", peek16(0x413) * 1024u == EBDA);
		end();
	}
	if (begin("exit.stop-without-unload")) {
		free_vectors();
		simple("startup", 0x01, 2);
		fsize("fsize");
		hooked("int1a");
		simple("stop", 0x15, 2);
		hooked("int1a");
		show("hooks", hooks_left(reserved_from));
		end();
	}
}

void group_restart(void)
{
	static const char self[] = "pxetest.0";

	if (peek32(SECOND_RUN) == SECOND_MAGIC) {
		poke32(SECOND_RUN, 0);
		print("case restart.second");
		show("ax", (uint16_t)at_entry.eax);
		hooked("int1a");
		print("\r\n");
		if (begin("restart.second-calls")) {
			tour();
			end();
		}
		return;
	}
	if (begin("restart.missing")) {
		block(0x9e);
		put_text(2, "no-such-file");
		put32(0x82, 0x8000);
		put32(0x86, 0x7c00);
		put32(0x8a, SERVER_IP);
		call("restart", RESTART_TFTP);
		end();
	}
	if (begin("restart.self")) {
		poke32(SECOND_RUN, SECOND_MAGIC);
		block(0x9e);
		put_text(2, self);
		put32(0x82, 0x8000);
		put32(0x86, 0x7c00);
		put32(0x8a, SERVER_IP);
		print("\r\n");
		quiet(RESTART_TFTP);
		bad("returned");
		end();
	}
}
