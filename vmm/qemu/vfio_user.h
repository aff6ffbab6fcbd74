/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vfio_user.h - the device as a vfio-user server, for QEMU's vfio-user-pci (QEMU 10.1 and later).
 *
 * The protocol is in QEMU's docs/interop/vfio-user.rst; section names of it are cited.  Its payloads are mostly the
 * structures of <linux/vfio.h>.  A command that is well formed but cannot be done is answered with an error; whatever
 * is malformed ends the connection.
 */
#ifndef QEMU_VFIO_USER_H
#define QEMU_VFIO_USER_H

#include <linux/vfio.h>

#include "pvboot_dev.h"
#include "ram.h"
#include "receive.h"

#define VFIO_USER_FDS RECEIVE_FDS /* descriptors with one message */
#define VFIO_USER_BODY 4096u	  /* bytes of a request behind its header: none but VERSION is longer than 300 */
#define VFIO_USER_XFER (1u << 20) /* bytes of one read: a ROM in one piece */
#define VFIO_USER_IRQS (VFIO_PCI_MSIX_IRQ_INDEX + 1u) /* QEMU wants to know of MSI and MSI-X, and of no others */
#define VFIO_USER_PAGE 4096u			      /* granularity of memory ranges */
#define VFIO_USER_DMA_MAPS RAM_REGIONS

/* ---- the wire: version 0.0, in host byte order ("Protocol Specification") ---------------------------------------- */

#define VFIO_USER_MAJOR 0u
#define VFIO_USER_MINOR 0u

enum vfio_user_cmd {
	VFIO_USER_VERSION = 1,
	VFIO_USER_DMA_MAP,
	VFIO_USER_DMA_UNMAP,
	VFIO_USER_DEVICE_GET_INFO,
	VFIO_USER_DEVICE_GET_REGION_INFO,
	VFIO_USER_DEVICE_GET_REGION_IO_FDS,
	VFIO_USER_DEVICE_GET_IRQ_INFO,
	VFIO_USER_DEVICE_SET_IRQS,
	VFIO_USER_REGION_READ,
	VFIO_USER_REGION_WRITE,
	VFIO_USER_DMA_READ, /* the other way, as the next */
	VFIO_USER_DMA_WRITE,
	VFIO_USER_DEVICE_RESET,
	VFIO_USER_REGION_WRITE_MULTI = 15,
	VFIO_USER_DEVICE_FEATURE,
	VFIO_USER_MIG_DATA_READ,
	VFIO_USER_MIG_DATA_WRITE,
};

#define VFIO_USER_F_REPLY 1u /* else a command; 4 bits */
#define VFIO_USER_F_NO_REPLY 16u
#define VFIO_USER_F_ERROR 32u

struct vfio_user_hdr {
	uint16_t id;
	uint16_t cmd;
	uint32_t size; /* header included */
	uint32_t flags;
	uint32_t error; /* an errno */
};
PVBOOT_ASSERT_SIZE(vfio_user_hdr, 16);

/* JSON follows, with its NUL, or nothing */
struct vfio_user_version {
	uint16_t major;
	uint16_t minor;
};
PVBOOT_ASSERT_SIZE(vfio_user_version, 4);

struct vfio_user_dma_map {
	uint32_t argsz;
	uint32_t flags; /* VFIO_DMA_MAP_FLAG_* */
	uint64_t offset;
	uint64_t address;
	uint64_t size;
};
PVBOOT_ASSERT_SIZE(vfio_user_dma_map, 32);

struct vfio_user_dma_unmap {
	uint32_t argsz;
	uint32_t flags; /* VFIO_DMA_UNMAP_FLAG_ALL */
	uint64_t address;
	uint64_t size;
};
PVBOOT_ASSERT_SIZE(vfio_user_dma_unmap, 24);

struct vfio_user_device_info {
	uint32_t argsz;
	uint32_t flags; /* VFIO_DEVICE_FLAGS_* */
	uint32_t num_regions;
	uint32_t num_irqs;
};
PVBOOT_ASSERT_SIZE(vfio_user_device_info, 16);

/* count bytes of data follow in a WRITE, and in the answer to a READ */
struct vfio_user_rw {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
};
PVBOOT_ASSERT_SIZE(vfio_user_rw, 16);

/* ---- the server ------------------------------------------------------------------------------------------------- */

struct vfio_user {
	int fd; /* the socket to QEMU */
	struct pvboot_dev *dev;
	struct ram *ram;
	const uint8_t *rom; /* NULL: none */
	uint32_t rom_size;  /* a power of two, or 0 */
	bool negotiated;
	int irq_fd, unmask_fd; /* of INTx; -1: not given yet */
	bool unmask_new;       /* unmask_fd is another one: set here, cleared by whoever watches it */
	int level;
	bool masked;	   /* by QEMU, or by itself when it was raised */
	const char *error; /* what was wrong, after VFIO_USER_ERROR */
	int fds[VFIO_USER_FDS];
	unsigned int nfds;
	size_t fds_end; /* of the bytes in buf that they came with */
	size_t have;
	struct vfio_user_hdr hdr; /* of the message that is being served */
	size_t len;		  /* of its body */
	uint8_t buf[sizeof(struct vfio_user_hdr) + VFIO_USER_BODY] __attribute__((aligned(8)));
};

enum vfio_user_result { VFIO_USER_GOOD, VFIO_USER_CLOSED, VFIO_USER_ERROR };

/*
 * Bring *v up on fd, which stays the caller's, as rom does; rom_size is a power of two, 0 without a ROM.  To be called
 * before privileges are shed: the JSON library looks for random numbers.
 */
void vfio_user_init(struct vfio_user *v, int fd, struct pvboot_dev *dev, struct ram *ram, const uint8_t *rom,
		    uint32_t rom_size);

/* fd is readable: serve what is there.  Does not wait for QEMU, except for room for an answer it asked for. */
enum vfio_user_result vfio_user_serve(struct vfio_user *v);

/* As struct pvboot_vmm_ops's set_irq. */
void vfio_user_set_irq(struct vfio_user *v, int level);

/* unmask_fd is readable: the guest ended an interrupt; raise it again if it is still wanted. */
void vfio_user_unmask(struct vfio_user *v);

/* Close the descriptors that QEMU passed. */
void vfio_user_end(struct vfio_user *v);

/* ---- between the parts of the server ---------------------------------------------------------------------------- */

/* Report invalid input from QEMU: the connection ends. */
enum vfio_user_result vfio_user_fail(struct vfio_user *v, const char *error);

/* Answer the command that is being served, if it wants an answer: len bytes, and then more of them. */
enum vfio_user_result vfio_user_answer(struct vfio_user *v, const void *body, size_t len, const void *more,
				       size_t more_len);
/* ... or refuse it. */
enum vfio_user_result vfio_user_refuse(struct vfio_user *v, int error);

/* "VFIO_USER_VERSION" (vfio_user_version.c); body is v->len bytes. */
enum vfio_user_result vfio_user_negotiate(struct vfio_user *v, const uint8_t *body);

/* What the device is made of, and its interrupts (vfio_user_info.c); body is v->len bytes. */
enum vfio_user_result vfio_user_get_info(struct vfio_user *v, const uint8_t *body);
enum vfio_user_result vfio_user_get_region_info(struct vfio_user *v, const uint8_t *body);
enum vfio_user_result vfio_user_get_irq_info(struct vfio_user *v, const uint8_t *body);
enum vfio_user_result vfio_user_set_irqs(struct vfio_user *v, const uint8_t *body);

#endif /* QEMU_VFIO_USER_H */
