// SPDX-License-Identifier: BSD-2-Clause
/* linux_load.c - the files of a boot without a boot program: open, read, and their places in memory. */
#include "linux_load.h"

#include "console.h"
#include "errors.h"
#include "hooks.h"
#include "linux_plan.h"
#include "linux_renew.h"
#include "request.h"
#include "virtio.h"

#define PAGE 4096u
/* Bytes of one read, after which progress may be printed.  Larger reads are faster. */
#define CHUNK_MIN (256u << 10)
#define CHUNK_MAX (4u << 20)
#define PROGRESS_MS 500

struct transfer linux_load_files[PVBOOT_FILES_MAX];
static bool written; /* PVBOOT_STATUS_WRITTEN was set when the boot began */

void linux_load_begin(void)
{
	written = virtio_host_status() & PVBOOT_STATUS_WRITTEN;
}

void linux_load_renew(uint32_t phys, uint32_t len)
{
	linux_renew(phys, len, written);
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

static bool size_known(const struct transfer *t)
{
	return t->size != PVBOOT_SIZE_UNKNOWN;
}

static uint32_t check_size(const struct transfer *t)
{
	if (t->size > UINT32_MAX - 2 * PAGE)
		return linux_plan_refuse("the file is larger than 4 GiB: name a smaller one");
	return t->size ? PVBOOT_S_OK : linux_plan_refuse("the file is empty: check it on the server");
}

static uint32_t open_file(uint32_t i)
{
	const struct pvboot_plan_file BDA *f = &linux_plan()->file[i];
	uint8_t server[4] = {f->server[0], f->server[1], f->server[2], f->server[3]};
	struct transfer *t = &linux_load_files[i];
	uint32_t number, status;

	print(i ? "initrd " : "kernel ");
	linux_plan_print(f->name_at, f->name_len);
	memcpy(&number, server, sizeof(number));
	status = transfer_open(t, number, f->port_be, 0, 0, linux_plan_phys(f->name_at), f->name_len);
	if (status)
		return status;
	if (!size_known(t)) {
		print(", size unknown\n");
		return PVBOOT_S_OK;
	}
	print(", %d KiB\n", ((uint32_t)t->size + 1023) / 1024);
	return check_size(t);
}

uint32_t linux_load_open(void)
{
	uint32_t status = PVBOOT_S_OK;

	for (uint32_t i = 0; !status && i < linux_plan()->n_files; i++)
		status = open_file(i);
	return status;
}

/* Wait until the host has more than available bytes of the file, or its end, by reading one byte more. */
static uint32_t await_more(struct transfer *t, uint64_t available)
{
	struct transfer edge = *t;
	uint32_t got, status;
	uint8_t byte;

	edge.offset = available;
	edge.eof = false;
	status =
		transfer_read(&edge, near_phys(&byte), sizeof(byte), PVBOOT_READ_F_PARTIAL, PVBOOT_READ_WAIT_MAX, &got);
	if (edge.eof)
		t->size = edge.offset;
	return status == PVBOOT_S_AGAIN || !status ? PVBOOT_S_OK : status | ERROR_READ;
}

uint32_t linux_load_size(struct transfer *t)
{
	struct pvboot_file_args args = {.handle = t->handle};
	struct pvboot_progress_res res;
	struct request r = {
		.op = PVBOOT_OP_PROGRESS,
		.args = &args,
		.arg_len = sizeof(args),
		.room = near_phys(&res),
		.room_len = sizeof(res),
	};
	uint32_t shown = virtio_milliseconds(), status;

	while (!size_known(t)) {
		status = request(&r);
		if (status)
			return status | ERROR_READ;
		t->size = res.size;
		status = size_known(t) ? PVBOOT_S_OK : await_more(t, res.available);
		if (status)
			return status;
		if (virtio_milliseconds() - shown < PROGRESS_MS)
			continue;
		shown = virtio_milliseconds();
		transfer_show(t, res.available);
		if (console_escape())
			return REQUEST_ESCAPED;
	}
	return check_size(t);
}

uint32_t linux_load_up_to(struct transfer *t, uint32_t phys, uint32_t room, uint32_t *len)
{
	uint32_t shown = virtio_milliseconds(), chunk = CHUNK_MIN, asked, got, status;
	bool showing = false;

	*len = 0;
	while (*len < room && !t->eof) {
		asked = virtio_milliseconds();
		status = transfer_read(t, phys + *len, room - *len < chunk ? room - *len : chunk, 0, 0, &got);
		if (status)
			return status | ERROR_READ;
		if (!got && !t->eof)
			return PVBOOT_S_TRUNCATED;
		*len += got;
		asked = virtio_milliseconds() - asked;
		if (asked < PROGRESS_MS / 4 && chunk < CHUNK_MAX)
			chunk *= 2;
		else if (asked > PROGRESS_MS && chunk > CHUNK_MIN)
			chunk /= 2;
		if (virtio_milliseconds() - shown < PROGRESS_MS)
			continue;
		shown = virtio_milliseconds();
		transfer_show(t, t->offset);
		showing = true;
		if (console_escape())
			return REQUEST_ESCAPED;
	}
	if (showing && t->eof) {
		transfer_show(t, t->offset);
		print("\n");
	}
	if (t == linux_load_files)
		linux_load_renew(phys, *len);
	return PVBOOT_S_OK;
}

uint32_t linux_load_exactly(struct transfer *t, uint32_t phys, uint32_t len)
{
	uint32_t got, status = linux_load_up_to(t, phys, len, &got);

	return status || got == len ? status : PVBOOT_S_TRUNCATED;
}

uint32_t linux_load_close(void)
{
	uint32_t status = PVBOOT_S_OK;

	for (uint32_t i = 0; !status && i < linux_plan()->n_files; i++)
		status = transfer_close(&linux_load_files[i]);
	return status ? status | ERROR_READ : status;
}

/* ---- where --------------------------------------------------------------------------------------------------------
 */

/* The end of the memory that the kernel uses before it reads its memory map; 0: beyond 4 GiB. */
static uint32_t kernel_end(const struct setup_header *h)
{
	uint32_t len = (uint32_t)linux_load_files[0].size - linux_setup_len(h), end = KERNEL_AT + len, start, align;

	if (len > UINT32_MAX - KERNEL_AT)
		return 0;
	if (h->version < PROTOCOL_INIT_SIZE)
		return end;
	/* It unpacks itself at its preferred address; if it is relocatable, at the next aligned one above KERNEL_AT. */
	start = h->pref_address[0];
	align = h->kernel_alignment - 1;
	if (h->relocatable_kernel && start < ((KERNEL_AT + align) & ~align))
		start = (KERNEL_AT + align) & ~align;
	if (h->pref_address[1] || h->init_size > UINT32_MAX - start)
		return 0;
	start += h->init_size;
	return end > start ? end : start;
}

/* The length of all initrds with the gaps between them; UINT32_MAX: too long. */
static uint32_t initrds_len(void)
{
	uint32_t total = 0, i;

	for (i = 1; i < linux_plan()->n_files; i++) {
		uint32_t start = (total + 3) & ~3u;

		if (linux_load_files[i].size > UINT32_MAX - 2 * PAGE - start)
			return UINT32_MAX;
		total = start + (uint32_t)linux_load_files[i].size;
	}
	return total;
}

/* The address below which all initrds must be. */
static uint32_t initrd_limit(const struct setup_header *h)
{
	uint32_t limit = h->initrd_addr_max + 1 ? h->initrd_addr_max + 1 : UINT32_MAX;

	if (linux_plan()->memory_limit && linux_plan()->memory_limit < limit)
		limit = linux_plan()->memory_limit;
	return limit;
}

static uint32_t range_end(const struct e820_entry *e)
{
	return e->length[1] || e->length[0] > UINT32_MAX - e->base[0] ? UINT32_MAX : e->base[0] + e->length[0];
}

static struct room {
	uint32_t at, len; /* len 0: there is none */
} room;			  /* for the initrds */

/*
 * Look at the memory map: is there room for the kernel up to its end, and for the initrds, above it and below the
 * limit?  As high as they can lie, as pxelinux puts them: many a kernel uses more memory than it says.  PAGE bytes stay
 * free behind them, for fill_gap().
 */
static uint32_t place(const struct setup_header *h)
{
	uint32_t total = initrds_len(), limit = initrd_limit(h), kernel = kernel_end(h), next = 0, n;
	bool fits = false;
	struct e820_entry e;

	for (n = 0; kernel && n < E820_MAX && hooks_map(&e, &next); n++) {
		uint32_t end = range_end(&e), low = (e.base[0] > kernel ? e.base[0] : kernel) + PAGE - 1, at;

		if (e.type == E820_RAM && !e.base[1]) {
			fits |= e.base[0] <= KERNEL_AT && end >= kernel;
			if (end > limit)
				end = limit;
			at = end > total && end - total > PAGE ? (end - total - PAGE) & ~(PAGE - 1) : 0;
			if (at >= (low & ~(PAGE - 1)) && at > room.at)
				room = (struct room){.at = at, .len = end - PAGE - at};
		}
		if (!next)
			break;
	}
	if (!kernel)
		return linux_plan_refuse("this kernel wants memory beyond 4 GiB: check the file");
	if (!fits)
		return linux_plan_refuse("the machine has too little memory for this kernel: give it more");
	return room.len || !total ? PVBOOT_S_OK
				  : linux_plan_refuse("the machine has too little memory for the initrd: give it more");
}

uint32_t linux_load_place(const struct setup_header *h)
{
	uint32_t status = PVBOOT_S_OK, i;

	for (i = 1; !status && i < linux_plan()->n_files; i++)
		status = linux_load_size(&linux_load_files[i]);
	return status ? status : place(h);
}

/* ---- the kernel and the initrds
 * ----------------------------------------------------------------------------------------------- */

uint32_t linux_load_kernel(const struct setup_header *h)
{
	uint32_t rest = (uint32_t)linux_load_files[0].size - linux_setup_len(h), got, status;

	status = linux_load_up_to(&linux_load_files[0], KERNEL_AT, rest, &got);
	/* A length from the kernel's own header is rounded up to 16 bytes. */
	return status || rest - got < 16 ? status : PVBOOT_S_TRUNCATED;
}

/*
 * Fill the gap after an initrd, up to the next multiple of 4, with the zeros that the kernel expects.  Real mode cannot
 * write there, so the device does: the upper half of PROGRESS's available is 4 bytes of zeros.
 */
static uint32_t fill_gap(const struct transfer *t, uint32_t phys)
{
	struct pvboot_file_args args = {.handle = t->handle};
	uint32_t high = offsetof(struct pvboot_progress_res, available) + sizeof(uint32_t);
	struct request r = {
		.op = PVBOOT_OP_PROGRESS,
		.args = &args,
		.arg_len = sizeof(args),
		.skip = high,
		.room = phys,
		.room_len = sizeof(struct pvboot_progress_res) - high,
	};

	return request(&r);
}

uint32_t linux_load_initrds(uint32_t *where, uint32_t *len)
{
	uint32_t status = PVBOOT_S_OK, i, got;

	*len = 0;
	*where = room.at;
	for (i = 1; !status && i < linux_plan()->n_files; i++) {
		struct transfer *t = &linux_load_files[i];
		uint32_t start = (*len + 3) & ~3u;

		status = linux_load_up_to(t, room.at + start, room.len - start, &got);
		if (!status && t->offset != t->size)
			status = PVBOOT_S_TRUNCATED;
		*len = start + got;
		if (!status && *len & 3)
			status = fill_gap(t, room.at + *len);
	}
	return status;
}
