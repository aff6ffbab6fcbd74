/* SPDX-License-Identifier: BSD-2-Clause */
/* fake_guest.c - a guest for tests of the device (see fake_guest.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_guest.h"

static const struct {
	uint64_t gpa, len;
} pieces[3] = {
	{0, GUEST_BORDER},
	{GUEST_BORDER, GUEST_HOLE - GUEST_BORDER},
	{GUEST_HIGH, GUEST_HIGH_LEN},
};

/* ---- the VMM --------------------------------------------------------------------------------------------------- */

static void *find(struct guest *g, uint64_t gpa, uint64_t *len)
{
	int i;

	for (i = 0; i < 3; i++) {
		if (gpa < pieces[i].gpa || gpa - pieces[i].gpa >= pieces[i].len)
			continue;
		gpa -= pieces[i].gpa;
		if (*len > pieces[i].len - gpa)
			*len = pieces[i].len - gpa;
		return g->piece[i] + gpa;
	}
	return NULL;
}

static void *vmm_map(void *vmm, uint64_t gpa, uint64_t *len)
{
	struct guest *g = vmm;

	g->maps++;
	assert_true(*len && *len - 1 <= UINT64_MAX - gpa);
	if (g->watch && g->watch >= gpa && g->watch - gpa < *len) {
		g->watched++;
		g->last = g->maps;
	}
	return find(g, gpa, len);
}

static void vmm_set_irq(void *vmm, int level)
{
	struct guest *g = vmm;

	assert_int_not_equal(level, g->irq);
	g->irq = level;
	g->irq_changes++;
}

static uint64_t vmm_now_ms(void *vmm)
{
	return ((struct guest *)vmm)->now_ms;
}

static void vmm_log(void *vmm, enum pvboot_log_level level, const char *text)
{
	struct guest *g = vmm;

	g->logs++;
	snprintf(g->log, sizeof(g->log), "%s", text);
}

static void vmm_written(void *vmm)
{
	struct guest *g = vmm;

	g->written++;
}

static const struct pvboot_vmm_ops vmm_ops = {
	.map = vmm_map,
	.set_irq = vmm_set_irq,
	.now_ms = vmm_now_ms,
	.log = vmm_log,
	.written = vmm_written,
};

/* ---- the backend that holds ------------------------------------------------------------------------------------ */

static void be_attach(void *backend, struct pvboot_dev *dev)
{
}

static void be_submit(void *backend, struct pvboot_io *io)
{
	struct guest *g = backend;

	assert_int_equal(io->be_offset, 0);
	assert_int_equal(io->be_deadline_ms, 0);
	assert_int_equal(io->be_id, 0);
	g->held[g->nheld++] = io;
	g->submits++;
}

static void be_cancel(void *backend, struct pvboot_io *io)
{
	struct guest *g = backend;
	unsigned int i, kept = 0;

	for (i = 0; i < g->nheld; i++)
		if (g->held[i] != io)
			g->held[kept++] = g->held[i];
	assert_int_equal(kept + 1, g->nheld);
	g->nheld = kept;
	g->cancels++;
}

static void be_note(void *backend, uint16_t op, const uint8_t *args, uint32_t arg_len)
{
	struct guest *g = backend;

	g->notes++;
	g->note_op = op;
	g->note_len = arg_len;
	if (arg_len)
		memcpy(g->note_args, args, arg_len);
}

static void be_dgram(void *backend, const struct pvboot_dgram_args *args, const void *payload, uint32_t len)
{
	struct guest *g = backend;

	g->dgrams++;
	g->dgram_args = *args;
	g->dgram_len = len;
	memcpy(g->dgram, payload, len);
}

static void be_frame(void *backend, const void *frame, uint32_t len)
{
	struct guest *g = backend;

	g->frames++;
	g->frame_len = len;
	memcpy(g->frame, frame, len);
}

static void be_reset(void *backend)
{
	struct guest *g = backend;

	g->nheld = 0;
	g->resets++;
}

static const struct pvboot_backend_ops holding_ops = {
	.name = "holding",
	.attach = be_attach,
	.submit = be_submit,
	.cancel = be_cancel,
	.note = be_note,
	.dgram = be_dgram,
	.frame = be_frame,
	.reset = be_reset,
};

/* ---- the guest ------------------------------------------------------------------------------------------------- */

struct guest *guest_new(const struct pvboot_backend_ops *be_ops, void *be)
{
	static const struct pvboot_dev_conf conf = {.mac = {0x52, 0x54, 0, 0x12, 0x34, 0x57},
						    .has_uuid = true,
						    .uuid = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
	struct guest *g = calloc(1, sizeof(*g));
	int i;

	assert_non_null(g);
	for (i = 0; i < 3; i++) {
		g->piece[i] = calloc(1, pieces[i].len);
		assert_non_null(g->piece[i]);
	}
	g->size[0] = g->size[1] = GUEST_QUEUE;
	g->now_ms = 123456;
	g->dev = malloc(pvboot_dev_size());
	assert_non_null(g->dev);
	pvboot_dev_init(g->dev, &vmm_ops, g, be_ops ? be_ops : &holding_ops, be_ops ? be : g, &conf);
	return g;
}

void guest_free(struct guest *g)
{
	int i;

	for (i = 0; i < 3; i++)
		free(g->piece[i]);
	free(g->dev);
	free(g);
}

static void copy(struct guest *g, uint64_t gpa, void *buf, size_t len, bool in)
{
	uint8_t *p = buf;

	while (len) {
		uint64_t n = len;
		uint8_t *at = find(g, gpa, &n);

		assert_non_null(at);
		if (in)
			memcpy(at, p, n);
		else
			memcpy(p, at, n);
		gpa += n;
		p += n;
		len -= n;
	}
}

void guest_put(struct guest *g, uint64_t gpa, const void *buf, size_t len)
{
	copy(g, gpa, (void *)buf, len, true);
}

void guest_get(struct guest *g, uint64_t gpa, void *buf, size_t len)
{
	copy(g, gpa, buf, len, false);
}

void guest_put16(struct guest *g, uint64_t gpa, uint16_t v)
{
	guest_put(g, gpa, &v, sizeof(v));
}

uint16_t guest_get16(struct guest *g, uint64_t gpa)
{
	uint16_t v;

	guest_get(g, gpa, &v, sizeof(v));
	return v;
}

uint32_t guest_in(struct guest *g, uint32_t reg, uint32_t len)
{
	return pvboot_dev_bar_read(g->dev, reg, len);
}

void guest_out(struct guest *g, uint32_t reg, uint32_t len, uint32_t value)
{
	pvboot_dev_bar_write(g->dev, reg, len, value);
}

uint8_t guest_status(struct guest *g)
{
	return (uint8_t)guest_in(g, VIRTIO_PCI_COMMON_STATUS, 1);
}

void guest_bus_master(struct guest *g)
{
	pvboot_dev_cfg_write(g->dev, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
}

void guest_features(struct guest *g, uint64_t features)
{
	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 0);
	g->avail_idx[0] = g->avail_idx[1] = g->used_idx[0] = g->used_idx[1] = 0;
	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 1);
	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 3);
	guest_out(g, VIRTIO_PCI_COMMON_GFSELECT, 4, 0);
	guest_out(g, VIRTIO_PCI_COMMON_GF, 4, (uint32_t)features);
	guest_out(g, VIRTIO_PCI_COMMON_GFSELECT, 4, 1);
	guest_out(g, VIRTIO_PCI_COMMON_GF, 4, (uint32_t)(features >> 32));
	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 3 | VIRTIO_CONFIG_S_FEATURES_OK);
}

void guest_queue(struct guest *g, unsigned int q)
{
	const uint8_t zero[4] = {0};

	guest_put(g, GUEST_AVAIL(q), zero, sizeof(zero));
	guest_put(g, GUEST_USED(q), zero, sizeof(zero));
	guest_out(g, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
	guest_out(g, VIRTIO_PCI_COMMON_Q_SIZE, 2, g->size[q]);
	guest_out(g, VIRTIO_PCI_COMMON_Q_DESCLO, 4, GUEST_DESC(q));
	guest_out(g, VIRTIO_PCI_COMMON_Q_AVAILLO, 4, GUEST_AVAIL(q));
	guest_out(g, VIRTIO_PCI_COMMON_Q_USEDLO, 4, GUEST_USED(q));
	guest_out(g, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
}

void guest_driver_ok(struct guest *g)
{
	guest_out(g, VIRTIO_PCI_COMMON_STATUS, 1, 3 | VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK);
}

void guest_start(struct guest *g)
{
	guest_bus_master(g);
	guest_features(g, GUEST_FEATURES);
	guest_queue(g, PVBOOT_Q_PACKETS);
	guest_queue(g, PVBOOT_Q_REQUESTS);
	guest_driver_ok(g);
	assert_int_equal(guest_status(g), 0x0f);
}

void guest_desc(struct guest *g, unsigned int q, unsigned int i, uint64_t gpa, uint32_t len, uint16_t flags,
		uint16_t next)
{
	struct vring_desc desc = {.addr = gpa, .len = len, .flags = flags, .next = next};

	guest_put(g, GUEST_DESC(q) + i * sizeof(desc), &desc, sizeof(desc));
}

void guest_avail(struct guest *g, unsigned int q, uint16_t head)
{
	guest_put16(g, GUEST_AVAIL(q) + 4 + 2 * (g->avail_idx[q] % g->size[q]), head);
	guest_put16(g, GUEST_AVAIL(q) + 2, ++g->avail_idx[q]);
}

void guest_kick(struct guest *g, unsigned int q)
{
	guest_out(g, PVBOOT_REG_NOTIFY, 2, q);
}

bool guest_used(struct guest *g, unsigned int q, uint32_t *id, uint32_t *len)
{
	struct vring_used_elem elem;

	if (guest_get16(g, GUEST_USED(q) + 2) == g->used_idx[q])
		return false;
	guest_get(g, GUEST_USED(q) + 4 + sizeof(elem) * (g->used_idx[q] % g->size[q]), &elem, sizeof(elem));
	g->used_idx[q]++;
	*id = elem.id;
	*len = elem.len;
	return true;
}

void guest_submit(struct guest *g, uint16_t head, uint16_t op, const void *args, uint32_t arg_len, uint32_t room)
{
	struct pvboot_req req = {.magic = PVBOOT_REQ_MAGIC, .op = op, .arg_len = arg_len};
	struct pvboot_rsp rsp = {.status = PVBOOT_S_UNWRITTEN};

	guest_put(g, GUEST_OUT(head), &req, sizeof(req));
	guest_put(g, GUEST_OUT(head) + sizeof(req), args, arg_len);
	guest_put(g, GUEST_IN(head), &rsp, sizeof(rsp));
	guest_desc(g, 1, head, GUEST_OUT(head), (uint32_t)sizeof(req) + arg_len, VRING_DESC_F_NEXT, head + 1);
	guest_desc(g, 1, head + 1, GUEST_IN(head), (uint32_t)sizeof(rsp) + room, VRING_DESC_F_WRITE, 0);
	guest_avail(g, 1, head);
	guest_kick(g, 1);
}

struct pvboot_rsp guest_rsp(struct guest *g, uint16_t head)
{
	struct pvboot_rsp rsp;

	guest_get(g, GUEST_IN(head), &rsp, sizeof(rsp));
	return rsp;
}

struct pvboot_rsp guest_ask(struct guest *g, uint16_t op, const void *args, uint32_t arg_len, uint32_t room)
{
	struct pvboot_rsp rsp;
	uint32_t id, len;

	guest_submit(g, 0, op, args, arg_len, room);
	assert_true(guest_used(g, 1, &id, &len));
	rsp = guest_rsp(g, 0);
	assert_int_equal(id, 0);
	assert_int_equal(len, sizeof(rsp) + rsp.length);
	return rsp;
}
