/* SPDX-License-Identifier: BSD-2-Clause */
/* link_conn.c - the link to hostd: one connection, its handshake and the messages from hostd (docs/spec.md 5). */
#include "link.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "frames are copied as they are");

#define HDR sizeof(struct pvboot_link_hdr)
#define RETRY_MIN_MS 500u
#define RETRY_MAX_MS 60000u

static void close_fds(struct link *l)
{
	while (l->nfds)
		l->ops->file_close(l->owner, l->fds[--l->nfds]);
}

/* Drop the state of one connection. */
static void lose(struct link *l)
{
	bool waits = false;

	for (struct link_req *r = l->req; r < l->req + PVBOOT_QUEUE_MAX; r++) {
		if (r->state == LINK_REQ_SENT) {
			r->state = LINK_REQ_QUEUED;
			r->io->be_offset = 0;
		}
		waits |= r->state != LINK_REQ_FREE;
	}
	if (l->state == LINK_UP)
		pvboot_dev_log(l->dev, PVBOOT_LOG_WARNING, waits ? "hostd is gone; the guest waits" : "hostd is gone");
	close_fds(l);
	link_file_opened(l, 0);
	l->reset_due = false;
	l->have = l->out_from = l->out_to = 0;
	l->data_left = 0;
}

void link_up(struct link *l)
{
	lose(l);
	l->state = LINK_SKIPPING;
}

void link_down(struct link *l)
{
	lose(l);
	l->state = LINK_DOWN;
	pvboot_dev_set_status(l->dev, 0);
}

#define LINE_MAX (64 + PVBOOT_ERROR_MAX)

/* Append up to max bytes of text, or up to a NUL, made printable.  Returns the line's new length. */
static size_t append(char line[LINE_MAX + 1], size_t at, const char *text, size_t max)
{
	for (size_t i = 0; i < max && text[i] && at < LINE_MAX; i++)
		line[at++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	line[at] = '\0';
	return at;
}

/* Log two pieces as one line; the second may come from hostd.  Not inlined: line would grow each caller's stack frame.
 */
static __attribute__((noinline)) void log_text(struct link *l, enum pvboot_log_level level, const char *what,
					       const char *text, size_t max)
{
	char line[LINE_MAX + 1];

	append(line, append(line, 0, what, LINE_MAX), text, max);
	pvboot_dev_log(l->dev, level, line);
}

void link_fail(struct link *l, const char *why)
{
	if (l->state == LINK_DOWN)
		return;
	log_text(l, PVBOOT_LOG_WARNING, "the connection to hostd is given up: ", why, LINE_MAX);
	link_down(l);
	l->ops->drop(l->owner, 0);
}

static void hello(struct link *l, const uint8_t *body)
{
	struct pvboot_link_hello h;
	struct pvboot_link_identity id = {.version = PVBOOT_LINK_VERSION, .flags = l->conf.flags};

	memcpy(&h, body, sizeof(h));
	l->state = LINK_IDENTIFIED;
	if (h.version_min > PVBOOT_LINK_VERSION || h.version_max < PVBOOT_LINK_VERSION) {
		link_fail(l, "it speaks no version of the link that this device knows");
		return;
	}
	id.nonce = h.nonce;
	id.features = l->conf.fd_passing ? h.features & PVBOOT_LINK_F_FD : 0;
	if (id.features && link_keep_lost(l))
		id.flags |= PVBOOT_LINK_ID_LOST;
	memcpy(id.uuid, l->conf.uuid, sizeof(id.uuid));
	memcpy(id.mac, l->conf.mac, sizeof(id.mac));
	memcpy(id.name, l->conf.name, sizeof(id.name));
	link_put(l, PVBOOT_LINK_IDENTITY, 0, &id, sizeof(id), NULL, 0);
	link_pump(l);
}

/* Move READs between states: another hostd may serve them in the other way, by descriptor or by DATA. */
static void sort_reads(struct link *l)
{
	if (!l->fd_mode)
		link_file_close_all(l);
	for (struct link_req *r = l->req; r < l->req + PVBOOT_QUEUE_MAX; r++) {
		enum link_req_state state = l->fd_mode ? LINK_REQ_LOCAL : LINK_REQ_QUEUED;

		if (r->state == LINK_REQ_FREE || r->io->op != PVBOOT_OP_READ || r->state == state)
			continue;
		r->state = state;
		r->io->be_offset = 0;
	}
}

static void welcome(struct link *l, const uint8_t *body)
{
	static const uint8_t no_mac[6];
	struct pvboot_link_welcome w;
	bool has_mac, has_uuid;

	memcpy(&w, body, sizeof(w));
	has_mac = w.flags & PVBOOT_LINK_ID_MAC;
	has_uuid = w.flags & PVBOOT_LINK_ID_UUID;
	w.flags &= (uint16_t) ~(PVBOOT_LINK_ID_MAC | PVBOOT_LINK_ID_UUID);
	if (w.version != PVBOOT_LINK_VERSION || w.flags || w.reserved ||
	    (w.features & ~(l->conf.fd_passing ? PVBOOT_LINK_F_FD : 0u))) {
		link_fail(l, "its WELCOME has a version, flag or feature that was not offered");
		return;
	}
	if (has_mac && ((w.mac[0] & 1) || memcmp(w.mac, no_mac, sizeof(no_mac)) == 0)) {
		link_fail(l, "its WELCOME lays down a MAC address that is none");
		return;
	}
	pvboot_dev_set_identity(l->dev, has_mac ? w.mac : NULL, has_uuid ? w.uuid : NULL, w.host_wait_ms);
	l->fd_mode = w.features & PVBOOT_LINK_F_FD;
	sort_reads(l);
	l->turn_due = true;
	l->next_kept = 0;
	l->refused = false;
	l->state = LINK_RESUMING;
	link_pump(l);
}

static void refuse(struct link *l, const uint8_t *body, uint32_t len)
{
	const uint8_t *text = body + sizeof(struct pvboot_link_refuse);
	struct pvboot_link_refuse m;

	memcpy(&m, body, sizeof(m));
	len -= (uint32_t)sizeof(m);
	if (!l->refused)
		log_text(l, PVBOOT_LOG_ERROR, "hostd refuses this VM: ", (const char *)text, len);
	l->refused = true;
	pvboot_dev_set_error(l->dev, (const char *)text, len);
	link_down(l);
	pvboot_dev_set_status(l->dev, PVBOOT_STATUS_HOST_REFUSED);
	if (m.retry_ms < RETRY_MIN_MS)
		m.retry_ms = RETRY_MIN_MS;
	l->ops->drop(l->owner, m.retry_ms < RETRY_MAX_MS ? m.retry_ms : RETRY_MAX_MS);
}

/* ---- answers --------------------------------------------------------------------------------------------------- */

static uint32_t read_flags(const struct pvboot_io *io)
{
	struct pvboot_read_args a;

	memcpy(&a, io->args, sizeof(a));
	return a.flags;
}

/* Bytes of result in a successful answer to an operation. */
static uint32_t result_size(uint16_t op)
{
	switch (op) {
	case PVBOOT_OP_DISCOVER:
		return sizeof(struct pvboot_discover_res);
	case PVBOOT_OP_OPEN:
		return sizeof(struct pvboot_open_res);
	case PVBOOT_OP_PLAN:
		return sizeof(struct pvboot_plan);
	case PVBOOT_OP_PROGRESS:
		return sizeof(struct pvboot_progress_res);
	default:
		return 0;
	}
}

/* [LNK-9] Whether the lengths of a REPLY are valid for the request; len is the body's length. */
static bool reply_fits(const struct pvboot_io *io, const struct pvboot_link_reply *m, uint32_t len)
{
	uint32_t rest = len - (uint32_t)sizeof(*m);

	if (m->status > PVBOOT_S_LAST || m->text_len > PVBOOT_ERROR_MAX || m->text_len > rest)
		return false;
	rest -= m->text_len;
	if (io->op == PVBOOT_OP_READ) {
		if (m->status == PVBOOT_S_AGAIN && !(read_flags(io) & PVBOOT_READ_F_PARTIAL))
			return false;
		return rest == 0 && m->result_len == io->be_offset;
	}
	if (m->status == PVBOOT_S_AGAIN || m->result_len != rest || m->result_len > io->room)
		return false;
	return m->result_len == result_size(io->op) || (m->status != PVBOOT_S_OK && m->result_len == 0);
}

static void reply(struct link *l, uint32_t id, const uint8_t *body, uint32_t len)
{
	struct link_req *r = link_req_sent(l, id);
	struct pvboot_link_reply m;
	struct pvboot_open_res res = {0};
	const uint8_t *result;
	uint16_t op;

	if (!r)
		return; /* [LNK-8] */
	memcpy(&m, body, sizeof(m));
	op = r->io->op;
	if (!reply_fits(r->io, &m, len)) {
		link_fail(l, "a REPLY does not fit its request");
		return;
	}
	result = body + sizeof(m) + m.text_len;
	if (op == PVBOOT_OP_OPEN && m.status == PVBOOT_S_OK) {
		memcpy(&res, result, sizeof(res));
		if (!res.handle) {
			link_fail(l, "an OPEN is answered with handle 0");
			return;
		}
	}
	if (m.status != PVBOOT_S_OK && m.status != PVBOOT_S_AGAIN) /* also if text is empty: the old one is stale */
		pvboot_dev_set_error(l->dev, (const char *)body + sizeof(m), m.text_len);
	if (op == PVBOOT_OP_READ ? r->lost : m.result_len && !pvboot_io_write(r->io, 0, result, m.result_len)) {
		m.status = PVBOOT_S_BAD_REQUEST;
		m.result_len = 0;
	}
	if (op == PVBOOT_OP_OPEN) {
		r->state = LINK_REQ_LOCAL; /* so that link_file_opened() does not count it as under way */
		link_file_opened(l, res.handle);
	}
	link_complete(l, r, m.status, m.detail, m.result_len);
}

/* Process the fixed part of a DATA.  data_bytes() then copies its bytes from the stream straight to the guest. */
static void data(struct link *l, uint32_t id, const uint8_t *body, uint32_t len)
{
	struct link_req *r = link_req_sent(l, id);
	struct pvboot_link_data d;

	memcpy(&d, body, sizeof(d));
	if (l->fd_mode || d.reserved || d.length != len - sizeof(d)) {
		link_fail(l, "a DATA is malformed");
		return;
	}
	if (r && (r->io->op != PVBOOT_OP_READ || d.offset != r->io->be_offset ||
		  d.length > r->io->room - r->io->be_offset)) {
		link_fail(l, "a DATA does not fit its request");
		return;
	}
	l->data_left = d.length;
}

/*
 * Find where the bytes of a DATA go.  Returns how many to drop: the guest cancelled the READ, or its room is not guest
 * memory.
 */
static size_t data_bytes(struct link *l, size_t len, struct link_copy *copy)
{
	struct pvboot_link_hdr hdr;
	struct link_req *r;
	uint64_t n = 0;

	memcpy(&hdr, l->stage, HDR);
	if (len > l->data_left)
		len = l->data_left;
	r = link_req_sent(l, hdr.id);
	if (r) {
		copy->to = pvboot_io_pin(r->io, r->io->be_offset, &n);
		if (copy->to) {
			copy->len = len < n ? len : (size_t)n;
			return 0;
		}
		r->lost = true;
		r->io->be_offset += len;
	}
	l->data_left -= (uint32_t)len;
	return len;
}

void link_copied(struct link *l, size_t len)
{
	struct pvboot_link_hdr hdr;
	struct link_req *r;

	pvboot_io_unpin(l->dev);
	if (!l->data_left)
		return; /* the connection has ended meanwhile */
	memcpy(&hdr, l->stage, HDR);
	r = link_req_sent(l, hdr.id); /* NULL if the guest has cancelled it */
	if (r)
		r->io->be_offset += len;
	l->data_left -= (uint32_t)len;
}

static void packet(struct link *l, const uint8_t *body, uint32_t len)
{
	struct pvboot_pkt pkt;

	memcpy(&pkt, body, sizeof(pkt));
	if (pkt.type != PVBOOT_PKT_DGRAM || pkt.flags || pkt.reserved || pkt.length != len - sizeof(pkt)) {
		link_fail(l, "a DGRAM is malformed");
		return;
	}
	pvboot_dev_deliver(l->dev, &pkt, body + sizeof(pkt));
}

static void ether(struct link *l, const uint8_t *body, uint32_t len)
{
	struct pvboot_pkt pkt = {.type = PVBOOT_PKT_FRAME, .length = len};

	pvboot_dev_deliver(l->dev, &pkt, body);
}

/* ---- frames ---------------------------------------------------------------------------------------------------- */

/* When a message may come, and the bounds of its body's length.  A type without a row is refused. */
enum frame_when { NEVER, BEFORE_WELCOME, AFTER_WELCOME };

static const struct {
	enum frame_when when;
	uint32_t fixed, more; /* bytes of the structure, and maximum bytes after it */
} frames[] = {
	[PVBOOT_LINK_HELLO] = {BEFORE_WELCOME, sizeof(struct pvboot_link_hello), 0},
	[PVBOOT_LINK_WELCOME] = {BEFORE_WELCOME, sizeof(struct pvboot_link_welcome), 0},
	[PVBOOT_LINK_REFUSE] = {BEFORE_WELCOME, sizeof(struct pvboot_link_refuse), PVBOOT_ERROR_MAX},
	[PVBOOT_LINK_REPLY] = {AFTER_WELCOME, sizeof(struct pvboot_link_reply),
			       LINK_REPLY_MAX - sizeof(struct pvboot_link_reply)},
	[PVBOOT_LINK_DATA] = {AFTER_WELCOME, sizeof(struct pvboot_link_data), PVBOOT_LINK_DATA_MAX},
	[PVBOOT_LINK_GROW] = {AFTER_WELCOME, sizeof(struct pvboot_link_grow), PVBOOT_ERROR_MAX},
	[PVBOOT_LINK_KEEP] = {AFTER_WELCOME, 0, PVBOOT_LINK_KEEP_MAX},
	[PVBOOT_LINK_FORGET] = {AFTER_WELCOME, 0, 0},
	[PVBOOT_LINK_DGRAM] = {AFTER_WELCOME, sizeof(struct pvboot_pkt), PVBOOT_DGRAM_MAX},
	[PVBOOT_LINK_BYE] = {AFTER_WELCOME, 0, 0},
	[PVBOOT_LINK_FRAME] = {AFTER_WELCOME, PVBOOT_FRAME_MIN, PVBOOT_FRAME_MAX - PVBOOT_FRAME_MIN},
};
_Static_assert(PVBOOT_LINK_KEEP_MAX <= LINK_REPLY_MAX, "a REPLY is the longest staged body");

/* [LNK-1] Whether a message with this header may come now. */
static bool header_is_good(const struct link *l, const struct pvboot_link_hdr *hdr)
{
	if (hdr->magic != PVBOOT_LINK_MAGIC || hdr->type >= sizeof(frames) / sizeof(frames[0]))
		return false;
	/* HELLO may come in any state: hostd may have restarted behind a stream that does not report its end */
	if (hdr->type != PVBOOT_LINK_HELLO &&
	    frames[hdr->type].when != (l->state == LINK_IDENTIFIED ? BEFORE_WELCOME : AFTER_WELCOME))
		return false;
	if (hdr->length < frames[hdr->type].fixed || hdr->length - frames[hdr->type].fixed > frames[hdr->type].more)
		return false;
	return !hdr->flags || (hdr->flags == PVBOOT_LINK_F_FD && hdr->type == PVBOOT_LINK_GROW && l->fd_mode);
}

static int take_fd(struct link *l)
{
	int fd = l->fds[0];

	l->nfds--;
	memmove(l->fds, l->fds + 1, l->nfds * sizeof(l->fds[0]));
	return fd;
}

static void dispatch(struct link *l)
{
	const uint8_t *body = l->stage + HDR;
	struct pvboot_link_hdr hdr;

	memcpy(&hdr, l->stage, HDR);
	switch (hdr.type) {
	case PVBOOT_LINK_HELLO:
		lose(l);
		hello(l, body);
		break;
	case PVBOOT_LINK_WELCOME:
		welcome(l, body);
		break;
	case PVBOOT_LINK_REFUSE:
		refuse(l, body, hdr.length);
		break;
	case PVBOOT_LINK_REPLY:
		reply(l, hdr.id, body, hdr.length);
		break;
	case PVBOOT_LINK_DATA:
		data(l, hdr.id, body, hdr.length);
		break;
	case PVBOOT_LINK_GROW:
		if (hdr.flags && !l->nfds)
			link_fail(l, "a descriptor was announced and did not come");
		else
			link_file_grow(l, hdr.id, body, hdr.length, hdr.flags ? take_fd(l) : -1);
		break;
	case PVBOOT_LINK_KEEP:
		if (!link_keep(l, hdr.id, body, hdr.length))
			link_fail(l, "it wants more kept than there is place for");
		break;
	case PVBOOT_LINK_FORGET:
		link_keep_forget(l, hdr.id);
		l->turn_due = true; /* a READ may have waited for a descriptor of that file */
		break;
	case PVBOOT_LINK_DGRAM:
		packet(l, body, hdr.length);
		break;
	case PVBOOT_LINK_FRAME:
		ether(l, body, hdr.length);
		break;
	case PVBOOT_LINK_BYE:
		link_down(l);
		l->bye = true;
		l->ops->drop(l->owner, 0);
		break;
	}
}

/* Search for a HELLO, and skip one byte at a time until it is found. */
static size_t skip_bytes(struct link *l, const uint8_t *p)
{
	const size_t want = HDR + sizeof(struct pvboot_link_hello);
	struct pvboot_link_hdr hdr;

	l->stage[l->have++] = *p;
	if (l->have < want)
		return 1;
	memcpy(&hdr, l->stage, HDR);
	if (hdr.magic == PVBOOT_LINK_MAGIC && hdr.type == PVBOOT_LINK_HELLO && hdr.length == want - HDR && !hdr.flags &&
	    !hdr.id) {
		l->have = 0;
		hello(l, l->stage + HDR);
	} else {
		memmove(l->stage, l->stage + 1, --l->have);
	}
	return 1;
}

/* Collect a header, then the staged part of its body. */
static size_t stage_bytes(struct link *l, const uint8_t *p, size_t len)
{
	struct pvboot_link_hdr hdr;
	size_t want = HDR;

	if (l->have >= HDR) {
		memcpy(&hdr, l->stage, HDR);
		want += hdr.type == PVBOOT_LINK_DATA ? sizeof(struct pvboot_link_data) : hdr.length;
	}
	if (len > want - l->have)
		len = want - l->have;
	memcpy(l->stage + l->have, p, len);
	l->have += len;
	if (l->have == HDR) {
		memcpy(&hdr, l->stage, HDR);
		if (!header_is_good(l, &hdr)) {
			link_fail(l, "a frame's header is wrong");
			return len;
		}
		want += hdr.length;
	}
	if (l->have == want) {
		l->have = 0;
		dispatch(l);
	}
	return len;
}

size_t link_input_some(struct link *l, const void *buf, size_t len, struct link_copy *copy)
{
	const uint8_t *p = buf;
	size_t at = 0;

	*copy = (struct link_copy){0};
	l->bye = l->bye && !len;
	while (at < len && l->state != LINK_DOWN) {
		at += l->state == LINK_SKIPPING ? skip_bytes(l, p + at)
		      : l->data_left		? data_bytes(l, len - at, copy)
						: stage_bytes(l, p + at, len - at);
		if (copy->to)
			return at;
	}
	/* [LNK-3] a descriptor comes with the first byte of its message: between messages none can wait */
	if (l->state <= LINK_SKIPPING || (!l->have && !l->data_left))
		close_fds(l);
	return at;
}

void link_input(struct link *l, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	while (len && l->state != LINK_DOWN) {
		struct link_copy copy;
		size_t n = link_input_some(l, p, len, &copy);

		if (copy.to) {
			memcpy(copy.to, p + n, copy.len);
			link_copied(l, copy.len);
			n += copy.len;
		}
		p += n;
		len -= n;
	}
}

void link_fd(struct link *l, int fd)
{
	if (l->state == LINK_DOWN || l->nfds == LINK_FDS) {
		l->ops->file_close(l->owner, fd);
		link_fail(l, "it sends descriptors that it does not announce");
		return;
	}
	l->fds[l->nfds++] = fd;
}
