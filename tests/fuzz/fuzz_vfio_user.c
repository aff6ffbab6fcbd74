/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_vfio_user.c - a vfio-user client that sends anything, with any descriptors, and whose memory may be anywhere.
 *
 * The input's first byte says whether the version is negotiated already; the steps (attach_fuzz.h) follow.
 */
#include <jansson.h>
#include <unistd.h>

#include "attach_fuzz.h"
#include "vfio_user.h"

static struct vfio_user server;
static uint8_t rom[2048];

static const void *map_read(void *vmm, uint64_t gpa, uint64_t *len)
{
	return ram_map_read(&fuzz.ram, gpa, len);
}

static void set_irq(void *vmm, int level)
{
	vfio_user_set_irq(&server, level);
}

static const struct pvboot_vmm_ops vmm_ops = {ATTACH_VMM_OPS, .map_read = map_read, .set_irq = set_irq};

/*
 * Bits 0 to 1: how many copies of the memory's descriptor; bit 2: an eventfd; bit 3: a socket; bit 4: eventfds up to
 * twenty descriptors.  Bit 7: the first two bytes are command and flags, the header is made.
 */
static bool step(uint8_t which, const uint8_t *p, size_t len)
{
	struct vfio_user_hdr hdr = {.id = 7};
	struct iovec iov[2] = {{&hdr, 0}, {(void *)(uintptr_t)p, len}};
	int fds[ATTACH_FDS_MAX];
	unsigned int n = 0;

	if (which & 128 && len >= 2) {
		hdr.cmd = p[0];
		hdr.flags = p[1];
		hdr.size = (uint32_t)(sizeof(hdr) + len - 2);
		iov[0].iov_len = sizeof(hdr);
		iov[1] = (struct iovec){(void *)(uintptr_t)(p + 2), len - 2};
	}
	n = attach_add_fds(fds, n, fuzz.memory, which & 3u);
	n = attach_add_fds(fds, n, fuzz.event, which >> 2 & 1);
	n = attach_add_fds(fds, n, fuzz.peer, which >> 3 & 1);
	if (which & 16)
		n = attach_add_fds(fds, n, fuzz.event, 20 - n);
	attach_send(iov, 2, fds, n);
	return vfio_user_serve(&server) == VFIO_USER_GOOD;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!fuzz.dev)
		json_object_seed(1); /* the same in each run */
	attach_begin();
	vfio_user_init(&server, fuzz.server, fuzz.dev, &fuzz.ram, rom, sizeof(rom));
	attach_device(&vmm_ops);
	if (size) {
		server.negotiated = data[0] & 1;
		data++;
		size--;
	}
	attach_run(data, size, step);
	vfio_user_end(&server);
	close(fuzz.server);
	attach_end();
	return 0;
}
