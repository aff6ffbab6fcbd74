/* SPDX-License-Identifier: BSD-2-Clause */
/* receive.h - packets to the guest (queue 0): datagrams for the UDP group, frames for the UNDI group. */
#ifndef ROM_RECEIVE_H
#define ROM_RECEIVE_H

#include "pvboot_req.h"
#include "rom.h"

#define RECEIVE_BUFFERS 8 /* packets the device may fill; it keeps more itself */

struct packet {
	struct pvboot_pkt pkt; /* by the device: length is at most what the type allows */
	uint8_t payload[PVBOOT_FRAME_MAX];
} __attribute__((aligned(4)));

/* The device was reset: it has no buffers any more. */
void receive_forget(void);

#define RECEIVE_FEW (RECEIVE_BUFFERS / 2)

/* Let the device have the first n buffers, unless it has them; those that are lent stay so. */
void receive_start(uint8_t n);

/*
 * Memory of RECEIVE_LENT bytes, for good: the buffers that only a boot program with much to receive needs.  NULL if the
 * device has them.
 */
#define RECEIVE_LENT ((RECEIVE_BUFFERS - RECEIVE_FEW) * sizeof(struct packet))
uint8_t *receive_lend(void);

/* The oldest packet of a type, in place n or behind it; NULL if there is none.  With it, *n is where it lies. */
struct packet *receive_next(uint16_t type, uint8_t *n);

/* Give the packet in place n back to the device; receive_kick() afterwards. */
void receive_drop(uint8_t n);

/* Take the packet in place n: it stays as it is until receive_return(), which does nothing if none was taken. */
void receive_take(uint8_t n);
void receive_return(void);

/* Drop all packets of a type. */
void receive_drop_type(uint16_t type);

/* Called by whoever found nothing: of what nobody asks for, only the newest few are kept. */
void receive_trim(void);

/* Tell the device of buffers given back, if it waits for them. */
void receive_kick(void);

#endif /* ROM_RECEIVE_H */
