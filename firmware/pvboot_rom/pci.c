// SPDX-License-Identifier: BSD-2-Clause
/* pci.c - the device's configuration space, through the PCI BIOS (PCI BIOS Specification 2.1, chapter 4). */
#include "pci.h"

#include <linux/pci_regs.h>

#include "pvboot.h"

#define PCI_BIOS_VECTOR 0x1a
#define PCI_BIOS_FIND 0xb102
#define PCI_BIOS_READ 0xb108 /* + 0 byte, 1 word, 2 dword */
#define PCI_BIOS_WRITE 0xb10b

#define PCI_ADDRESS 0xcf8 /* PCI 3.0, 3.2.2.3.2 */
#define PCI_DATA 0xcfc
#define ROM_PCIR_AT 0x18 /* PCI Firmware Specification 3.0, 5.1.1 and 5.1.2 */
#define PCIR_DEVICE_AT 6

uint16_t pci_bdf, pci_device;

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

void pci_poke16(uint8_t reg, uint16_t value)
{
	uint32_t flags;

	/* An interrupt handler that runs between the two writes may use the ports, too. */
	__asm__ volatile("pushfl; popl %0; cli" : "=r"(flags) : : "memory");
	out32(PCI_ADDRESS, 1u << 31 | (uint32_t)pci_bdf << 8 | reg);
	out16(PCI_DATA, value);
	if (flags & 0x200)
		__asm__ volatile("sti");
}

static void read_own_id(void)
{
	uint32_t rom = (uint32_t)resident.rom_segment << 4;
	uint16_t pcir;

	copy_from_linear(&pcir, rom + ROM_PCIR_AT, sizeof(pcir));
	copy_from_linear(&pci_device, rom + pcir + PCIR_DEVICE_AT, sizeof(pci_device));
}

bool pci_find(uint16_t hint)
{
	struct regs r = {.edx = PVBOOT_PCI_VENDOR};

	read_own_id();
	r.ecx = pci_device;
	pci_bdf = hint;
	if (pci_read(PCI_VENDOR_ID, 2) == PVBOOT_PCI_VENDOR && pci_read(PCI_DEVICE_ID, 2) == pci_device)
		return true;
	if (!pci_bios(PCI_BIOS_FIND, &r))
		return false;
	pci_bdf = r.ebx;
	return true;
}
