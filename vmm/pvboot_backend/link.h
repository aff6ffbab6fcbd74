/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link.h - the link to pvboot-hostd as a backend: the device's side of protocol/pvboot_link.h.
 *
 * The core knows no sockets: its owner carries the bytes (a Unix socket in link_socket.c, a VMM's host stream
 * elsewhere), feeds in what arrives and gives the link its turns.  Freestanding, allocates nothing, never blocks; all
 * calls are serialised by the owner.  Everything hostd sends is taken for hostile: what breaks the protocol ends the
 * connection, and the requests of the guest wait for the next one.
 */
#ifndef PVBOOT_BACKEND_LINK_H
#define PVBOOT_BACKEND_LINK_H

#include "backend.h"
#include "pvboot_link.h"

#define LINK_OUT 8192 /* bytes of output the link queues itself */
#define LINK_FILES 32 /* PVBOOT_FILES_MAX, and as many that an OPEN under way may bring */
#define LINK_KEPT_SLOTS (PVBOOT_LINK_KEEPS + 1)
#define LINK_FDS 8	    /* descriptors that arrived and are not claimed yet */
#define LINK_CHUNK 1048576u /* bytes of a file moved in one turn */
#define LINK_REPLY_MAX (sizeof(struct pvboot_link_reply) + PVBOOT_ERROR_MAX + sizeof(struct pvboot_plan))
#define LINK_STATE_MAX                                                                                                 \
	(4 + sizeof(struct pvboot_link_request) + sizeof(struct pvboot_dgram_open_args) +                              \
	 PVBOOT_LINK_KEEPS * (8 + PVBOOT_LINK_KEEP_MAX))
#define LINK_STAGE (sizeof(struct pvboot_link_hdr) + LINK_REPLY_MAX)

/* What the link asks of its owner.  Every operation gets the pointer given to link_init(). */
struct link_ops {
	/* Put up to len bytes on the stream without waiting; returns how many were taken.  After fewer than len, the
	 * owner calls link_pump() when there is room again. */
	size_t (*send)(void *owner, const void *buf, size_t len);
	/* The link has gone down by itself: end the stream (where it can be ended), and bring a new one with link_up(),
	 * not before retry_ms; 0: as after any lost connection.  Must not call back into the link. */
	void (*drop)(void *owner, uint32_t retry_ms);
	/* The rest is NULL where no descriptors can be passed. */
	/* True if fd is a regular file open for reading only. */
	bool (*file_check)(void *owner, int fd);
	/* Size and modification time, to tell whether a file changed. */
	bool (*file_stamp)(void *owner, int fd, uint64_t stamp[2]);
	/* Move up to len bytes at offset of the file into io's result at byte to.  Returns how many, 0 at the end of
	 * the file, or a negative number. */
	int64_t (*file_read)(void *owner, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len);
	void (*file_close)(void *owner, int fd);
};

/* Who the device says it is; the strings are copied. */
struct link_conf {
	char name[PVBOOT_LINK_NAME_MAX];
	uint16_t flags; /* PVBOOT_LINK_ID_* */
	uint8_t mac[6];
	uint8_t uuid[16];
	bool fd_passing; /* the owner's transport passes descriptors */
};

enum link_state {
	LINK_DOWN,	 /* no stream */
	LINK_SKIPPING,	 /* skipping bytes up to a HELLO */
	LINK_IDENTIFIED, /* IDENTITY sent: WELCOME or REFUSE is next */
	LINK_RESUMING,	 /* welcome: sending what was kept */
	LINK_UP,
};

enum link_req_state {
	LINK_REQ_FREE,
	LINK_REQ_QUEUED, /* to be sent, once there is a host and room */
	LINK_REQ_SENT,
	LINK_REQ_LOCAL, /* a READ served from a descriptor */
};

struct link_req {
	struct pvboot_io *io; /* its be_id is the request's id, its be_offset the bytes moved */
	enum link_req_state state;
	bool lost; /* bytes of its DATA found no guest memory */
};

/* A file hostd has passed by descriptor. */
struct link_file {
	uint32_t handle; /* 0: free */
	int fd;
	bool confirmed; /* the guest knows the handle; otherwise an OPEN is under way */
	bool done;
	bool stamped;
	uint16_t text_len;
	uint32_t status;
	uint64_t available;
	uint64_t size;
	uint64_t stamp[2];
	char text[PVBOOT_ERROR_MAX];
};

/* A blob kept for hostd.  The slots may lie in memory that outlives the process: used is set last. */
struct link_kept {
	bool used;
	uint16_t len;
	uint32_t key;
	uint8_t blob[PVBOOT_LINK_KEEP_MAX];
};

/* Internal; here so that an owner can provide the memory (some 110 KiB). */
struct link {
	const struct link_ops *ops;
	void *owner;
	struct pvboot_dev *dev;
	struct link_conf conf;
	enum link_state state;
	bool was_up;	      /* a host has been there before */
	bool refused;	      /* the refusal was logged */
	bool bye;	      /* hostd has said BYE, and nothing since */
	bool fd_mode;	      /* what the latest WELCOME said */
	bool turn_due;	      /* a READ can go on at once */
	bool reset_due;	      /* RESET is to be sent before any request */
	bool note_due;	      /* so is note: the latest DGRAM_OPEN or DGRAM_CLOSE that found no host */
	bool frame_close_due; /* and a FRAME_CLOSE */
	unsigned int next_kept;
	uint32_t last_id;
	/* input: a frame's header and the staged part of its body; the bytes of DATA that are still to come */
	size_t have;
	uint32_t data_left;
	uint8_t stage[LINK_STAGE] __attribute__((aligned(8)));
	int fds[LINK_FDS];
	unsigned int nfds;
	/* output: out[out_from .. out_to) is to be sent */
	size_t out_from, out_to;
	uint8_t out[LINK_OUT];
	struct pvboot_link_request note;
	uint8_t note_args[sizeof(struct pvboot_dgram_open_args)];
	struct link_req req[PVBOOT_QUEUE_MAX];
	struct link_file file[LINK_FILES];
	struct link_kept *kept; /* PVBOOT_LINK_KEEPS, and one in which a blob is while it replaces another */
	struct link_kept own_kept[LINK_KEPT_SLOTS];
};

/* The backend; its pointer is the struct link. */
extern const struct pvboot_backend_ops link_backend;

/* Bring *l to its first state.  ops and owner must outlive it. */
void link_init(struct link *l, const struct link_ops *ops, void *owner, const struct link_conf *conf);

/*
 * Keep blobs in these LINK_KEPT_SLOTS slots from now on, which the owner provides, and begin with what is in them: what
 * a process before this one kept, checked here.  Before the first link_up().
 */
void link_keep_in(struct link *l, struct link_kept *slots);

/* A new stream is there; the next thing on it is hostd's HELLO. */
void link_up(struct link *l);

/* The stream has ended.  Requests wait; files stay as far as they are there. */
void link_down(struct link *l);

/* len bytes arrived.  Stops without a word if one of them ends the connection. */
void link_input(struct link *l, const void *buf, size_t len);

/* Bytes of the input that go to guest memory as they are. */
struct link_copy {
	void *to; /* NULL: none */
	size_t len;
};

/*
 * As link_input(), for an owner that copies the bytes of files itself, without what serialises its calls.  Returns how
 * many bytes were taken.  If copy->to is set, the owner is to copy the copy->len bytes of the input that come next and
 * to say so by link_copied(), before any other input; requests and register accesses may come between.
 */
size_t link_input_some(struct link *l, const void *buf, size_t len, struct link_copy *copy);
void link_copied(struct link *l, size_t len);

/* A descriptor arrived with the bytes that are fed in next; it is the link's from here on. */
void link_fd(struct link *l, int fd);

/*
 * What the link keeps for hostd, for a checkpoint.  link_save() returns the bytes written, 0 if there is less room than
 * LINK_STATE_MAX.  link_load() checks all of it first; requests and the connection are left alone.
 */
size_t link_save(const struct link *l, void *buf, size_t room);
bool link_load(struct link *l, const void *buf, size_t len);

/* The stream takes output again. */
void link_pump(struct link *l);

/*
 * Serve READs from descriptors, at most LINK_CHUNK bytes each, and deadlines.  The owner calls it when link_turn_due(),
 * after register accesses that wait, and when link_deadline() has come.
 */
void link_turn(struct link *l);
bool link_turn_due(const struct link *l);

/* When link_turn() is due without any other event, on the VMM's clock; UINT64_MAX: never. */
uint64_t link_deadline(const struct link *l);

/* ---- between link.c, link_conn.c, link_file.c,
 * link_keep.c------------------------------------------------------------ */

/* Freestanding builds have these four and nothing else. */
void *memcpy(void *dest, const void *src, size_t n);
void *memmove(void *dest, const void *src, size_t n);
void *memset(void *dest, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

/* link.c: queue one frame with a body in two pieces.  False if there is no room: all of it or nothing. */
bool link_put(struct link *l, uint16_t type, uint32_t id, const void *a, size_t a_len, const void *b, size_t b_len);
/* link.c: the request that was sent under that id, or NULL. */
struct link_req *link_req_sent(struct link *l, uint32_t id);
/* link_conn.c: end the connection; why is for the log. */
void link_fail(struct link *l, const char *why);
/* link.c: answer a request and forget it. */
void link_complete(struct link *l, struct link_req *r, uint32_t status, uint32_t detail, uint32_t length);
/* link.c: whether any request of that operation is in that state. */
bool link_waits(const struct link *l, uint16_t op, enum link_req_state state);

/* link_file.c: GROW; fd -1: without one, otherwise the callee's. */
void link_file_grow(struct link *l, uint32_t handle, const uint8_t *body, uint32_t len, int fd);
/* link_file.c: the REPLY of an OPEN went to the guest; handle 0: it failed. */
void link_file_opened(struct link *l, uint32_t handle);
void link_file_close(struct link *l, uint32_t handle);
/* link_file.c: whether a descriptor of it is there. */
bool link_file_there(const struct link *l, uint32_t key);
void link_file_close_all(struct link *l);
/* link_file.c: answer PROGRESS for a file whose state is known; false: it is not. */
bool link_file_progress(struct link *l, struct link_req *r);
/* link_file.c: move a READ on by at most LINK_CHUNK bytes.  True if there is more to do at once. */
bool link_file_step(struct link *l, struct link_req *r);

/* link_keep.c: false if there is no place. */
bool link_keep(struct link *l, uint32_t key, const uint8_t *blob, uint32_t len);
void link_keep_forget(struct link *l, uint32_t key);
/* link_keep.c: whether a file of that handle is kept, so that hostd is to pass its descriptor. */
bool link_keeps_file(const struct link *l, uint32_t handle);
/* link_keep.c: whether some are whose descriptors are with a process before this one. */
bool link_keep_lost(const struct link *l);
/* link_keep.c: the guest started over: forget everything but the lease. */
void link_keep_reset(struct link *l);

#endif /* PVBOOT_BACKEND_LINK_H */
