/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vfio_user_info.c - what the device is made of, as vfio has it, and its one interrupt.
 *
 * The device has an I/O BAR, a ROM and INTx.  vfio's INTx masks itself whenever it is raised; who listens unmasks it
 * when the guest has ended the interrupt, and it is raised again if the level still stands.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <unistd.h>

#include "vfio_user.h"

/* "VFIO_USER_DEVICE_GET_INFO" */
enum vfio_user_result vfio_user_get_info(struct vfio_user *v, const uint8_t *body)
{
	struct vfio_user_device_info info;

	memcpy(&info, body, sizeof(info));
	if (info.argsz < sizeof(info) || info.flags || info.num_regions || info.num_irqs)
		return vfio_user_refuse(v, EINVAL);
	info = (struct vfio_user_device_info){
		.argsz = sizeof(info),
		.flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
		.num_regions = VFIO_PCI_NUM_REGIONS,
		.num_irqs = VFIO_USER_IRQS,
	};
	return vfio_user_answer(v, &info, sizeof(info), NULL, 0);
}

/* "VFIO_USER_DEVICE_GET_REGION_INFO": nothing can be mapped, so there is neither an offset nor a capability. */
enum vfio_user_result vfio_user_get_region_info(struct vfio_user *v, const uint8_t *body)
{
	struct vfio_region_info info;

	memcpy(&info, body, sizeof(info));
	if (info.argsz < sizeof(info) || info.flags || info.cap_offset || info.size || info.offset ||
	    info.index >= VFIO_PCI_NUM_REGIONS)
		return vfio_user_refuse(v, EINVAL);
	info = (struct vfio_region_info){.argsz = sizeof(info), .index = info.index};
	switch (info.index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
		info.size = PVBOOT_BAR_PORTS;
		break;
	case VFIO_PCI_ROM_REGION_INDEX:
		info.flags = v->rom_size ? VFIO_REGION_INFO_FLAG_READ : 0;
		info.size = v->rom_size;
		break;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
		info.size = PCI_CFG_SPACE_SIZE;
		break;
	default:
		break;
	}
	return vfio_user_answer(v, &info, sizeof(info), NULL, 0);
}

/* "VFIO_USER_DEVICE_GET_IRQ_INFO" */
enum vfio_user_result vfio_user_get_irq_info(struct vfio_user *v, const uint8_t *body)
{
	struct vfio_irq_info info;

	memcpy(&info, body, sizeof(info));
	if (info.argsz < sizeof(info) || info.flags || info.count || info.index >= VFIO_USER_IRQS)
		return vfio_user_refuse(v, EINVAL);
	info.argsz = sizeof(info);
	if (info.index == VFIO_PCI_INTX_IRQ_INDEX) {
		info.flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
		info.count = 1;
	}
	return vfio_user_answer(v, &info, sizeof(info), NULL, 0);
}

/* ---- INTx ------------------------------------------------------------------------------------------------------- */

/* An eventfd takes this without waiting until it has counted to 2^64 - 2; only QEMU could have made it block. */
static void raise_irq(struct vfio_user *v)
{
	uint64_t one = 1;

	if (v->masked || v->irq_fd < 0)
		return;
	v->masked = write(v->irq_fd, &one, sizeof(one)) == sizeof(one);
}

void vfio_user_set_irq(struct vfio_user *v, int level)
{
	v->level = level;
	if (level)
		raise_irq(v);
}

static void unmask(struct vfio_user *v)
{
	v->masked = false;
	if (v->level)
		raise_irq(v);
}

void vfio_user_unmask(struct vfio_user *v)
{
	uint64_t count;

	if (read(v->unmask_fd, &count, sizeof(count)) == sizeof(count))
		unmask(v);
}

/* Take the one descriptor that came, or none, in place of the one before. */
static void replace(struct vfio_user *v, int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = v->nfds ? v->fds[--v->nfds] : -1;
}

static enum vfio_user_result set_eventfd(struct vfio_user *v, uint32_t action)
{
	if (v->nfds > 1)
		return vfio_user_fail(v, "SET_IRQS came with more descriptors than interrupts");
	switch (action) {
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		replace(v, &v->irq_fd);
		unmask(v);
		break;
	case VFIO_IRQ_SET_ACTION_UNMASK:
		replace(v, &v->unmask_fd);
		v->unmask_new = true;
		break;
	default: /* nobody but QEMU masks it */
		while (v->nfds)
			close(v->fds[--v->nfds]);
		return vfio_user_refuse(v, ENOTSUP);
	}
	return vfio_user_answer(v, NULL, 0, NULL, 0);
}

static enum vfio_user_result act(struct vfio_user *v, uint32_t action)
{
	uint64_t one = 1;

	switch (action) {
	case VFIO_IRQ_SET_ACTION_MASK:
		v->masked = true;
		break;
	case VFIO_IRQ_SET_ACTION_UNMASK:
		unmask(v);
		break;
	default: /* as if the device had raised it: a test */
		if (v->irq_fd >= 0 && write(v->irq_fd, &one, sizeof(one)) < 0)
			return vfio_user_refuse(v, EIO);
		break;
	}
	return vfio_user_answer(v, NULL, 0, NULL, 0);
}

/* Exactly one bit of each kind, and no other. */
static bool flags_valid(uint32_t flags)
{
	uint32_t data = flags & VFIO_IRQ_SET_DATA_TYPE_MASK, action = flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;

	return flags == (data | action) && data && action && !(data & (data - 1)) && !(action & (action - 1));
}

/* "VFIO_USER_DEVICE_SET_IRQS" */
enum vfio_user_result vfio_user_set_irqs(struct vfio_user *v, const uint8_t *body)
{
	struct vfio_irq_set set;
	uint32_t count, action;

	memcpy(&set, body, sizeof(set));
	if (!flags_valid(set.flags))
		return vfio_user_fail(v, "QEMU sent SET_IRQS with flags that exclude each other");
	if (v->len != sizeof(set) + (set.flags & VFIO_IRQ_SET_DATA_BOOL ? set.count : 0u))
		return vfio_user_fail(v, "QEMU sent SET_IRQS with less or more data than it says");
	if (v->nfds && !(set.flags & VFIO_IRQ_SET_DATA_EVENTFD))
		return vfio_user_fail(v, "QEMU sent descriptors with a SET_IRQS that takes none");
	action = set.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	count = set.index == VFIO_PCI_INTX_IRQ_INDEX;
	if (set.index >= VFIO_USER_IRQS || set.start > count || set.count > count - set.start) {
		while (v->nfds)
			close(v->fds[--v->nfds]);
		return vfio_user_refuse(v, EINVAL);
	}
	if (!set.count) { /* "As a special case": switch all of them off */
		if (set.flags != (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER))
			return vfio_user_refuse(v, EINVAL);
		if (count) {
			replace(v, &v->irq_fd);
			replace(v, &v->unmask_fd);
			v->unmask_new = true;
		}
		return vfio_user_answer(v, NULL, 0, NULL, 0);
	}
	if (set.flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return set_eventfd(v, action);
	if (set.flags & VFIO_IRQ_SET_DATA_BOOL && !body[sizeof(set)])
		return vfio_user_answer(v, NULL, 0, NULL, 0);
	return act(v, action);
}
