// SPDX-License-Identifier: BSD-2-Clause
/*
 * pxe_undi.c - the UNDI group of the API without the frames themselves (pxe_frame.c): a network card that does not
 * exist.
 *
 * The ROM does not insist on PXE's order of states (PXE 2.1, 4.6), because callers do not keep it: pxe.c starts the
 * device for any call that needs it, UNDI_OPEN may come at any time, and a closed card may be closed again.
 */
#include "pxe_undi.h"

#include "console.h"
#include "pvboot.h"
#include "pxe_abi.h"
#include "receive.h"
#include "request.h"
#include "virtio.h"

static struct pvboot_frame_open_args listening; /* as UNDI_OPEN and later calls set it */
static bool opened;
static bool told; /* the ROM has printed why there are no frames */

void pxe_undi_forget(void)
{
	opened = false;
	receive_forget();
}

bool pxe_undi_opened(void)
{
	return opened && virtio_running;
}

/* ---- what is received ------------------------------------------------------------------------------------------ */

static void set_filter(uint8_t filter)
{
	listening.flags = filter & PXE_FILTER_PROMISCUOUS ? PVBOOT_FRAME_F_BROADCAST | PVBOOT_FRAME_F_ALL_MULTICAST
			  : filter & PXE_FILTER_BROADCAST ? PVBOOT_FRAME_F_BROADCAST
							  : 0;
}

/* Skip what is no multicast address: the host would refuse the whole list for it. */
static void set_mcasts(const struct pxe_undi_mcasts FAR *m)
{
	listening.n_mcasts = 0;
	memset(listening.mcast, 0, sizeof(listening.mcast));
	for (uint32_t i = 0; i < m->count; i++) {
		uint8_t *to = listening.mcast[listening.n_mcasts];

		if (!(m->address[i][0] & 1))
			continue;
		for (uint32_t b = 0; b < sizeof(listening.mcast[0]); b++)
			to[b] = m->address[i][b];
		listening.n_mcasts++;
	}
}
_Static_assert(PXE_MCASTS == PVBOOT_FRAME_MCASTS, "as many multicast addresses");

/* Print once why the boot program has no network: some boot programs ask again and again. */
static void tell(void)
{
	const char *words;
	uint32_t len;

	if (told || !console_is_text())
		return;
	told = true;
	len = request_last_error(&words);
	print("\npvboot: no Ethernet frames for the boot program: ");
	print_text(words, len);
	print("\n");
}

static uint16_t listen(void)
{
	struct request r = {.op = PVBOOT_OP_FRAME_OPEN, .args = &listening, .arg_len = sizeof(listening)};
	uint32_t status = request(&r);

	if (status == PVBOOT_S_DENIED || status == PVBOOT_S_UNSUPPORTED) {
		tell();
		return PXE_S_UNDI_MEDIA_TEST;
	}
	return status ? PXE_S_UNDI_CANNOT_INITIALIZE : PXE_S_SUCCESS;
}

/* Called after a change of listening. */
static uint16_t listen_again(void)
{
	return pxe_undi_opened() ? listen() : PXE_S_SUCCESS;
}

/* ---- calls ----------------------------------------------------------------------------------------------------- */

static uint16_t open(void)
{
	uint16_t status;

	receive_start(RECEIVE_BUFFERS);
	status = listen();
	if (!status)
		opened = true;
	return status;
}

uint16_t pxe_undi_open(void FAR *block)
{
	const struct pxe_undi_open FAR *p = block;

	set_filter(p->filter);
	if (p->mcasts.count <= PXE_MCASTS)
		set_mcasts(&p->mcasts);
	else
		listening.flags |=
			PVBOOT_FRAME_F_ALL_MULTICAST; /* the list is not read: some callers' blocks end before it */
	return open();
}

uint16_t pxe_undi_close(void FAR *block)
{
	struct request r = {.op = PVBOOT_OP_FRAME_CLOSE};

	if (pxe_undi_opened()) {
		request(&r);
		receive_return();
		receive_drop_type(PVBOOT_PKT_FRAME);
	}
	opened = false;
	return PXE_S_SUCCESS;
}

/* RESET leaves the card open, unlike INITIALIZE (PXE 2.1, 4.6.5). */
uint16_t pxe_undi_reset(void FAR *block)
{
	const struct pxe_undi_set_mcast FAR *p = block;

	if (p->mcasts.count > PXE_MCASTS)
		return PXE_S_INVALID_PARAMETER;
	pxe_undi_close(NULL);
	set_mcasts(&p->mcasts);
	return open();
}

uint16_t pxe_undi_set_mcast(void FAR *block)
{
	const struct pxe_undi_set_mcast FAR *p = block;

	if (p->mcasts.count > PXE_MCASTS)
		return PXE_S_INVALID_PARAMETER;
	set_mcasts(&p->mcasts);
	return listen_again();
}

/* Only the guest's own address is accepted: the host lets no other through. */
uint16_t pxe_undi_set_station(void FAR *block)
{
	const struct pxe_undi_set_station FAR *p = block;

	for (uint32_t i = 0; i < sizeof(virtio_mac); i++)
		if (p->address[i] != virtio_mac[i])
			return PXE_S_UNDI_BAD_MAC;
	return PXE_S_SUCCESS;
}

uint16_t pxe_undi_set_filter(void FAR *block)
{
	const struct pxe_undi_set_filter FAR *p = block;

	set_filter(p->filter);
	return listen_again();
}

uint16_t pxe_undi_diags(void FAR *block)
{
	return !virtio_running					       ? PXE_S_UNDI_INVALID_STATE
	       : virtio_broken() || virtio_host_status() == UINT16_MAX ? PXE_S_UNDI_MEDIA_TEST
								       : PXE_S_SUCCESS;
}

/* RFC 1112, 6.4.  Only 6 bytes are written: some callers' blocks end there. */
uint16_t pxe_undi_get_mcast(void FAR *block)
{
	struct pxe_undi_get_mcast FAR *p = block;

	p->mac[0] = 0x01;
	p->mac[1] = 0x00;
	p->mac[2] = 0x5e;
	p->mac[3] = p->ip[1] & 0x7f;
	p->mac[4] = p->ip[2];
	p->mac[5] = p->ip[3];
	return PXE_S_SUCCESS;
}
