/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_link.c - a hostile hostd, and a guest that asks and gives up at any time.
 *
 * The input is a row of steps: an operation byte, a length byte, and as many bytes.  A request answered twice, a
 * descriptor closed twice or leaked and a read beyond what was announced abort.
 */
#include <stdlib.h>
#include <string.h>

#include "fake_dev.h"
#include "link.h"

#define FDS 64
#define IOS 8

static struct pvboot_dev dev;
static struct link link_state;
static bool fd_open[FDS];
static unsigned int fds_open;
static struct fake_io *ios[IOS];

static void check(bool good)
{
	if (!good)
		abort();
}

/* ---- the transport: takes a few bytes at a time, or none ----------------------------------------------------------
 */

static size_t send_budget;

static size_t take(void *owner, const void *buf, size_t len)
{
	if (len > send_budget)
		len = send_budget;
	send_budget -= len;
	return len;
}

static void drop(void *owner, uint32_t retry_ms)
{
	check(link_state.state == LINK_DOWN && retry_ms <= 60000);
}

static bool file_check(void *owner, int fd)
{
	return fd % 8 != 7;
}

static bool file_stamp(void *owner, int fd, uint64_t stamp[2])
{
	check(fd_open[fd]);
	stamp[0] = stamp[1] = 0;
	return true;
}

/* Each file is shorter than some hosts say. */
static int64_t file_read(void *owner, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len)
{
	static const uint8_t zeros[4096];

	check(fd_open[fd] && len > 0 && len <= LINK_CHUNK);
	check(to <= io->room && len <= io->room - to);
	if (offset >= 65536)
		return 0;
	if (len > sizeof(zeros))
		len = sizeof(zeros);
	return pvboot_io_write(io, to, zeros, len) ? (int64_t)len : -1;
}

static void file_close(void *owner, int fd)
{
	check(fd_open[fd]);
	fd_open[fd] = false;
	fds_open--;
}

static const struct link_ops ops = {
	.send = take,
	.drop = drop,
	.file_check = file_check,
	.file_stamp = file_stamp,
	.file_read = file_read,
	.file_close = file_close,
};

/* ---- steps --------------------------------------------------------------------------------------------------------
 */

static void send_fd(void)
{
	for (int fd = 0; fd < FDS; fd++) {
		if (fd_open[fd])
			continue;
		fd_open[fd] = true;
		fds_open++;
		link_fd(&link_state, fd);
		return;
	}
}

static void connect_host(uint32_t features)
{
	struct {
		struct pvboot_link_hdr h1;
		struct pvboot_link_hello hello;
		struct pvboot_link_hdr h2;
		struct pvboot_link_welcome welcome;
	} m = {
		{PVBOOT_LINK_MAGIC, sizeof(m.hello), PVBOOT_LINK_HELLO, 0, 0},
		{1, 1, features, 42},
		{PVBOOT_LINK_MAGIC, sizeof(m.welcome), PVBOOT_LINK_WELCOME, 0, 0},
		{.version = 1, .features = features},
	};

	link_down(&link_state);
	link_up(&link_state);
	send_budget = 65536;
	link_input(&link_state, &m, offsetof(__typeof__(m), welcome) + sizeof(m.welcome));
}

static void submit(unsigned int slot, const uint8_t *p, size_t len)
{
	static const uint16_t op[] = {PVBOOT_OP_DISCOVER, PVBOOT_OP_OPEN,     PVBOOT_OP_READ,
				      PVBOOT_OP_CLOSE,	  PVBOOT_OP_PROGRESS, PVBOOT_OP_FRAME_OPEN};
	static const uint32_t room[] = {sizeof(struct pvboot_discover_res),
					sizeof(struct pvboot_open_res),
					5000,
					0,
					sizeof(struct pvboot_progress_res),
					0};
	unsigned int kind = len ? *p % 6 : 0;
	uint8_t args[64] = {0};

	if (ios[slot])
		return;
	if (len > 1)
		memcpy(args, p + 1, len - 1 < sizeof(args) ? len - 1 : sizeof(args));
	ios[slot] = fake_io_new(&dev, op[kind], args, sizeof(args), room[kind]);
	link_backend.submit(&link_state, &ios[slot]->io);
}

static void retire(unsigned int slot, bool cancel)
{
	if (!ios[slot] || (!ios[slot]->answers && !cancel))
		return;
	if (!ios[slot]->answers)
		link_backend.cancel(&link_state, &ios[slot]->io);
	free(ios[slot]);
	ios[slot] = NULL;
}

static void step(unsigned int op, const uint8_t *p, size_t len)
{
	struct pvboot_dgram_args dgram = {.dst_port_be = 1};

	switch (op % 16) {
	case 0:
		connect_host(PVBOOT_LINK_F_FD);
		break;
	case 1:
		connect_host(0);
		break;
	case 2:
		link_down(&link_state);
		break;
	case 3:
		send_fd();
		break;
	case 4:
		submit(op / 16 % IOS, p, len);
		break;
	case 5:
		retire(op / 16 % IOS, false);
		break;
	case 6:
		retire(op / 16 % IOS, true);
		break;
	case 7:
		link_backend.reset(&link_state);
		for (unsigned int i = 0; i < IOS; i++) {
			free(ios[i]);
			ios[i] = NULL;
		}
		break;
	case 8:
		dev.now_ms += op * 4;
		link_turn(&link_state);
		break;
	case 9:
		send_budget = len * 16;
		link_pump(&link_state);
		break;
	case 10:
		link_backend.dgram(&link_state, &dgram, p, (uint32_t)len);
		break;
	case 11:
		if (op & 16)
			link_backend.note(&link_state, PVBOOT_OP_FRAME_CLOSE, NULL, 0);
		else
			link_backend.note(&link_state, PVBOOT_OP_DGRAM_OPEN, p, (uint32_t)len);
		break;
	case 12:
		link_backend.frame(&link_state, p, (uint32_t)len);
		break;
	default:
		link_input(&link_state, p, len);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct link_conf conf = {.name = "fuzz", .fd_passing = true};

	memset(&dev, 0, sizeof(dev));
	link_init(&link_state, &ops, NULL, &conf);
	link_backend.attach(&link_state, &dev);
	send_budget = 65536;
	while (size >= 2) {
		size_t len = data[1];
		uint8_t *copy;

		if (len > size - 2)
			len = size - 2;
		copy = malloc(len ? len : 1); /* a read beyond it is seen */
		check(copy != NULL);
		memcpy(copy, data + 2, len);
		step(data[0], copy, len);
		free(copy);
		data += 2 + len;
		size -= 2 + len;
	}
	link_down(&link_state);
	link_backend.reset(&link_state);
	check(fds_open == 0);
	for (unsigned int i = 0; i < IOS; i++) {
		free(ios[i]);
		ios[i] = NULL;
	}
	return 0;
}
