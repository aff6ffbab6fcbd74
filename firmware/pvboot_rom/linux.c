// SPDX-License-Identifier: BSD-2-Clause
/*
 * linux.c - the boot of a Linux kernel without a boot program (Linux: Documentation/arch/x86/boot.rst, protocol 2.04
 * and later, from real mode).
 *
 * The device writes kernel and initrds to where they belong; not a byte of them is moved by the guest.  This unit lies
 * where the packet buffers will be (runtime.ld), so nothing that a boot program calls may be here.
 */
#include "linux.h"

#include "console.h"
#include "errors.h"
#include "hooks.h"
#include "linux_list.h"
#include "pvboot_req.h"
#include "pxe.h"
#include "request.h"
#include "transfer.h"
#include "virtio.h"

#define PLAN_AT 0x8000u	   /* struct pvboot_plan: within reach of GS, above what the BIOS uses */
#define SETUP_AT 0x10000u  /* the kernel's real-mode part, its heap and stack, and the command line: 64 KiB */
#define HEAP_END 0xe000u   /* in that segment; the command line lies above */
#define CMDLINE_ROOM 8192u /* bytes of it, NUL included */
#define KERNEL_AT 0x100000u
#define PAGE 4096u
#define CHUNK (4u << 20) /* bytes asked for at once: what progress is counted in */
#define PROGRESS_MS 500
#define SECTOR 512u

#define HEADER_AT 0x1f1u
#define HEADER_MAGIC 0x53726448u /* "HdrS" */
#define BOOT_FLAG 0xaa55
#define LOADED_HIGH 0x01
#define CAN_USE_HEAP 0x80
#define LOADER_UNKNOWN 0xff
#define PROTOCOL_OLDEST 0x0204
#define PROTOCOL_CMDLINE_SIZE 0x0206
#define PROTOCOL_INIT_SIZE 0x020a
#define CMDLINE_SIZE_OLD 255u

struct setup_header { /* at 1F1h */
	uint8_t setup_sects;
	uint16_t root_flags;
	uint32_t syssize;
	uint16_t ram_size, vid_mode, root_dev, boot_flag, jump;
	uint32_t header;
	uint16_t version;
	uint32_t realmode_switch;
	uint16_t start_sys_seg, kernel_version;
	uint8_t type_of_loader, loadflags;
	uint16_t setup_move_size;
	uint32_t code32_start, ramdisk_image, ramdisk_size, bootsect_kludge;
	uint16_t heap_end_ptr;
	uint8_t ext_loader_ver, ext_loader_type;
	uint32_t cmd_line_ptr, initrd_addr_max, kernel_alignment;
	uint8_t relocatable_kernel, min_alignment;
	uint16_t xloadflags;
	uint32_t cmdline_size, hardware_subarch, subarch_data[2], payload_offset, payload_length, setup_data[2];
	uint32_t pref_address[2], init_size;
} __attribute__((packed));
_Static_assert(offsetof(struct setup_header, header) == 0x202 - HEADER_AT, "setup_header.header");
_Static_assert(offsetof(struct setup_header, cmd_line_ptr) == 0x228 - HEADER_AT, "setup_header.cmd_line_ptr");
_Static_assert(offsetof(struct setup_header, init_size) == 0x260 - HEADER_AT, "setup_header.init_size");

static struct transfer files[PVBOOT_FILES_MAX]; /* the kernel, then its initrds */
static const char **why;			/* linux_boot()'s words */

static uint32_t refuse(const char *words)
{
	*why = words;
	return ERROR_KERNEL;
}

/* ---- the plan -------------------------------------------------------------------------------------------------- */

static const struct pvboot_plan BDA *plan(void)
{
	return (const struct pvboot_plan BDA *)PLAN_AT;
}

/* Is [at, at + len] within bytes[]? */
static bool is_text(uint32_t at, uint32_t len)
{
	return at < PVBOOT_PLAN_TEXT && len < PVBOOT_PLAN_TEXT - at;
}

static bool plan_is_good(uint32_t length)
{
	if (length != sizeof(struct pvboot_plan) || plan()->n_files > PVBOOT_FILES_MAX ||
	    !is_text(plan()->text_at, plan()->text_len) || plan()->bytes[plan()->text_at + plan()->text_len])
		return false;
	for (uint32_t i = 0; i < plan()->n_files; i++)
		if (!is_text(plan()->file[i].name_at, plan()->file[i].name_len))
			return false;
	return plan()->kind != PVBOOT_PLAN_LINUX || plan()->n_files;
}

static void print_bytes(uint32_t at, uint32_t len)
{
	char c;

	for (; len--; at++) {
		c = plan()->bytes[at];
		print_text(&c, 1);
	}
}

static uint32_t ask(void)
{
	struct pvboot_plan_args args = {.flags = PVBOOT_PLAN_F_LIST};
	struct request r = {
		.op = PVBOOT_OP_PLAN,
		.args = &args,
		.arg_len = sizeof(args),
		.room = PLAN_AT,
		.room_len = sizeof(struct pvboot_plan),
	};
	uint32_t status;

	for (;;) {
		status = request(&r);
		if (status)
			return status == PVBOOT_S_UNSUPPORTED ? ERROR_NO_PLAN : status; /* [DEV-39] */
		if (r.length != sizeof(struct pvboot_plan) || plan()->kind != PVBOOT_PLAN_LIST)
			break;
		status = linux_list_choose(PLAN_AT, &args.choice);
		if (status)
			return status == PVBOOT_S_BAD_REQUEST ? refuse("the host's list is malformed") : status;
	}
	if (!plan_is_good(r.length))
		return refuse("the host's boot plan is malformed");
	if (plan()->kind == PVBOOT_PLAN_LINUX)
		return PVBOOT_S_OK;
	if (plan()->text_len) {
		print_bytes(plan()->text_at, plan()->text_len);
		print("\n");
	}
	return plan()->kind == PVBOOT_PLAN_LOCAL ? ERROR_LOCAL : ERROR_NO_PLAN;
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

static uint32_t open_file(uint32_t i)
{
	const struct pvboot_plan_file BDA *f = &plan()->file[i];
	uint8_t server[4] = {f->server[0], f->server[1], f->server[2], f->server[3]};
	uint32_t number, status;

	print(i ? "initrd " : "kernel ");
	print_bytes(f->name_at, f->name_len);
	memcpy(&number, server, sizeof(number));
	status = transfer_open(&files[i], number, f->port_be, 0, 0,
			       PLAN_AT + offsetof(struct pvboot_plan, bytes) + f->name_at, f->name_len);
	if (status)
		return status;
	if (files[i].size > UINT32_MAX - 2 * PAGE)
		return refuse(files[i].size == PVBOOT_SIZE_UNKNOWN ? "the file server does not tell the file's size"
								   : "the file is larger than 4 GiB");
	print(", %d KiB\n", ((uint32_t)files[i].size + 1023) / 1024);
	return PVBOOT_S_OK;
}

static uint32_t open_files(void)
{
	uint32_t status = PVBOOT_S_OK;

	for (uint32_t i = 0; !status && i < plan()->n_files; i++)
		status = open_file(i);
	return status;
}

/* Read the next len bytes to a physical address. */
static uint32_t read_to(struct transfer *t, uint32_t phys, uint32_t len)
{
	uint32_t shown = virtio_milliseconds(), got, status;

	while (len) {
		status = transfer_read(t, phys, len < CHUNK ? len : CHUNK, 0, 0, &got);
		if (status)
			return status | ERROR_READ;
		if (!got)
			return PVBOOT_S_TRUNCATED;
		phys += got;
		len -= got;
		if (virtio_milliseconds() - shown < PROGRESS_MS)
			continue;
		shown = virtio_milliseconds();
		print("\r  %d of %d KiB ", (uint32_t)t->offset / 1024, (uint32_t)t->size / 1024);
		if (console_escape())
			return REQUEST_ESCAPED;
	}
	return PVBOOT_S_OK;
}

/* Close all: the file of a directory may have changed while it was read. */
static uint32_t close_files(void)
{
	uint32_t status = PVBOOT_S_OK;

	for (uint32_t i = 0; !status && i < plan()->n_files; i++)
		status = transfer_close(&files[i]);
	return status ? status | ERROR_READ : status;
}

/* ---- the kernel ------------------------------------------------------------------------------------------------ */

static uint32_t setup_len(const struct setup_header *h)
{
	return ((h->setup_sects ? h->setup_sects : 4) + 1) * SECTOR;
}

static uint32_t check_header(const struct setup_header *h)
{
	uint32_t max = h->version >= PROTOCOL_CMDLINE_SIZE ? h->cmdline_size : CMDLINE_SIZE_OLD;
	uint32_t rest;

	if (h->boot_flag != BOOT_FLAG || h->header != HEADER_MAGIC)
		return refuse("this is no Linux kernel (bzImage)");
	if (h->version < PROTOCOL_OLDEST || !(h->loadflags & LOADED_HIGH))
		return refuse("this kernel is too old: it has no boot protocol 2.04 or is no bzImage");
	if (files[0].size <= setup_len(h) || setup_len(h) > 0x8000)
		return refuse("this kernel is truncated");
	rest = files[0].size - setup_len(h);
	if (h->syssize > rest / 16 + 1)
		return refuse("this kernel is truncated");
	if (plan()->text_len > max || plan()->text_len >= CMDLINE_ROOM)
		return refuse("the command line is longer than this kernel takes");
	return PVBOOT_S_OK;
}

/* Its real-mode part, to SETUP_AT. */
static uint32_t load_setup(struct setup_header *h)
{
	uint32_t status;

	if (files[0].size < 2 * SECTOR)
		return refuse("this is no Linux kernel (bzImage)");
	status = read_to(&files[0], SETUP_AT, 2 * SECTOR);
	if (status)
		return status;
	copy_from_linear(h, SETUP_AT + HEADER_AT, sizeof(*h));
	status = check_header(h);
	if (status)
		return status;
	return read_to(&files[0], SETUP_AT + 2 * SECTOR, setup_len(h) - 2 * SECTOR);
}

/* The end of the memory that the kernel uses before it looks at its memory map; 0: beyond 4 GiB. */
static uint32_t kernel_end(const struct setup_header *h)
{
	uint32_t end = KERNEL_AT + (uint32_t)files[0].size - setup_len(h), wanted;

	if (h->version < PROTOCOL_INIT_SIZE)
		return end;
	wanted = h->pref_address[0] + h->init_size;
	if (h->pref_address[1] || wanted < h->init_size)
		return 0;
	return end > wanted ? end : wanted;
}

/* ---- the initrds ----------------------------------------------------------------------------------------------- */

static uint32_t initrds_len(void)
{
	uint32_t total = 0, i;

	for (i = 1; i < plan()->n_files; i++) {
		uint32_t start = (total + 3) & ~3u;

		if (files[i].size > UINT32_MAX - 2 * PAGE - start)
			return UINT32_MAX;
		total = start + (uint32_t)files[i].size;
	}
	return total;
}

/* The first address at or above which no initrd may lie. */
static uint32_t initrd_limit(const struct setup_header *h)
{
	uint32_t limit = h->initrd_addr_max + 1 ? h->initrd_addr_max + 1 : UINT32_MAX;

	if (plan()->memory_limit && plan()->memory_limit < limit)
		limit = plan()->memory_limit;
	return limit;
}

static uint32_t range_end(const struct e820_entry *e)
{
	return e->length[1] || e->length[0] > UINT32_MAX - e->base[0] ? UINT32_MAX : e->base[0] + e->length[0];
}

/*
 * Look at the memory map: is there room for the kernel up to kernel_end, and where is the highest page for the
 * initrds, above it and below limit?  PAGE bytes stay free behind them: mark_gaps() writes there.
 */
static uint32_t place(const struct setup_header *h, uint32_t total, uint32_t *where)
{
	uint32_t kernel = kernel_end(h), limit = initrd_limit(h), next = 0, n;
	bool fits = false;
	struct e820_entry e;

	*where = 0;
	for (n = 0; kernel && n < E820_MAX && hooks_map(&e, &next); n++) {
		uint32_t end = range_end(&e), low = e.base[0] > kernel ? e.base[0] : kernel, at;

		if (e.type == E820_RAM && !e.base[1]) {
			fits |= e.base[0] <= KERNEL_AT && end >= kernel;
			if (end > limit)
				end = limit;
			at = end > total && end - total > PAGE ? (end - total - PAGE) & ~(PAGE - 1) : 0;
			if (at >= low && at > *where)
				*where = at;
		}
		if (!next)
			break;
	}
	if (!fits)
		return refuse("the machine has too little memory for this kernel");
	return *where || !total ? PVBOOT_S_OK : refuse("the machine has too little memory for the initrd");
}

/*
 * The kernel wants zeros between initrds, up to 4 bytes' boundaries; real mode cannot write them there.  So the device
 * does: of a PROGRESS's result the bytes from 4 on are zeros, the upper half of a size.  What it writes before and
 * behind is written over by the initrds, which come later.
 */
static uint32_t mark_gaps(uint32_t where)
{
	uint32_t end = where, status = PVBOOT_S_OK, i;

	for (i = 1; !status && i + 1 < plan()->n_files; i++) {
		struct pvboot_file_args args = {.handle = files[i].handle};
		struct request r = {.op = PVBOOT_OP_PROGRESS, .args = &args, .arg_len = sizeof(args)};

		if (files[i].size < 4)
			return refuse("an initrd has fewer than 4 bytes");
		end = ((end + 3) & ~3u) + (uint32_t)files[i].size;
		r.room = end - 4;
		r.room_len = sizeof(struct pvboot_progress_res);
		status = request(&r);
	}
	return status;
}

static uint32_t load_initrds(uint32_t where)
{
	uint32_t status = mark_gaps(where), i;

	for (i = 1; !status && i < plan()->n_files; i++) {
		where = (where + 3) & ~3u;
		status = read_to(&files[i], where, (uint32_t)files[i].size);
		where += (uint32_t)files[i].size;
	}
	return status;
}

/* ---- the jump -------------------------------------------------------------------------------------------------- */

static void put_cmdline(void)
{
	for (uint32_t i = 0; i <= plan()->text_len; i++) {
		char c = plan()->bytes[plan()->text_at + i];

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
	if (plan()->video_mode)
		h->vid_mode = plan()->video_mode;
	/* Only as much as there is of a header: what follows may be code already. */
	copy_to_linear(SETUP_AT + HEADER_AT, h, offsetof(struct setup_header, initrd_addr_max));
}

/* Nothing of ours is needed any more, and nothing writes to memory. */
static _Noreturn void enter(void)
{
	request_phase(PVBOOT_PHASE_KERNEL);
	virtio_stop();
	pxe_release_memory();
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

static uint32_t load_all(void)
{
	struct setup_header h;
	uint32_t status = open_files(), total, where;

	if (!status)
		status = load_setup(&h);
	if (status)
		return status;
	total = initrds_len();
	status = place(&h, total, &where);
	if (!status)
		status = read_to(&files[0], KERNEL_AT, (uint32_t)files[0].size - setup_len(&h));
	if (!status)
		status = load_initrds(where);
	if (!status)
		status = close_files();
	if (status)
		return status;
	put_cmdline();
	fill_header(&h, where, total);
	return PVBOOT_S_OK;
}

uint32_t linux_boot(const char **words)
{
	uint32_t status;

	why = words;
	status = ask();
	if (status)
		return status;
	status = load_all();
	if (status)
		return status;
	print("entering the kernel\n");
	enter();
}
