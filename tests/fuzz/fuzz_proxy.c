/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_proxy.c - a QEMU that sends anything, with any descriptors, and whose memory may be anywhere (attach_fuzz.h). */
#include <unistd.h>

#include "attach_fuzz.h"
#include "proxy.h"

static struct proxy proxy;

static void set_irq(void *vmm, int level)
{
	proxy_set_irq(&proxy, level);
}

static const struct pvboot_vmm_ops vmm_ops = {ATTACH_VMM_OPS, .set_irq = set_irq};

/* Bits 0 to 3: how many copies of the memory's descriptor; bit 4: two of an eventfd; bit 5: one of a socket. */
static bool step(uint8_t which, const uint8_t *p, size_t len)
{
	struct iovec iov = {(void *)(uintptr_t)p, len};
	int fds[ATTACH_FDS_MAX];
	unsigned int n = 0;

	n = attach_add_fds(fds, n, fuzz.memory, which & 15u);
	n = attach_add_fds(fds, n, fuzz.event, which & 16 ? 2 : 0);
	n = attach_add_fds(fds, n, fuzz.peer, which >> 5 & 1);
	attach_send(&iov, 1, fds, n);
	return proxy_serve(&proxy) == PROXY_GOOD;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	attach_begin();
	proxy_init(&proxy, fuzz.server, fuzz.dev, &fuzz.ram);
	attach_device(&vmm_ops);
	attach_run(data, size, step);
	for (unsigned int i = 0; i < proxy.nfds; i++)
		close(proxy.fds[i]);
	if (proxy.irq_fd >= 0) {
		close(proxy.irq_fd);
		close(proxy.resample_fd);
	}
	close(fuzz.server);
	attach_end();
	return 0;
}
