// SPDX-License-Identifier: BSD-2-Clause
/*
 * asm_consts.c - constants of the C headers for the assembly.  It is compiled with -S only; build.mk turns the marked
 * lines into nasm's consts.inc.
 */
#include "hooks.h"
#include "pvboot.h"
#include "pxe_abi.h"
#include "rom.h"

#define CONST(name, value) __asm__ volatile("\n@@ %%define " #name " %c0" : : "i"(value))

void asm_consts(void);

void asm_consts(void)
{
	CONST(PCI_VENDOR, PVBOOT_PCI_VENDOR);
	CONST(PCI_DEVICE, PVBOOT_PCI_DEVICE);
	CONST(PCI_REVISION, PVBOOT_PCI_REVISION);
	CONST(PCI_CLASS, PVBOOT_PCI_CLASS);
	CONST(PCI_SUBCLASS, PVBOOT_PCI_SUBCLASS);
	CONST(PCI_PROGIF, PVBOOT_PCI_PROGIF);
	CONST(RESIDENT_O_MAGIC, offsetof(struct resident, magic));
	CONST(RESIDENT_O_IMAGE_SIZE, offsetof(struct resident, image_size));
	CONST(RESIDENT_O_KIB, offsetof(struct resident, kib));
	CONST(RESIDENT_O_INIT, offsetof(struct resident, init_entry));
	CONST(RESIDENT_O_BEV, offsetof(struct resident, bev_entry));
	CONST(RESIDENT_O_ROM_SEGMENT, offsetof(struct resident, rom_segment));
	CONST(RESIDENT_O_OLD_FBM, offsetof(struct resident, old_fbm));
	CONST(RESIDENT_O_NEW_FBM, offsetof(struct resident, new_fbm));
	CONST(RESIDENT_O_PCI_HINT, offsetof(struct resident, pci_hint));
	CONST(RESIDENT_O_PNP_BIOS, offsetof(struct resident, pnp_bios));
	CONST(RESIDENT_O_LOADER, offsetof(struct resident, loader_entry));
	CONST(RESIDENT_SIZE, sizeof(struct resident));
	CONST(BDA_FBM, BDA_FBM);
	CONST(REGS_O_EAX, offsetof(struct regs, eax));
	CONST(REGS_O_EBX, offsetof(struct regs, ebx));
	CONST(REGS_O_ECX, offsetof(struct regs, ecx));
	CONST(REGS_O_EDX, offsetof(struct regs, edx));
	CONST(REGS_O_ESI, offsetof(struct regs, esi));
	CONST(REGS_O_EDI, offsetof(struct regs, edi));
	CONST(REGS_O_FLAGS, offsetof(struct regs, flags));
	CONST(REGS_O_ES, offsetof(struct regs, es));
	CONST(BASE_KIB_MAX, BASE_KIB_MAX);
	CONST(E820_O_BASE, offsetof(struct e820_entry, base));
	CONST(E820_O_LENGTH, offsetof(struct e820_entry, length));
	CONST(E820_O_TYPE, offsetof(struct e820_entry, type));
	CONST(E820_RAM, E820_RAM);
	CONST(E820_RESERVED, E820_RESERVED);
	CONST(NBP_ADDRESS, PXE_NBP_ADDRESS);
	CONST(PXE_FAILURE, PXE_S_FAILURE);
	CONST(PXE_LOADER, PXE_LOADER);
	__asm__ volatile("\n@@ %%define RESIDENT_MAGIC '" RESIDENT_MAGIC "'" : : "i"(0));
}
