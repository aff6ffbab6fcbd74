/* SPDX-License-Identifier: BSD-2-Clause */
/* pci.h - the device's configuration space, through the PCI BIOS (INT 1Ah AH=B1h). */
#ifndef ROM_PCI_H
#define ROM_PCI_H

#include "rom.h"

extern uint16_t pci_bdf;    /* bus, device, function of the device that the ROM drives */
extern uint16_t pci_device; /* its PCI device id, from the ROM's header */

/*
 * Find the device that this ROM is for: at hint if vendor and device id match there, else the first that the BIOS
 * finds.  Sets pci_bdf and pci_device.  Returns false if there is none.
 */
bool pci_find(uint16_t hint);

/* Read and write its configuration space; size 1, 2 or 4. */
uint32_t pci_read(uint8_t reg, uint8_t size);
void pci_write(uint8_t reg, uint8_t size, uint32_t value);

/* Write 16 bits at reg, a multiple of 4, with two port writes (configuration mechanism #1). */
void pci_poke16(uint8_t reg, uint16_t value);

#endif /* ROM_PCI_H */
