/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * v3_pci.c - Palacios's PCI bus, as a device plugin meets it.
 *
 * Registration reads all 256 bytes of configuration space one by one, before any BAR is known.  Ranges with a handler
 * of the bus's own (command, BARs, ROM BAR, capability pointer) are passed on whole, all else byte by byte; what
 * config_read gives replaces the bus's copy.
 */
#include <devices/pci.h>
#include <palacios/vm_guest.h>

#include "v3_vm.h"

void (*host_irq_changed)(struct v3_vm_info *vm, int slot, int level);

/* Bits of the header that a guest can change; beyond it, all. */
static const uint8_t writable[64] = {
	[0x04] = 0xbf, [0x05] = 0xff, [0x07] = 0xf9, [0x0d] = 0xff, [0x10] = 0xff, [0x11] = 0xff, [0x12] = 0xff,
	[0x13] = 0xff, [0x14] = 0xff, [0x15] = 0xff, [0x16] = 0xff, [0x17] = 0xff, [0x18] = 0xff, [0x19] = 0xff,
	[0x1a] = 0xff, [0x1b] = 0xff, [0x1c] = 0xff, [0x1d] = 0xff, [0x1e] = 0xff, [0x1f] = 0xff, [0x20] = 0xff,
	[0x21] = 0xff, [0x22] = 0xff, [0x23] = 0xff, [0x24] = 0xff, [0x25] = 0xff, [0x26] = 0xff, [0x27] = 0xff,
	[0x2c] = 0xff, [0x2d] = 0xff, [0x2e] = 0xff, [0x2f] = 0xff, [0x30] = 0xff, [0x31] = 0xff, [0x32] = 0xff,
	[0x33] = 0xff, [0x3c] = 0xff,
};

static const struct {
	uint8_t start, len;
} hooks[] = {{0x04, 2}, {0x10, 4}, {0x14, 4}, {0x18, 4}, {0x1c, 4}, {0x20, 4}, {0x24, 4}, {0x30, 4}, {0x34, 1}};

/* The range with a handler that holds reg: its start, and in *left how much of it is left.  0: there is none. */
static uint_t hooked(uint_t reg, uint_t *left)
{
	for (uint_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		if (reg >= hooks[i].start && reg < hooks[i].start + hooks[i].len) {
			*left = hooks[i].start + hooks[i].len - reg;
			return hooks[i].start;
		}
	}
	return 0;
}

static struct pci_device *device(struct v3_vm_info *info, int slot)
{
	return slot >= 0 && slot < VM_SLOTS ? vm_of(info)->slot[slot] : NULL;
}

/* ---- registration ----------------------------------------------------------------------------------------------- */

static void scan_caps(struct vm *vm, struct pci_device *dev)
{
	uint8_t at = dev->config_header.cap_ptr;
	uint_t n = 0;

	while (at != 0 && n < 64) {
		n++;
		at = dev->config_space[at + 1u];
	}
	if (at)
		host_violation("the capability list has no end");
	vm->caps[dev->dev_num] = n;
	/* capabilities are hidden until somebody enables them; config_read brings the pointer back */
	dev->config_header.cap_ptr = 0;
}

static int init_bar(struct v3_vm_info *info, struct pci_device *dev, int i, const struct v3_pci_bar *from)
{
	struct v3_pci_bar *bar = &dev->bar[i];

	*bar = *from;
	bar->val = 0;
	switch (bar->type) {
	case PCI_BAR_NONE:
		break;
	case PCI_BAR_PASSTHROUGH:
		bar->bar_init(i, &bar->val, bar->private_data);
		break;
	case PCI_BAR_IO:
		bar->mask = ~((uint32_t)bar->num_ports - 1) | 1;
		if (bar->default_base_port == 0xffff) {
			bar->default_base_port = (uint16_t)vm_of(info)->io_base;
			vm_of(info)->io_base += 0x100 * (bar->num_ports / 0x100 + 1);
		}
		bar->val = (bar->default_base_port & bar->mask) | 1;
		for (int k = 0; k < bar->num_ports; k++) {
			if (v3_hook_io_port(info, (uint16_t)(bar->default_base_port + k), bar->io_read, bar->io_write,
					    bar->private_data))
				return -1;
		}
		break;
	default:
		return -1;
	}
	memcpy(dev->config_space + 0x10 + 4 * i, &bar->val, 4);
	return 0;
}

struct pci_device *v3_pci_register_device(
	struct vm_device *pci, pci_device_type_t dev_type, int bus_num, int dev_num, int fn_num, const char *name,
	struct v3_pci_bar *bars,
	int (*config_write)(struct pci_device *dev, uint32_t reg_num, void *src, uint_t length, void *priv),
	int (*config_read)(struct pci_device *dev, uint32_t reg_num, void *dst, uint_t length, void *priv),
	int (*cmd_update)(struct pci_device *dev, pci_cmd_t cmd, uint64_t arg, void *priv),
	int (*exp_rom_update)(struct pci_device *dev, uint32_t *src, void *priv), void *priv)
{
	struct vm *vm = vm_of(pci->vm);
	struct pci_device *dev;

	if (pci->private_data != vm) {
		host_violation("the device %s is no PCI bus; Palacios does not check that, and takes its data for one",
			       pci->name);
		return NULL;
	}
	if (dev_num == PCI_AUTO_DEV_NUM) {
		for (dev_num = 0; dev_num < VM_SLOTS && vm->slot[dev_num]; dev_num++)
			;
	}
	if (dev_num < 0 || dev_num >= VM_SLOTS || vm->slot[dev_num] || bus_num != 0 || dev_type != PCI_STD_DEVICE)
		return NULL;
	dev = host_alloc(sizeof(*dev));
	dev->type = dev_type;
	dev->dev_num = (uint_t)dev_num;
	dev->fn_num = (uint_t)fn_num;
	strncpy(dev->name, name, sizeof(dev->name) - 1);
	dev->vm = pci->vm;
	dev->priv_data = priv;
	dev->config_write = config_write;
	dev->config_read = config_read;
	dev->cmd_update = cmd_update;
	dev->exp_rom_update = exp_rom_update;
	dev->intx = 1;
	vm->reads[dev_num] = 0;
	for (uint_t i = 0; config_read && i < 256; i++) {
		config_read(dev, i, &dev->config_space[i], 1, priv);
		vm->reads[dev_num]++;
	}
	scan_caps(vm, dev);
	for (int i = 0; i < 6; i++) {
		if (init_bar(pci->vm, dev, i, &bars[i])) {
			host_dealloc(dev);
			return NULL;
		}
	}
	vm->slot[dev_num] = dev;
	return dev;
}

void pci_free(struct vm *vm)
{
	for (int i = 0; i < VM_SLOTS; i++) {
		if (vm->slot[i])
			host_dealloc(vm->slot[i]);
		vm->slot[i] = NULL;
	}
}

int host_pci_find(struct v3_vm_info *info, unsigned int vendor, unsigned int dev_id)
{
	for (int i = 0; i < VM_SLOTS; i++) {
		struct pci_device *dev = device(info, i);

		if (dev && dev->config_header.vendor_id == vendor && dev->config_header.device_id == dev_id)
			return i;
	}
	return -1;
}

unsigned int host_pci_reads(struct v3_vm_info *info, int slot)
{
	return vm_of(info)->reads[slot];
}

unsigned int host_pci_caps(struct v3_vm_info *info, int slot)
{
	return vm_of(info)->caps[slot];
}

/* ---- interrupts ------------------------------------------------------------------------------------------------- */

static int set_irq(struct pci_device *dev, int level)
{
	struct vm *vm;

	if (!dev) {
		host_violation("an interrupt without a PCI device");
		return -1;
	}
	vm = vm_of(dev->vm);
	if (!dev->intx)
		return -1;
	if (vm->level[dev->dev_num] != level && host_irq_changed)
		host_irq_changed(dev->vm, (int)dev->dev_num, level);
	vm->level[dev->dev_num] = level;
	return 0;
}

int v3_pci_raise_irq(struct vm_device *bus, struct pci_device *dev, uint32_t vec_index)
{
	(void)bus;
	if (vec_index)
		host_violation("interrupt line %u of a device that has one", vec_index);
	return set_irq(dev, 1);
}

int v3_pci_lower_irq(struct vm_device *bus, struct pci_device *dev, uint32_t vec_index)
{
	(void)bus;
	(void)vec_index;
	return set_irq(dev, 0);
}

int host_irq(struct v3_vm_info *info, int slot)
{
	return vm_of(info)->level[slot];
}

/* ---- the guest's accesses --------------------------------------------------------------------------------------- */

unsigned int host_cfg_read(struct v3_vm_info *info, int slot, unsigned int reg, unsigned int len)
{
	struct pci_device *dev = device(info, slot);
	uint32_t value = 0xffffffff;

	if (!dev || reg + len > 256)
		return value;
	host_vcore_enter();
	for (uint_t i = 0; i < len;) {
		uint_t n = 1;

		if (hooked(reg + i, &n) && n > len - i)
			n = len - i;
		if (dev->config_read && dev->config_read(dev, reg + i, dev->config_space + reg + i, n, dev->priv_data))
			host_violation("config_read(%02xh, %u) failed: Palacios prints an error each time", reg + i, n);
		i += n;
	}
	host_vcore_leave();
	value = 0;
	memcpy(&value, dev->config_space + reg, len);
	return value;
}

/* The ports follow each value that is written, that of a sizing probe too. */
static int rehook(struct v3_vm_info *info, struct v3_pci_bar *bar, uint32_t new_val)
{
	for (int i = 0; i < bar->num_ports; i++) {
		v3_unhook_io_port(info, (uint16_t)((bar->val & ~3u) + (uint32_t)i));
		if (v3_hook_io_port(info, (uint16_t)((new_val & ~3u) + (uint32_t)i), bar->io_read, bar->io_write,
				    bar->private_data))
			return -1;
	}
	bar->val = new_val;
	return 0;
}

static void write_bar(struct v3_vm_info *info, struct pci_device *dev, uint_t reg, const uint8_t *src, uint_t len)
{
	uint_t start = reg & ~3u;
	int i = (int)(start - 0x10) / 4;
	struct v3_pci_bar *bar = &dev->bar[i];
	uint32_t *value = (uint32_t *)(void *)(dev->config_space + start);

	memcpy(dev->config_space + reg, src, len);
	if (bar->type == PCI_BAR_PASSTHROUGH) {
		bar->bar_write(i, value, bar->private_data); /* an error is printed, no more */
	} else if (bar->type == PCI_BAR_IO) {
		uint32_t raw;

		memcpy(&raw, src, 4);
		*value = (*value & bar->mask) | 1;
		rehook(info, bar, raw | 1);
	} else {
		*value &= bar->mask;
	}
}

static void write_command(struct pci_device *dev, uint_t reg, uint8_t *src, uint_t len)
{
	int was = dev->config_header.command >> 10 & 1, is;

	if (dev->config_write)
		dev->config_write(dev, reg, src, len, dev->priv_data); /* raw, and before it is stored */
	for (uint_t i = 0; i < len; i++)
		dev->config_space[reg + i] =
			(uint8_t)((src[i] & writable[reg + i]) | (dev->config_space[reg + i] & ~writable[reg + i]));
	is = dev->config_header.command >> 10 & 1;
	if (!dev->cmd_update || was == is)
		return;
	dev->intx = !is;
	dev->cmd_update(dev, is ? PCI_CMD_INTX_DISABLE : PCI_CMD_INTX_ENABLE, 0, dev->priv_data);
}

/* The value is not stored: that is left to config_write. */
static void write_rom_bar(struct pci_device *dev, uint_t reg, uint8_t *src, uint_t len)
{
	if (dev->config_write)
		dev->config_write(dev, reg, src, len, dev->priv_data);
	if (dev->exp_rom_update)
		dev->exp_rom_update(dev, (uint32_t *)(void *)(dev->config_space + 0x30), dev->priv_data);
}

static void write_byte(struct pci_device *dev, uint_t reg, uint8_t value)
{
	uint8_t mask = reg < 64 ? writable[reg] : 0xff;

	if (!mask)
		return;
	dev->config_space[reg] = (uint8_t)((value & mask) | (dev->config_space[reg] & ~mask));
	if (dev->config_write)
		dev->config_write(dev, reg, &dev->config_space[reg], 1, dev->priv_data);
}

void host_cfg_write(struct v3_vm_info *info, int slot, unsigned int reg, unsigned int len, unsigned int value)
{
	struct pci_device *dev = device(info, slot);
	uint8_t src[8] = {0};

	if (!dev || reg + len > 256)
		return;
	memcpy(src, &value, 4);
	host_vcore_enter();
	for (uint_t i = 0; i < len;) {
		uint_t n = 1, start = hooked(reg + i, &n);

		if (n > len - i)
			n = len - i;
		if (start == 0x04)
			write_command(dev, reg + i, src + i, n);
		else if (start == 0x30)
			write_rom_bar(dev, reg + i, src + i, n);
		else if (start >= 0x10 && start < 0x28)
			write_bar(info, dev, reg + i, src + i, n);
		else if (start != 0x34)
			write_byte(dev, reg + i, src[i]);
		i += n;
	}
	host_vcore_leave();
}
