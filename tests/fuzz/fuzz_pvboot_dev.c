/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_pvboot_dev.c - a hostile guest, and a backend that errs, against the device.
 *
 * The input is a program: each step a byte that says what, then its operands.  Memory lies in three allocations, so
 * that the sanitizer sees a step outside; a step can arm a change of memory that happens while the device is at work,
 * as another vcpu's would.  Checked besides: no memory is touched by a device that is reset or broken, a call maps
 * memory a bounded number of times, and the interrupt line follows its register.
 */
#include <assert.h>
#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#define VIRTIO_PCI_NO_LEGACY
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pvboot_backend/backend.h"
#include "pvboot_dev.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BORDER 0x1808u /* in the middle of a descriptor */
#define HOLE 0x6000u
#define HIGH UINT64_C(0x100000000)
#define HIGH_LEN 0x3000u
#define DESC(q) (0x1000u + (q)*0x600u) /* queue 1: across the border */
#define AVAIL(q) (0x2000u + (q)*0x100u)
#define USED(q) (0x2200u + (q)*0x300u)
/* A chain has 64 descriptors, read and written in pieces; a step is at most 71 deliveries or 64 requests. */
#define MAPS_MAX (71 * (64 * 6 + 16))

static const struct {
	uint64_t gpa, len;
} pieces[3] = {{0, BORDER}, {BORDER, HOLE - BORDER}, {HIGH, HIGH_LEN}};

struct fuzz {
	const uint8_t *at;
	size_t left;
	struct pvboot_dev *dev;
	uint8_t *piece[3];
	int irq;
	unsigned int maps, change_in;
	uint64_t change_at;
	uint16_t change_to;
	uint16_t avail_idx[2];
	struct pvboot_io *held[PVBOOT_QUEUE_MAX];
	unsigned int nheld;
	uint8_t at_once; /* how the backend treats what is submitted */
};

static uint32_t take(struct fuzz *f, size_t n)
{
	uint32_t v = 0;

	if (n > f->left)
		n = f->left;
	memcpy(&v, f->at, n);
	f->at += n;
	f->left -= n;
	return v;
}

static uint64_t take_gpa(struct fuzz *f)
{
	static const uint64_t bases[] = {0,
					 0x1000,
					 BORDER - 16,
					 0x2000,
					 0x3000,
					 HOLE - 32,
					 HIGH,
					 HIGH + HIGH_LEN - 32,
					 UINT64_MAX - 31,
					 UINT32_MAX - 31,
					 HIGH + 0x1000,
					 0x4000};

	return bases[take(f, 1) % (sizeof(bases) / sizeof(bases[0]))] + take(f, 1);
}

static void *find(struct fuzz *f, uint64_t gpa, uint64_t *len)
{
	for (int i = 0; i < 3; i++) {
		if (gpa < pieces[i].gpa || gpa - pieces[i].gpa >= pieces[i].len)
			continue;
		gpa -= pieces[i].gpa;
		if (*len > pieces[i].len - gpa)
			*len = pieces[i].len - gpa;
		return f->piece[i] + gpa;
	}
	return NULL;
}

static void put(struct fuzz *f, uint64_t gpa, const void *buf, size_t size)
{
	const uint8_t *from = buf;

	while (size) {
		uint64_t n = size;
		void *to = find(f, gpa, &n);

		if (!to)
			return;
		memcpy(to, from, n);
		from += n;
		gpa += n;
		size -= n;
	}
}

/* ---- the VMM --------------------------------------------------------------------------------------------------- */

static void *vmm_map(void *vmm, uint64_t gpa, uint64_t *len)
{
	struct fuzz *f = vmm;

	assert(*len);
	f->maps++;
	if (f->change_in && !--f->change_in)
		put(f, f->change_at, &f->change_to, sizeof(f->change_to));
	return find(f, gpa, len);
}

static void vmm_set_irq(void *vmm, int level)
{
	struct fuzz *f = vmm;

	assert(level != f->irq);
	f->irq = level;
}

static uint64_t vmm_now_ms(void *vmm)
{
	return ((struct fuzz *)vmm)->left;
}

static void vmm_log(void *vmm, enum pvboot_log_level level, const char *text)
{
	assert(strlen(text) < 200);
}

static const struct pvboot_vmm_ops vmm_ops = {
	.map = vmm_map, .set_irq = vmm_set_irq, .now_ms = vmm_now_ms, .log = vmm_log};

/* ---- the backend ----------------------------------------------------------------------------------------------- */

static void answer(struct fuzz *f, unsigned int i)
{
	struct pvboot_io *io = f->held[i % f->nheld];
	uint8_t how = (uint8_t)take(f, 1);
	uint64_t off = take(f, 1), len = how & 1 ? UINT64_MAX : 0, gpa;
	uint8_t buf[300];

	memset(buf, how, sizeof(buf));
	if (how & 2)
		pvboot_io_write(io, how & 4 ? io->room - off : off, buf, how & 8 ? sizeof(buf) : off);
	if (how & 16) {
		uint8_t *to = pvboot_io_map(io, off, &len);

		if (to)
			memset(to, how, len < 4096 ? len : 4096);
		if (to && len > 4096)
			to[len - 1] = how;
	}
	if (how & 32 && pvboot_io_gpa(io, off, &gpa, &len))
		assert(len && len - 1 <= UINT64_MAX - gpa && len <= io->room - off);
	f->held[i % f->nheld] = f->held[f->nheld - 1];
	f->nheld--;
	pvboot_io_complete(io, how & 64 ? take(f, 4) : PVBOOT_S_OK, how, how & 128 ? take(f, 4) : (uint32_t)off);
}

static void be_attach(void *be, struct pvboot_dev *dev)
{
}

static void be_submit(void *be, struct pvboot_io *io)
{
	struct fuzz *f = be;

	assert(f->nheld < PVBOOT_QUEUE_MAX);
	assert((io->op >= PVBOOT_OP_DISCOVER && io->op <= PVBOOT_OP_PROGRESS) || io->op == PVBOOT_OP_PLAN ||
	       io->op == PVBOOT_OP_FRAME_OPEN); /* backend.h */
	assert(io->arg_len <= PVBOOT_ARGS_MAX && !io->be_offset && !io->be_id && !io->be_deadline_ms);
	f->held[f->nheld++] = io;
	if (f->at_once & 1)
		answer(f, f->at_once);
}

static void be_cancel(void *be, struct pvboot_io *io)
{
	struct fuzz *f = be;
	unsigned int i;

	for (i = 0; i < f->nheld && f->held[i] != io; i++)
		;
	assert(i < f->nheld); /* never one that was answered */
	f->held[i] = f->held[--f->nheld];
}

static void be_note(void *be, uint16_t op, const uint8_t *args, uint32_t arg_len)
{
	assert(op == PVBOOT_OP_LOG || op == PVBOOT_OP_PHASE || op == PVBOOT_OP_DGRAM_OPEN ||
	       op == PVBOOT_OP_DGRAM_CLOSE || op == PVBOOT_OP_FRAME_CLOSE);
	if (op != PVBOOT_OP_LOG)
		return;
	for (uint32_t i = sizeof(struct pvboot_log_args); i < arg_len; i++)
		assert(args[i] >= 0x20 && args[i] < 0x7f);
}

static void be_dgram(void *be, const struct pvboot_dgram_args *args, const void *payload, uint32_t len)
{
	uint8_t copy[PVBOOT_DGRAM_MAX];

	assert(len <= sizeof(copy));
	memcpy(copy, payload, len);
}

static void be_frame(void *be, const void *frame, uint32_t len)
{
	uint8_t copy[PVBOOT_FRAME_MAX];

	assert(len >= PVBOOT_FRAME_MIN && len <= sizeof(copy));
	memcpy(copy, frame, len);
}

static void be_reset(void *be)
{
	((struct fuzz *)be)->nheld = 0;
}

static const struct pvboot_backend_ops be_ops = {"fuzz",  be_attach, be_submit, be_cancel,
						 be_note, be_dgram,  be_frame,	be_reset};

/* ---- steps ----------------------------------------------------------------------------------------------------- */

static void out(struct fuzz *f, uint32_t reg, uint32_t len, uint32_t value)
{
	pvboot_dev_bar_write(f->dev, reg, len, value);
}

/* All a good driver does, with addresses and sizes of the input's where bits of how say so. */
static void bring_up(struct fuzz *f, uint8_t how)
{
	out(f, VIRTIO_PCI_COMMON_STATUS, 1, 0);
	pvboot_dev_cfg_write(f->dev, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	out(f, VIRTIO_PCI_COMMON_GFSELECT, 4, 0);
	out(f, VIRTIO_PCI_COMMON_GF, 4, !(how & 1));
	out(f, VIRTIO_PCI_COMMON_GFSELECT, 4, 1);
	out(f, VIRTIO_PCI_COMMON_GF, 4, 1);
	out(f, VIRTIO_PCI_COMMON_STATUS, 1, 0x0b);
	for (uint32_t q = 0; q < 2; q++) {
		const uint8_t zero[4] = {0};

		put(f, AVAIL(q), zero, 4);
		f->avail_idx[q] = 0;
		out(f, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
		if (how & 2)
			out(f, VIRTIO_PCI_COMMON_Q_SIZE, 2, 1u << (take(f, 1) & 7));
		out(f, VIRTIO_PCI_COMMON_Q_DESCLO, 4, DESC(q));
		out(f, VIRTIO_PCI_COMMON_Q_AVAILLO, 4, AVAIL(q));
		out(f, VIRTIO_PCI_COMMON_Q_USEDLO, 4, USED(q));
		if (how & 4) {
			uint64_t gpa = take_gpa(f);
			uint32_t reg = VIRTIO_PCI_COMMON_Q_DESCLO + 8 * (take(f, 1) % 3);

			out(f, reg, 4, (uint32_t)gpa);
			out(f, reg + 4, 4, (uint32_t)(gpa >> 32));
		}
		out(f, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	}
	out(f, VIRTIO_PCI_COMMON_STATUS, 1, 0x0f);
}

static void write_desc(struct fuzz *f)
{
	uint32_t q = take(f, 1), i = take(f, 1) % 64;
	struct vring_desc desc = {.addr = take_gpa(f)};
	uint8_t flags = (uint8_t)take(f, 1);

	desc.len = flags & 0x80 ? take(f, 4) : take(f, 2) & 0x1fff;
	desc.flags = flags & 0x40 ? flags : flags & 3;
	desc.next = (uint16_t)take(f, 1) & (flags & 0x20 ? 0xff : 0x3f);
	put(f, DESC(q & 1) + i * sizeof(desc), &desc, sizeof(desc));
}

/* A request as a driver would make it, its arguments the input's. */
static void write_request(struct fuzz *f)
{
	static const uint8_t fixed[] = {0, 8, 16, 24, 8, 8, 8, 0, 16, 8, 8, 0, 8, 8, 56, 0, 8, 0, 0};
	_Static_assert(sizeof(fixed) >= PVBOOT_OP_LAST + 2, "one for each operation, and one for none");
	uint8_t op = (uint8_t)take(f, 1) % (PVBOOT_OP_LAST + 2), head = (uint8_t)take(f, 1) % 62;
	struct pvboot_req req = {.magic = PVBOOT_REQ_MAGIC, .op = op, .arg_len = fixed[op] + take(f, 1)};
	uint64_t where = HIGH + 0x800 + (head & 3) * 0x200u;
	struct vring_desc desc[2] = {
		{where, sizeof(req) + req.arg_len, VRING_DESC_F_NEXT, head + 1u},
		{HIGH + 0x1000 + take(f, 1), 16 + take(f, 2), VRING_DESC_F_WRITE, 0},
	};

	put(f, where, &req, sizeof(req));
	for (uint32_t i = 0; i < req.arg_len; i += 2) {
		uint16_t v = (uint16_t)take(f, i < fixed[op] ? 2 : 1);

		put(f, where + sizeof(req) + i, &v, 2);
	}
	put(f, DESC(1) + head * sizeof(desc[0]), desc, sizeof(desc));
	put(f, AVAIL(1) + 4 + 2 * (f->avail_idx[1] % 64), &(uint16_t){head}, 2);
	f->avail_idx[1]++;
	put(f, AVAIL(1) + 2, &f->avail_idx[1], 2);
	out(f, PVBOOT_REG_NOTIFY, 2, 1);
}

static void offer(struct fuzz *f)
{
	uint32_t q = take(f, 1) & 1;
	uint16_t head = (uint16_t)take(f, 1);

	put(f, AVAIL(q) + 4 + 2 * (f->avail_idx[q] % 64), &head, 2);
	f->avail_idx[q]++;
	put(f, AVAIL(q) + 2, &f->avail_idx[q], 2);
}

static void deliver(struct fuzz *f)
{
	struct pvboot_pkt pkt = {.type = PVBOOT_PKT_DGRAM};
	uint8_t payload[PVBOOT_FRAME_MAX] = {0}, how = (uint8_t)take(f, 1);

	pkt.length = how & 1 ? take(f, 2) : how;
	if (how & 0x80)
		pkt.type = how == 255 ? 3 : PVBOOT_PKT_FRAME;
	for (int i = 0; i <= (how & 2 ? 70 : 0); i++)
		pvboot_dev_deliver(f->dev, &pkt, payload);
}

static void from_host(struct fuzz *f)
{
	uint8_t how = (uint8_t)take(f, 1), id[16] = {how};

	if (how & 1)
		pvboot_dev_set_status(f->dev, (uint16_t)take(f, 2));
	if (how & 2)
		pvboot_dev_set_identity(f->dev, how & 4 ? id : NULL, how & 8 ? id : NULL, how & 16 ? how : 0);
	if (how & 32) {
		char text[300];

		memset(text, how, sizeof(text));
		pvboot_dev_set_error(f->dev, text, take(f, 2) % sizeof(text));
	}
	if (how & 64)
		f->at_once = (uint8_t)take(f, 1);
}

static void step(struct fuzz *f)
{
	static const uint8_t widths[8] = {1, 2, 4, 1, 2, 4, 3, 8};
	uint32_t a, b;
	uint64_t gpa;

	switch (take(f, 1) % 16) {
	case 0:
		bring_up(f, (uint8_t)take(f, 1));
		break;
	case 1:
		write_desc(f);
		break;
	case 2:
		offer(f);
		break;
	case 3:
		out(f, PVBOOT_REG_NOTIFY, 2, take(f, 1));
		break;
	case 4:
		write_request(f);
		break;
	case 5:
		if (f->nheld)
			answer(f, take(f, 1));
		break;
	case 6:
		deliver(f);
		break;
	case 7:
		a = take(f, 1), b = take(f, 1);
		out(f, a & 0xff, widths[b & 7], take(f, 4));
		break;
	case 8:
		a = take(f, 1), b = take(f, 1);
		pvboot_dev_bar_read(f->dev, a, widths[b & 7]);
		break;
	case 9:
		a = take(f, 1), b = take(f, 1);
		pvboot_dev_cfg_write(f->dev, a, widths[b & 7], take(f, 4));
		break;
	case 10:
		a = take(f, 2), b = take(f, 1);
		pvboot_dev_cfg_read(f->dev, a, widths[b & 7]);
		break;
	case 11:
		gpa = take_gpa(f), a = take(f, 4);
		put(f, gpa, &a, 4);
		break;
	case 12:
		f->change_in = take(f, 1), f->change_to = (uint16_t)take(f, 2);
		f->change_at = take_gpa(f);
		break;
	case 13:
		from_host(f);
		break;
	case 14:
		a = take(f, 1);
		if (a == 1)
			pvboot_dev_reset(f->dev);
		else if (a == 2)
			pvboot_dev_set_rom_size(f->dev, take(f, 4));
		else
			out(f, VIRTIO_PCI_COMMON_STATUS, 1, 0);
		break;
	case 15: /* a request's worth of bytes where requests are made */
		gpa = HIGH + 0x800 + take(f, 1) * 8, a = take(f, 4);
		put(f, gpa, &a, 4);
		break;
	}
}

/* What holds between any two calls; status and ISR are looked at through the configuration space, without effect. */
static void check(struct fuzz *f)
{
	uint32_t command = pvboot_dev_cfg_read(f->dev, PCI_COMMAND, 4);
	int pending = !!(command & PCI_STATUS_INTERRUPT << 16);
	uint32_t status = pvboot_dev_bar_read(f->dev, VIRTIO_PCI_COMMON_STATUS, 1);
	unsigned int maps = f->maps;

	assert(maps <= MAPS_MAX);
	assert(f->irq == (pending && !(command & PCI_COMMAND_INTX_DISABLE)));
	if (!(status & VIRTIO_CONFIG_S_DRIVER_OK) || status & VIRTIO_CONFIG_S_NEEDS_RESET ||
	    !(command & PCI_COMMAND_MASTER)) {
		struct pvboot_pkt pkt = {.type = PVBOOT_PKT_DGRAM};
		uint64_t len;

		out(f, PVBOOT_REG_NOTIFY, 2, 0);
		out(f, PVBOOT_REG_NOTIFY, 2, 1);
		assert(!pvboot_dev_deliver(f->dev, &pkt, ""));
		assert(!f->nheld || !pvboot_io_map(f->held[0], 0, &len));
		assert(f->maps == maps);
	}
	if (!(status & VIRTIO_CONFIG_S_DRIVER_OK))
		assert(!f->nheld);
	f->maps = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pvboot_dev_conf conf = {.mac = {2}};
	struct fuzz f = {.at = data, .left = size};
	unsigned int steps = 0;

	for (int i = 0; i < 3; i++)
		f.piece[i] = calloc(1, pieces[i].len);
	f.dev = malloc(pvboot_dev_size());
	pvboot_dev_init(f.dev, &vmm_ops, &f, &be_ops, &f, &conf);
	while (f.left && steps++ < 4096) {
		step(&f);
		check(&f);
	}
	for (int i = 0; i < 3; i++)
		free(f.piece[i]);
	free(f.dev);
	return 0;
}
