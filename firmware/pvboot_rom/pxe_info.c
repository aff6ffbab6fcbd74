// SPDX-License-Identifier: BSD-2-Clause
/* pxe_info.c - what the API tells of itself: the cached DHCP packets, and a network card that does not exist. */
#include "pxe_info.h"

#include "lease.h"
#include "pci.h"
#include "pvboot.h"
#include "pxe_abi.h"
#include "receive.h" // RECEIVE_BUFFERS
#include "virtio.h"

#define HW_TYPE_ETHERNET 1
#define NIC_PCI 2
#define LINK_SPEED 1000000000 /* bit/s */
/* ServiceFlags: broadcast, multicast, clearing statistics, RESET, OPEN and CLOSE; no interrupt (1000h). */
#define SERVICES 0x0c23

/* The three packets follow each other in struct pvboot_discover_res, in the order of PXE's packet types. */
uint16_t pxe_info_cached(void FAR *block)
{
	struct pxe_get_cached_info FAR *p = block;
	uint8_t *packet;

	if (p->type < 1 || p->type > 3)
		return PXE_S_INVALID_PARAMETER;
	packet = lease_dhcp.discover + (p->type - 1) * PVBOOT_DHCP_PACKET;
	if (!p->buffer_size) {
		p->buffer.offset = (uint32_t)packet;
		p->buffer.segment = resident_base >> 4;
		p->buffer_size = PVBOOT_DHCP_PACKET;
		return PXE_S_SUCCESS;
	}
	if (p->buffer_size > PVBOOT_DHCP_PACKET)
		p->buffer_size = PVBOOT_DHCP_PACKET;
	copy_to_linear(linear(p->buffer), packet, p->buffer_size);
	return PXE_S_SUCCESS;
}

static void put_address(uint8_t FAR *field)
{
	for (uint32_t i = 0; i < 16; i++)
		field[i] = i < sizeof(virtio_mac) ? virtio_mac[i] : 0;
}

uint16_t pxe_info_information(void FAR *block)
{
	struct pxe_get_information FAR *p = block;

	p->base_io = virtio_io_base;
	p->interrupt = 0; /* polled */
	p->mtu = 1500;
	p->hw_type = HW_TYPE_ETHERNET;
	p->hw_addr_len = sizeof(virtio_mac);
	put_address(p->current_address);
	put_address(p->permanent_address);
	p->rom_segment = resident.rom_segment;
	p->rx_buffers = RECEIVE_BUFFERS;
	p->tx_buffers = 1;
	return PXE_S_SUCCESS;
}

uint16_t pxe_info_nic_type(void FAR *block)
{
	struct pxe_get_nic_type FAR *p = block;

	p->type = NIC_PCI;
	p->vendor = PVBOOT_PCI_VENDOR;
	p->device = PVBOOT_PCI_DEVICE;
	p->base_class = PVBOOT_PCI_CLASS;
	p->sub_class = PVBOOT_PCI_SUBCLASS;
	p->prog_if = PVBOOT_PCI_PROGIF;
	p->revision = PVBOOT_PCI_REVISION;
	p->bus_dev_func = pci_bdf;
	return PXE_S_SUCCESS;
}

uint16_t pxe_info_iface(void FAR *block)
{
	static const char type[16] = "DIX+802.3";
	struct pxe_get_iface_info FAR *p = block;

	for (uint32_t i = 0; i < sizeof(type); i++)
		p->type[i] = type[i];
	p->speed = LINK_SPEED;
	p->flags = SERVICES;
	for (uint32_t i = 0; i < 4; i++)
		p->reserved[i] = 0;
	return PXE_S_SUCCESS;
}
