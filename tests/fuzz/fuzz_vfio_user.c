/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_vfio_user.c - a vfio-user client that sends anything, with any descriptors, and whose memory may be anywhere.
 *
 * The input is a row of steps: a byte that says which descriptors go along and whether the bytes get a header, a length
 * byte, and as many bytes.  The input's first byte says whether the version is negotiated already.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend.h"
#include "vfio_user.h"

#define RAM_BYTES 65536

static struct vfio_user server;
static struct ram ram;
static struct pvboot_dev *dev;
static uint8_t rom[2048];

static void *map(void *vmm, uint64_t gpa, uint64_t *len)
{
	return ram_map(&ram, gpa, len);
}

static const void *map_read(void *vmm, uint64_t gpa, uint64_t *len)
{
	return ram_map_read(&ram, gpa, len);
}

static void set_irq(void *vmm, int level)
{
	vfio_user_set_irq(&server, level);
}

static uint64_t now_ms(void *vmm)
{
	return 1;
}

static void ignore_log(void *vmm, enum pvboot_log_level level, const char *text)
{
}

static const struct pvboot_vmm_ops vmm_ops = {
	.map = map, .map_read = map_read, .set_irq = set_irq, .now_ms = now_ms, .log = ignore_log};

static void attach(void *backend, struct pvboot_dev *d)
{
}

static void submit(void *backend, struct pvboot_io *io)
{
	pvboot_io_complete(io, PVBOOT_S_FAILED, 0, 0);
}

static void note(void *backend, uint16_t op, const uint8_t *args, uint32_t arg_len)
{
}

static void dgram(void *backend, const struct pvboot_dgram_args *args, const void *payload, uint32_t len)
{
}

static void reset(void *backend)
{
}

static const struct pvboot_backend_ops be_ops = {
	.name = "fuzz", .attach = attach, .submit = submit, .note = note, .dgram = dgram, .reset = reset};

/*
 * Bits 0 to 1: how many copies of the memory's descriptor; bit 2: an eventfd; bit 3: a socket; bit 4: sixteen more.
 * Bit 7: the first two bytes are command and flags, the header is made.
 */
static void send_step(int fd, int memory, int event, uint8_t which, const uint8_t *p, size_t len)
{
	struct vfio_user_hdr hdr = {.id = 7};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(32 * sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec iov[2] = {{&hdr, 0}, {(void *)p, len}};
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = 2};
	int fds[32];
	unsigned int n = 0;

	if (which & 128 && len >= 2) {
		hdr.cmd = p[0];
		hdr.flags = p[1];
		hdr.size = (uint32_t)(sizeof(hdr) + len - 2);
		iov[0].iov_len = sizeof(hdr);
		iov[1] = (struct iovec){(void *)(p + 2), len - 2};
	}
	while (n < (which & 3u))
		fds[n++] = memory;
	if (which & 4)
		fds[n++] = event;
	if (which & 8)
		fds[n++] = fd;
	while (which & 16 && n < 20)
		fds[n++] = event;
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
	if (iov[0].iov_len + iov[1].iov_len && sendmsg(fd, &mh, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
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
	enum vfio_user_result result = VFIO_USER_GOOD;

	if (!dev) {
		json_object_seed(1); /* the same in each run */
		dev = malloc(pvboot_dev_size());
	}
	if (!dev || memory < 0 || event < 0 || ftruncate(memory, RAM_BYTES) || !ram_init(&ram) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		abort();
	vfio_user_init(&server, pair[0], dev, &ram, rom, sizeof(rom));
	pvboot_dev_init(dev, &vmm_ops, NULL, &be_ops, NULL, &conf);
	if (size) {
		server.negotiated = data[0] & 1;
		data++;
		size--;
	}
	while (size >= 2 && result == VFIO_USER_GOOD) {
		size_t len = data[1];

		if (len > size - 2)
			len = size - 2;
		send_step(pair[1], memory, event, data[0], data + 2, len);
		result = vfio_user_serve(&server);
		empty(pair[1]);
		data += 2 + len;
		size -= 2 + len;
	}
	vfio_user_end(&server);
	ram_free(&ram);
	close(memory);
	close(event);
	close(pair[0]);
	close(pair[1]);
	/* a descriptor that is lost in each run would raise the lowest free one */
	event = dup(0);
	if (event > 64)
		abort();
	close(event);
	return 0;
}
