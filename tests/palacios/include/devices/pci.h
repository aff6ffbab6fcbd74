/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STANDIN_PCI_H
#define STANDIN_PCI_H

#include <devices/pci_types.h>
#include <palacios/vmm_types.h>

struct v3_vm_info;
struct vm_device;
struct guest_info;
struct pci_device;

typedef enum {
	PCI_CMD_DMA_DISABLE = 1,
	PCI_CMD_DMA_ENABLE = 2,
	PCI_CMD_INTX_DISABLE = 3,
	PCI_CMD_INTX_ENABLE = 4,
} pci_cmd_t;

typedef enum {
	PCI_BAR_IO,
	PCI_BAR_MEM24,
	PCI_BAR_MEM32,
	PCI_BAR_MEM64_LO,
	PCI_BAR_MEM64_HI,
	PCI_BAR_PASSTHROUGH,
	PCI_BAR_NONE,
} pci_bar_type_t;

typedef enum { PCI_STD_DEVICE, PCI_TO_PCI_BRIDGE, PCI_CARDBUS, PCI_MULTIFUNCTION, PCI_PASSTHROUGH } pci_device_type_t;

#define PCI_AUTO_DEV_NUM (-1)

struct v3_pci_bar {
	pci_bar_type_t type;
	union {
		struct {
			int num_ports;
			uint16_t default_base_port;
			int (*io_read)(struct guest_info *core, uint16_t port, void *dst, uint_t length, void *priv);
			int (*io_write)(struct guest_info *core, uint16_t port, void *src, uint_t length, void *priv);
		};
		struct {
			int (*bar_init)(int bar_num, uint32_t *dst, void *priv);
			int (*bar_write)(int bar_num, uint32_t *src, void *priv);
		};
	};
	void *private_data;
	uint32_t val; /* from here on the bus's own */
	uint8_t updated;
	uint32_t mask;
};

struct pci_device {
	pci_device_type_t type;
	union {
		uint8_t config_space[256];
		struct {
			struct pci_config_header config_header;
			uint8_t config_data[192];
		} __attribute__((packed));
	} __attribute__((packed));
	struct v3_pci_bar bar[6];
	uint_t bus_num;
	uint_t dev_num;
	uint_t fn_num;
	char name[64];
	int (*config_write)(struct pci_device *dev, uint32_t reg_num, void *src, uint_t length, void *priv);
	int (*config_read)(struct pci_device *dev, uint32_t reg_num, void *dst, uint_t length, void *priv);
	int (*cmd_update)(struct pci_device *dev, pci_cmd_t cmd, uint64_t arg, void *priv);
	int (*exp_rom_update)(struct pci_device *dev, uint32_t *src, void *priv);
	struct v3_vm_info *vm;
	void *priv_data;
	int intx; /* this host's own: INTx not switched off by the command register */
};

struct pci_device *v3_pci_register_device(
	struct vm_device *pci, pci_device_type_t dev_type, int bus_num, int dev_num, int fn_num, const char *name,
	struct v3_pci_bar *bars,
	int (*config_write)(struct pci_device *dev, uint32_t reg_num, void *src, uint_t length, void *priv),
	int (*config_read)(struct pci_device *dev, uint32_t reg_num, void *dst, uint_t length, void *priv),
	int (*cmd_update)(struct pci_device *dev, pci_cmd_t cmd, uint64_t arg, void *priv),
	int (*exp_rom_update)(struct pci_device *dev, uint32_t *src, void *priv), void *priv);
int v3_pci_raise_irq(struct vm_device *bus, struct pci_device *dev, uint32_t vec_index);
int v3_pci_lower_irq(struct vm_device *bus, struct pci_device *dev, uint32_t vec_index);

#endif
