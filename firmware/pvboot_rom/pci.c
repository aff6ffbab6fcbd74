// SPDX-License-Identifier: BSD-2-Clause
/* pci.c - the device's configuration space, through the PCI BIOS (PCI BIOS Specification 2.1, chapter 4). */
#include "pci.h"

#include <linux/pci_regs.h>

#include "pvboot.h"

#define PCI_BIOS_VECTOR 0x1a
#define PCI_BIOS_FIND 0xb102
#define PCI_BIOS_READ 0xb108 /* + 0 byte, 1 word, 2 dword */
#define PCI_BIOS_WRITE 0xb10b

uint16_t pci_bdf;

static bool pci_bios(uint16_t function, struct regs *r)
{
	r->eax = function;
	r->ebx = pci_bdf;
	bios_call(PCI_BIOS_VECTOR, r);
	return !(r->flags & FLAG_CARRY) && !(r->eax & 0xff00);
}

uint32_t pci_read(uint8_t reg, uint8_t size)
{
	struct regs r = {.edi = reg};

	if (!pci_bios(PCI_BIOS_READ + size / 2, &r))
		return UINT32_MAX;
	return size == 4 ? r.ecx : size == 2 ? (uint16_t)r.ecx : (uint8_t)r.ecx;
}

void pci_write(uint8_t reg, uint8_t size, uint32_t value)
{
	struct regs r = {.edi = reg, .ecx = value};

	pci_bios(PCI_BIOS_WRITE + size / 2, &r);
}

bool pci_find(uint16_t hint)
{
	struct regs r = {.ecx = PVBOOT_PCI_DEVICE, .edx = PVBOOT_PCI_VENDOR};

	pci_bdf = hint;
	if (pci_read(PCI_VENDOR_ID, 2) == PVBOOT_PCI_VENDOR && pci_read(PCI_DEVICE_ID, 2) == PVBOOT_PCI_DEVICE)
		return true;
	if (!pci_bios(PCI_BIOS_FIND, &r))
		return false;
	pci_bdf = r.ebx;
	return true;
}
