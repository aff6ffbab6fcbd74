/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STANDIN_PCI_TYPES_H
#define STANDIN_PCI_TYPES_H

#include <palacios/vmm_types.h>

struct pci_config_header {
	uint16_t vendor_id;
	uint16_t device_id;
	uint16_t command;
	uint16_t status;
	uint8_t revision;
	uint8_t prog_if;
	uint8_t subclass;
	uint8_t class;
	uint8_t cache_line_size;
	uint8_t latency_time;
	uint8_t header_type;
	uint8_t BIST;
	uint32_t BAR0;
	uint32_t BAR1;
	uint32_t BAR2;
	uint32_t BAR3;
	uint32_t BAR4;
	uint32_t BAR5;
	uint32_t cardbus_cis_pointer;
	uint16_t subsystem_vendor_id;
	uint16_t subsystem_id;
	uint32_t expansion_rom_address;
	uint8_t cap_ptr;
	uint8_t rsvd1[3];
	uint32_t rsvd2;
	uint8_t intr_line;
	uint8_t intr_pin;
	uint8_t min_grant;
	uint8_t max_latency;
} __attribute__((packed));

#endif
