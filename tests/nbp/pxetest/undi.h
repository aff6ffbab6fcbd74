/* SPDX-License-Identifier: BSD-2-Clause */
/* undi.h - calls of the UNDI group that the groups undi and frames have in common. */
#ifndef UNDI_H
#define UNDI_H

#include "pxetest.h"

#define START 0x00
#define STARTUP 0x01
#define CLEANUP 0x02
#define INITIALIZE 0x03
#define RESET 0x04
#define SHUTDOWN 0x05
#define OPEN 0x06
#define CLOSE 0x07
#define TRANSMIT 0x08
#define SET_MCAST 0x09
#define SET_STATION 0x0a
#define SET_FILTER 0x0b
#define INFORMATION 0x0c
#define STATISTICS 0x0d
#define CLEAR_STATISTICS 0x0e
#define DIAGS 0x0f
#define FORCE_INTERRUPT 0x10
#define GET_MCAST 0x11
#define ISR 0x14
#define UNLOAD_STACK 0x70

#define ISR_START 1
#define ISR_PROCESS 2
#define ISR_GET_NEXT 3
#define OUT_DONE 0
#define OUT_RECEIVE 3

#define FILTER_USUAL 3					/* directed and multicast, broadcast */
#define MAC_FIELD 16					/* bytes of an address in a block */
#define LIST(count_at) ((count_at) + 2 + 8 * MAC_FIELD) /* the length of a block that ends with a list of 8 */

extern uint8_t mac[6]; /* of the card, after learn_mac() */
void learn_mac(void);

/* A call with nothing but a Status in, and len bytes of room. */
uint16_t simple(const char *name, uint16_t opcode, uint16_t len);
uint16_t open_filter(const char *name, uint16_t filter);
uint16_t close(const char *name);
/* UNDI_ISR without a word, and with its Status and outcome. */
uint16_t isr(uint16_t function);
void show_isr(const char *name, uint16_t function);

#endif /* UNDI_H */
