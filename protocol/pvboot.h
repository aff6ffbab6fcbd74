/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot.h - the guest ABI of the pvboot boot device, version 1.
 *
 * The device is a virtio 1.2 modern PCI device with two split virtqueues.  One I/O BAR holds all of its register
 * structures.  docs/spec.md has the prose and the numbered MUSTs; only this header defines the constants.
 */
#ifndef PVBOOT_H
#define PVBOOT_H

#include "pvboot_req.h"

#define PVBOOT_ABI_VERSION 1

/* ---- PCI identity (spec chapter 2) ----------------------------------------------------------------------------- */

#define PVBOOT_PCI_VENDOR 0x1af4
/* One of the ids QEMU documents for experiments (10f0-10ff).  Request an official id before shipping. */
#define PVBOOT_PCI_DEVICE 0x10f0
#define PVBOOT_PCI_SUBVENDOR 0x1af4
#define PVBOOT_PCI_SUBDEVICE 0x5062
#define PVBOOT_PCI_REVISION 1
#define PVBOOT_PCI_CLASS 0x02	 /* network controller */
#define PVBOOT_PCI_SUBCLASS 0x80 /* other */
#define PVBOOT_PCI_PROGIF 0x00

/* Offset of each capability in configuration space. */
#define PVBOOT_CAP_COMMON 0x40
#define PVBOOT_CAP_NOTIFY 0x50
#define PVBOOT_CAP_ISR 0x64
#define PVBOOT_CAP_DEVICE 0x74
#define PVBOOT_CAP_PCI_CFG 0x84
#define PVBOOT_CAP_END 0x98

/* ---- registers: offsets in the I/O BAR (spec chapter 3) -------------------------------------------------------- */

#define PVBOOT_BAR 0
#define PVBOOT_BAR_PORTS 128
#define PVBOOT_REG_COMMON 0x00
#define PVBOOT_REG_COMMON_LEN 0x40
#define PVBOOT_REG_NOTIFY 0x40
#define PVBOOT_REG_NOTIFY_LEN 4
#define PVBOOT_REG_ISR 0x44
#define PVBOOT_REG_ISR_LEN 1
#define PVBOOT_REG_DEVICE 0x48
#define PVBOOT_REG_DEVICE_LEN 0x38

/* ---- features: bit numbers (spec chapter 3) -------------------------------------------------------------------- */

#define PVBOOT_F_DGRAM 0 /* queue 0 and the DGRAM operations work */
/* VIRTIO_F_VERSION_1 (32) is always offered and must be accepted; no other bit is offered. */

/* ---- queues (spec chapter 3) ----------------------------------------------------------------------------------- */

#define PVBOOT_Q_PACKETS 0  /* device to driver: struct pvboot_pkt and its payload */
#define PVBOOT_Q_REQUESTS 1 /* requests: readable pvboot_req and arguments, writable pvboot_rsp and result */
#define PVBOOT_NUM_QUEUES 2
#define PVBOOT_QUEUE_MAX 64 /* largest queue size */

/* ---- device configuration (spec chapter 3) --------------------------------------------------------------------- */

#define PVBOOT_STATUS_HOST_UP 0x1u	/* hostd is connected and serves this VM */
#define PVBOOT_STATUS_HOST_REFUSED 0x2u /* hostd is connected and refuses this VM; LAST_ERROR says why */
#define PVBOOT_STATUS_WRITTEN 0x4u /* the device has written file bytes to this machine's memory since it started */

#define PVBOOT_CFG_F_UUID 0x1u	     /* uuid is valid */
#define PVBOOT_CFG_F_BOOT_FIRST 0x2u /* the ROM must hook INT 19h, to boot before the BIOS's own devices */
#define PVBOOT_CFG_F_DGRAM 0x4u	     /* in the answer to PVBOOT_OP_CONFIG only: PVBOOT_F_DGRAM is negotiated */

#define PVBOOT_HOST_WAIT_DEFAULT_MS 30000

/* mac and status have the offsets that they have in virtio-net. */
struct pvboot_config {
	uint8_t mac[6];
	uint16_t status; /* PVBOOT_STATUS_*; a change raises the configuration interrupt */
	uint32_t abi_version;
	uint32_t flags;	       /* PVBOOT_CFG_F_* */
	uint8_t uuid[16];      /* as on the wire in DHCP option 97 (RFC 4578 2.3) */
	uint32_t milliseconds; /* counts up and wraps; reading it never changes the generation */
	uint32_t host_wait_ms; /* how long a driver waits for a missing host */
	uint8_t reserved[16];
};
PVBOOT_ASSERT_LAYOUT(pvboot_config, mac, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_config, status, 6);
PVBOOT_ASSERT_LAYOUT(pvboot_config, abi_version, 8);
PVBOOT_ASSERT_LAYOUT(pvboot_config, flags, 12);
PVBOOT_ASSERT_LAYOUT(pvboot_config, uuid, 16);
PVBOOT_ASSERT_LAYOUT(pvboot_config, milliseconds, 32);
PVBOOT_ASSERT_LAYOUT(pvboot_config, host_wait_ms, 36);
PVBOOT_ASSERT_SIZE(pvboot_config, 56);
_Static_assert(sizeof(struct pvboot_config) == PVBOOT_REG_DEVICE_LEN, "device configuration fills its register window");

/* ---- behind the VMM's own virtio front end (spec chapter 7) --------------------------------------------------- */

#define PVBOOT_FRONT_DEVICE_TRANSITIONAL 0x1000 /* virtio-net's PCI ids, of vendor PVBOOT_PCI_VENDOR */
#define PVBOOT_FRONT_DEVICE 0x1041

/*
 * The beacon: while its front end has no link, a driver asks for the device by these bytes in base memory.  The beacon
 * begins at a multiple of PVBOOT_BEACON_STEP; PVBOOT_BEACON_MAGIC is at offset PVBOOT_BEACON_MAGIC_AT in it,
 * PVBOOT_BEACON_WANTED at offset PVBOOT_BEACON_AT.
 */
#define PVBOOT_BEACON_FROM 0x40000
#define PVBOOT_BEACON_END 0xa0000
#define PVBOOT_BEACON_STEP 1024
#define PVBOOT_BEACON_MAGIC "PVBOOTRM"
#define PVBOOT_BEACON_MAGIC_AT 16
#define PVBOOT_BEACON_AT 44 /* 16 bits; 0: the driver does not want the device */
#define PVBOOT_BEACON_WANTED 0x5650

/* ---- a request on queue 1 (spec chapter 4) --------------------------------------------------------------------- */

/* "PVBR".  Read as a virtio-net header, it has gso_type 56h, which no virtio-net header has. */
#define PVBOOT_REQ_MAGIC 0x52425650u

struct pvboot_req {	  /* readable by the device; the arguments follow */
	uint32_t magic;	  /* PVBOOT_REQ_MAGIC */
	uint16_t op;	  /* PVBOOT_OP_* */
	uint16_t flags;	  /* 0 */
	uint32_t arg_len; /* bytes that follow; the chain's readable part is exactly 16 + arg_len */
	uint32_t reserved;
};
PVBOOT_ASSERT_LAYOUT(pvboot_req, magic, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_req, op, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_req, flags, 6);
PVBOOT_ASSERT_LAYOUT(pvboot_req, arg_len, 8);
PVBOOT_ASSERT_SIZE(pvboot_req, 16);

struct pvboot_rsp {	 /* writable by the device; the result follows */
	uint32_t status; /* PVBOOT_S_*; the driver writes PVBOOT_S_UNWRITTEN before it submits */
	uint32_t detail; /* depends on the operation: PVBOOT_READ_EOF, a TFTP ErrorCode, else 0 */
	uint32_t length; /* bytes of result that follow */
	uint32_t reserved;
};
PVBOOT_ASSERT_LAYOUT(pvboot_rsp, status, 0);
PVBOOT_ASSERT_LAYOUT(pvboot_rsp, detail, 4);
PVBOOT_ASSERT_LAYOUT(pvboot_rsp, length, 8);
PVBOOT_ASSERT_SIZE(pvboot_rsp, 16);

#endif /* PVBOOT_H */
