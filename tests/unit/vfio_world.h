/* SPDX-License-Identifier: BSD-2-Clause */
/* vfio_world.h - a device of this process behind vfio_user.c, and QEMU's end of vfio-user, played by the test. */
#ifndef TESTS_VFIO_WORLD_H
#define TESTS_VFIO_WORLD_H

#include "backend.h"
#include "fake_qemu.h"
#include "vfio_user.h"

#define VFIO_ROM 4096u	     /* bytes of the world's ROM */
#define VFIO_SHADOW 0xc0000u /* memory the world's QEMU maps for reading only */
#define VFIO_VERSION_TEXT                                                                                              \
	"{\"capabilities\": {\"max_msg_fds\": 16, \"max_data_xfer_size\": 1048576, \"pgsizes\": 4096, "                \
	"\"max_dma_maps\": 65535, \"write_multiple\": true, \"migration\": {\"pgsize\": 4096}}}"

struct vfio_world {
	struct fake_qemu q; /* its driver, memory and socket; not its messages */
	struct vfio_user server;
	struct ram ram;
	struct pvboot_dev *dev; /* NULL: the device is a process at the other end of q.device_fd */
	uint8_t rom[VFIO_ROM];
	uint16_t id;
	enum vfio_user_result result; /* of the latest turn */
	struct vfio_user_hdr reply;   /* the latest */
	uint8_t body[VFIO_ROM + 64];  /* of it */
};

/* A world before its version is negotiated, and one behind it; and that with a backend of the test's own. */
struct vfio_world *vfio_new(void);
struct vfio_world *vfio_ready(void);
struct vfio_world *vfio_ready_with(const struct pvboot_backend_ops *ops, void *backend);
/* QEMU's end only, for a process that gets q.device_fd; and the negotiation of its version. */
struct vfio_world *vfio_remote(void);
void vfio_hello(struct vfio_world *w);
void vfio_free(struct vfio_world *w);

/* One command, and with it some descriptors; the device gets its turn.  The header is made, but for flags. */
void vfio_send(struct vfio_world *w, unsigned int cmd, uint32_t flags, const void *body, size_t len, const int *fds,
	       unsigned int nfds);
/* The same, and its answer, into w->reply and w->body: returns its errno, 0 if it was served. */
uint32_t vfio_call(struct vfio_world *w, unsigned int cmd, const void *body, size_t len, const int *fds,
		   unsigned int nfds);
/* Bytes as they are. */
void vfio_send_raw(struct vfio_world *w, const void *bytes, size_t len);
/* Is nothing there to be read? */
bool vfio_quiet(struct vfio_world *w);

uint32_t vfio_map(struct vfio_world *w, uint64_t gpa, uint64_t size, uint64_t offset, int fd, uint32_t flags);
uint32_t vfio_unmap(struct vfio_world *w, uint64_t gpa, uint64_t size);
/* As QEMU: low memory, the read-only VFIO_SHADOW, a range that is not shared behind it, and memory from 1 MiB. */
void vfio_share_ram(struct vfio_world *w);
uint32_t vfio_set_irqs(struct vfio_world *w, uint32_t flags, uint32_t index, uint32_t start, uint32_t count, int fd);

unsigned int vfio_open_fds(void);

#endif /* TESTS_VFIO_WORLD_H */
