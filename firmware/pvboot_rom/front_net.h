/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * front_net.h - our queues behind a virtio-net card of the VMM's own (docs/spec.md, chapter 7).
 *
 * The card's registers, features and configuration are the VMM's: what the device has to say comes as the answer to
 * PVBOOT_OP_CONFIG, whether there is a host stands in requests that wait, and the clock is the machine's.
 */
#ifndef ROM_FRONT_H
#define ROM_FRONT_H

#include "rom.h"

extern bool front;		   /* the device is such a card */
extern uint16_t front_host_status; /* PVBOOT_STATUS_*, as last heard of */
extern uint32_t front_host_wait_ms;

/* Milliseconds from the timer: by the BIOS's tick where interrupts are on. */
uint32_t front_milliseconds(void);

/* Wait until the card has a link, asking the host for it.  False: it did not come, or Esc. */
bool front_wait_link(void);

/* Ask the device for its configuration.  PVBOOT_S_OK, or as request(). */
uint32_t front_ask(void);

#endif /* ROM_FRONT_H */
