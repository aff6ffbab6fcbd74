// SPDX-License-Identifier: BSD-2-Clause
/*
 * linux_multiboot.c - kernels by the Multiboot Specification 0.6.96 (version 1).  The addresses come from the ELF
 * header or from the Multiboot header.  The plan's initrds are the modules; a module's string is its file's name.
 */
#include "linux_multiboot.h"

#include "hooks.h"
#include "linux_load.h"
#include "linux_plan.h"

/* Addresses that GS reaches, after the plan. */
#define HEAD_AT 0xa000u
#define HEAD_LEN 8192u /* a Multiboot header begins and ends in this many bytes of the file */
#define INFO_AT 0xc000u
#define NAME_AT 0xc0f0u
#define MODULES_AT 0xc100u
#define MAP_AT 0xc200u
#define ZEROS_AT (MAP_AT + E820_MAX * (uint32_t)sizeof(struct map_entry))

#define PAGE 4096u
#define PARTS_MAX 8

#define HEADER_MAGIC 0x1badb002u
#define FLAG_KNOWN 0x10003u /* pages, memory, addresses */
#define FLAG_MUST 0xffffu   /* a loader that does not know one of these bits must not load the kernel */
#define FLAG_ADDRESSES 0x10000u
#define INFO_FLAGS 0x24du /* memory, command line, modules, memory map, loader's name */

#define ELF_MAGIC 0x464c457fu
#define ELF_CLASS32_LSB 0x0101
#define ELF_MACHINE_386 3
#define ELF_LOAD 1

struct header { /* 3.1.1 */
	uint32_t magic, flags, checksum, header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr;
};

struct elf_header {
	uint32_t magic;
	uint16_t class_and_data;
	uint8_t rest[10];
	uint16_t type, machine;
	uint32_t version, entry, phoff, shoff, flags;
	uint16_t ehsize, phentsize, phnum;
};
_Static_assert(offsetof(struct elf_header, phnum) == 44, "elf_header.phnum");

struct elf_segment {
	uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

struct info { /* 3.3 */
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4], mmap_length,
		mmap_addr, drives[2], config_table, boot_loader_name;
};
_Static_assert(offsetof(struct info, boot_loader_name) == 64, "info.boot_loader_name");

struct module {
	uint32_t start, end, string, reserved;
};

struct map_entry {
	uint32_t size;
	struct e820_entry range;
};

struct zeros { /* memory that linux_multiboot_jump() clears */
	uint32_t at, len;
};

/* In linux_jump.asm: enter protected mode, clear memory by the list of zeros (an at of 0 ends it), enter the kernel. */
_Noreturn void linux_multiboot_jump(uint32_t entry, uint32_t info, uint32_t zeros);

static struct part {
	uint32_t offset, at, len, end;
} parts[PARTS_MAX];
static uint32_t n_parts, entry;
static uint32_t top, limit; /* the end of the parts, and of the range of RAM that holds the last */

/* The end of the range of RAM that contains [start, end); 0: none does. */
static uint32_t ram_end(uint32_t start, uint32_t end)
{
	uint32_t next = 0, n, last;
	struct e820_entry e;

	for (n = 0; n < E820_MAX && hooks_map(&e, &next); n++) {
		last = e.length[1] || e.length[0] > UINT32_MAX - e.base[0] ? UINT32_MAX : e.base[0] + e.length[0];
		if (e.type == E820_RAM && !e.base[1] && e.base[0] <= start && last >= end)
			return last;
		if (!next)
			break;
	}
	return 0;
}

static uint32_t add_part(uint32_t offset, uint32_t at, uint32_t len, uint32_t memory)
{
	uint32_t end = at + memory, last;

	if (n_parts == PARTS_MAX || len > memory || memory > UINT32_MAX - at)
		return linux_plan_refuse("its Multiboot header or its ELF header is malformed: check the file");
	if (at < KERNEL_AT)
		return linux_plan_refuse("it wants memory below 1 MiB: boot it by pxelinux and mboot.c32");
	last = ram_end(at, end);
	if (!last)
		return linux_plan_refuse("the machine has too little memory for this kernel: give it more");
	if (end > top) {
		top = end;
		limit = last;
	}
	parts[n_parts++] = (struct part){.offset = offset, .at = at, .len = len, .end = end};
	return PVBOOT_S_OK;
}

/* ---- what the kernel says ---------------------------------------------------------------------------------------- */

static uint32_t read_addresses(const struct header BDA *h)
{
	uint32_t before = h->header_addr - h->load_addr, at = (uint32_t)h - HEAD_AT, len, status;

	status = h->load_end_addr ? PVBOOT_S_OK : linux_load_size(&linux_load_files[0]);
	if (status)
		return status;
	len = h->load_end_addr ? h->load_end_addr - h->load_addr : (uint32_t)linux_load_files[0].size - (at - before);
	entry = h->entry_addr;
	return before > at ? linux_plan_refuse("its Multiboot header is malformed: check the file")
			   : add_part(at - before, h->load_addr, len,
				      h->bss_end_addr ? h->bss_end_addr - h->load_addr : len);
}

static uint32_t read_elf(uint32_t len)
{
	const struct elf_header BDA *h = (const struct elf_header BDA *)HEAD_AT;
	const struct elf_segment BDA *s = (const struct elf_segment BDA *)(HEAD_AT + h->phoff);
	uint32_t status = PVBOOT_S_OK, n;

	if (h->magic != ELF_MAGIC || h->class_and_data != ELF_CLASS32_LSB || h->machine != ELF_MACHINE_386 ||
	    h->phentsize != sizeof(*s) || h->phoff > len || h->phnum > (len - h->phoff) / sizeof(*s))
		return linux_plan_refuse("it is no ELF file for i386 whose segments are told in its first 8 KiB: "
					 "boot it by pxelinux and mboot.c32");
	entry = h->entry;
	for (n = 0; !status && n < h->phnum; n++, s++) {
		if (s->type != ELF_LOAD || !s->memsz)
			continue;
		if (h->entry - s->vaddr < s->memsz)
			entry = h->entry - s->vaddr + s->paddr;
		status = add_part(s->offset, s->paddr, s->filesz, s->memsz);
	}
	return status;
}

static uint32_t read_header(uint32_t len)
{
	uint32_t at, status;

	for (at = HEAD_AT; at + sizeof(struct header) <= HEAD_AT + len; at += 4) {
		const struct header BDA *h = (const struct header BDA *)at;

		if (h->magic != HEADER_MAGIC || h->magic + h->flags + h->checksum)
			continue;
		if (h->flags & FLAG_MUST & ~FLAG_KNOWN)
			return linux_plan_refuse("it wants more of a loader than Multiboot's flags 0 and 1: "
						 "boot it by pxelinux and mboot.c32");
		status = h->flags & FLAG_ADDRESSES ? read_addresses(h) : read_elf(len);
		if (!status && !ram_end(entry, entry))
			return linux_plan_refuse("its entry is nowhere in memory: check the file");
		return status;
	}
	return linux_plan_refuse("this is no Linux kernel (bzImage), and no Multiboot kernel: name one");
}

/* ---- what it is given -------------------------------------------------------------------------------------------- */

static uint32_t load_parts(void)
{
	struct transfer *t = &linux_load_files[0];
	uint32_t status = PVBOOT_S_OK, n;

	for (n = 0; !status && n < n_parts; n++) {
		t->offset = parts[n].offset;
		t->eof = false;
		status = linux_load_exactly(t, parts[n].at, parts[n].len);
	}
	return status;
}

static uint32_t load_modules(void)
{
	struct module BDA *m = (struct module BDA *)MODULES_AT;
	uint32_t status = PVBOOT_S_OK, at = top, i, got;

	for (i = 1; !status && i < linux_plan()->n_files; i++, m++) {
		at = (at + PAGE - 1) & ~(PAGE - 1);
		if (at > limit || at < top)
			at = limit;
		status = linux_load_up_to(&linux_load_files[i], at, limit - at, &got);
		if (!status && !linux_load_files[i].eof)
			return linux_plan_refuse("the machine has too little memory for the modules: give it more");
		if (!status)
			linux_load_renew(at, got);
		m->start = at;
		at += got;
		m->end = at;
		m->string = linux_plan_phys(linux_plan()->file[i].name_at);
		m->reserved = 0;
	}
	return status;
}

static void put_map(struct info BDA *info)
{
	struct map_entry BDA *m = (struct map_entry BDA *)MAP_AT;
	uint32_t next = 0, n;
	struct e820_entry e;

	for (n = 0; n < E820_MAX && hooks_map(&e, &next); n++, m++) {
		m->size = sizeof(e);
		m->range = e;
		if (!next) {
			m++;
			break;
		}
	}
	info->mmap_addr = MAP_AT;
	info->mmap_length = (uint32_t)m - MAP_AT;
}

static void put_info(void)
{
	struct info BDA *info = (struct info BDA *)INFO_AT;
	struct zeros BDA *z = (struct zeros BDA *)ZEROS_AT;
	uint32_t n;

	for (n = 0; n < sizeof(*info); n += 4)
		poke32(INFO_AT + n, 0);
	info->flags = INFO_FLAGS;
	info->mem_lower = peek16(BDA_FBM);
	info->mem_upper = (ram_end(KERNEL_AT, KERNEL_AT) - KERNEL_AT) >> 10;
	info->cmdline = linux_plan_phys(linux_plan()->text_at);
	info->mods_count = linux_plan()->n_files - 1;
	info->mods_addr = MODULES_AT;
	info->boot_loader_name = NAME_AT;
	copy_to_linear(NAME_AT, "pvboot", sizeof("pvboot"));
	put_map(info);
	for (n = 0; n < n_parts; n++, z++) {
		z->at = parts[n].at + parts[n].len;
		z->len = parts[n].end - z->at;
	}
	z->at = 0;
}

uint32_t linux_multiboot_load(void)
{
	struct transfer *t = &linux_load_files[0];
	uint32_t status, len;

	t->offset = 0;
	t->eof = false;
	status = linux_load_up_to(t, HEAD_AT, HEAD_LEN, &len);
	if (!status)
		status = read_header(len);
	if (!status)
		status = load_parts();
	if (!status)
		status = load_modules();
	return status ? status : linux_load_close();
}

void linux_multiboot_enter(void)
{
	put_info();
	linux_multiboot_jump(entry, INFO_AT, ZEROS_AT);
}
