// SPDX-License-Identifier: BSD-2-Clause
/*
 * pxe_file.c - the FILE group, iPXE's extension of the API that pxelinux uses for URLs: the host is the client.
 *
 * pxelinux reads 2048 bytes with each call.  A request (a port write that another process serves) costs several times
 * as much as copying them.  So the ROM reads ahead for several calls, if receive.c can lend the memory.
 */
#include "pxe_file.h"

#include "errors.h"
#include "pxe_abi.h"
#include "receive.h"
#include "request.h"
#include "transfer.h"

#define HANDLES (PVBOOT_FILES_MAX - 1) /* the TFTP group has one */
#define READ_WAIT_MS 40		       /* less than a timer tick: callers watch the clock */
#define PROVIDER 0x74627670	       /* "pvbt" */
/* FILE_OPEN, CLOSE, SELECT, READ, GET_FILE_SIZE and API_CHECK: bit n is opcode E0h + n. */
#define API_MASK 0x5f

static struct transfer files[HANDLES];

#define AHEAD (RECEIVE_LENT / 2048 * 2048)

/* Bytes of a file that were read ahead. */
static struct {
	struct transfer *of;
	const uint8_t *next;
	uint32_t len;
} ahead;

void pxe_file_forget(void)
{
	ahead.len = 0;
	for (uint32_t i = 0; i < HANDLES; i++)
		files[i].handle = 0;
}

/* A handle is an index in files plus 1. */
static struct transfer *lookup(uint16_t handle)
{
	if (handle < 1 || handle > HANDLES || !files[handle - 1].handle)
		return NULL;
	return &files[handle - 1];
}

uint16_t pxe_file_open(void FAR *block)
{
	struct pxe_file_open FAR *p = block;
	uint32_t name = linear(p->name), status, i = 0;

	while (i < HANDLES && files[i].handle)
		i++;
	if (i == HANDLES)
		return PXE_S_OUT_OF_RESOURCES;
	status = transfer_open(&files[i], 0, 0, 0, 0, name, strlen_linear(name, PVBOOT_NAME_MAX + 1));
	if (status)
		return errors_pxe_status(status);
	p->handle = i + 1;
	return PXE_S_SUCCESS;
}

uint16_t pxe_file_close(void FAR *block)
{
	struct pxe_file_close FAR *p = block;
	struct transfer *t = lookup(p->handle);

	if (!t)
		return PXE_S_TFTP_CLOSED;
	if (ahead.of == t)
		ahead.len = 0;
	transfer_close(t);
	return PXE_S_SUCCESS;
}

uint16_t pxe_file_select(void FAR *block)
{
	struct pxe_file_select FAR *p = block;

	if (!lookup(p->handle))
		return PXE_S_TFTP_CLOSED;
	p->ready = PXE_RDY_READ; /* a read waits briefly by itself */
	return PXE_S_SUCCESS;
}

static uint32_t __attribute__((noinline)) read_to(struct transfer *t, uint32_t phys, uint32_t len, uint32_t *got)
{
	return transfer_read(t, phys, len, PVBOOT_READ_F_PARTIAL, READ_WAIT_MS, got);
}

/* Read the next bytes of t ahead.  Unused bytes of another file are dropped, and read again when they are needed. */
static uint32_t read_ahead(struct transfer *t, const uint8_t *memory)
{
	if (ahead.len) {
		ahead.of->offset -= ahead.len;
		ahead.of->eof = false;
	}
	ahead.of = t;
	ahead.next = memory;
	return read_to(t, near_phys(memory), AHEAD, &ahead.len);
}

uint16_t pxe_file_read(void FAR *block)
{
	struct pxe_file_read FAR *p = block;
	struct transfer *t = lookup(p->handle);
	uint32_t status = PVBOOT_S_OK, got, phys = linear(p->buffer), len = p->buffer_size;
	const uint8_t *memory = len && len <= AHEAD / 2 ? receive_lend() : NULL;
	bool here = ahead.of == t && ahead.len;

	if (!t)
		return PXE_S_TFTP_CLOSED;
	if (here || memory) {
		if (!here)
			status = read_ahead(t, memory);
		got = len < ahead.len ? len : ahead.len;
		copy_to_linear(phys, ahead.next, got);
		ahead.next += got;
		ahead.len -= got;
	} else {
		status = read_to(t, phys, len, &got);
	}
	if (status == PVBOOT_S_AGAIN || (!status && !got && !t->eof && len)) {
		request_check_host();
		return PXE_S_TFTP_OPEN; /* it would block; 0 bytes would mean the end of the file */
	}
	if (status)
		return errors_pxe_status(status | ERROR_READ);
	p->buffer_size = got;
	return PXE_S_SUCCESS;
}

uint16_t pxe_file_size(void FAR *block)
{
	struct pxe_file_size FAR *p = block;
	const struct transfer *t = lookup(p->handle);

	if (!t)
		return PXE_S_TFTP_CLOSED;
	if (t->size > UINT32_MAX)
		return PXE_S_FAILURE; /* unknown: callers read to the end */
	p->size = t->size;
	return PXE_S_SUCCESS;
}

uint16_t pxe_file_api_check(void FAR *block)
{
	struct pxe_file_api_check FAR *p = block;

	if (p->magic != PXE_FILE_API_MAGIC_IN)
		return PXE_S_FAILURE;
	if (p->size < sizeof(*p))
		return PXE_S_OUT_OF_RESOURCES;
	p->size = sizeof(*p);
	p->magic = PXE_FILE_API_MAGIC_OUT;
	p->provider = PROVIDER;
	p->mask = API_MASK;
	p->flags = 0;
	return PXE_S_SUCCESS;
}
