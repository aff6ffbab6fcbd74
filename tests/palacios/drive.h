/* SPDX-License-Identifier: BSD-2-Clause */
/* drive.h - both ends of the plugin for tests: a guest's driver on its ports, a daemon on its stream. */
#ifndef PALACIOS_DRIVE_H
#define PALACIOS_DRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host.h"
#include "pvboot.h"
#include "pvboot_link.h"

#define DRIVE_RAM (32u << 20)
#define DRIVE_DESC 0x1000u /* rings of queue 1 */
#define DRIVE_AVAIL 0x2000u
#define DRIVE_USED 0x3000u
#define DRIVE_OUT(head) (0x10000u + (head)*0x1000u) /* requests */

/* A guest's XML with one pvboot device: the lines between <device> and </device>. */
#define DRIVE_XML(lines)                                                                                               \
	"<vm class=\"PC\"><devices><device class=\"PCI\" id=\"pci0\"/>"                                                \
	"<device class=\"PVBOOT\" id=\"pvboot\">" lines "</device></devices></vm>"
#define DRIVE_PLAIN DRIVE_XML("<bus>pci0</bus>")

struct drive {
	struct v3_vm_info *vm;
	int slot;
	unsigned int base; /* of the ports */
	uint16_t avail, used;
	uint64_t in[PVBOOT_QUEUE_MAX]; /* where each head's answer lands */
	struct host_stream *stream;
	uint64_t nonce;
	uint8_t input[131072]; /* what the device sent */
	size_t have;
};

/* A host with RAM and a VM; xml that is to work. */
struct drive *drive_new(const char *xml);
/* Fails the test if the plugin left anything but a disowned stream, or did anything Palacios does not bear. */
void drive_free(struct drive *d);
/* As v3_free; a daemon may have the stream.  How many streams outlive the VM is what stream_bury() says. */
void drive_free_vm(struct drive *d);
/* Another VM from the same XML, and the checkpoint of the first loaded into it. */
int drive_restore(struct drive *d, const char *xml, struct host_chkpt *c);

/* ---- the guest ---- */

void drive_put(uint64_t gpa, const void *buf, size_t len);
void drive_get(uint64_t gpa, void *buf, size_t len);
unsigned int drive_in(struct drive *d, unsigned int reg, unsigned int len);
void drive_out(struct drive *d, unsigned int reg, unsigned int len, unsigned int value);
/* Find the device, give it the base, and bring its driver up with queue 1. */
void drive_start(struct drive *d, unsigned int base);
/* Submit as head and head + 1; the answer lands at in. */
void drive_submit(struct drive *d, uint16_t head, uint16_t op, const void *args, uint32_t arg_len, uint64_t in,
		  uint32_t room);
/* Take one used element; -1: there is none. */
int drive_used(struct drive *d);
struct pvboot_rsp drive_rsp(struct drive *d, uint16_t head);

/* ---- the daemon ---- */

void drive_connect(struct drive *d);
void drive_release(struct drive *d);
/* One frame; all of it is taken. */
void drive_send(struct drive *d, uint16_t type, uint32_t id, const void *a, size_t a_len, const void *b, size_t b_len);
/* The next frame, which is to be of that type; its id.  body: room for PVBOOT_LINK_BODY_MAX bytes. */
uint32_t drive_expect(struct drive *d, uint16_t type, void *body, size_t *len);
/* Nothing more is there to read. */
bool drive_silent(struct drive *d);
/* HELLO to RESUME; returns how many blobs were kept. */
unsigned int drive_hello(struct drive *d);

#endif /* PALACIOS_DRIVE_H */
