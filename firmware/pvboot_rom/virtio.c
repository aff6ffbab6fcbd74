// SPDX-License-Identifier: BSD-2-Clause
/*
 * virtio.c - the virtio 1.2 PCI driver: structures through the capability list, registers by port or through
 * VIRTIO_PCI_CAP_PCI_CFG, split queues.  It uses no interrupts and polls the used rings in RAM.
 */
#include "virtio.h"

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "pci.h"

/* Where the device has one of its structures. */
struct window {
	uint8_t found;
	uint8_t bar;
	uint16_t port;	 /* its first I/O port; 0: reach it through VIRTIO_PCI_CAP_PCI_CFG */
	uint32_t offset; /* in the BAR */
};

#define COMMON(field) offsetof(struct virtio_pci_common_cfg, field)
#define CONFIG_MAC 0 /* of struct pvboot_config, and of a net card's configuration (virtio 1.2, 5.1.4) */
#define CAPS_MAX 48  /* configuration space holds no more: a longer list is a loop */
#define RESET_MS 1000

_Static_assert(offsetof(struct pvboot_config, mac) == CONFIG_MAC, "pvboot_config.mac");

const struct virtio_front *virtio_front;
struct virtio_queue virtio_packets, virtio_requests;
bool virtio_running, virtio_dgram;
uint8_t virtio_mac[6];
uint16_t virtio_io_base;

static struct window common, notify, config;
static uint32_t notify_multiplier;
static uint32_t
	aimed_at; /* offset that the PCI_CFG capability is set to: repeated notifications need not set it again */
static uint8_t aimed_bar, aimed_size;
static uint8_t cfg_access; /* offset of the VIRTIO_PCI_CAP_PCI_CFG capability; 0: none */

/* ---- registers ------------------------------------------------------------------------------------------------- */

static void aim(const struct window *w, uint32_t offset, uint8_t size)
{
	if (aimed_at == w->offset + offset && aimed_bar == w->bar && aimed_size == size)
		return;
	aimed_at = w->offset + offset;
	aimed_bar = w->bar;
	aimed_size = size;
	pci_write(cfg_access + offsetof(struct virtio_pci_cap, bar), 1, w->bar);
	pci_write(cfg_access + offsetof(struct virtio_pci_cap, offset), 4, w->offset + offset);
	pci_write(cfg_access + offsetof(struct virtio_pci_cap, length), 4, size);
}

static uint32_t reg_read(const struct window *w, uint32_t offset, uint8_t size)
{
	uint16_t port = w->port + offset;

	if (!w->port) {
		aim(w, offset, size);
		return pci_read(cfg_access + offsetof(struct virtio_pci_cfg_cap, pci_cfg_data), size);
	}
	return size == 1 ? in8(port) : size == 2 ? in16(port) : in32(port);
}

static void reg_write(const struct window *w, uint32_t offset, uint8_t size, uint32_t value)
{
	uint16_t port = w->port + offset;

	if (!w->port) {
		aim(w, offset, size);
		pci_write(cfg_access + offsetof(struct virtio_pci_cfg_cap, pci_cfg_data), size, value);
	} else if (size == 1) {
		out8(port, value);
	} else if (size == 2) {
		out16(port, value);
	} else {
		out32(port, value);
	}
}

/* ---- the capability list (virtio 1.2, 4.1.4) ------------------------------------------------------------------- */

static void take_window(struct window *w, uint8_t cap)
{
	uint32_t bar_value;

	if (w->found)
		return; /* 4.1.4.1: use the first of a type that the driver can use */
	w->bar = pci_read(cap + offsetof(struct virtio_pci_cap, bar), 1);
	if (w->bar > 5)
		return;
	w->offset = pci_read(cap + offsetof(struct virtio_pci_cap, offset), 4);
	bar_value = pci_read(PCI_BASE_ADDRESS_0 + 4 * w->bar, 4);
	w->port = 0;
	/* Some BIOSes assign no address, or leave the all-ones of BAR sizing: use VIRTIO_PCI_CAP_PCI_CFG then. */
	if ((bar_value & PCI_BASE_ADDRESS_SPACE_IO) && bar_value > PCI_BASE_ADDRESS_SPACE_IO && bar_value <= UINT16_MAX)
		w->port = (bar_value & PCI_BASE_ADDRESS_IO_MASK) + w->offset;
	w->found = 1;
}

bool virtio_find(void)
{
	uint8_t cap = pci_read(PCI_CAPABILITY_LIST, 1);

	common.found = notify.found = config.found = cfg_access = aimed_size = 0;
	for (uint32_t n = 0; cap >= PCI_STD_HEADER_SIZEOF && n < CAPS_MAX; n++) {
		if (pci_read(cap, 1) == PCI_CAP_ID_VNDR) {
			switch (pci_read(cap + offsetof(struct virtio_pci_cap, cfg_type), 1)) {
			case VIRTIO_PCI_CAP_COMMON_CFG:
				take_window(&common, cap);
				break;
			case VIRTIO_PCI_CAP_NOTIFY_CFG:
				take_window(&notify, cap);
				notify_multiplier = pci_read(
					cap + offsetof(struct virtio_pci_notify_cap, notify_off_multiplier), 4);
				break;
			case VIRTIO_PCI_CAP_DEVICE_CFG:
				take_window(&config, cap);
				break;
			case VIRTIO_PCI_CAP_PCI_CFG:
				cfg_access = cap;
				break;
			}
		}
		cap = pci_read(cap + PCI_CAP_LIST_NEXT, 1) & ~3;
	}
	virtio_io_base = common.port;
	return common.found && notify.found && config.found &&
	       (cfg_access || (common.port && notify.port && config.port));
}

/* ---- life (virtio 1.2, 3.1.1) ---------------------------------------------------------------------------------- */

static void set_status(uint8_t status)
{
	reg_write(&common, COMMON(device_status), 1, status);
}

static bool reset(void)
{
	set_status(0);
	/* 4.1.4.3.2: wait until it reads back 0.  The clock runs during a reset, too. */
	for (uint32_t start = virtio_milliseconds(); reg_read(&common, COMMON(device_status), 1);)
		if (virtio_milliseconds() - start > RESET_MS || virtio_host_status() == UINT16_MAX)
			return false;
	return true;
}

static bool negotiate(void)
{
	uint32_t low, high;

	reg_write(&common, COMMON(device_feature_select), 4, 0);
	low = reg_read(&common, COMMON(device_feature), 4) & virtio_front->features;
	reg_write(&common, COMMON(device_feature_select), 4, 1);
	high = reg_read(&common, COMMON(device_feature), 4) & (1u << (VIRTIO_F_VERSION_1 - 32));
	if (virtio_front->features)
		virtio_dgram = low & (1u << PVBOOT_F_DGRAM);
	if (!high)
		return false;
	reg_write(&common, COMMON(guest_feature_select), 4, 0);
	reg_write(&common, COMMON(guest_feature), 4, low);
	reg_write(&common, COMMON(guest_feature_select), 4, 1);
	reg_write(&common, COMMON(guest_feature), 4, high);
	set_status(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK);
	return reg_read(&common, COMMON(device_status), 1) & VIRTIO_CONFIG_S_FEATURES_OK;
}

static void set_address(uint32_t field, volatile void *ring)
{
	reg_write(&common, field, 4, near_phys((void *)ring));
	reg_write(&common, field + 4, 4, 0);
}

static bool start_queue(struct virtio_queue *q, uint16_t index)
{
	memset(q, 0, sizeof(*q));
	q->avail.flags = VRING_AVAIL_F_NO_INTERRUPT;
	reg_write(&common, COMMON(queue_select), 2, index);
	if (reg_read(&common, COMMON(queue_size), 2) < VIRTIO_RING)
		return false;
	reg_write(&common, COMMON(queue_size), 2, VIRTIO_RING);
	set_address(COMMON(queue_desc_lo), q->desc);
	set_address(COMMON(queue_avail_lo), &q->avail);
	set_address(COMMON(queue_used_lo), &q->used);
	q->notify_offset = reg_read(&common, COMMON(queue_notify_off), 2) * notify_multiplier;
	if (notify.port)
		q->notify_port = notify.port + q->notify_offset;
	reg_write(&common, COMMON(queue_enable), 2, 1);
	return true;
}

void virtio_take_mac(const uint8_t mac[6])
{
	uint8_t any = 0;

	for (uint32_t i = 0; i < sizeof(virtio_mac); i++)
		any |= mac[i];
	if (any)
		memcpy(virtio_mac, mac, sizeof(virtio_mac));
}

/* Read the MAC address that the VMM gave the machine. */
static void read_mac(void)
{
	for (uint32_t i = 0; i < sizeof(virtio_mac); i++)
		virtio_mac[i] = reg_read(&config, CONFIG_MAC + i, 1);
}

const char *virtio_start(const struct virtio_front *front)
{
	const char *words;

	virtio_running = false;
	virtio_front = front;
	/* Disable INTx: the ROM does not serve the line, and another driver may share it. */
	pci_write(PCI_COMMAND, 2,
		  pci_read(PCI_COMMAND, 2) | PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
			  PCI_COMMAND_INTX_DISABLE);
	if (!virtio_find())
		return "the device's structures cannot be reached: see pvboot-device's log";
	words = front->check();
	if (words)
		return words;
	if (!reset())
		return "the device does not reset: see pvboot-device's log";
	read_mac();
	set_status(VIRTIO_CONFIG_S_ACKNOWLEDGE);
	set_status(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	if (!negotiate())
		return "the device refuses the features: use the ROM that belongs to it";
	if (!start_queue(&virtio_requests, PVBOOT_Q_REQUESTS) || !start_queue(&virtio_packets, PVBOOT_Q_PACKETS))
		return "the device has no queues: use the ROM that belongs to it";
	set_status(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK |
		   VIRTIO_CONFIG_S_DRIVER_OK);
	virtio_running = true;
	return NULL;
}

void virtio_stop(void)
{
	if (!virtio_running)
		return;
	virtio_running = false;
	reset();
	pci_write(PCI_COMMAND, 2, pci_read(PCI_COMMAND, 2) & ~(PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE));
}

/* ---- queues ---------------------------------------------------------------------------------------------------- */

void virtio_submit(struct virtio_queue *q, uint16_t head)
{
	q->avail.ring[q->avail.idx % VIRTIO_RING] = head;
	__asm__ volatile("" : : : "memory"); /* the entry first, then the index; x86 keeps that order */
	*(volatile uint16_t *)&q->avail.idx = q->avail.idx + 1;
}

void virtio_kick(struct virtio_queue *q)
{
	uint16_t index = q == &virtio_packets ? PVBOOT_Q_PACKETS : PVBOOT_Q_REQUESTS;

	if (q->notify_port) {
		out16(q->notify_port, index);
		return;
	}
	aim(&notify, q->notify_offset, 2);
	pci_poke16(cfg_access + offsetof(struct virtio_pci_cfg_cap, pci_cfg_data), index);
}

/* ---- device configuration -------------------------------------------------------------------------------------- */

uint32_t virtio_config(uint32_t offset, uint8_t size)
{
	return reg_read(&config, offset, size);
}

uint32_t virtio_milliseconds(void)
{
	return virtio_front->milliseconds();
}

uint16_t virtio_host_status(void)
{
	return virtio_front->host_status();
}

uint32_t virtio_host_wait_ms(void)
{
	return virtio_front->host_wait_ms();
}

bool virtio_broken(void)
{
	return reg_read(&common, COMMON(device_status), 1) & VIRTIO_CONFIG_S_NEEDS_RESET;
}
