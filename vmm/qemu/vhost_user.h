/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vhost_user.h - the device's end of vhost-user (one attachment protocol, one file).
 *
 * Behind QEMU's virtio-net-pci the registers are QEMU's; the queues are the pvboot device's.  What the protocol is:
 * QEMU's documentation, "Vhost-user Protocol".  QEMU is trusted with its own guest only: a message that makes no sense
 * ends the connection.
 */
#ifndef QEMU_VHOST_USER_H
#define QEMU_VHOST_USER_H

#include "pvboot_dev.h"
#include "ram.h"
#include "receive.h"

#define VHOST_USER_VERSION 0x1u /* in a header's flags */
#define VHOST_USER_REPLY 0x4u
#define VHOST_USER_NEED_REPLY 0x8u
#define VHOST_USER_FDS RECEIVE_FDS /* descriptors with one message, and ranges of SET_MEM_TABLE */
#define VHOST_USER_SLOTS 256	   /* ranges of memory by ADD_MEM_REG */
#define VHOST_USER_NO_FD 0x100u	   /* in SET_VRING_KICK, CALL, ERR: no descriptor comes along */
#define VHOST_USER_INDEX_MASK 0xff /* of the queue, beside it */

/* Feature bits of vhost; the others are virtio's. */
#define VHOST_USER_F_LOG_ALL 26
#define VHOST_USER_F_PROTOCOL 30

#define VHOST_USER_PROTOCOL_LOG_SHMFD 1
#define VHOST_USER_PROTOCOL_RARP 2
#define VHOST_USER_PROTOCOL_REPLY_ACK 3
#define VHOST_USER_PROTOCOL_MEM_SLOTS 15

enum vhost_user_request {
	VHOST_USER_GET_FEATURES = 1,
	VHOST_USER_SET_FEATURES = 2,
	VHOST_USER_SET_OWNER = 3,
	VHOST_USER_RESET_OWNER = 4,
	VHOST_USER_SET_MEM_TABLE = 5,
	VHOST_USER_SET_LOG_BASE = 6,
	VHOST_USER_SET_LOG_FD = 7,
	VHOST_USER_SET_VRING_NUM = 8,
	VHOST_USER_SET_VRING_ADDR = 9,
	VHOST_USER_SET_VRING_BASE = 10,
	VHOST_USER_GET_VRING_BASE = 11,
	VHOST_USER_SET_VRING_KICK = 12,
	VHOST_USER_SET_VRING_CALL = 13,
	VHOST_USER_SET_VRING_ERR = 14,
	VHOST_USER_GET_PROTOCOL_FEATURES = 15,
	VHOST_USER_SET_PROTOCOL_FEATURES = 16,
	VHOST_USER_GET_QUEUE_NUM = 17,
	VHOST_USER_SET_VRING_ENABLE = 18,
	VHOST_USER_SEND_RARP = 19,
	VHOST_USER_GET_MAX_MEM_SLOTS = 36,
	VHOST_USER_ADD_MEM_REG = 37,
	VHOST_USER_REM_MEM_REG = 38,
};

struct vhost_user_hdr {
	uint32_t request;
	uint32_t flags;
	uint32_t size; /* of the body */
};
PVBOOT_ASSERT_SIZE(vhost_user_hdr, 12);

struct vhost_user_state { /* of a queue */
	uint32_t index;
	uint32_t num;
};
PVBOOT_ASSERT_SIZE(vhost_user_state, 8);

struct vhost_user_addr {
	uint32_t index;
	uint32_t flags;
	uint64_t desc, used, avail, log; /* in QEMU's address space, log in the guest's */
};
PVBOOT_ASSERT_SIZE(vhost_user_addr, 40);

struct vhost_user_region {
	uint64_t gpa, size, uva; /* in QEMU's address space */
	uint64_t offset;	 /* in the file */
};
PVBOOT_ASSERT_SIZE(vhost_user_region, 32);

struct vhost_user_mem_table {
	uint32_t n;
	uint32_t padding;
	struct vhost_user_region region[VHOST_USER_FDS];
};
PVBOOT_ASSERT_SIZE(vhost_user_mem_table, 264);

struct vhost_user_mem_reg {
	uint64_t padding;
	struct vhost_user_region region;
};
PVBOOT_ASSERT_SIZE(vhost_user_mem_reg, 40);

struct vhost_user_log {
	uint64_t size, offset;
};
PVBOOT_ASSERT_SIZE(vhost_user_log, 16);

/* ---- the server ------------------------------------------------------------------------------------------------- */

struct vhost_user_queue {
	struct vhost_user_addr addr;
	uint16_t num;
	bool has_addr;
	bool kicked;  /* SET_VRING_KICK came: it may run, kick_fd or not */
	bool enabled; /* SET_VRING_ENABLE */
	bool running;
	int kick_fd, call_fd; /* -1: none */
};

struct vhost_user {
	int fd; /* the socket to QEMU, -1: none */
	struct pvboot_dev *dev;
	struct ram *ram;
	/* The queue's kick_fd is another, or -1 (the old one is closed already). */
	void (*kick_changed)(uint32_t queue, int fd);
	bool foreign;		    /* a driver that is none of pvboot's has started: it is not served */
	bool had_memory;	    /* QEMU has given a range of memory on this connection */
	bool blind;		    /* a driver of pvboot's has started, and QEMU has given none */
	uint64_t features;	    /* as acknowledged */
	uint64_t protocol_features; /* agreed on */
	struct vhost_user_queue queue[PVBOOT_NUM_QUEUES];
	unsigned int nslots;
	struct vhost_user_region slot[VHOST_USER_SLOTS];
	const char *error; /* what was wrong, after VHOST_USER_ERROR */
	int fds[VHOST_USER_FDS];
	unsigned int nfds;
	size_t have;
	uint8_t buf[sizeof(struct vhost_user_hdr) + sizeof(struct vhost_user_mem_table)];
};

enum vhost_user_result {
	VHOST_USER_GOOD,
	VHOST_USER_CLOSED,
	VHOST_USER_ERROR,
};

/* Bring *v up, without a connection. */
void vhost_user_init(struct vhost_user *v, struct pvboot_dev *dev, struct ram *ram,
		     void (*kick_changed)(uint32_t queue, int fd));

/* A new connection; fd becomes v's. */
void vhost_user_connect(struct vhost_user *v, int fd);

/* The socket is readable: serve what is there.  Does not wait for QEMU, except for room for an answer it asked for. */
enum vhost_user_result vhost_user_serve(struct vhost_user *v);

/* The queue's kick_fd is readable. */
void vhost_user_kick(struct vhost_user *v, uint32_t queue);

/* As struct pvboot_vmm_ops's call. */
void vhost_user_call(struct vhost_user *v, uint32_t queue);

/* End the connection; queues stop.  Guest memory stays mapped until the next table comes. */
void vhost_user_hang_up(struct vhost_user *v);

#endif /* QEMU_VHOST_USER_H */
