// SPDX-License-Identifier: BSD-2-Clause
/*
 * pxetest.c - calls of the PXE API, everything compared around them; the console; the choice of a group.
 *
 * The runner names a group, and cases to leave out, by QEMU's fw_cfg (opt/pvboot/pxetest: "GROUP CASE CASE ...").
 */
#include "pxetest.h"

#define COM1 0x3f8
#define FW_CFG_SELECT 0x510
#define FW_CFG_DATA 0x511
#define FW_CFG_DIRECTORY 0x19
#define FW_CFG_NAME "opt/pvboot/pxetest"
#define BDA_FBM 0x413
#define BDA_TICKS 0x46c
#define BETWEEN_APPLICATIONS 0x4f0 /* nobody's */
#define VECTORS 0x400
#define PARAGRAPH 16
#define STACK_FILL 0xa5
#define STACK_FULL 2048

#define ALLOWED 16

uint8_t blk[0x200];
bool mode_masked, mode_down, mode_pxenv, no_field;
uint16_t mode_stack;
extern uint8_t call_stack_top[], call_stack_bottom[];

static char wish[256];
static uint16_t blk_len, blk_segment, blk_offset, cases, bads, deepest, field_kib;
static struct {
	uint32_t at, len;
} allowed[ALLOWED];
static uint8_t allowed_len;
static uint8_t vectors[VECTORS];
static uint16_t fbm;
static bool vectors_free;

/* ---- ports, far memory
 * ------------------------------------------------------------------------------------------------ */

static uint8_t inb(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static void outb(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static void outw(uint16_t port, uint16_t v)
{
	__asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

/* ---- console
 * ------------------------------------------------------------------------------------------------------------ */

static void put_char(char c)
{
	while (!(inb(COM1 + 5) & 0x20))
		;
	outb(COM1, c);
}

void print(const char *text)
{
	while (*text)
		put_char(*text++);
}

static void print_hex(uint32_t value)
{
	bool begun = false;

	for (int8_t shift = 28; shift >= 0; shift -= 4) {
		uint8_t digit = value >> shift & 15;

		begun = begun || digit || !shift;
		if (begun)
			put_char("0123456789abcdef"[digit]);
	}
}

static void print_name(const char *name)
{
	put_char(' ');
	print(name);
	put_char('=');
}

void show(const char *name, uint32_t value)
{
	print_name(name);
	print_hex(value);
}

void show_word(const char *name, const char *value)
{
	print_name(name);
	print(value);
}

void bad(const char *what)
{
	print(" BAD ");
	print(what);
	bads++;
}

uint32_t ticks(void)
{
	return peek32(BDA_TICKS);
}

void wait_ticks(uint32_t n)
{
	for (uint32_t start = ticks(); ticks() - start < n;)
		;
}

/* ---- blocks
 * --------------------------------------------------------------------------------------------------------------- */

void block(uint16_t len)
{
	for (uint16_t i = 0; i < sizeof(blk); i++)
		blk[i] = 0;
	blk_len = len;
	blk[0] = blk[1] = 0xff;
}

void put8(uint16_t at, uint8_t v)
{
	blk[at] = v;
}

void put16(uint16_t at, uint16_t v)
{
	blk[at] = v;
	blk[at + 1] = v >> 8;
}

void put32(uint16_t at, uint32_t v)
{
	put16(at, v);
	put16(at + 2, v >> 16);
}

void put_text(uint16_t at, const char *text)
{
	while (*text)
		blk[at++] = *text++;
}

void put_far(uint16_t at, uint16_t segment, uint16_t offset)
{
	put16(at, offset);
	put16(at + 2, segment);
}

void put_linear(uint16_t at, uint32_t linear)
{
	put_far(at, linear / PARAGRAPH, linear % PARAGRAPH);
}

uint16_t get16(uint16_t at)
{
	return blk[at] | blk[at + 1] << 8;
}

uint32_t get32(uint16_t at)
{
	return get16(at) | (uint32_t)get16(at + 2) << 16;
}

void place(uint16_t segment, uint16_t offset)
{
	blk_segment = segment;
	blk_offset = offset;
}

void allow(uint32_t linear, uint32_t len)
{
	for (uint8_t i = 0; i < allowed_len; i++)
		if (allowed[i].at == linear && allowed[i].len >= len)
			return;
	if (allowed_len < ALLOWED) {
		allowed[allowed_len].at = linear;
		allowed[allowed_len++].len = len;
	}
}

void free_vectors(void)
{
	vectors_free = true;
}

/* ---- a call
 * ------------------------------------------------------------------------------------------------------------- */

/* Where byte i of the block is: offsets wrap at 64 KiB, as in real mode. */
static uint32_t block_byte(uint16_t i)
{
	return blk_segment * (uint32_t)PARAGRAPH + (uint16_t)(blk_offset + i);
}

static bool may_change(uint32_t at)
{
	for (uint8_t i = 0; i < allowed_len; i++)
		if (at >= allowed[i].at && at - allowed[i].at < allowed[i].len)
			return true;
	for (uint16_t i = 0; i < blk_len; i++)
		if (at == block_byte(i))
			return true;
	return false;
}

/* The end of the allowed range that at is in, or at. */
static uint32_t past_allowed(uint32_t at)
{
	for (uint8_t i = 0; i < allowed_len; i++)
		if (at >= allowed[i].at && at - allowed[i].at < allowed[i].len)
			return allowed[i].at + allowed[i].len;
	return at;
}

/* Look at all the field but for what may have changed. */
static void check_field(void)
{
	uint32_t top = fbm * 1024u, at = FIELD;

	if (no_field)
		return;
	while ((at = find_change(at, top - at)) < top) {
		if (!may_change(at)) {
			print(" at=");
			print_hex(at);
			bad("memory");
			fill(at, 1024 < top - at ? 1024 : top - at);
		}
		at = past_allowed(at + 1);
	}
}

static void check_vectors(void)
{
	static const uint8_t timer[] = {0x08, 0x1c};

	if (vectors_free)
		return;
	for (uint16_t i = 0; i < VECTORS; i++)
		if (vectors[i] != peek8(i) && i / 4 != timer[0] && i / 4 != timer[1]) {
			print(" vector=");
			print_hex(i / 4);
			bad("vector");
			break;
		}
	expect(peek16(BDA_FBM) == fbm, "413h");
}

static void check_registers(void)
{
	expect((after.eax ^ before.eax) >> 16 == 0, "eax");
	expect(after.ebx == before.ebx, "ebx");
	expect(after.ecx == before.ecx, "ecx");
	expect(after.edx == before.edx, "edx");
	expect(after.esi == before.esi, "esi");
	expect(after.edi == before.edi, "edi");
	expect(after.ebp == before.ebp, "ebp");
	expect(after.esp == before.esp && after.ss == before.ss, "stack-pointer");
	expect(after.ds == before.ds && after.es == before.es, "ds-es");
	expect(after.fs == before.fs && after.gs == before.gs, "fs-gs");
	expect(((after.flags ^ before.flags) & 0x600) == 0, "if-df");
	expect(after.msw == before.msw, "cr0");
	for (uint8_t i = 0; i < sizeof(after.idt); i++)
		if (after.idt[i] != before.idt[i]) {
			bad("idtr");
			break;
		}
}

static void check_stack(void)
{
	uint8_t *low = call_stack_bottom, *end = call_stack_top;

	while (low < end && *low == STACK_FILL)
		low++;
	if (end - low > deepest)
		deepest = end - low;
	if (mode_stack && end - low > mode_stack) {
		show("used", end - low);
		bad("stack-overrun");
	}
}

/* A dword where BETWEEN_APPLICATIONS shows again if address line 20 is off. */
static uint32_t peek_high(void)
{
	uint32_t v;

	__asm__ volatile("movw %w1, %%fs; movl %%fs:0x500, %0; movw %w2, %%fs" : "=r"(v) : "r"(0xffff), "r"(0));
	return v;
}

static bool a20(void)
{
	uint32_t saved = peek32(BETWEEN_APPLICATIONS);
	bool on = peek_high() != saved;

	poke32(BETWEEN_APPLICATIONS, ~saved);
	on = on || peek_high() != ~saved;
	poke32(BETWEEN_APPLICATIONS, saved);
	return on;
}

uint16_t quiet(uint16_t opcode)
{
	for (uint8_t *p = call_stack_bottom; p < call_stack_top; p++)
		*p = STACK_FILL;
	for (uint16_t i = 0; i < blk_len; i++)
		poke8(block_byte(i), blk[i]);
	before.opcode = opcode;
	before.block = (uint32_t)blk_segment << 16 | blk_offset;
	before.pxenv = mode_pxenv;
	before.masked = mode_masked;
	before.down = mode_down;
	before.caller_ds = 0x1234;
	before.stack = (uint32_t)call_stack_top;
	before.stack_ss = 0;
	before.entry = peek32(mode_pxenv ? far_linear((uint32_t)at_entry.es << 16 | (uint16_t)at_entry.ebx) + 0x0a
					 : far_linear(at_entry.bang) + 0x10);
	api_call();
	for (uint16_t i = 0; i < blk_len; i++)
		blk[i] = peek8(block_byte(i));
	check_registers();
	check_stack();
	check_vectors();
	check_field();
	for (uint16_t i = 0; i < blk_len; i++)
		poke8(block_byte(i), FILL);
	expect(a20(), "a20");
	expect((after.eax & 0xffff) == (get16(0) != 0), "ax-status");
	return get16(0);
}

uint16_t call(const char *name, uint16_t opcode)
{
	uint16_t status = quiet(opcode);

	print_name(name);
	print_hex((uint16_t)after.eax);
	put_char('/');
	print_hex(status);
	return status;
}

/* ---- cases
 * ---------------------------------------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b, char ends)
{
	while (*a && *a == *b)
		a++, b++;
	return !*a && (!*b || *b == ends);
}

/* Is the name one of the wish's words after the first? */
static bool unwanted(const char *name)
{
	for (const char *p = wish; *p; p++)
		if (*p == ' ' && same(name, p + 1, ' '))
			return true;
	return false;
}

bool begin(const char *name)
{
	if (unwanted(name))
		return false;
	cases++;
	print("case ");
	print(name);
	place(BLOCK_AT / PARAGRAPH, BLOCK_AT % PARAGRAPH);
	mode_masked = mode_down = mode_pxenv = no_field = vectors_free = false;
	mode_stack = 0;
	allowed_len = 0;
	fbm = peek16(BDA_FBM);
	for (uint16_t i = 0; i < VECTORS; i++)
		vectors[i] = peek8(i);
	return true;
}

void end(void)
{
	for (uint8_t i = 0; i < allowed_len; i++)
		fill(allowed[i].at, allowed[i].len);
	print("\r\n");
}

/* ---- start
 * ---------------------------------------------------------------------------------------------------------------- */

static void fw_cfg_read(uint16_t item, void *to, uint32_t len)
{
	uint8_t *p = to;

	if (item)
		outw(FW_CFG_SELECT, item);
	while (len--)
		*p++ = inb(FW_CFG_DATA);
}

static void read_wish(void)
{
	struct {
		uint8_t size[4], select[2], reserved[2];
		char name[56];
	} file;
	uint8_t count[4];

	fw_cfg_read(FW_CFG_DIRECTORY, count, sizeof(count));
	for (uint16_t n = count[2] << 8 | count[3]; n && n < 256; n--) {
		fw_cfg_read(0, &file, sizeof(file));
		if (same(file.name, FW_CFG_NAME, 0)) {
			uint16_t len = file.size[2] << 8 | file.size[3];

			fw_cfg_read(file.select[0] << 8 | file.select[1], wish,
				    len < sizeof(wish) ? len : sizeof(wish) - 1);
			return;
		}
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} groups[] = {
	{"entry", group_entry},	  {"info", group_info}, {"unknown", group_unknown}, {"tftp", group_tftp},
	{"udp", group_udp},	  {"file", group_file}, {"modes", group_modes},	    {"undi", group_undi},
	{"frames", group_frames}, {"exit", group_exit}, {"restart", group_restart},
};

void pxetest_main(void);

void pxetest_main(void)
{
	/* A BIOS with its console on this port goes on printing what it was given before. */
	wait_ticks(4);
	read_wish();
	field_kib = peek16(BDA_FBM);
	fill(FIELD, field_kib * 1024u - FIELD);
	print("\r\nPXETEST ");
	print(wish[0] ? wish : "all");
	print("\r\n");
	for (uint8_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (!wish[0] || same(groups[i].name, wish, ' '))
			groups[i].run();
	print("PXETEST-END");
	show("cases", cases);
	show("bad", bads);
	show("stack", deepest);
	print("\r\n");
	for (;;)
		__asm__ volatile("hlt");
}
