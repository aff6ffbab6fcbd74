/* SPDX-License-Identifier: BSD-2-Clause */
/* qemu_nics.c - every PCI network card of QEMU that brings a boot ROM of its own. */
#include "qemu_nics.h"

const char *const qemu_nics[QEMU_NICS] = {
	"e1000",   "e1000e",   "i82550",  "i82551",  "i82557a", "i82557b",  "i82557c",
	"i82558a", "i82558b",  "i82559a", "i82559b", "i82559c", "i82559er", "i82562",
	"i82801",  "ne2k_pci", "pcnet",	  "rtl8139", "tulip",	"vmxnet3",  "virtio-net-pci",
};
