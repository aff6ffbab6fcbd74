/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link.h - the link to pvboot-hostd as a backend: the device's side of protocol/pvboot_link.h.
 *
 * The link uses no sockets itself.  Its owner carries the bytes (over a Unix socket in link_socket.c, over a VMM's host
 * stream elsewhere), feeds in what arrives, and calls link_turn().  The link is freestanding, allocates nothing and
 * never blocks; the owner serialises all calls.  The link treats everything hostd sends as hostile: a message that
 * breaks the protocol ends the connection, and the guest's requests wait for the next one.
 */
#ifndef PVBOOT_BACKEND_LINK_H
#define PVBOOT_BACKEND_LINK_H

#include "backend.h"
#include "pvboot_link.h"

#define LINK_OUT 8192 /* bytes of output that the link queues itself */
#define LINK_FILES 32 /* PVBOOT_FILES_MAX open files, and as many for OPENs under way */
#define LINK_KEPT_SLOTS (PVBOOT_LINK_KEEPS + 1)
#define LINK_FDS 8	    /* descriptors that arrived and wait for their GROW */
#define LINK_CHUNK 1048576u /* bytes of a file moved in one turn */
#define LINK_REPLY_MAX (sizeof(struct pvboot_link_reply) + PVBOOT_ERROR_MAX + sizeof(struct pvboot_plan))
#define LINK_STATE_MAX                                                                                                 \
	(4 + sizeof(struct pvboot_link_request) + sizeof(struct pvboot_dgram_open_args) +                              \
	 PVBOOT_LINK_KEEPS * (8 + PVBOOT_LINK_KEEP_MAX))
#define LINK_STAGE (sizeof(struct pvboot_link_hdr) + LINK_REPLY_MAX)

/* The operations that the link calls on its owner.  Each one gets the pointer given to link_init(). */
struct link_ops {
	/*
	 * Put up to len bytes on the stream without waiting.  Returns how many the stream took.  If fewer than len, the
	 * owner calls link_pump() when there is room again.
	 */
	size_t (*send)(void *owner, const void *buf, size_t len);
	/*
	 * The link has ended the connection.  The owner ends the stream (if it can be ended), and calls link_up() with
	 * a new one, not before retry_ms; 0: as after any lost connection.  Must not call back into the link.
	 */
	void (*drop)(void *owner, uint32_t retry_ms);
	/* The operations below are NULL if the stream cannot pass descriptors. */
	/* True if fd is a regular file open for reading only. */
	bool (*file_check)(void *owner, int fd);
	/* Fill stamp with size and modification time, which show whether a file changed. */
	bool (*file_stamp)(void *owner, int fd, uint64_t stamp[2]);
	/* Move up to len bytes at offset of the file into io's result at byte to.  Returns how many, 0 at the end of
	 * the file, or a negative number. */
	int64_t (*file_read)(void *owner, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len);
	void (*file_close)(void *owner, int fd);
};

/* The identity that the device sends to hostd.  link_init() copies the strings. */
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
	LINK_RESUMING,	 /* WELCOME came: sending the kept blobs */
	LINK_UP,
};

enum link_req_state {
	LINK_REQ_FREE,
	LINK_REQ_QUEUED, /* to be sent once hostd is there and the output has room */
	LINK_REQ_SENT,
	LINK_REQ_LOCAL, /* a READ served from a descriptor */
};

struct link_req {
	struct pvboot_io *io; /* be_id is the request's id, be_offset the bytes moved so far */
	enum link_req_state state;
	bool lost; /* a part of its DATA had no guest memory to go to */
};

/* A file that hostd passed by descriptor. */
struct link_file {
	uint32_t handle; /* 0: free */
	int fd;
	bool confirmed; /* the guest knows the handle; else its OPEN is under way */
	bool done;
	bool stamped;
	uint16_t text_len;
	uint32_t status;
	uint64_t available;
	uint64_t size;
	uint64_t stamp[2];
	char text[PVBOOT_ERROR_MAX];
};

/* A blob kept for hostd.  The slots may be in memory that outlives the process, so the link sets used last. */
struct link_kept {
	bool used;
	uint16_t len;
	uint32_t key;
	uint8_t blob[PVBOOT_LINK_KEEP_MAX];
};

/* Internal.  It is in this header so that an owner can provide the memory (some 110 KiB). */
struct link {
	const struct link_ops *ops;
	void *owner;
	struct pvboot_dev *dev;
	struct link_conf conf;
	enum link_state state;
	bool was_up;	      /* a hostd was connected before */
	bool refused;	      /* the refusal was logged */
	bool bye;	      /* hostd's last message was BYE */
	bool fd_mode;	      /* the latest WELCOME accepted descriptors */
	bool turn_due;	      /* a READ can continue at once */
	bool reset_due;	      /* send RESET before any request */
	bool note_due;	      /* send note too: the latest DGRAM_OPEN or DGRAM_CLOSE made without a hostd */
	bool frame_close_due; /* send a FRAME_CLOSE too */
	unsigned int next_kept;
	uint32_t last_id;
	/* input: a message's header and the staged part of its body; how many bytes of DATA are still to come */
	size_t have;
	uint32_t data_left;
	uint8_t stage[LINK_STAGE] __attribute__((aligned(8)));
	int fds[LINK_FDS];
	unsigned int nfds;
	/* output: send out[out_from .. out_to) next */
	size_t out_from, out_to;
	uint8_t out[LINK_OUT];
	struct pvboot_link_request note;
	uint8_t note_args[sizeof(struct pvboot_dgram_open_args)];
	struct link_req req[PVBOOT_QUEUE_MAX];
	struct link_file file[LINK_FILES];
	struct link_kept *kept; /* PVBOOT_LINK_KEEPS slots, and one for a blob while it replaces another */
	struct link_kept own_kept[LINK_KEPT_SLOTS];
};

/* The backend; its pointer is the struct link. */
extern const struct pvboot_backend_ops link_backend;

/* Initialise *l.  ops and owner stay the caller's and must outlive *l.  conf may be freed after return. */
void link_init(struct link *l, const struct link_ops *ops, void *owner, const struct link_conf *conf);

/*
 * Keep blobs in these LINK_KEPT_SLOTS slots, which the owner provides and which must outlive *l.  The link checks the
 * blobs in them, which an earlier process kept, and begins with the valid ones.  Call this before the first link_up().
 */
void link_keep_in(struct link *l, struct link_kept *slots);

/* The owner has a new stream.  The link waits for hostd's HELLO on it. */
void link_up(struct link *l);

/*
 * The stream has ended.  Requests wait for the next one.  The guest can still read the part of a file that is
 * available.
 */
void link_down(struct link *l);

/* Process len bytes that arrived.  Returns silently after a byte that ends the connection. */
void link_input(struct link *l, const void *buf, size_t len);

/* Input bytes to copy to guest memory unchanged. */
struct link_copy {
	void *to; /* NULL: none */
	size_t len;
};

/*
 * As link_input(), for an owner that copies the bytes of files itself, without holding its lock.  Returns how many
 * bytes the link took.  If copy->to is set, the owner must copy the next copy->len bytes of the input there and then
 * call link_copied(), before any other input.  Requests and register accesses may come between.
 */
size_t link_input_some(struct link *l, const void *buf, size_t len, struct link_copy *copy);
void link_copied(struct link *l, size_t len);

/* Take a descriptor that arrived with the bytes that the owner feeds in next.  From here on it belongs to the link. */
void link_fd(struct link *l, int fd);

/*
 * Save or load the kept blobs, for a checkpoint.  link_save() returns the bytes written, 0 if room is less than
 * LINK_STATE_MAX.  link_load() checks all bytes first and returns false if they are invalid; it leaves requests and the
 * connection alone.
 */
size_t link_save(const struct link *l, void *buf, size_t room);
bool link_load(struct link *l, const void *buf, size_t len);

/* The stream has room again: send queued output. */
void link_pump(struct link *l);

/*
 * Serve READs from descriptors, at most LINK_CHUNK bytes each, and deadlines.  The owner calls it when link_turn_due()
 * is true, after it has served waiting register accesses, and when link_deadline() has come.
 */
void link_turn(struct link *l);
bool link_turn_due(const struct link *l);

/* When to call link_turn() even without another event, in milliseconds of the VMM's clock; UINT64_MAX: never. */
uint64_t link_deadline(const struct link *l);

/* ---- between link.c, link_conn.c, link_file.c, link_keep.c -------------------------------------------------- */

/* Freestanding builds provide these four functions and nothing else. */
void *memcpy(void *dest, const void *src, size_t n);
void *memmove(void *dest, const void *src, size_t n);
void *memset(void *dest, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

/*
 * link.c: queue one message with a body in two pieces.  Returns false, and queues nothing, if there is no room for all.
 */
bool link_put(struct link *l, uint16_t type, uint32_t id, const void *a, size_t a_len, const void *b, size_t b_len);
/* link.c: return the request that was sent with this id, or NULL. */
struct link_req *link_req_sent(struct link *l, uint32_t id);
/* link_conn.c: end the connection, and log why. */
void link_fail(struct link *l, const char *why);
/* link.c: answer the request to the guest, and free r. */
void link_complete(struct link *l, struct link_req *r, uint32_t status, uint32_t detail, uint32_t length);
/* link.c: whether any request with operation op is in this state. */
bool link_waits(const struct link *l, uint16_t op, enum link_req_state state);

/* link_file.c: process a GROW.  fd is its descriptor, which then belongs to the callee, or -1. */
void link_file_grow(struct link *l, uint32_t handle, const uint8_t *body, uint32_t len, int fd);
/* link_file.c: an OPEN was answered to the guest; handle 0: it failed. */
void link_file_opened(struct link *l, uint32_t handle);
void link_file_close(struct link *l, uint32_t handle);
/* link_file.c: whether the link has a descriptor for the file with this key. */
bool link_file_there(const struct link *l, uint32_t key);
void link_file_close_all(struct link *l);
/* link_file.c: answer PROGRESS if the file's state is known, else return false. */
bool link_file_progress(struct link *l, struct link_req *r);
/* link_file.c: advance a READ by at most LINK_CHUNK bytes.  Returns true if it can continue at once. */
bool link_file_step(struct link *l, struct link_req *r);

/* link_keep.c: store a blob under key.  Returns false if there is no free slot. */
bool link_keep(struct link *l, uint32_t key, const uint8_t *blob, uint32_t len);
void link_keep_forget(struct link *l, uint32_t key);
/* link_keep.c: whether a blob for this file is kept, so that hostd will pass its descriptor again. */
bool link_keeps_file(const struct link *l, uint32_t handle);
/* link_keep.c: whether files are kept whose descriptors only an earlier process had. */
bool link_keep_lost(const struct link *l);
/* link_keep.c: the guest was reset: drop every blob but the lease. */
void link_keep_reset(struct link *l);

#endif /* PVBOOT_BACKEND_LINK_H */
