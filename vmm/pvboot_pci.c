/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_pci.c - configuration space: header (PCI 3.0 6.1), virtio's capabilities (virtio 1.2 4.1.4), sizing of the
 * BARs, and the window into the BAR (virtio 1.2 4.1.4.9).
 *
 * The window must work byte by byte, because some VMMs forward configuration accesses so.  A read of the data's first
 * byte reads the BAR and fills the other bytes; a write of the data's last byte writes the BAR.
 */
#include "pvboot_dev_int.h"

#define PCI_CFG_BAR (PVBOOT_CAP_PCI_CFG + VIRTIO_PCI_CAP_BAR)
#define PCI_CFG_OFFSET (PVBOOT_CAP_PCI_CFG + VIRTIO_PCI_CAP_OFFSET)
#define PCI_CFG_LENGTH (PVBOOT_CAP_PCI_CFG + VIRTIO_PCI_CAP_LENGTH)
#define PCI_CFG_DATA (PVBOOT_CAP_PCI_CFG + offsetof(struct virtio_pci_cfg_cap, pci_cfg_data))

static uint32_t get32(const struct pvboot_dev *dev, uint32_t offset)
{
	uint32_t v;

	memcpy(&v, dev->cfg + offset, sizeof(v));
	return v;
}

static void put16(struct pvboot_dev *dev, uint32_t offset, uint16_t v)
{
	memcpy(dev->cfg + offset, &v, sizeof(v));
}

static void put32(struct pvboot_dev *dev, uint32_t offset, uint32_t v)
{
	memcpy(dev->cfg + offset, &v, sizeof(v));
}

static void put_cap(struct pvboot_dev *dev, uint8_t at, uint8_t next, uint8_t len, uint8_t type, uint32_t offset,
		    uint32_t length)
{
	struct virtio_pci_cap cap = {
		.cap_vndr = PCI_CAP_ID_VNDR,
		.cap_next = next,
		.cap_len = len,
		.cfg_type = type,
		.bar = PVBOOT_BAR,
		.offset = offset,
		.length = length,
	};

	memcpy(dev->cfg + at, &cap, sizeof(cap));
}

void pvboot_pci_reset(struct pvboot_dev *dev)
{
	const uint8_t plain = sizeof(struct virtio_pci_cap);

	memset(dev->cfg, 0, sizeof(dev->cfg));
	put16(dev, PCI_VENDOR_ID, PVBOOT_PCI_VENDOR);
	put16(dev, PCI_DEVICE_ID, PVBOOT_PCI_DEVICE);
	put16(dev, PCI_STATUS, PCI_STATUS_CAP_LIST);
	dev->cfg[PCI_REVISION_ID] = PVBOOT_PCI_REVISION;
	dev->cfg[PCI_CLASS_PROG] = PVBOOT_PCI_PROGIF;
	dev->cfg[PCI_CLASS_DEVICE] = PVBOOT_PCI_SUBCLASS;
	dev->cfg[PCI_CLASS_DEVICE + 1] = PVBOOT_PCI_CLASS;
	put32(dev, PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_SPACE_IO);
	put16(dev, PCI_SUBSYSTEM_VENDOR_ID, PVBOOT_PCI_SUBVENDOR);
	put16(dev, PCI_SUBSYSTEM_ID, PVBOOT_PCI_SUBDEVICE);
	dev->cfg[PCI_CAPABILITY_LIST] = PVBOOT_CAP_COMMON;
	dev->cfg[PCI_INTERRUPT_PIN] = 1;

	put_cap(dev, PVBOOT_CAP_COMMON, PVBOOT_CAP_NOTIFY, plain, VIRTIO_PCI_CAP_COMMON_CFG, PVBOOT_REG_COMMON,
		PVBOOT_REG_COMMON_LEN);
	/* The multiplier after it stays 0: one register for both queues. */
	put_cap(dev, PVBOOT_CAP_NOTIFY, PVBOOT_CAP_ISR, sizeof(struct virtio_pci_notify_cap), VIRTIO_PCI_CAP_NOTIFY_CFG,
		PVBOOT_REG_NOTIFY, PVBOOT_REG_NOTIFY_LEN);
	put_cap(dev, PVBOOT_CAP_ISR, PVBOOT_CAP_DEVICE, plain, VIRTIO_PCI_CAP_ISR_CFG, PVBOOT_REG_ISR,
		PVBOOT_REG_ISR_LEN);
	put_cap(dev, PVBOOT_CAP_DEVICE, PVBOOT_CAP_PCI_CFG, plain, VIRTIO_PCI_CAP_DEVICE_CFG, PVBOOT_REG_DEVICE,
		PVBOOT_REG_DEVICE_LEN);
	put_cap(dev, PVBOOT_CAP_PCI_CFG, 0, sizeof(struct virtio_pci_cfg_cap), VIRTIO_PCI_CAP_PCI_CFG, 0, 0);
}

_Static_assert(PVBOOT_CAP_COMMON + sizeof(struct virtio_pci_cap) <= PVBOOT_CAP_NOTIFY, "capabilities overlap");
_Static_assert(PVBOOT_CAP_NOTIFY + sizeof(struct virtio_pci_notify_cap) <= PVBOOT_CAP_ISR, "capabilities overlap");
_Static_assert(PVBOOT_CAP_ISR + sizeof(struct virtio_pci_cap) <= PVBOOT_CAP_DEVICE, "capabilities overlap");
_Static_assert(PVBOOT_CAP_DEVICE + sizeof(struct virtio_pci_cap) <= PVBOOT_CAP_PCI_CFG, "capabilities overlap");
_Static_assert(PVBOOT_CAP_PCI_CFG + sizeof(struct virtio_pci_cfg_cap) == PVBOOT_CAP_END, "capabilities overlap");

bool pvboot_pci_bus_master(const struct pvboot_dev *dev)
{
	return dev->cfg[PCI_COMMAND] & PCI_COMMAND_MASTER;
}

void pvboot_pci_set_bus_master(struct pvboot_dev *dev)
{
	dev->cfg[PCI_COMMAND] |= PCI_COMMAND_MASTER;
}

bool pvboot_pci_intx_disabled(const struct pvboot_dev *dev)
{
	return dev->cfg[PCI_COMMAND + 1] & (PCI_COMMAND_INTX_DISABLE >> 8);
}

/* The bits of the double word at offset that a guest may write. */
static uint32_t writable(const struct pvboot_dev *dev, uint32_t offset)
{
	switch (offset) {
	case PCI_COMMAND:
		return PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE;
	case PCI_BASE_ADDRESS_0:
		return ~(uint32_t)(PVBOOT_BAR_PORTS - 1);
	case PCI_ROM_ADDRESS:
		return dev->rom_size ? ~(dev->rom_size - 1) | PCI_ROM_ADDRESS_ENABLE : 0;
	case PCI_INTERRUPT_LINE:
		return 0xff;
	case PCI_CFG_BAR:
		return 0xff;
	case PCI_CFG_OFFSET:
	case PCI_CFG_LENGTH:
	case PCI_CFG_DATA:
		return UINT32_MAX;
	default:
		return 0;
	}
}

void pvboot_pci_load(struct pvboot_dev *dev, const uint8_t cfg[PVBOOT_CFG_SPACE])
{
	uint32_t offset, mask, value;

	for (offset = 0; offset < PVBOOT_CFG_SPACE; offset += 4) {
		mask = writable(dev, offset);
		memcpy(&value, cfg + offset, sizeof(value));
		put32(dev, offset, (get32(dev, offset) & ~mask) | (value & mask));
	}
}

/* Whether the window describes a valid BAR access: 1, 2 or 4 bytes, aligned, inside (virtio 1.2 4.1.4.9.1). */
static bool window_valid(const struct pvboot_dev *dev, uint32_t *offset, uint32_t *len)
{
	*offset = get32(dev, PCI_CFG_OFFSET);
	*len = get32(dev, PCI_CFG_LENGTH);
	if (*len != 1 && *len != 2 && *len != 4)
		return false;
	return dev->cfg[PCI_CFG_BAR] == PVBOOT_BAR && *offset < PVBOOT_BAR_PORTS && *offset % *len == 0;
}

static bool access_valid(uint32_t offset, uint32_t len)
{
	return (len == 1 || len == 2 || len == 4) && offset < PVBOOT_CFG_SPACE && offset % len == 0;
}

static bool touches(uint32_t offset, uint32_t len, uint32_t byte)
{
	return byte >= offset && byte - offset < len;
}

uint32_t pvboot_dev_cfg_read(struct pvboot_dev *dev, uint32_t offset, uint32_t len)
{
	uint32_t value = 0, at, n;

	if (!access_valid(offset, len))
		return len == 1 ? 0xff : len == 2 ? 0xffff : UINT32_MAX;
	if (touches(offset, len, PCI_CFG_DATA))
		put32(dev, PCI_CFG_DATA, window_valid(dev, &at, &n) ? pvboot_dev_bar_read(dev, at, n) : UINT32_MAX);
	memcpy(&value, dev->cfg + offset, len);
	if (touches(offset, len, PCI_STATUS) && dev->isr)
		value |= (uint32_t)PCI_STATUS_INTERRUPT << 8 * (PCI_STATUS - offset);
	return value;
}

void pvboot_dev_cfg_write(struct pvboot_dev *dev, uint32_t offset, uint32_t len, uint32_t value)
{
	uint32_t shift = 8 * (offset & 3), mask, at, n;

	if (!access_valid(offset, len))
		return;
	mask = writable(dev, offset & ~3u) & (len == 4 ? UINT32_MAX : ((1u << 8 * len) - 1) << shift);
	put32(dev, offset & ~3u, (get32(dev, offset & ~3u) & ~mask) | (value << shift & mask));
	if ((offset & ~3u) == PCI_COMMAND)
		pvboot_dev_update_irq(dev);
	if ((offset & ~3u) == PCI_CFG_DATA && window_valid(dev, &at, &n) && touches(offset, len, PCI_CFG_DATA + n - 1))
		pvboot_dev_bar_write(
			dev, at, n, n == 4 ? get32(dev, PCI_CFG_DATA) : get32(dev, PCI_CFG_DATA) & ((1u << 8 * n) - 1));
}

void pvboot_dev_set_rom_size(struct pvboot_dev *dev, uint32_t size)
{
	dev->rom_size = size & (size - 1) || size < 2048 ? 0 : size;
	put32(dev, PCI_ROM_ADDRESS, 0);
}
