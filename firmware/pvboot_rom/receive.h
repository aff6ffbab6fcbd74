/* SPDX-License-Identifier: BSD-2-Clause */
/* receive.h - packets to the guest (queue 0): datagrams for the UDP group, frames for the UNDI group. */
#ifndef ROM_RECEIVE_H
#define ROM_RECEIVE_H

#include "pvboot_req.h"
#include "rom.h"

#define RECEIVE_BUFFERS 8 /* that the device may fill; it queues more packets itself */

struct packet {
	struct pvboot_pkt pkt; /* the device writes it */
	uint8_t payload[PVBOOT_FRAME_MAX];
} __attribute__((aligned(4)));

/* The device was reset, and has no buffers. */
void receive_forget(void);

#define RECEIVE_FEW (RECEIVE_BUFFERS / 2)

/* Give the device the first n buffers, except those that it has or that are lent. */
void receive_start(uint8_t n);

/*
 * Lend RECEIVE_LENT bytes until receive_forget(): the buffers that only a boot program with much to receive needs.
 * Returns NULL if the device has them.
 */
#define RECEIVE_LENT ((RECEIVE_BUFFERS - RECEIVE_FEW) * sizeof(struct packet))
uint8_t *receive_lend(void);

/* Find the oldest packet of a type from place *n on.  Sets *n to its place.  Returns NULL if there is none. */
struct packet *receive_next(uint16_t type, uint8_t *n);

/* Give the packet in place n back to the device; receive_kick() afterwards. */
void receive_drop(uint8_t n);

/* Take the packet in place n: it stays valid until receive_return(), which does nothing if none is taken. */
void receive_take(uint8_t n);
void receive_return(void);

/* Drop all packets of a type. */
void receive_drop_type(uint16_t type);

/* Called by API calls that found no packet: drop all but the newest few packets that no call asked for. */
void receive_trim(void);

/* Notify the device of buffers given back, if it waits for them. */
void receive_kick(void);

#endif /* ROM_RECEIVE_H */
