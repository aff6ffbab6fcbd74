/* SPDX-License-Identifier: BSD-2-Clause */
/* pci.h - the device's configuration space, through the PCI BIOS (INT 1Ah AH=B1h). */
#ifndef ROM_PCI_H
#define ROM_PCI_H

#include "rom.h"

extern uint16_t pci_bdf; /* bus, device, function of our device */

extern uint16_t pci_device; /* its id, as the ROM's header says */

/*
 * Find the device that this ROM is for: at hint if vendor and device match there, else the first one the BIOS knows.
 * Sets pci_bdf and pci_device.
 */
bool pci_find(uint16_t hint);

/* Access to its configuration space; size 1, 2 or 4. */
uint32_t pci_read(uint8_t reg, uint8_t size);
void pci_write(uint8_t reg, uint8_t size, uint32_t value);

/* Write 16 bits at reg, a multiple of 4, by the ports of configuration mechanism #1: two port writes. */
void pci_poke16(uint8_t reg, uint16_t value);

#endif /* ROM_PCI_H */
