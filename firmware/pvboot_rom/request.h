/* SPDX-License-Identifier: BSD-2-Clause */
/* request.h - requests to the host (pvboot_req.h): submit, wait, cancel. */
#ifndef ROM_REQUEST_H
#define ROM_REQUEST_H

#include "pvboot.h"
#include "rom.h"

/* How a request ends if no host answers it; other ends are PVBOOT_S_*. */
#define REQUEST_NO_HOST 0x100u	 /* pvboot-hostd was absent for host_wait_ms */
#define REQUEST_REFUSED 0x101u	 /* pvboot-hostd refuses this VM */
#define REQUEST_ESCAPED 0x102u	 /* Esc or Ctrl-C */
#define REQUEST_NO_DEVICE 0x103u /* the device is gone */
#define REQUEST_BROKEN 0x104u	 /* the device has failed (DEVICE_NEEDS_RESET) */
#define REQUEST_UNSEEN 0x105u	 /* the device does not take a request: it hangs, or cannot access guest memory */

struct request {
	uint16_t op;
	uint16_t arg_len;
	const void *args;	 /* near, at most REQUEST_ARGS_MAX bytes */
	uint32_t tail, tail_len; /* physical: bytes that follow args; length 0: none */
	uint32_t room, room_len; /* physical: where the device writes the result; length 0: nowhere */
	uint32_t skip;		 /* bytes of the result dropped before the room begins: at most REQUEST_SKIP_MAX */
	uint32_t detail, length; /* out: as in struct pvboot_rsp */
};
#define REQUEST_ARGS_MAX 56
#define REQUEST_SKIP_MAX 12

/*
 * True until the boot program runs: a wait prints a dot each second and says if the host is absent, and Esc or Ctrl-C
 * ends it.  False during the boot program's calls: the ROM leaves the keyboard alone, and mentions an absent host only
 * on a text screen.
 */
extern bool request_interactive;

/*
 * The last PVBOOT_STATUS_* that came through a request.  A device behind a front end writes it into the response of a
 * waiting request; front_net.c sets it from the configuration.
 */
extern uint16_t request_host_status;

/* A boot begins: set request_interactive, and ask whether the host is there.  As request(). */
uint32_t request_begin(void);

/* Submit r and wait for its end.  Returns PVBOOT_S_* or REQUEST_*.  The room is valid only after PVBOOT_S_OK. */
uint32_t request(struct request *r);

/* Tell the host that the boot has reached PVBOOT_PHASE_*. */
void request_phase(uint32_t phase);

/* Ask the host for the words of the last failure.  *text is near; returns its length. */
uint32_t request_last_error(const char **text);

/* Called by API calls that found nothing: check about once a second whether the host is there, and print a change. */
void request_check_host(void);

/*
 * For send.c, which puts chains of its own on the request queue: who owns which descriptors, and how to wait for a
 * chain.  request_wait() returns PVBOOT_S_OK when the device has returned the chain, else REQUEST_* or
 * PVBOOT_S_TIMEOUT; the device still owns the chain then.
 */
#define REQUEST_DESC_FIRST 0  /* to 3: header and arguments, tail, response, room */
#define REQUEST_DESC_CANCEL 4 /* to 5 */
#define REQUEST_DESC_SEND 6   /* to the end of the ring: send.c */

void request_describe(uint16_t index, uint32_t phys, uint32_t len, uint16_t flags, uint16_t next);
void request_submit(uint16_t head); /* without a notification */
uint32_t request_wait(uint16_t head);

#endif /* ROM_REQUEST_H */
