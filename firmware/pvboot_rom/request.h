/* SPDX-License-Identifier: BSD-2-Clause */
/* request.h - requests to the host (pvboot_req.h): submit, wait, give up. */
#ifndef ROM_REQUEST_H
#define ROM_REQUEST_H

#include "pvboot.h"
#include "rom.h"

/* Ends of a request that no host gave: beside PVBOOT_S_*. */
#define REQUEST_NO_HOST 0x100u	 /* pvboot-hostd was not there for host_wait_ms */
#define REQUEST_REFUSED 0x101u	 /* pvboot-hostd refuses this VM */
#define REQUEST_ESCAPED 0x102u	 /* Esc or Ctrl-C */
#define REQUEST_NO_DEVICE 0x103u /* the device is gone */
#define REQUEST_BROKEN 0x104u	 /* the device is there and has given up (DEVICE_NEEDS_RESET) */
#define REQUEST_UNSEEN 0x105u	 /* it does not take what it would answer itself: it sees no memory of ours, or hangs */

struct request {
	uint16_t op;
	uint16_t arg_len;
	const void *args;	 /* near, at most REQUEST_ARGS_MAX bytes */
	uint32_t tail, tail_len; /* physical: bytes that follow args, 0: none */
	uint32_t room, room_len; /* physical: where the result goes, 0: none */
	uint32_t skip; /* bytes of the result that go nowhere, before the room begins: at most REQUEST_SKIP_MAX */
	uint32_t detail, length; /* out: as in struct pvboot_rsp */
};
#define REQUEST_ARGS_MAX 56
#define REQUEST_SKIP_MAX 12

/*
 * While true the ROM is on its own: waits show a dot each second and an absent host, and Esc or Ctrl-C ends them.
 * Otherwise a boot program called: the keyboard is its own, and an absent host is mentioned only on a text screen.
 */
extern bool request_interactive;

/*
 * PVBOOT_STATUS_* as last heard of by a request: a device behind a front end writes it into the response of one that
 * waits.  front_net.c sets it, too.
 */
extern uint16_t request_host_status;

/* The ROM is on its own from now on; see whether the host is there already.  As request(). */
uint32_t request_begin(void);

/* Submit and wait for the end.  Returns PVBOOT_S_* or REQUEST_*; unless it is PVBOOT_S_OK nothing of the room is valid.
 */
uint32_t request(struct request *r);

/* Tell that the boot has reached PVBOOT_PHASE_*. */
void request_phase(uint32_t phase);

/* The words of the last failure: near, and their length. */
uint32_t request_last_error(const char **text);

/* Called by whoever polls in vain: look about once a second whether the host is there, and mention a change. */
void request_check_host(void);

/*
 * For others who put chains of their own on the request queue: which descriptors are whose, and how to wait for a
 * chain. request_wait() returns PVBOOT_S_OK when it came back; else REQUEST_* or PVBOOT_S_TIMEOUT, and it is still the
 * device's.
 */
#define REQUEST_DESC_FIRST 0  /* to 3: header and arguments, tail, response, room */
#define REQUEST_DESC_CANCEL 4 /* to 5 */
#define REQUEST_DESC_SEND 6   /* to the end of the ring: send.c */

void request_describe(uint16_t index, uint32_t phys, uint32_t len, uint16_t flags, uint16_t next);
void request_submit(uint16_t head); /* without a notification */
uint32_t request_wait(uint16_t head);

#endif /* ROM_REQUEST_H */
