/* SPDX-License-Identifier: BSD-2-Clause */
/* storm_front.h - QEMU's end of vhost-user to a device process, for fake_qemu.h's guest memory and driver. */
#ifndef BENCH_STORM_FRONT_H
#define BENCH_STORM_FRONT_H

#include "fake_qemu.h"

struct storm_front {
	struct fake_qemu q; /* its memory, and the driver's requests */
	char dir[32], path[48];
	int listener; /* the device process inherits it: --fd */
	int fd, kick, call;
};

/* Guest memory, and a socket at which the device is to listen. */
void storm_front_open(struct storm_front *f);

/* Connect, share the memory and start the request queue, as QEMU does for the ROM's driver. */
void storm_front_start(struct storm_front *f);

/* The device process has ended: remove what it left. */
void storm_front_close(struct storm_front *f);

#endif /* BENCH_STORM_FRONT_H */
