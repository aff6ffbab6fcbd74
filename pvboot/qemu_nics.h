/* SPDX-License-Identifier: BSD-2-Clause */
/* qemu_nics.h - every PCI network card of QEMU that brings a boot ROM of its own. */
#ifndef QEMU_NICS_H
#define QEMU_NICS_H

#define QEMU_NICS 21

/* Without a romfile such a card stays out of the boot order. */
extern const char *const qemu_nics[QEMU_NICS];

#endif /* QEMU_NICS_H */
