/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attach.c - palacios-host: the plugin, in its Palacios, under a guest of QEMU's.
 *
 *   palacios-host FD GUEST.XML DEVICE CONTROL
 *
 * FD is one end of a socketpair to QEMU's x-pci-proxy-dev, DEVICE where /dev/v3-vmN of this VM appears, CONTROL a
 * socket that takes commands, one word a line.  QEMU's accesses become those of a vcore, its memory is mapped in
 * blocks, and of its reset the plugin hears nothing.  Ends with QEMU: 0, or 3 if the plugin or hostd did what Palacios
 * does not bear.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "attach.h"
#include "host.h"
#include "pvboot.h"
#include "proxy.h"

#define TICK_MS 5 /* how often a vcore that is busy elsewhere has an exit */

static struct v3_vm_info *vm; /* NULL: freed */
static int slot;
static uint32_t bar; /* as the guest saw it last */
static struct host_chkpt *saved;
static char *xml;
static struct proxy proxy;
static pthread_mutex_t irq_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- what proxy.c forwards -------------------------------------------------------------------------------------- */

uint32_t pvboot_dev_cfg_read(struct pvboot_dev *dev, uint32_t offset, uint32_t len)
{
	return vm ? host_cfg_read(vm, slot, offset, len) : UINT32_MAX;
}

void pvboot_dev_cfg_write(struct pvboot_dev *dev, uint32_t offset, uint32_t len, uint32_t value)
{
	if (!vm)
		return;
	host_cfg_write(vm, slot, offset, len, value);
	if (offset >= 0x10 && offset < 0x14)
		bar = host_cfg_read(vm, slot, 0x10, 4);
}

/* The proxy gives the offset only; the guest uses the base it has assigned. */
static unsigned int port(uint32_t offset)
{
	return (bar & ~3u) + offset;
}

uint32_t pvboot_dev_bar_read(struct pvboot_dev *dev, uint32_t offset, uint32_t len)
{
	unsigned int value = UINT32_MAX;

	if (vm && host_in(vm, port(offset), len, &value))
		host_violation("the VM dies of a read");
	return value;
}

void pvboot_dev_bar_write(struct pvboot_dev *dev, uint32_t offset, uint32_t len, uint32_t value)
{
	if (vm && host_out(vm, port(offset), len, value))
		host_violation("the VM dies of a write");
}

/* Palacios zeroes the memory and tells no device; what it translated before may be wrong now. */
void pvboot_dev_reset(struct pvboot_dev *dev)
{
	mem_zero();
	mem_move();
}

bool proxy_ram(struct ram *r, unsigned int n, const uint64_t gpa[], const uint64_t size[], const uint64_t offset[],
	       const int fd[])
{
	bool good = true;

	mem_begin();
	for (unsigned int i = 0; i < n; i++) {
		good = good && mem_add(gpa[i], size[i], fd[i], offset[i]) == 0;
		close(fd[i]);
	}
	mem_end();
	return good;
}

static void on_irq(struct v3_vm_info *of, int at, int level)
{
	pthread_mutex_lock(&irq_lock);
	proxy_set_irq(&proxy, level);
	pthread_mutex_unlock(&irq_lock);
}

/* ---- the VM's life
 * --------------------------------------------------------------------------------------------------- */

static bool create(void)
{
	vm = host_create(xml);
	if (!vm)
		return false;
	slot = host_pci_find(vm, PVBOOT_PCI_VENDOR, PVBOOT_PCI_DEVICE);
	return slot >= 0 && v3dev_appear(vm);
}

static void destroy(void)
{
	v3dev_vanish();
	host_free(vm);
	vm = NULL;
	mem_move();
}

static const char *command(const char *word)
{
	if (strcmp(word, "save") == 0 && vm) {
		if (saved)
			host_chkpt_free(saved);
		saved = host_save(vm);
		return saved ? "ok" : "failed";
	}
	if (strcmp(word, "free") == 0 && vm) {
		destroy();
		return "ok";
	}
	if (strcmp(word, "create") == 0 && !vm)
		return create() ? "ok" : "failed";
	if (strcmp(word, "load") == 0 && vm && saved)
		return host_load(vm, saved) == 0 ? "ok" : "failed";
	if ((strcmp(word, "pause") == 0 || strcmp(word, "continue") == 0) && vm) {
		host_pause(vm, *word == 'p');
		return "ok";
	}
	if (strcmp(word, "move") == 0) {
		mem_move();
		return "ok";
	}
	return "what?";
}

static void serve_control(int listener)
{
	char line[64];
	int fd = accept(listener, NULL, NULL);
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

	if (n > 0) {
		line[n] = 0;
		line[strcspn(line, "\n")] = 0;
		dprintf(fd, "%s\n", command(line));
	}
	if (fd >= 0)
		close(fd);
}

/* ---- start and loop
 * -------------------------------------------------------------------------------------------------- */

static int die(const char *what)
{
	fprintf(stderr, "palacios-host: %s: %s\n", what, strerror(errno));
	return 1;
}

static char *read_file(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	return n < 0 ? NULL : text;
}

static int listen_at(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || snprintf(a.sun_path, sizeof(a.sun_path), "%s", path) >= (int)sizeof(a.sun_path))
		return -1;
	return bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 4) ? -1 : fd;
}

static int loop(int control)
{
	enum proxy_result result = PROXY_GOOD;

	while (result == PROXY_GOOD) {
		struct pollfd p[3] = {{proxy.fd, POLLIN, 0}, {control, POLLIN, 0}, {proxy.resample_fd, POLLIN, 0}};

		if (poll(p, 3, TICK_MS) < 0 && errno != EINTR)
			return die("poll");
		if (p[1].revents)
			serve_control(control);
		if (p[2].revents) {
			pthread_mutex_lock(&irq_lock);
			proxy_resample(&proxy);
			pthread_mutex_unlock(&irq_lock);
		}
		if (p[0].revents)
			result = proxy_serve(&proxy);
		else if (vm)
			host_tick(vm);
	}
	if (result == PROXY_ERROR)
		return die(proxy.error);
	return host_violations() ? 3 : 0;
}

int main(int argc, char **argv)
{
	int control;

	if (argc != 5) {
		fprintf(stderr, "usage: palacios-host FD GUEST.XML DEVICE CONTROL\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	host_print_to_stderr = 1;
	host_irq_changed = on_irq;
	proxy_init(&proxy, atoi(argv[1]), NULL, NULL);
	xml = read_file(argv[2]);
	if (!xml)
		return die(argv[2]);
	control = listen_at(argv[4]);
	if (control < 0)
		return die(argv[4]);
	if (!v3dev_start(argv[3]) || !create())
		return die("the VM cannot be created");
	return loop(control);
}
