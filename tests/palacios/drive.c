/* SPDX-License-Identifier: BSD-2-Clause */
/* drive.c - both ends of the plugin for tests (see drive.h). */
#include <linux/virtio_config.h>
#define VIRTIO_PCI_NO_LEGACY
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "drive.h"

#define PATIENCE 10000 /* of 100 us */

/* ---- the host --------------------------------------------------------------------------------------------------- */

static void find_device(struct drive *d)
{
	d->slot = host_pci_find(d->vm, PVBOOT_PCI_VENDOR, PVBOOT_PCI_DEVICE);
	assert_true(d->slot >= 0);
	d->base = host_cfg_read(d->vm, d->slot, 0x10, 4) & ~3u;
}

struct drive *drive_new(const char *xml)
{
	struct drive *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	host_clear();
	assert_int_equal(mem_own(DRIVE_RAM), 0);
	d->vm = host_create(xml);
	assert_non_null(d->vm);
	find_device(d);
	return d;
}

void drive_free_vm(struct drive *d)
{
	host_free(d->vm);
	d->vm = NULL;
}

void drive_free(struct drive *d)
{
	drive_release(d);
	if (d->vm)
		drive_free_vm(d);
	stream_bury();
	mem_free();
	free(d);
	assert_int_equal(host_allocations(), 0);
	assert_int_equal(host_violations(), 0);
}

int drive_restore(struct drive *d, const char *xml, struct host_chkpt *c)
{
	drive_release(d);
	drive_free_vm(d);
	mem_move();
	d->vm = host_create(xml);
	assert_non_null(d->vm);
	return host_load(d->vm, c);
}

/* ---- the guest -------------------------------------------------------------------------------------------------- */

static void move(uint64_t gpa, void *buf, size_t len, bool put)
{
	uint8_t *p = buf;

	mem_enter();
	while (len) {
		host_u64 left = 0;
		void *at = mem_at(gpa, &left);
		size_t n = left < len ? left : len;

		assert_non_null(at);
		memcpy(put ? at : p, put ? p : at, n);
		gpa += n;
		p += n;
		len -= n;
	}
	mem_leave();
}

void drive_put(uint64_t gpa, const void *buf, size_t len)
{
	move(gpa, (void *)(uintptr_t)buf, len, true);
}

void drive_get(uint64_t gpa, void *buf, size_t len)
{
	move(gpa, buf, len, false);
}

unsigned int drive_in(struct drive *d, unsigned int reg, unsigned int len)
{
	unsigned int value = 0;

	assert_int_equal(host_in(d->vm, d->base + reg, len, &value), 0);
	return value;
}

void drive_out(struct drive *d, unsigned int reg, unsigned int len, unsigned int value)
{
	assert_int_equal(host_out(d->vm, d->base + reg, len, value), 0);
}

static void set_queue(struct drive *d)
{
	static const struct {
		unsigned int reg, gpa;
	} rings[] = {{VIRTIO_PCI_COMMON_Q_DESCLO, DRIVE_DESC},
		     {VIRTIO_PCI_COMMON_Q_AVAILLO, DRIVE_AVAIL},
		     {VIRTIO_PCI_COMMON_Q_USEDLO, DRIVE_USED}};
	static const uint8_t zero[4096];

	drive_out(d, VIRTIO_PCI_COMMON_Q_SELECT, 2, PVBOOT_Q_REQUESTS);
	drive_out(d, VIRTIO_PCI_COMMON_Q_SIZE, 2, PVBOOT_QUEUE_MAX);
	for (size_t i = 0; i < 3; i++) {
		drive_put(rings[i].gpa, zero, sizeof(zero));
		drive_out(d, rings[i].reg, 4, rings[i].gpa);
		drive_out(d, rings[i].reg + 4, 4, 0);
	}
	drive_out(d, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	d->avail = d->used = 0;
}

void drive_start(struct drive *d, unsigned int base)
{
	unsigned int status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;

	if (base) {
		host_cfg_write(d->vm, d->slot, 0x10, 4, base);
		d->base = host_cfg_read(d->vm, d->slot, 0x10, 4) & ~3u;
		assert_int_equal(d->base, base);
	}
	host_cfg_write(d->vm, d->slot, 0x04, 2, 5); /* I/O space, bus master */
	drive_out(d, VIRTIO_PCI_COMMON_STATUS, 1, 0);
	drive_out(d, VIRTIO_PCI_COMMON_STATUS, 1, status);
	drive_out(d, VIRTIO_PCI_COMMON_GFSELECT, 4, 0);
	drive_out(d, VIRTIO_PCI_COMMON_GF, 4, 1u << PVBOOT_F_DGRAM);
	drive_out(d, VIRTIO_PCI_COMMON_GFSELECT, 4, 1);
	drive_out(d, VIRTIO_PCI_COMMON_GF, 4, 1);
	drive_out(d, VIRTIO_PCI_COMMON_STATUS, 1, status | VIRTIO_CONFIG_S_FEATURES_OK);
	set_queue(d);
	drive_out(d, VIRTIO_PCI_COMMON_STATUS, 1, status | VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK);
	assert_int_equal(drive_in(d, VIRTIO_PCI_COMMON_STATUS, 1) & VIRTIO_CONFIG_S_DRIVER_OK,
			 VIRTIO_CONFIG_S_DRIVER_OK);
}

void drive_submit(struct drive *d, uint16_t head, uint16_t op, const void *args, uint32_t arg_len, uint64_t in,
		  uint32_t room)
{
	const struct pvboot_req req = {.magic = PVBOOT_REQ_MAGIC, .op = op, .arg_len = arg_len};
	const struct pvboot_rsp rsp = {.status = PVBOOT_S_UNWRITTEN};
	const struct vring_desc desc[2] = {
		{DRIVE_OUT(head), (uint32_t)sizeof(req) + arg_len, VRING_DESC_F_NEXT, (uint16_t)(head + 1)},
		{in, (uint32_t)sizeof(rsp) + room, VRING_DESC_F_WRITE, 0},
	};

	drive_put(DRIVE_OUT(head), &req, sizeof(req));
	drive_put(DRIVE_OUT(head) + sizeof(req), args, arg_len);
	drive_put(in, &rsp, sizeof(rsp));
	drive_put(DRIVE_DESC + head * sizeof(desc[0]), desc, sizeof(desc));
	drive_put(DRIVE_AVAIL + 4 + d->avail % PVBOOT_QUEUE_MAX * 2u, &head, 2);
	d->avail++;
	drive_put(DRIVE_AVAIL + 2, &d->avail, 2);
	d->in[head] = in;
	drive_out(d, PVBOOT_REG_NOTIFY, 2, PVBOOT_Q_REQUESTS);
}

int drive_used(struct drive *d)
{
	struct vring_used_elem e;
	uint16_t idx;

	drive_get(DRIVE_USED + 2, &idx, 2);
	if (idx == d->used)
		return -1;
	drive_get(DRIVE_USED + 4 + d->used++ % PVBOOT_QUEUE_MAX * sizeof(e), &e, sizeof(e));
	return (int)e.id;
}

struct pvboot_rsp drive_rsp(struct drive *d, uint16_t head)
{
	struct pvboot_rsp rsp;

	drive_get(d->in[head], &rsp, sizeof(rsp));
	return rsp;
}

/* ---- the daemon
 * ------------------------------------------------------------------------------------------------------ */

void drive_connect(struct drive *d)
{
	d->stream = stream_connect(d->vm, "pvboot");
	assert_non_null(d->stream);
	d->have = 0;
}

void drive_release(struct drive *d)
{
	if (d->stream)
		stream_release(d->stream);
	d->stream = NULL;
}

void drive_send(struct drive *d, uint16_t type, uint32_t id, const void *a, size_t a_len, const void *b, size_t b_len)
{
	const struct pvboot_link_hdr hdr = {PVBOOT_LINK_MAGIC, (uint32_t)(a_len + b_len), type, 0, id};
	uint8_t *frame = malloc(sizeof(hdr) + a_len + b_len);
	size_t len = sizeof(hdr) + a_len + b_len;

	assert_non_null(frame);
	memcpy(frame, &hdr, sizeof(hdr));
	if (a_len)
		memcpy(frame + sizeof(hdr), a, a_len);
	if (b_len)
		memcpy(frame + sizeof(hdr) + a_len, b, b_len);
	assert_int_equal(stream_write(d->stream, frame, len), len);
	free(frame);
}

/* What the ring has no room for goes out at exits of vcores, every few milliseconds. */
static void fill(struct drive *d, size_t want)
{
	for (int tries = 0; d->have < want; tries++) {
		d->have += (size_t)stream_read(d->stream, d->input + d->have, sizeof(d->input) - d->have);
		if (d->have >= want)
			break;
		assert_true(tries < PATIENCE);
		host_tick(d->vm);
		if (tries)
			usleep(100);
	}
}

uint32_t drive_expect(struct drive *d, uint16_t type, void *body, size_t *len)
{
	struct pvboot_link_hdr hdr;

	fill(d, sizeof(hdr));
	memcpy(&hdr, d->input, sizeof(hdr));
	assert_int_equal(hdr.magic, PVBOOT_LINK_MAGIC);
	assert_int_equal(hdr.type, type);
	fill(d, sizeof(hdr) + hdr.length);
	if (body)
		memcpy(body, d->input + sizeof(hdr), hdr.length);
	if (len)
		*len = hdr.length;
	d->have -= sizeof(hdr) + hdr.length;
	memmove(d->input, d->input + sizeof(hdr) + hdr.length, d->have);
	return hdr.id;
}

bool drive_silent(struct drive *d)
{
	usleep(20000); /* nothing is to come: this is how long it is looked for */
	host_tick(d->vm);
	return d->have == 0 && stream_readable(d->stream) == 0;
}

/* Skip what an earlier connection left, up to the IDENTITY that answers. */
static void skip_to_identity(struct drive *d)
{
	struct pvboot_link_identity id;

	for (;;) {
		struct pvboot_link_hdr hdr;

		fill(d, sizeof(hdr));
		memcpy(&hdr, d->input, sizeof(hdr));
		if (hdr.magic == PVBOOT_LINK_MAGIC && hdr.type == PVBOOT_LINK_IDENTITY) {
			fill(d, sizeof(hdr) + sizeof(id));
			memcpy(&id, d->input + sizeof(hdr), sizeof(id));
			if (id.nonce == d->nonce)
				break;
		}
		d->have--;
		memmove(d->input, d->input + 1, d->have);
	}
	drive_expect(d, PVBOOT_LINK_IDENTITY, &id, NULL);
}

unsigned int drive_hello(struct drive *d)
{
	const struct pvboot_link_hello hello = {PVBOOT_LINK_VERSION, PVBOOT_LINK_VERSION, 0, ++d->nonce};
	const struct pvboot_link_welcome welcome = {.version = PVBOOT_LINK_VERSION};
	unsigned int kept = 0;

	drive_send(d, PVBOOT_LINK_HELLO, 0, &hello, sizeof(hello), NULL, 0);
	skip_to_identity(d);
	drive_send(d, PVBOOT_LINK_WELCOME, 0, &welcome, sizeof(welcome), NULL, 0);
	for (;;) {
		struct pvboot_link_hdr hdr;

		fill(d, sizeof(hdr));
		memcpy(&hdr, d->input, sizeof(hdr));
		if (hdr.type == PVBOOT_LINK_RESUME)
			break;
		drive_expect(d, PVBOOT_LINK_KEPT, NULL, NULL);
		kept++;
	}
	drive_expect(d, PVBOOT_LINK_RESUME, NULL, NULL);
	return kept;
}
