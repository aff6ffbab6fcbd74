// SPDX-License-Identifier: BSD-2-Clause
/* info.c - groups entry (what a boot program is handed), info (what the API tells about itself) and unknown (no
 * opcodes). */
#include "pxetest.h"

#define CACHED_INFO 0x71
#define PACKET 1260

static uint32_t pxenv(void)
{
	return far_linear((uint32_t)at_entry.es << 16 | (uint16_t)at_entry.ebx);
}

static uint8_t sum(uint32_t at, uint32_t len)
{
	uint8_t s = 0;

	while (len--)
		s += peek8(at++);
	return s;
}

static bool signature(uint32_t at, const char *text)
{
	while (*text)
		if (peek8(at++) != (uint8_t)*text++)
			return false;
	return true;
}

/* Is [segment, size) of a descriptor in what was taken from base memory? */
static bool reserved(uint32_t at, uint32_t size)
{
	uint32_t low = peek16(0x413) * 1024u;

	return at >= low && at <= 0xa0000 && size <= 0xa0000 - at;
}

void group_entry(void)
{
	uint32_t bang = far_linear(at_entry.bang), env = pxenv();

	if (begin("entry.registers")) {
		show("ax", (uint16_t)at_entry.eax);
		show("edx-is-esbx", at_entry.edx == env);
		show("if", at_entry.flags >> 9 & 1);
		show("df", at_entry.flags >> 10 & 1);
		end();
	}
	if (begin("entry.stack")) { /* the boot program's may not be where boot programs are loaded */
		uint32_t at = at_entry.ss * 16u + (uint16_t)at_entry.esp;

		show("in-program", at >= 0x7c00 && at < 0x10000);
		end();
	}
	if (begin("entry.pxenv")) {
		expect(signature(env, "PXENV+"), "signature");
		show("version", peek16(env + 6));
		show("length", peek8(env + 8));
		show("sum", sum(env, peek8(env + 8)));
		show("bang", far_linear(peek32(env + 0x28)) == bang);
		end();
	}
	if (begin("entry.bang")) {
		expect(signature(bang, "!PXE"), "signature");
		show("length", peek8(bang + 4));
		show("sum", sum(bang, peek8(bang + 4)));
		show("revision", peek8(bang + 6));
		show("callout", peek32(bang + 0x18));
		show("segments", peek8(bang + 0x1d));
		end();
	}
	if (begin("entry.segments")) {
		show("data", reserved(peek32(bang + 0x2a), peek16(bang + 0x2e)));
		show("code", reserved(peek32(bang + 0x32), peek16(bang + 0x36)));
		show("entry", reserved(far_linear(peek32(bang + 0x10)), 1));
		end();
	}
	if (begin("entry.rom-id")) {
		uint32_t id = far_linear(peek32(bang + 8));

		show("there", id != 0);
		show("signature", id && signature(id, "UNDI"));
		show("sum", id && signature(id, "UNDI") ? sum(id, peek8(id + 4)) : 0);
		end();
	}
	if (begin("entry.int1a")) {
		before.eax = 0x5650;
		before.ebx = 0;
		bios_int1a();
		show("ax", (uint16_t)after.eax);
		show("cf", after.flags & 1);
		show("es-bx", far_linear((uint32_t)after.es << 16 | (uint16_t)after.ebx) == env);
		show("edx", after.edx == env);
		end();
	}
	if (begin("entry.int1a-time")) { /* all else is the BIOS's */
		before.eax = 0;
		before.edx = 0xffffffff;
		bios_int1a();
		show("told", (uint16_t)after.edx != 0xffff);
		end();
	}
	if (begin("entry.int1a-pci")) {
		before.eax = 0xb101;
		before.edx = 0;
		bios_int1a();
		show("pci", after.edx == 0x20494350);
		end();
	}
}

static void pointer(const char *name, uint16_t type)
{
	if (!begin(name))
		return;
	block(0x0c);
	put16(2, type);
	put16(0x0a, 0x5a5a);
	if (!call("get", CACHED_INFO)) {
		uint32_t at = far_linear(get32(6));

		show("size", get16(4));
		show("base-memory", reserved(at, PACKET));
		show("op", peek8(at));
		show("mine", peek32(at + 0x10) == GUEST_IP);
		show("cookie", peek32(at + 0xec));
		poke32(at + PACKET - 4, 0x12345678); /* boot programs write there */
		show("writable", peek32(at + PACKET - 4) == 0x12345678);
		poke32(at + PACKET - 4, 0);
		show("limit-kept", get16(0x0a) == 0x5a5a);
	}
	end();
}

static void copy(const char *name, uint16_t type, uint16_t size, uint16_t len, uint16_t segment, uint16_t offset)
{
	if (!begin(name))
		return;
	block(len);
	put16(2, type);
	put16(4, size);
	put_far(6, segment, offset);
	allow(segment * 16u + offset, size < PACKET ? size : PACKET);
	if (offset > 0xff00)
		allow(segment * 16u, 0x100); /* or where it wraps to */
	call("get", CACHED_INFO);
	show("size", get16(4));
	show("op", peek8(segment * 16u + offset));
	if (offset > 0xff00)
		show_word("end", peek8(segment * 16u + 0x10000) != FILL ? "beyond"
				 : peek8(segment * 16u) != FILL		? "wrapped"
									: "none");
	end();
}

static void cached_info(void)
{
	pointer("info.cached-discover", 1);
	pointer("info.cached-ack", 2);
	pointer("info.cached-reply", 3);
	copy("info.cached-copy-100", 2, 100, 0x0c, DATA_AT / 16, 3);
	copy("info.cached-copy-1260", 2, 1260, 0x0c, DATA_AT / 16, 0);
	copy("info.cached-copy-4096", 2, 4096, 0x0c, DATA_AT / 16, 1);
	copy("info.cached-copy-65535", 2, 65535, 0x0c, DATA_AT / 16, 0);
	copy("info.cached-copy-1", 3, 1, 0x0c, DATA_AT / 16, 0);
	copy("info.cached-short-block", 2, 100, 0x0a, DATA_AT / 16, 0);
	copy("info.cached-buffer-wraps", 2, 64, 0x0c, DATA_AT / 16, 0xfff0);
	copy("info.cached-type-0", 0, 100, 0x0c, DATA_AT / 16, 0);
	copy("info.cached-type-4", 4, 100, 0x0c, DATA_AT / 16, 0);
	copy("info.cached-type-65535", 0xffff, 100, 0x0c, DATA_AT / 16, 0);
	if (begin("info.cached-null-buffer")) { /* address 0 is memory like any other: the first vector */
		uint32_t vector = peek32(0);

		free_vectors();
		block(0x0c);
		put16(2, 2);
		put16(4, 4);
		call("get", CACHED_INFO);
		show("size", get16(4));
		show("first", peek32(0));
		poke32(0, vector);
		end();
	}
	if (begin("info.cached-odd-block")) {
		place(BLOCK_AT / 16, 1);
		block(0x0c);
		put16(2, 2);
		call("get", CACHED_INFO);
		show("size", get16(4));
		end();
	}
	if (begin("info.cached-block-at-end")) {
		place(BLOCK_AT / 16, 0xfff4);
		block(0x0c);
		put16(2, 2);
		call("get", CACHED_INFO);
		show("size", get16(4));
		end();
	}
}

static void about(const char *name, uint16_t opcode, uint16_t len, uint8_t from, uint8_t to)
{
	if (!begin(name))
		return;
	block(len);
	call("get", opcode);
	while (from < to) {
		show("w", get16(from));
		from += 2;
	}
	end();
}

void group_info(void)
{
	cached_info();
	if (begin("info.information")) {
		block(0x32);
		call("get", 0x0c);
		show("interrupt", get16(4));
		show("mtu", get16(6));
		show("type", get16(8));
		show("length", get16(0x0a));
		show("mac", get32(0x0c));
		show("same-permanent", get32(0x0c) == get32(0x1c) && get16(0x10) == get16(0x20));
		show("rest", get32(0x14) | get32(0x18) | get16(0x12));
		show("rx", get16(0x2e));
		show("tx", get16(0x30));
		end();
	}
	if (begin("info.nic-type")) { /* old callers' blocks end here */
		block(0x0d);
		call("get", 0x12);
		show("type", blk[2]);
		show("vendor", get16(3));
		show("device", get16(5));
		show("class", get16(7));
		end();
	}
	if (begin("info.iface-info")) {
		block(0x2a);
		call("get", 0x13);
		blk[0x12 - 1] = 0;
		show_word("name", (const char *)blk + 2);
		show("speed", get32(0x12));
		show("flags", get32(0x16));
		end();
	}
	about("info.information-again", 0x0c, 0x32, 6, 0x0c);
}

/* ---- opcodes that are none
 * ------------------------------------------------------------------------------------------------ */

static const struct {
	uint16_t from, to;
} holes[] = {
	{0x16, 0x1f},  {0x26, 0x2f},	 {0x34, 0x6f},	   {0x77, 0xdf},
	{0xe9, 0x10f}, {0x7001, 0x7020}, {0x8071, 0x8071}, {0xffff, 0xffff},
};

static void obsolete(const char *name, uint16_t opcode)
{
	if (!begin(name))
		return;
	block(0x20);
	call("call", opcode);
	end();
}

void group_unknown(void)
{
	if (begin("unknown.all")) {
		uint16_t made = 0, wrong = 0, last = 0;

		no_field = true;
		for (uint8_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++)
			for (uint32_t op = holes[i].from; op <= holes[i].to; op++) {
				block(0x20);
				made++;
				if (quiet(op) != 3) {
					wrong++;
					last = op;
				}
			}
		show("made", made);
		show("not-unsupported", wrong);
		show("last", last);
		end();
	}
	obsolete("unknown.tftp-reserved-24", 0x24);
	obsolete("unknown.mtftp-74", 0x74);
	obsolete("unknown.reserved-72", 0x72);
	obsolete("unknown.start-base", 0x75);
	obsolete("unknown.stop-base", 0x76);
}
