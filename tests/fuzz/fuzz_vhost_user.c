/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_vhost_user.c - a front end that sends anything, with any descriptors, and a guest's memory of any contents.
 *
 * A step (attach_fuzz.h) whose first byte has bit 7 set is not for the socket: its bytes are for guest memory at an
 * offset, and both queues are kicked.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "attach_fuzz.h"
#include "vhost_user.h"

static struct vhost_user server;
static uint8_t *mem;

static void set_irq(void *vmm, int level)
{
}

static void call(void *vmm, uint32_t queue)
{
	vhost_user_call(&server, queue);
}

static const struct pvboot_vmm_ops vmm_ops = {ATTACH_VMM_OPS, .set_irq = set_irq, .call = call};

/* Bits 0 to 3: how many copies of the memory's descriptor; bit 4: an eventfd; bit 5: a socket. */
static void send_step(uint8_t which, const uint8_t *p, size_t len)
{
	struct iovec iov = {(void *)(uintptr_t)p, len};
	int fds[ATTACH_FDS_MAX];
	unsigned int n = 0;

	n = attach_add_fds(fds, n, fuzz.memory, which & 15u);
	n = attach_add_fds(fds, n, fuzz.event, which >> 4 & 1);
	n = attach_add_fds(fds, n, fuzz.peer, which >> 5 & 1);
	attach_send(&iov, 1, fds, n);
}

static void write_step(const uint8_t *p, size_t len)
{
	uint16_t at;

	if (len < sizeof(at))
		return;
	memcpy(&at, p, sizeof(at));
	p += sizeof(at);
	len -= sizeof(at);
	if (len > (size_t)(ATTACH_RAM_BYTES - at))
		len = ATTACH_RAM_BYTES - at;
	memcpy(mem + at, p, len);
	for (uint32_t q = 0; q < PVBOOT_NUM_QUEUES; q++)
		pvboot_vhost_kick(fuzz.dev, q);
	pvboot_dev_set_status(fuzz.dev, len & 1);
}

static bool step(uint8_t which, const uint8_t *p, size_t len)
{
	enum vhost_user_result result = VHOST_USER_GOOD;

	if (which & 0x80)
		write_step(p, len);
	else
		send_step(which, p, len);
	for (int i = 0; i < 4 && result == VHOST_USER_GOOD; i++)
		result = vhost_user_serve(&server);
	return result == VHOST_USER_GOOD;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	attach_begin();
	mem = mmap(NULL, ATTACH_RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fuzz.memory, 0);
	if (mem == MAP_FAILED)
		abort();
	vhost_user_init(&server, fuzz.dev, &fuzz.ram, NULL);
	attach_device(&vmm_ops);
	vhost_user_connect(&server, fuzz.server);
	attach_run(data, size, step);
	vhost_user_hang_up(&server);
	munmap(mem, ATTACH_RAM_BYTES);
	attach_end();
	return 0;
}
