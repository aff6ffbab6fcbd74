// SPDX-License-Identifier: BSD-2-Clause
/* pxe.c - the PXE API: its structures in base memory, its installation, and the dispatch of calls. */
#include "pxe.h"

#include "front_net.h"
#include "front_own.h"
#include "hooks.h"
#include "pci.h"
#include "pvboot_req.h"
#include "pxe_abi.h"
#include "pxe_file.h"
#include "pxe_frame.h"
#include "pxe_info.h"
#include "pxe_tftp.h"
#include "pxe_udp.h"
#include "pxe_undi.h"
#include "request.h"
#include "send.h"
#include "virtio.h"

extern char _image_end[], _resident_end[], _boot_stack_bottom[]; /* runtime.ld */
extern char bang_pxe_entry[], pxenv_entry[];			 /* pxe_entry.asm */
extern uint16_t int1a_pxenv;

static struct pxe_bang bang __attribute__((aligned(16)));
static struct pxe_env env __attribute__((aligned(16)));
static bool unloaded; /* UNLOAD_STACK was reported */

static uint8_t checksum(const void *p, uint32_t len)
{
	const uint8_t *b = p;
	uint8_t sum = 0;

	while (len--)
		sum += *b++;
	return -sum;
}

/*
 * UNDICode and UNDIData tile the reserved memory [new FBM, old FBM) exactly, because boot programs free exactly what
 * these describe.
 */
static void describe_segments(void)
{
	uint16_t code = ((uint32_t)_image_end + 15) & ~15u;
	uint16_t all = (resident.old_fbm - resident.new_fbm) << 10;

	bang.undi_code = (struct pxe_segdesc){here(), resident_base, code};
	bang.undi_code_write = bang.undi_code;
	bang.undi_data = (struct pxe_segdesc){here() + code / 16, resident_base + code, all - code};
	env.undi_code_segment = bang.undi_code.segment;
	env.undi_code_size = bang.undi_code.size;
	env.undi_data_segment = bang.undi_data.segment;
	env.undi_data_size = bang.undi_data.size;
	env.stack_segment = here();
	env.stack_size = (uint32_t)_resident_end;
	bang.stack = (struct pxe_segdesc){here(), resident_base, (uint32_t)_resident_end};
}

void pxe_install(void)
{
	memset(&bang, 0, sizeof(bang));
	memset(&env, 0, sizeof(env));
	memcpy(bang.signature, "!PXE", 4);
	memcpy(env.signature, "PXENV+", 6);
	bang.length = sizeof(bang);
	env.length = sizeof(env);
	env.version = 0x0201;
	bang.status_callout = UINT32_MAX; /* only for callers in protected mode, which the ROM does not support */
	bang.segdesc_count = 7;
	bang.undi_rom_id.segment = resident.rom_segment;
	copy_from_linear(&bang.undi_rom_id.offset, linear(bang.undi_rom_id) + PXE_ROM_UNDI_ID, sizeof(uint16_t));
	bang.entry_sp = far_here(bang_pxe_entry);
	env.rm_entry = far_here(pxenv_entry);
	env.bang_pxe = far_here(&bang);
	describe_segments();
	bang.checksum = checksum(&bang, sizeof(bang));
	env.checksum = checksum(&env, sizeof(env));
	int1a_pxenv = (uint32_t)&env;
	hooks_install();
}

uint32_t pxe_bang_far(void)
{
	return pack(far_here(&bang));
}

uint32_t pxe_env_far(void)
{
	return pack(far_here(&env));
}

static void forget(void)
{
	pxe_tftp_forget();
	pxe_udp_forget();
	pxe_undi_forget();
	pxe_file_forget();
}

const char *pxe_start(void)
{
	forget();
	return virtio_start(pci_device == PVBOOT_PCI_DEVICE ? &front_own : &front_net);
}

/* Make sure that the device runs (a boot program may have shut it down) and INT 1Ah is hooked. */
static bool reopen(void)
{
	if (!virtio_running) {
		if (pxe_start())
			return false;
		unloaded = false;
	}
	hooks_install();
	return true;
}

bool pxe_close(void)
{
	send_flush();
	virtio_stop();
	return hooks_remove();
}

void pxe_release_memory(void)
{
	if (hooks_remove() && peek16(BDA_FBM) == resident.new_fbm)
		poke16(BDA_FBM, resident.old_fbm);
}

/* ---- the stack's own calls ------------------------------------------------------------------------------------- */

/* The UNDI loader (PXE 2.1, 3.1), for programs that the ROM did not boot but that use its stack. */
static uint16_t load(void FAR *block)
{
	struct pxe_undi_loader FAR *p = block;

	hooks_boot();
	if (!pci_find(pci_bdf) || !reopen())
		return PXE_S_UNDI_CANNOT_INITIALIZE;
	pxe_install();
	p->bang_pxe = far_here(&bang);
	p->pxenv = far_here(&env);
	return PXE_S_SUCCESS;
}

static uint16_t shutdown(void FAR *block)
{
	/* Some callers (NetBSD) reuse the memory now: no DMA and no hook may remain.  A later call starts all again. */
	pxe_close();
	return PXE_S_SUCCESS;
}

static bool unload(void)
{
	if (!unloaded && reopen())
		request_phase(PVBOOT_PHASE_UNLOAD);
	unloaded = true;
	return pxe_close();
}

static uint16_t unload_stack(void FAR *block)
{
	return unload() ? PXE_S_SUCCESS : PXE_S_KEEP_ALL;
}

static uint16_t stop_undi(void FAR *block)
{
	/* The caller restores 0:413h: pxelinux takes it for a failure if the ROM has done so. */
	return unload() ? PXE_S_SUCCESS : PXE_S_KEEP_UNDI;
}

static uint16_t succeed(void FAR *block)
{
	return PXE_S_SUCCESS;
}

/* ---- dispatch -------------------------------------------------------------------------------------------------- */

struct call {
	uint32_t opcode;
	uint16_t (*run)(void FAR *block);
};

/* Calls that do not need a running device.  The ones that boot programs make for every block come first. */
static const struct call calls[] = {
	{PXE_UNDI_ISR, pxe_frame_isr},
	{PXE_UDP_READ, pxe_udp_read},
	{PXE_UDP_WRITE, pxe_udp_write},
	{PXE_FILE_READ, pxe_file_read},
	{PXE_UNDI_TRANSMIT, pxe_frame_transmit},
	{PXE_TFTP_READ, pxe_tftp_read},
	{PXE_UDP_CLOSE, pxe_udp_close},
	{PXE_TFTP_CLOSE, pxe_tftp_close},
	{PXE_FILE_CLOSE, pxe_file_close},
	{PXE_FILE_SELECT, pxe_file_select},
	{PXE_GET_FILE_SIZE, pxe_file_size},
	{PXE_FILE_API_CHECK, pxe_file_api_check},
	{PXE_GET_CACHED_INFO, pxe_info_cached},
	{PXE_UNDI_CLEANUP, shutdown},
	{PXE_UNDI_SHUTDOWN, shutdown},
	{PXE_UNDI_CLOSE, pxe_undi_close},
	{PXE_UNDI_SET_MCAST_ADDRESS, pxe_undi_set_mcast},
	{PXE_UNDI_SET_STATION_ADDRESS, pxe_undi_set_station},
	{PXE_UNDI_SET_PACKET_FILTER, pxe_undi_set_filter},
	{PXE_UNDI_GET_INFORMATION, pxe_info_information},
	{PXE_UNDI_GET_STATISTICS, pxe_frame_statistics},
	{PXE_UNDI_CLEAR_STATISTICS, pxe_frame_clear_statistics},
	{PXE_UNDI_INITIATE_DIAGS, pxe_undi_diags},
	{PXE_UNDI_GET_MCAST_ADDRESS, pxe_undi_get_mcast},
	{PXE_UNDI_GET_NIC_TYPE, pxe_info_nic_type},
	{PXE_UNDI_GET_IFACE_INFO, pxe_info_iface},
	{PXE_STOP_UNDI, stop_undi},
	{PXE_UNLOAD_STACK, unload_stack},
	{PXE_LOADER, load},
	{PXE_STOP_BASE, succeed},
};

/*
 * Calls that need the device: run_device_call() starts it if a boot program has shut it down.  iPXE's undionly.kpxe
 * calls INITIALIZE after SHUTDOWN, and all of the starting calls after UNLOAD_STACK.
 */
static const struct {
	struct call call;
	uint16_t without; /* the Status if the device does not start */
} device_calls[] = {
	{{PXE_UDP_OPEN, pxe_udp_open}, PXE_S_FAILURE},
	{{PXE_TFTP_OPEN, pxe_tftp_open}, PXE_S_FAILURE},
	{{PXE_TFTP_READ_FILE, pxe_tftp_read_file}, PXE_S_FAILURE},
	{{PXE_TFTP_GET_FSIZE, pxe_tftp_get_fsize}, PXE_S_FAILURE},
	{{PXE_RESTART_TFTP, pxe_tftp_restart}, PXE_S_FAILURE},
	{{PXE_FILE_OPEN, pxe_file_open}, PXE_S_FAILURE},
	{{PXE_START_UNDI, succeed}, PXE_S_UNDI_CANNOT_INITIALIZE},
	{{PXE_UNDI_STARTUP, succeed}, PXE_S_UNDI_CANNOT_INITIALIZE},
	{{PXE_UNDI_INITIALIZE, succeed}, PXE_S_UNDI_CANNOT_INITIALIZE},
	{{PXE_UNDI_RESET, pxe_undi_reset}, PXE_S_UNDI_CANNOT_INITIALIZE},
	{{PXE_UNDI_OPEN, pxe_undi_open}, PXE_S_UNDI_CANNOT_INITIALIZE},
	{{PXE_START_BASE, succeed}, PXE_S_UNDI_CANNOT_INITIALIZE},
};

#define LEN(table) (sizeof(table) / sizeof((table)[0]))

static uint16_t __attribute__((noinline)) run_device_call(uint32_t opcode, void FAR *block)
{
	for (uint32_t i = 0; i < LEN(device_calls); i++)
		if (device_calls[i].call.opcode == opcode)
			return reopen() ? device_calls[i].call.run(block) : device_calls[i].without;
	return PXE_S_UNSUPPORTED;
}

static uint16_t run(uint32_t opcode, void FAR *block)
{
	for (const struct call *c = calls; c < calls + LEN(calls); c++)
		if (c->opcode == opcode)
			return c->run(block);
	return run_device_call(opcode, block);
}

/*
 * Lower the offset of FS:offset, and raise FS to match: the ROM's 32-bit offsets do not wrap at 64 KiB as the caller's
 * 16-bit ones do.
 */
static uint32_t normalise(uint32_t offset)
{
	uint32_t segment;

	__asm__ volatile("movl %%fs, %0" : "=r"(segment));
	segment = (uint16_t)segment + (offset >> 4);
	if (segment > UINT16_MAX)
		return offset;
	__asm__ volatile("movw %w0, %%fs" : : "r"(segment) : "memory");
	return offset & 15;
}

uint16_t pxe_call(uint32_t opcode, uint32_t offset)
{
	uint16_t status;

	if (offset > 0xf000)
		offset = normalise(offset);
	status = run(opcode, (void FAR *)offset);
	*(uint16_t FAR *)offset = status;
	return status != PXE_S_SUCCESS;
}
