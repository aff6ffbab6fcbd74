/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_vhost_user.c - a front end that sends anything, with any descriptors, and a guest's memory of any contents.
 *
 * The input is a row of steps: a byte that says which descriptors go along, a length byte, and as many bytes for the
 * socket; or, with bit 7 of the first byte, bytes for guest memory at an offset, and a kick of both queues.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend.h"
#include "vhost_user.h"

#define RAM_BYTES 65536

static struct vhost_user server;
static struct ram ram;
static struct pvboot_dev *dev;
static uint8_t *mem;

static void *map(void *vmm, uint64_t gpa, uint64_t *len)
{
	return ram_map(&ram, gpa, len);
}

static void set_irq(void *vmm, int level)
{
}

static uint64_t now_ms(void *vmm)
{
	return 1;
}

static void ignore_log(void *vmm, enum pvboot_log_level level, const char *text)
{
}

static void call(void *vmm, uint32_t queue)
{
	vhost_user_call(&server, queue);
}

static const struct pvboot_vmm_ops vmm_ops = {
	.map = map, .set_irq = set_irq, .now_ms = now_ms, .log = ignore_log, .call = call};

static void attach(void *backend, struct pvboot_dev *d)
{
}

/* DISCOVER waits, for ever; the rest fails. */
static void submit(void *backend, struct pvboot_io *io)
{
	if (io->op != PVBOOT_OP_DISCOVER)
		pvboot_io_complete(io, PVBOOT_S_FAILED, 0, 0);
}

static void cancel(void *backend, struct pvboot_io *io)
{
}

static void note(void *backend, uint16_t op, const uint8_t *args, uint32_t arg_len)
{
}

static void dgram(void *backend, const struct pvboot_dgram_args *args, const void *payload, uint32_t len)
{
}

static void frame(void *backend, const void *bytes, uint32_t len)
{
}

static void reset(void *backend)
{
}

static const struct pvboot_backend_ops be_ops = {.name = "fuzz",
						 .attach = attach,
						 .submit = submit,
						 .cancel = cancel,
						 .note = note,
						 .dgram = dgram,
						 .frame = frame,
						 .reset = reset};

/* Bits 0 to 3: how many copies of the memory's descriptor; bit 4: an eventfd; bit 5: a socket. */
static void send_step(int fd, int memory, int event, uint8_t which, const uint8_t *p, size_t len)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(32 * sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec iov = {(void *)(uintptr_t)p, len};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};
	int fds[32];
	unsigned int n = 0;

	while (n < (which & 15u))
		fds[n++] = memory;
	if (which & 16)
		fds[n++] = event;
	if (which & 32)
		fds[n++] = fd;
	if (n) {
		struct cmsghdr *c;

		mh.msg_control = control.bytes;
		mh.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	if (len && sendmsg(fd, &mh, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

static void write_step(const uint8_t *p, size_t len)
{
	uint16_t at;

	if (len < sizeof(at))
		return;
	memcpy(&at, p, sizeof(at));
	p += sizeof(at);
	len -= sizeof(at);
	if (len > (size_t)(RAM_BYTES - at))
		len = RAM_BYTES - at;
	memcpy(mem + at, p, len);
	for (uint32_t q = 0; q < PVBOOT_NUM_QUEUES; q++)
		pvboot_vhost_kick(dev, q);
	pvboot_dev_set_status(dev, len & 1);
}

static void empty(int fd)
{
	char bin[4096];

	while (recv(fd, bin, sizeof(bin), MSG_DONTWAIT) > 0)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pvboot_dev_conf conf = {.mac = {2}};
	int pair[2], memory = memfd_create("fuzz", MFD_CLOEXEC), event = eventfd(0, EFD_NONBLOCK);
	enum vhost_user_result result = VHOST_USER_GOOD;

	if (!dev)
		dev = malloc(pvboot_dev_size());
	if (!dev || memory < 0 || event < 0 || ftruncate(memory, RAM_BYTES) || !ram_init(&ram) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		abort();
	mem = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (mem == MAP_FAILED)
		abort();
	vhost_user_init(&server, dev, &ram, NULL);
	pvboot_dev_init(dev, &vmm_ops, NULL, &be_ops, NULL, &conf);
	vhost_user_connect(&server, pair[0]);
	while (size >= 2 && result == VHOST_USER_GOOD) {
		size_t len = data[1];

		if (len > size - 2)
			len = size - 2;
		if (data[0] & 0x80)
			write_step(data + 2, len);
		else
			send_step(pair[1], memory, event, data[0], data + 2, len);
		for (int i = 0; i < 4 && result == VHOST_USER_GOOD; i++)
			result = vhost_user_serve(&server);
		empty(pair[1]);
		data += 2 + len;
		size -= 2 + len;
	}
	vhost_user_hang_up(&server);
	ram_free(&ram);
	munmap(mem, RAM_BYTES);
	close(memory);
	close(event);
	close(pair[1]);
	/* a descriptor that is lost in each run would raise the lowest free one */
	event = dup(0);
	if (event > 64)
		abort();
	close(event);
	return 0;
}
