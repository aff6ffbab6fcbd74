/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attach_proxy.c - proxy-device: pvboot-device behind QEMU's x-pci-proxy-dev, proxy.c in the loop.
 *
 * For tests: it is how our own PCI device, its I/O BAR and its interrupts are had with QEMU 7.2.  --fd is one end of a
 * socketpair whose other end QEMU has (-device x-pci-proxy-dev,fd=M,romfile=pvboot.rom).
 */
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

#include "device.h"
#include "proxy.h"

#define ROM_BAR 32768u /* as QEMU makes it for pvboot.rom: the device answers the sizing */

static struct proxy proxy;
static struct event *resample;

static void on_resample(evutil_socket_t fd, short what, void *arg)
{
	proxy_resample(&proxy);
}

static void watch_resample(struct device *d)
{
	if (resample && event_get_fd(resample) == proxy.resample_fd)
		return;
	if (resample)
		event_free(resample);
	resample = device_watch(d, proxy.resample_fd, on_resample);
}

static void on_qemu(evutil_socket_t fd, short what, void *arg)
{
	struct device *d = arg;
	enum proxy_result result = proxy_serve(&proxy);

	if (result != PROXY_GOOD) {
		device_end(d, result == PROXY_ERROR ? proxy.error : NULL);
		return;
	}
	if (proxy.resample_fd >= 0)
		watch_resample(d);
	device_served(d);
	loop_stay_awake(&d->loop);
}

static const char *open_proxy(struct device *d)
{
	int fd = d->options.fd, type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) || type != SOCK_STREAM) {
		errno = ENOTSOCK;
		return "--fd is to be one end of a socketpair, a stream";
	}
	pvboot_dev_set_rom_size(d->dev, ROM_BAR);
	proxy_init(&proxy, fd, d->dev, &d->ram);
	device_expect_rom(d);
	return device_watch(d, fd, on_qemu) ? NULL : "starting up";
}

static void set_irq(int level)
{
	proxy_set_irq(&proxy, level);
}

static const struct attach_ops attach_proxy = {.name = "x-pci-proxy-dev", .open = open_proxy, .set_irq = set_irq};

/* In place of attachments.c's. */
const struct attach_ops *const attachments[] = {&attach_proxy, NULL};
