/* SPDX-License-Identifier: BSD-2-Clause */
/* attach_fuzz.c - what the fuzzers of the attachments share. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attach_fuzz.h"
#include "backend.h"
#include "pass_fd.h"

struct attach_fuzz fuzz;

/* ---- the device's ends ------------------------------------------------------------------------------------------ */

void *attach_map(void *vmm, uint64_t gpa, uint64_t *len)
{
	return ram_map(&fuzz.ram, gpa, len);
}

uint64_t attach_now_ms(void *vmm)
{
	return 1;
}

void attach_log(void *vmm, enum pvboot_log_level level, const char *text)
{
}

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

static const struct pvboot_backend_ops backend_ops = {.name = "fuzz",
						      .attach = attach,
						      .submit = submit,
						      .cancel = cancel,
						      .note = note,
						      .dgram = dgram,
						      .frame = frame,
						      .reset = reset};

/* ---- the peer --------------------------------------------------------------------------------------------------- */

unsigned int attach_add_fds(int *fds, unsigned int have, int fd, unsigned int n)
{
	while (n-- && have < ATTACH_FDS_MAX)
		fds[have++] = fd;
	return have;
}

void attach_send(const struct iovec *iov, size_t parts, const int *fds, unsigned int n)
{
	union pass_fd_room room;
	struct msghdr mh = {.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = parts};
	size_t len = 0;

	for (size_t i = 0; i < parts; i++)
		len += iov[i].iov_len;
	pass_fd_add(&mh, &room, fds, n);
	if (len && sendmsg(fuzz.peer, &mh, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

/* ---- a run ------------------------------------------------------------------------------------------------------ */

void attach_begin(void)
{
	int pair[2];

	if (!fuzz.dev)
		fuzz.dev = malloc(pvboot_dev_size());
	fuzz.memory = memfd_create("fuzz", MFD_CLOEXEC);
	fuzz.event = eventfd(0, EFD_NONBLOCK);
	if (!fuzz.dev || fuzz.memory < 0 || fuzz.event < 0 || ftruncate(fuzz.memory, ATTACH_RAM_BYTES) ||
	    !ram_init(&fuzz.ram) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		abort();
	fuzz.server = pair[0];
	fuzz.peer = pair[1];
}

void attach_device(const struct pvboot_vmm_ops *vmm_ops)
{
	static const struct pvboot_dev_conf conf = {.mac = {2}};

	pvboot_dev_init(fuzz.dev, vmm_ops, NULL, &backend_ops, NULL, &conf);
}

void attach_run(const uint8_t *data, size_t size, bool (*step)(uint8_t which, const uint8_t *p, size_t len))
{
	bool good = true;

	while (size >= 2 && good) {
		size_t len = data[1];
		char bin[4096];

		if (len > size - 2)
			len = size - 2;
		good = step(data[0], data + 2, len);
		while (recv(fuzz.peer, bin, sizeof(bin), MSG_DONTWAIT) > 0)
			;
		data += 2 + len;
		size -= 2 + len;
	}
}

void attach_end(void)
{
	int lowest;

	ram_free(&fuzz.ram);
	close(fuzz.memory);
	close(fuzz.event);
	close(fuzz.peer);
	/* a descriptor that is lost in each run would raise the lowest free one */
	lowest = dup(0);
	if (lowest > 64)
		abort();
	close(lowest);
}
