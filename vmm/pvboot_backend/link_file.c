/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link_file.c - files that hostd passed by descriptor: GROW and READ (docs/spec.md 5.4).
 *
 * A file stays when the connection ends: the guest can read its available bytes without a hostd.
 */
#include "link.h"

static struct link_file *find(struct link *l, uint32_t handle)
{
	for (struct link_file *f = l->file; f < l->file + LINK_FILES; f++) {
		if (handle && f->handle == handle)
			return f;
	}
	return NULL;
}

static struct link_file *unused(struct link *l)
{
	for (struct link_file *f = l->file; f < l->file + LINK_FILES; f++) {
		if (!f->handle)
			return f;
	}
	return NULL;
}

static void release(struct link *l, struct link_file *f)
{
	l->ops->file_close(l->owner, f->fd);
	f->handle = 0;
	f->fd = -1;
}

bool link_file_there(const struct link *l, uint32_t key)
{
	for (const struct link_file *f = l->file; f < l->file + LINK_FILES; f++) {
		if (f->handle && PVBOOT_LINK_KEY_FILE + (f->handle & UINT16_MAX) == key)
			return true;
	}
	return false;
}

void link_file_close(struct link *l, uint32_t handle)
{
	struct link_file *f = find(l, handle);

	if (f)
		release(l, f);
}

void link_file_close_all(struct link *l)
{
	for (struct link_file *f = l->file; f < l->file + LINK_FILES; f++) {
		if (f->handle)
			release(l, f);
	}
}

void link_file_opened(struct link *l, uint32_t handle)
{
	struct link_file *f = find(l, handle);

	if (f)
		f->confirmed = true;
	if (link_waits(l, PVBOOT_OP_OPEN, LINK_REQ_SENT))
		return;
	/*
	 * no OPEN is under way: a file whose handle the guest does not know was closed or reset while its GROW was on
	 * the way
	 */
	for (f = l->file; f < l->file + LINK_FILES; f++) {
		if (f->handle && !f->confirmed)
			release(l, f);
	}
}

/* [LNK-12] Whether a GROW is consistent with itself, and with earlier GROWs of the same descriptor. */
static bool grow_is_good(const struct link_file *f, const struct pvboot_link_grow *g)
{
	bool done = g->flags & PVBOOT_LINK_GROW_DONE;

	if ((g->flags & ~PVBOOT_LINK_GROW_DONE) || g->status > PVBOOT_S_LAST || (g->status != PVBOOT_S_OK && !done))
		return false;
	if (g->available > g->size || g->available > INT64_MAX)
		return false;
	if (done && g->status == PVBOOT_S_OK && g->size != PVBOOT_SIZE_UNKNOWN && g->available != g->size)
		return false;
	return !f ||
	       (g->available >= f->available && !f->done && (f->size == PVBOOT_SIZE_UNKNOWN || g->size == f->size));
}

/* Store a file's descriptor: its first one, or the replacement from a new hostd. */
static struct link_file *take(struct link *l, struct link_file *f, uint32_t handle, int fd)
{
	if (f)
		l->ops->file_close(l->owner, f->fd);
	else
		f = unused(l);
	if (!f) {
		l->ops->file_close(l->owner, fd);
		return NULL;
	}
	if (f->handle != handle)
		f->confirmed = false;
	f->handle = handle;
	f->fd = fd;
	f->done = f->stamped = false;
	return f;
}

void link_file_grow(struct link *l, uint32_t handle, const uint8_t *body, uint32_t len, int fd)
{
	struct link_file *f = find(l, handle);
	bool kept = !f && link_keeps_file(l, handle); /* the guest opened it with an earlier process */
	struct pvboot_link_grow g;

	memcpy(&g, body, sizeof(g));
	if (!f && (fd < 0 || !handle || (!kept && !link_waits(l, PVBOOT_OP_OPEN, LINK_REQ_SENT)))) {
		/* [LNK-8] a CLOSE or a reset crossed this GROW */
		if (fd >= 0)
			l->ops->file_close(l->owner, fd);
		return;
	}
	if (!grow_is_good(fd < 0 ? f : NULL, &g) || (fd >= 0 && !l->ops->file_check(l->owner, fd))) {
		if (fd >= 0)
			l->ops->file_close(l->owner, fd);
		link_fail(l, "a GROW contradicts itself or an earlier one, or has no plain file");
		return;
	}
	if (fd >= 0)
		f = take(l, f, handle, fd);
	if (!f) {
		link_fail(l, "it passes more files than a guest may open");
		return;
	}
	f->confirmed |= kept;
	f->available = g.available;
	f->size = g.size;
	f->status = g.status;
	f->done = g.flags & PVBOOT_LINK_GROW_DONE;
	if (f->done && f->status == PVBOOT_S_OK) {
		f->size = f->available;
		f->stamped = l->ops->file_stamp(l->owner, f->fd, f->stamp);
	}
	f->text_len = (uint16_t)(len - sizeof(g));
	memcpy(f->text, body + sizeof(g), f->text_len);
	l->turn_due = true;
}

bool link_file_progress(struct link *l, struct link_req *r)
{
	struct pvboot_progress_res res;
	struct pvboot_file_args a;
	struct link_file *f;

	memcpy(&a, r->io->args, sizeof(a));
	f = find(l, a.handle);
	if (!f)
		return false;
	res.size = f->size;
	res.available = f->available;
	if (pvboot_io_write(r->io, 0, &res, sizeof(res)))
		link_complete(l, r, PVBOOT_S_OK, 0, sizeof(res));
	else
		link_complete(l, r, PVBOOT_S_BAD_REQUEST, 0, 0);
	return true;
}

static void fail(struct link *l, struct link_req *r, uint32_t status, const char *text, size_t len)
{
	pvboot_dev_set_error(l->dev, text, len);
	link_complete(l, r, status, 0, 0);
}

#define FAIL(l, r, status, text) fail(l, r, status, text, sizeof(text) - 1)

/* Answer a READ with the bytes moved so far; eof: the file ends with them. */
static void answer(struct link *l, struct link_req *r, struct link_file *f, bool eof)
{
	uint64_t now[2];

	/* hostd only appends to a fetched file, but a file below a --root may change at any time */
	if (eof && f->stamped &&
	    (!l->ops->file_stamp(l->owner, f->fd, now) || now[0] != f->stamp[0] || now[1] != f->stamp[1])) {
		FAIL(l, r, PVBOOT_S_CHANGED, "the file changed while it was read");
		return;
	}
	link_complete(l, r, PVBOOT_S_OK, eof ? PVBOOT_READ_EOF : 0, (uint32_t)r->io->be_offset);
}

/* How many bytes can be moved now: available, wanted, and at most one turn's. */
static uint32_t movable(const struct link_file *f, uint64_t pos, uint64_t wanted)
{
	uint64_t n = pos < f->available ? f->available - pos : 0;

	if (n > wanted)
		n = wanted;
	return n < LINK_CHUNK ? (uint32_t)n : LINK_CHUNK;
}

bool link_file_step(struct link *l, struct link_req *r)
{
	struct pvboot_io *io = r->io;
	uint64_t room = io->room < UINT32_MAX ? io->room : UINT32_MAX; /* a response has a 32-bit length */
	struct pvboot_read_args a;
	struct link_file *f;
	int64_t got = 0;
	uint64_t pos;
	uint32_t n;
	bool partial, complete;

	memcpy(&a, io->args, sizeof(a));
	partial = a.flags & PVBOOT_READ_F_PARTIAL;
	f = find(l, a.handle);
	if (!f && link_keeps_file(l, a.handle)) {
		if (partial && pvboot_dev_now_ms(l->dev) >= io->be_deadline_ms)
			link_complete(l, r, PVBOOT_S_AGAIN, 0, 0);
		return false; /* wait: hostd passes its descriptor again */
	}
	if (!f) {
		FAIL(l, r, PVBOOT_S_BAD_HANDLE, "no file is open under that handle");
		return false;
	}
	pos = a.offset + io->be_offset; /* does not wrap: be_offset counts only bytes within the file */
	n = movable(f, pos, room - io->be_offset);
	if (n)
		got = l->ops->file_read(l->owner, f->fd, pos, io, io->be_offset, n);
	if (got < 0) {
		FAIL(l, r, PVBOOT_S_FAILED, "the host cannot read the file, or the guest's buffer is not memory");
		return false;
	}
	if (n && (!got || got > n)) {
		FAIL(l, r, PVBOOT_S_CHANGED, "the file became shorter while it was read");
		return false;
	}
	pos += (uint64_t)got;
	io->be_offset += (uint64_t)got;
	complete = f->done && f->status == PVBOOT_S_OK;
	if (io->be_offset == room || (complete && pos >= f->available)) {
		answer(l, r, f, complete && pos >= f->available);
		return false;
	}
	if (pos < f->available)
		return true;
	if (partial && io->be_offset)
		answer(l, r, f, false);
	else if (f->done)
		fail(l, r, f->status, f->text, f->text_len);
	else if (partial && pvboot_dev_now_ms(l->dev) >= io->be_deadline_ms)
		link_complete(l, r, PVBOOT_S_AGAIN, 0, 0);
	return false;
}
