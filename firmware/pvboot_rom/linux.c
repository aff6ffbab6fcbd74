// SPDX-License-Identifier: BSD-2-Clause
/*
 * linux.c - the boot of a Linux kernel without a boot program (Linux: Documentation/arch/x86/boot.rst, protocol 2.04
 * and later, from real mode).
 *
 * The device writes kernel and initrds to their final places; the guest moves no byte of them.  All units linux* are in
 * the overlay, which the packet buffers overwrite later (runtime.ld), so boot programs' calls must not need them.
 */
#include "linux.h"

#include "console.h"
#include "linux_load.h"
#include "linux_multiboot.h"
#include "linux_plan.h"
#include "linux_setup.h"
#include "pvboot_req.h"
#include "pxe.h"
#include "request.h"
#include "transfer.h"
#include "virtio.h"

#define SETUP_AT 0x10000u  /* the kernel's real-mode part, its heap and stack, and the command line: 64 KiB */
#define HEAP_END 0xe000u   /* offset in that segment; the command line is above it */
#define CMDLINE_ROOM 8192u /* bytes for the command line and its NUL */
#define SETUP_MAX 0x8000u  /* the most bytes of a real-mode part; heap and stack are above it */

#define HEADER_MAGIC 0x53726448u /* "HdrS" */
#define BOOT_FLAG 0xaa55
#define LOADED_HIGH 0x01
#define CAN_USE_HEAP 0x80
#define LOADER_UNKNOWN 0xff
#define PROTOCOL_OLDEST 0x0204
#define PROTOCOL_CMDLINE_SIZE 0x0206
#define CMDLINE_SIZE_OLD 255u

static bool is_multiboot;
static uint32_t cmdline_len; /* bytes of the plan's text that the kernel gets */

_Static_assert(PVBOOT_PLAN_TEXT <= CMDLINE_ROOM, "a plan's text fits behind the heap");

/* ---- the kernel ------------------------------------------------------------------------------------------------ */

/* Print words, and have hostd log them. */
static void warn(const char *words)
{
	struct pvboot_log_args args = {.level = 1};
	struct request r = {
		.op = PVBOOT_OP_LOG,
		.args = &args,
		.arg_len = sizeof(args),
		.tail = near_phys(words),
		.tail_len = strlen_linear(near_phys(words), PVBOOT_LOG_MAX),
	};

	print("%s\n", words);
	request(&r);
}

/* The kernel accepts cmdline_size bytes without the NUL.  pxelinux counts the NUL, and so cuts to one byte less. */
static void fit_cmdline(const struct setup_header *h)
{
	bool told = h->version >= PROTOCOL_CMDLINE_SIZE;
	uint32_t max = told ? h->cmdline_size : CMDLINE_SIZE_OLD;

	cmdline_len = linux_plan()->text_len;
	if (cmdline_len <= max)
		return;
	cmdline_len = told && max ? max - 1 : max;
	warn("the command line is longer than this kernel takes: its end is cut off");
	print("  %d of %d bytes are left\n", cmdline_len, linux_plan()->text_len);
}

static uint32_t check_header(const struct setup_header *h)
{
	struct transfer *t = &linux_load_files[0];

	if (h->version < PROTOCOL_OLDEST || !(h->loadflags & LOADED_HIGH))
		return linux_plan_refuse("this kernel is too old: it has no boot protocol 2.04 or is no bzImage; "
					 "boot it by pxelinux");
	/* If the server does not tell the size, take it from the header. */
	if (t->size == PVBOOT_SIZE_UNKNOWN)
		t->size = linux_setup_len(h) + ((uint64_t)h->syssize << 4);
	if (t->size <= linux_setup_len(h) || linux_setup_len(h) > SETUP_MAX || t->size >> 32 ||
	    h->syssize > ((uint32_t)t->size - linux_setup_len(h)) / 16 + 1)
		return linux_plan_refuse("this kernel is truncated: check the file on the server");
	fit_cmdline(h);
	return PVBOOT_S_OK;
}

/* Load the beginning of the kernel's real-mode part to SETUP_AT. */
static uint32_t load_head(struct setup_header *h)
{
	uint32_t status;

	if (linux_load_files[0].size < 2 * SECTOR)
		return linux_plan_refuse("this is no Linux kernel (bzImage): name one");
	status = linux_load_exactly(&linux_load_files[0], SETUP_AT, 2 * SECTOR);
	copy_from_linear(h, SETUP_AT + HEADER_AT, sizeof(*h));
	return status;
}

/* ---- the jump -------------------------------------------------------------------------------------------------- */

static void put_cmdline(void)
{
	for (uint32_t i = 0; i <= cmdline_len; i++) {
		char c = i < cmdline_len ? linux_plan()->bytes[linux_plan()->text_at + i] : 0;

		copy_to_linear(SETUP_AT + HEAP_END + i, &c, 1);
	}
}

static void fill_header(struct setup_header *h, uint32_t initrd, uint32_t initrd_len)
{
	h->type_of_loader = LOADER_UNKNOWN;
	h->loadflags |= CAN_USE_HEAP;
	h->heap_end_ptr = HEAP_END - 0x200;
	h->cmd_line_ptr = SETUP_AT + HEAP_END;
	h->code32_start = KERNEL_AT;
	h->ramdisk_image = initrd_len ? initrd : 0;
	h->ramdisk_size = initrd_len;
	if (linux_plan()->video_mode)
		h->vid_mode = linux_plan()->video_mode;
	/* Write back no more: in old kernels, code follows here. */
	copy_to_linear(SETUP_AT + HEADER_AT, h, offsetof(struct setup_header, initrd_addr_max));
}

/* Enter the kernel.  Before that, stop the device, so that it writes to memory no more, and give base memory back. */
static _Noreturn void enter(void)
{
	request_phase(PVBOOT_PHASE_KERNEL);
	virtio_stop();
	pxe_release_memory();
	if (is_multiboot)
		linux_multiboot_enter();
	__asm__ volatile("cli\n\t"
			 "cld\n\t"
			 "movw %w0, %%ds\n\t"
			 "movw %w0, %%es\n\t"
			 "movw %w0, %%fs\n\t"
			 "movw %w0, %%gs\n\t"
			 "movw %w0, %%ss\n\t"
			 "movl %1, %%esp\n\t"
			 "ljmpw %2, $0"
			 :
			 : "r"(SETUP_AT >> 4), "i"(HEAP_END), "i"((SETUP_AT >> 4) + SECTOR / 16)
			 : "memory");
	__builtin_unreachable();
}

static uint32_t load_linux(struct setup_header *h)
{
	uint32_t status = check_header(h), where, len;

	if (!status)
		status = linux_load_exactly(&linux_load_files[0], SETUP_AT + 2 * SECTOR,
					    linux_setup_len(h) - 2 * SECTOR);
	if (!status)
		status = linux_load_place(h);
	if (!status)
		status = linux_load_kernel(h);
	if (!status)
		status = linux_load_initrds(&where, &len);
	if (!status)
		status = linux_load_close();
	if (status)
		return status;
	put_cmdline();
	fill_header(h, where, len);
	return PVBOOT_S_OK;
}

static uint32_t load_all(void)
{
	struct setup_header h;
	uint32_t status = linux_load_open();

	if (!status)
		status = load_head(&h);
	if (status)
		return status;
	is_multiboot = h.boot_flag != BOOT_FLAG || h.header != HEADER_MAGIC;
	return is_multiboot ? linux_multiboot_load() : load_linux(&h);
}

uint32_t linux_boot(const char **words)
{
	uint32_t status;

	linux_load_begin();
	status = linux_plan_ask();
	if (!status)
		status = load_all();
	*words = linux_plan_words;
	if (status)
		return status;
	print("entering the kernel\n");
	enter();
}
