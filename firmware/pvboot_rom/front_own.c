// SPDX-License-Identifier: BSD-2-Clause
/* front_own.c - pvboot's own device, whose configuration is in registers (struct pvboot_config). */
#include "front_own.h"

#include <linux/pci_regs.h>

#include "pci.h"

#define CONFIG(field) virtio_config(offsetof(struct pvboot_config, field), sizeof(((struct pvboot_config *)0)->field))

static uint16_t host_status(void)
{
	return CONFIG(status);
}

static const char *check(void)
{
	if (host_status() == UINT16_MAX)
		return "the device does not answer: see whether pvboot-device runs";
	if (CONFIG(abi_version) != PVBOOT_ABI_VERSION)
		return "the device speaks another version: use the ROM that belongs to it";
	return NULL;
}

static uint32_t milliseconds(void)
{
	return CONFIG(milliseconds);
}

static uint32_t host_wait_ms(void)
{
	return CONFIG(host_wait_ms);
}

static bool has_link(void)
{
	return true;
}

/* The registers are always up to date. */
static uint32_t begin(void)
{
	return PVBOOT_S_OK;
}

static void refresh(void)
{
}

const struct virtio_front front_own = {
	.check = check,
	.features = 1u << PVBOOT_F_DGRAM,
	.milliseconds = milliseconds,
	.host_status = host_status,
	.host_wait_ms = host_wait_ms,
	.has_link = has_link,
	.begin = begin,
	.refresh = refresh,
};

bool front_own_boots_first(void)
{
	uint16_t command = pci_read(PCI_COMMAND, 2);
	bool first;

	if (pci_device != PVBOOT_PCI_DEVICE)
		return false; /* a net card has no such flag: the BIOS decides the boot order */
	pci_write(PCI_COMMAND, 2, command | PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
	first = virtio_find() && !check() && (CONFIG(flags) & PVBOOT_CFG_F_BOOT_FIRST);
	pci_write(PCI_COMMAND, 2, command);
	return first;
}
