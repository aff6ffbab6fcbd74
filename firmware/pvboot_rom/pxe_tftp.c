// SPDX-License-Identifier: BSD-2-Clause
/* pxe_tftp.c - the TFTP group of the API: the host is the client, and writes into the caller's buffer. */
#include "pxe_tftp.h"

#include "errors.h"
#include "nbp.h"
#include "pxe_abi.h"
#include "pxe_udp.h"
#include "request.h"
#include "transfer.h"

#define BLOCK_MIN 512	/* RFC 1350: without options */
#define CHUNK 0x100000u /* bytes of READ_FILE's requests */

static struct transfer file;
static char restart_name[sizeof(((struct pxe_tftp_read_file *)0)->name)];

void pxe_tftp_forget(void)
{
	file.handle = 0;
}

static uint32_t far_linear(const void FAR *p)
{
	uint32_t segment;

	__asm__ volatile("movl %%fs, %0" : "=r"(segment));
	return ((segment & 0xffff) << 4) + (uint32_t)p;
}

static uint32_t open_name(struct transfer *t, const uint8_t FAR *server, uint16_t port_be, uint16_t block,
			  uint32_t flags, const char FAR *name)
{
	uint32_t at = far_linear(name);

	return transfer_open(t, *(const uint32_t FAR *)server, port_be, block, flags, at, strlen_linear(at, 128));
}

uint16_t pxe_tftp_open(void FAR *block)
{
	struct pxe_tftp_open FAR *p = block;
	uint16_t size = p->packet_size < BLOCK_MIN ? BLOCK_MIN : p->packet_size;
	uint32_t status;

	if (file.handle)
		transfer_close(&file); /* some callers never close */
	status = open_name(&file, p->server, p->port_be, size, 0, p->name);
	if (status)
		return errors_pxe_status(status);
	if (!file.block || file.block > size)
		file.block = size;
	p->packet_size = file.block;
	return PXE_S_SUCCESS;
}

uint16_t pxe_tftp_close(void FAR *block)
{
	if (!file.handle)
		return PXE_S_TFTP_CLOSED;
	transfer_close(&file);
	return PXE_S_SUCCESS;
}

uint16_t pxe_tftp_read(void FAR *block)
{
	struct pxe_tftp_read FAR *p = block;
	uint32_t status, got;

	if (!file.handle)
		return PXE_S_TFTP_CLOSED;
	status = transfer_read(&file, linear(p->buffer), file.block, 0, 0, &got);
	if (status)
		return errors_pxe_status(status | ERROR_READ);
	p->buffer_size = got;
	p->packet_number = (uint32_t)(file.offset - got) / file.block + 1;
	return PXE_S_SUCCESS;
}

/* Read all of t to a physical address, at most room bytes. */
static uint32_t read_all(struct transfer *t, uint32_t phys, uint32_t room)
{
	if (t->size != PVBOOT_SIZE_UNKNOWN && t->size > room)
		return ERROR_TOO_BIG;
	while (!t->eof && t->size) {
		uint32_t done = t->offset, left = room - done, got, status;

		if (!left)
			return ERROR_TOO_BIG;
		status = transfer_read(t, phys + done, left < CHUNK ? left : CHUNK, 0, 0, &got);
		if (status)
			return status | ERROR_READ;
		if (!got && !t->eof)
			return PVBOOT_S_TRUNCATED; /* else such a device would be asked for ever */
	}
	return PVBOOT_S_OK;
}

uint16_t pxe_tftp_read_file(void FAR *block)
{
	struct pxe_tftp_read_file FAR *p = block;
	struct transfer t;
	uint32_t status;

	status = open_name(&t, p->server, 0, 0, 0, p->name);
	if (!status) {
		status = read_all(&t, p->buffer, p->buffer_size);
		if (!status)
			p->buffer_size = t.offset;
		transfer_close(&t);
	}
	return errors_pxe_status(status);
}

uint16_t pxe_tftp_get_fsize(void FAR *block)
{
	struct pxe_tftp_get_fsize FAR *p = block;
	struct transfer t;
	uint32_t status;

	status = open_name(&t, p->server, 0, 0, PVBOOT_OPEN_F_STAT, p->name);
	if (status)
		return errors_pxe_status(status);
	transfer_close(&t);
	if (t.size > UINT32_MAX)
		return PXE_S_FAILURE; /* unknown, or more than 32 bits */
	p->file_size = t.size;
	return PXE_S_SUCCESS;
}

/*
 * Load another boot program over the caller and enter it.  The parameter block may be overwritten, so its fields are
 * copied first.  Once loading has begun, the call cannot return to the caller.
 */
uint16_t pxe_tftp_restart(void FAR *block)
{
	struct pxe_tftp_read_file FAR *p = block;
	uint32_t name = far_linear(p->name);
	uint32_t len = strlen_linear(name, sizeof(restart_name));
	uint32_t server = *(uint32_t FAR *)p->server;
	struct transfer t;
	uint32_t status;

	copy_from_linear(restart_name, name, len);
	name = near_phys(restart_name);
	status = transfer_open(&t, server, 0, 0, PVBOOT_OPEN_F_STAT, name,
			       len); /* the caller can still be told of a failure */
	if (status)
		return errors_pxe_status(status);
	transfer_close(&t);
	transfer_close(&file);
	pxe_udp_close(NULL);
	status = nbp_load(server, name, len);
	if (!status)
		nbp_restart();
	errors_explain(status, NULL);
	for (;;) {
		struct regs r = {0};

		bios_call(0x18, &r); /* the caller is overwritten: go to the BIOS's next boot device */
	}
}
