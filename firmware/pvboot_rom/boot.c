// SPDX-License-Identifier: BSD-2-Clause
/* boot.c - the boot itself: from the BIOS's call to the boot program's entry, and back to the BIOS. */
#include "boot.h"

#include "console.h"
#include "errors.h"
#include "front_own.h"
#include "hooks.h"
#include "lease.h"
#include "linux.h"
#include "nbp.h"
#include "pci.h"
#include "pxe.h"
#include "pxe_abi.h"
#include "request.h"
#include "virtio.h"

#define FAILURE_MS 1500 /* how long a failure stays on the screen before the BIOS may clear it */

extern char _direct_start[], _direct_end[], _direct_bss_start[], _direct_bss_end[]; /* runtime.ld */

static uint32_t direct_sum; /* of the overlay (runtime.ld), at POST */

static uint32_t sum_direct(void)
{
	uint32_t sum = 0;

	for (const uint32_t *p = (const uint32_t *)_direct_start; p < (const uint32_t *)_direct_end; p++)
		sum = (sum << 1 | sum >> 31) + *p;
	return sum;
}

uint32_t boot_init(void)
{
	if (!pci_find(resident.pci_hint)) {
		errors_print(ERROR_NO_PCI, NULL, 0);
		return 1;
	}
	/* A BIOS without PnP does not look for a BEV; others may try the BEV last. */
	if (!resident.pnp_bios || front_own_boots_first())
		hooks_take_boot();
	direct_sum = sum_direct();
	return 0;
}

/* Wait up to ms, so that the user can read; any key ends the wait. */
static void linger(uint32_t ms)
{
	uint32_t ticks = peek32(BDA_TICKS);

	while (peek32(BDA_TICKS) - ticks < ms / 55 && !console_key())
		halt();
}

static uint32_t load(void)
{
	const struct pvboot_lease *lease = &lease_dhcp.lease;
	uint32_t len = strlen_linear(near_phys(lease->bootfile), PVBOOT_BOOTFILE_MAX);
	uint32_t status;

	if (!len)
		return PVBOOT_S_NO_BOOTFILE;
	print("loading ");
	print_text(lease->bootfile, len);
	print(" from %i\n", lease->boot_server);
	status = nbp_load(0, near_phys(lease->bootfile), len);
	if (!status)
		print("\n");
	return status;
}

/* Boot a kernel if that is the plan.  Returns ERROR_NO_PLAN if it is not, or if the overlay has been overwritten. */
static uint32_t direct(const char **words)
{
	if (sum_direct() != direct_sum)
		return ERROR_NO_PLAN;
	memset(_direct_bss_start, 0, _direct_bss_end - _direct_bss_start);
	return linux_boot(words);
}

static uint32_t prepare(const char **words)
{
	uint32_t status;

	print("\npvboot " PVBOOT_VERSION "  ");
	if (!pci_find(pci_bdf))
		return ERROR_NO_PCI;
	*words = pxe_start(); /* a boot program that called INT 19h may have left something open */
	if (*words)
		return ERROR_START;
	status = request_begin();
	if (status)
		return status;
	print("%m  Esc gives up\n", virtio_mac);
	request_phase(PVBOOT_PHASE_ROM);
	return PVBOOT_S_OK;
}

static void fail(uint32_t status, const char *words)
{
	if (status != ERROR_LOCAL)
		errors_explain(status, words);
	if (virtio_running)
		request_phase(PVBOOT_PHASE_FAILED);
	virtio_stop();
	print("pvboot: leaving to the BIOS's next boot device\n");
	linger(FAILURE_MS);
	pxe_release_memory();
}

/* The boot program returned.  Its AX says which parts of the PXE stack stay (PXE 2.1, 4.4.5). */
static void after_nbp(uint16_t ax)
{
	if (ax == PXE_S_KEEP_ALL)
		return;
	if (virtio_running)
		request_phase(PVBOOT_PHASE_FAILED);
	if (pxe_close() && ax != PXE_S_KEEP_UNDI)
		pxe_release_memory();
}

void boot_main(void)
{
	const char *words = NULL;
	uint32_t status;

	hooks_boot();
	status = prepare(&words);
	if (!status)
		status = lease_ask();
	if (!status) {
		request_phase(PVBOOT_PHASE_LEASE);
		status = direct(&words);
		if (status == ERROR_NO_PLAN)
			status = load();
	}
	if (status) {
		fail(status, words);
		return;
	}
	request_phase(PVBOOT_PHASE_NBP);
	request_interactive = false;
	pxe_install();
	after_nbp(nbp_enter(pxe_bang_far(), pxe_env_far()));
}
