/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vhost_user.c - the device's end of vhost-user.
 *
 * QEMU's main loop waits for the answers, so they come at once.  A queue runs while it has memory, addresses, a size
 * and a kick descriptor, is enabled, and no migration is under way: what is written to guest memory then would have to
 * be logged, and a boot can wait instead.
 */
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vhost_user.h"

#define BIT(n) (UINT64_C(1) << (n))
#define FEATURES (BIT(VIRTIO_F_VERSION_1) | BIT(VHOST_USER_F_PROTOCOL) | BIT(VHOST_USER_F_LOG_ALL))
#define PROTOCOL_FEATURES                                                                                              \
	(BIT(VHOST_USER_PROTOCOL_LOG_SHMFD) | BIT(VHOST_USER_PROTOCOL_RARP) | BIT(VHOST_USER_PROTOCOL_REPLY_ACK) |     \
	 BIT(VHOST_USER_PROTOCOL_MEM_SLOTS))

#define HDR sizeof(struct vhost_user_hdr)

static void no_watch(uint32_t queue, int fd)
{
}

void vhost_user_init(struct vhost_user *v, struct pvboot_dev *dev, struct ram *ram,
		     void (*kick_changed)(uint32_t queue, int fd))
{
	memset(v, 0, sizeof(*v));
	v->fd = -1;
	v->dev = dev;
	v->ram = ram;
	v->kick_changed = kick_changed ? kick_changed : no_watch;
	for (unsigned int i = 0; i < PVBOOT_NUM_QUEUES; i++)
		v->queue[i].kick_fd = v->queue[i].call_fd = -1;
}

static void clear_slots(struct vhost_user *v)
{
	v->nslots = 0;
	ram_clear(v->ram);
}

void vhost_user_connect(struct vhost_user *v, int fd)
{
	vhost_user_hang_up(v);
	clear_slots(v);
	ram_settle(v->ram);
	v->fd = fd;
}

static void close_fds(struct vhost_user *v)
{
	while (v->nfds)
		close(v->fds[--v->nfds]);
}

static enum vhost_user_result fail(struct vhost_user *v, const char *error)
{
	close_fds(v);
	v->error = error;
	return VHOST_USER_ERROR;
}

/* ---- queues ----------------------------------------------------------------------------------------------------- */

static void replace_fd(int *to, int fd)
{
	if (*to >= 0)
		close(*to);
	*to = fd;
}

static void stop_queue(struct vhost_user *v, uint32_t i)
{
	if (v->queue[i].running)
		pvboot_vhost_stop(v->dev, i);
	v->queue[i].running = false;
}

static void set_kick(struct vhost_user *v, uint32_t i, int fd)
{
	v->kick_changed(i, -1);
	replace_fd(&v->queue[i].kick_fd, fd);
	if (fd >= 0)
		v->kick_changed(i, fd);
}

/* Where len bytes of QEMU's address space are in the guest's; false if they are not in one range of it. */
static bool translate(const struct vhost_user *v, uint64_t uva, uint64_t len, uint64_t *gpa)
{
	for (const struct vhost_user_region *s = v->slot; s < v->slot + v->nslots; s++) {
		if (uva < s->uva || uva - s->uva >= s->size)
			continue;
		*gpa = s->gpa + (uva - s->uva);
		return len <= s->size - (uva - s->uva);
	}
	return false;
}

static enum vhost_user_result start_queue(struct vhost_user *v, uint32_t i)
{
	struct vhost_user_queue *q = &v->queue[i];
	struct pvboot_vhost_queue vq = {.size = q->num};
	uint64_t n = q->num;

	if (!translate(v, q->addr.desc, n * sizeof(struct vring_desc), &vq.desc) ||
	    !translate(v, q->addr.avail, sizeof(struct vring_avail) + n * sizeof(uint16_t), &vq.avail) ||
	    !translate(v, q->addr.used, sizeof(struct vring_used) + n * sizeof(struct vring_used_elem), &vq.used))
		return fail(v, "QEMU starts a queue that is not in the memory it shares");
	if (!pvboot_vhost_start(v->dev, i, &vq))
		return fail(v, "QEMU starts a queue whose rings are misaligned, too large or no memory: " RAM_REMEDY);
	q->running = true;
	return VHOST_USER_GOOD;
}

/* A driver of pvboot's knows virtio 1.0 and makes its queues smaller than QEMU offers them. */
static bool is_foreign(const struct vhost_user *v, const struct vhost_user_queue *q)
{
	return q->num > PVBOOT_QUEUE_MAX || !(v->features & BIT(VIRTIO_F_VERSION_1));
}

/* Bring queues in line with what was said of them. */
static enum vhost_user_result update(struct vhost_user *v)
{
	enum vhost_user_result result = VHOST_USER_GOOD;

	v->foreign = v->blind = false;
	for (uint32_t i = 0; i < PVBOOT_NUM_QUEUES && result == VHOST_USER_GOOD; i++) {
		struct vhost_user_queue *q = &v->queue[i];
		bool run =
			q->num && q->has_addr && q->kicked && q->enabled && !(v->features & BIT(VHOST_USER_F_LOG_ALL));

		/* memory comes before queues, unless QEMU has none that it could pass: RAM that is its own */
		v->blind |= run && !v->had_memory && !is_foreign(v, q);
		run = run && v->nslots;
		v->foreign |= run && is_foreign(v, q);
		run = run && !is_foreign(v, q);
		if (run && !q->running)
			result = start_queue(v, i);
		else if (!run)
			stop_queue(v, i);
	}
	return result;
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static enum vhost_user_result answer(struct vhost_user *v, uint32_t request, const void *body, uint32_t size)
{
	struct vhost_user_hdr hdr = {request, VHOST_USER_VERSION | VHOST_USER_REPLY, size};
	struct iovec iov[2] = {{&hdr, sizeof(hdr)}, {(void *)(uintptr_t)body, size}};
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = 2};
	ssize_t n;

	do {
		n = sendmsg(v->fd, &mh, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)(sizeof(hdr) + size))
		return VHOST_USER_GOOD;
	return n < 0 && (errno == EPIPE || errno == ECONNRESET) ? VHOST_USER_CLOSED
								: fail(v, "an answer could not be sent");
}

static enum vhost_user_result answer64(struct vhost_user *v, uint32_t request, uint64_t value)
{
	return answer(v, request, &value, sizeof(value));
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

/* Whether QEMU's addresses of two ranges overlap, or one wraps: then they could not be told apart. */
static bool slot_is_good(const struct vhost_user *v, const struct vhost_user_region *n)
{
	if (!n->size || n->uva > UINT64_MAX - n->size)
		return false;
	for (const struct vhost_user_region *s = v->slot; s < v->slot + v->nslots; s++) {
		if (n->uva - s->uva < s->size || s->uva - n->uva < n->size)
			return false;
	}
	return true;
}

/* Add a range; fd is taken. */
static enum vhost_user_result add_slot(struct vhost_user *v, const struct vhost_user_region *region, int fd)
{
	int error = EINVAL;

	if (v->nslots < VHOST_USER_SLOTS && slot_is_good(v, region))
		error = ram_add(v->ram, region->gpa, region->size, region->offset, fd, false);
	else
		close(fd);
	if (error)
		return fail(v, "the guest's memory cannot be mapped, its ranges overlap or are not in the "
			       "files: " RAM_REMEDY);
	v->slot[v->nslots++] = *region;
	v->had_memory = true;
	return VHOST_USER_GOOD;
}

static enum vhost_user_result set_mem_table(struct vhost_user *v, const uint8_t *body, uint32_t size)
{
	enum vhost_user_result result = VHOST_USER_GOOD;
	struct vhost_user_mem_table m;
	unsigned int given = v->nfds;

	memset(&m, 0, sizeof(m));
	memcpy(&m, body, size);
	if (size < offsetof(struct vhost_user_mem_table, region) || m.n > VHOST_USER_FDS || m.n != given ||
	    size - offsetof(struct vhost_user_mem_table, region) < m.n * sizeof(m.region[0]))
		return fail(v, "SET_MEM_TABLE has not as many ranges and descriptors as it says");
	v->nfds = 0; /* add_slot() takes them */
	clear_slots(v);
	for (unsigned int i = 0; i < m.n; i++) {
		if (result == VHOST_USER_GOOD)
			result = add_slot(v, &m.region[i], v->fds[i]);
		else
			close(v->fds[i]);
	}
	if (result != VHOST_USER_GOOD)
		clear_slots(v);
	ram_settle(v->ram);
	return result;
}

static enum vhost_user_result add_mem_reg(struct vhost_user *v, const uint8_t *body)
{
	struct vhost_user_mem_reg m;

	memcpy(&m, body, sizeof(m));
	if (v->nfds != 1)
		return fail(v, "ADD_MEM_REG came without its descriptor");
	v->nfds = 0;
	return add_slot(v, &m.region, v->fds[0]);
}

static enum vhost_user_result rem_mem_reg(struct vhost_user *v, const uint8_t *body)
{
	struct vhost_user_mem_reg m;

	memcpy(&m, body, sizeof(m));
	close_fds(v); /* some send one */
	for (struct vhost_user_region *s = v->slot; s < v->slot + v->nslots; s++) {
		if (s->gpa != m.region.gpa || s->size != m.region.size || s->uva != m.region.uva)
			continue;
		*s = v->slot[--v->nslots];
		ram_remove(v->ram, m.region.gpa, m.region.size);
		ram_settle(v->ram);
		return VHOST_USER_GOOD;
	}
	return fail(v, "REM_MEM_REG names a range that was not added");
}

/* ---- messages --------------------------------------------------------------------------------------------------- */

static enum vhost_user_result set_features(struct vhost_user *v, uint64_t features)
{
	if (features & ~FEATURES)
		return fail(v, "QEMU acknowledges features that were not offered");
	v->features = features;
	return VHOST_USER_GOOD;
}

static enum vhost_user_result set_vring(struct vhost_user *v, uint32_t request, const uint8_t *body)
{
	struct vhost_user_state m;
	struct vhost_user_queue *q;

	memcpy(&m, body, sizeof(m));
	if (m.index >= PVBOOT_NUM_QUEUES)
		return fail(v, "QEMU names a queue that there is not");
	q = &v->queue[m.index];
	switch (request) {
	case VHOST_USER_SET_VRING_NUM:
		if (!m.num || m.num > 32768 || m.num & (m.num - 1) || q->running)
			return fail(v, "QEMU gives a queue a size it cannot have");
		q->num = (uint16_t)m.num;
		return VHOST_USER_GOOD;
	case VHOST_USER_SET_VRING_BASE:
		/* Where to go on stands in guest memory, whoever wrote it last. */
		return VHOST_USER_GOOD;
	case VHOST_USER_SET_VRING_ENABLE:
		if (m.num > 1)
			return fail(v, "QEMU enables a queue with neither 0 nor 1");
		q->enabled = m.num;
		return VHOST_USER_GOOD;
	default: /* VHOST_USER_GET_VRING_BASE: also "stop" */
		stop_queue(v, m.index);
		m.num = pvboot_vhost_stop(v->dev, m.index);
		set_kick(v, m.index, -1);
		q->kicked = false;
		return answer(v, request, &m, sizeof(m));
	}
}

static enum vhost_user_result set_vring_addr(struct vhost_user *v, const uint8_t *body)
{
	struct vhost_user_addr m;
	struct vhost_user_queue *q;

	memcpy(&m, body, sizeof(m));
	if (m.index >= PVBOOT_NUM_QUEUES || m.flags & ~1u)
		return fail(v, "SET_VRING_ADDR names a queue or flag that there is not");
	q = &v->queue[m.index];
	if (q->running && (m.desc != q->addr.desc || m.avail != q->addr.avail || m.used != q->addr.used))
		return fail(v, "QEMU moves a queue that runs");
	q->addr = m;
	q->has_addr = true;
	return VHOST_USER_GOOD;
}

/* KICK, CALL and ERR. */
static enum vhost_user_result set_vring_fd(struct vhost_user *v, uint32_t request, uint64_t value)
{
	uint32_t i = value & VHOST_USER_INDEX_MASK;
	int fd = -1;

	if (i >= PVBOOT_NUM_QUEUES || value & ~(uint64_t)(VHOST_USER_INDEX_MASK | VHOST_USER_NO_FD) ||
	    v->nfds != (value & VHOST_USER_NO_FD ? 0 : 1))
		return fail(v, "QEMU names a queue that there is not, or gives no descriptor for it");
	if (v->nfds)
		fd = v->fds[--v->nfds];
	if (request == VHOST_USER_SET_VRING_KICK) {
		set_kick(v, i, fd);
		v->queue[i].kicked = true;
	} else if (request == VHOST_USER_SET_VRING_CALL) {
		replace_fd(&v->queue[i].call_fd, fd);
	} else if (fd >= 0) {
		close(fd); /* errors go to the log */
	}
	return VHOST_USER_GOOD;
}

static enum vhost_user_result set_log_base(struct vhost_user *v)
{
	/* Nothing is written while a log is wanted, so nothing is to be logged. */
	if (v->nfds != 1)
		return fail(v, "SET_LOG_BASE came without its descriptor");
	close_fds(v);
	return answer64(v, VHOST_USER_SET_LOG_BASE, 0);
}

/* Bodies by request, and how many descriptors may come along; what has no row is refused. */
static const struct {
	bool known;
	bool answered; /* by an answer of its own */
	uint16_t min, max;
	uint16_t fds;
} messages[] = {
	[VHOST_USER_GET_FEATURES] = {true, true, 0, 0, 0},
	[VHOST_USER_SET_FEATURES] = {true, false, 8, 8, 0},
	[VHOST_USER_SET_OWNER] = {true, false, 0, 0, 0},
	[VHOST_USER_RESET_OWNER] = {true, false, 0, 0, 0},
	[VHOST_USER_SET_MEM_TABLE] = {true, false, 8, sizeof(struct vhost_user_mem_table), VHOST_USER_FDS},
	[VHOST_USER_SET_LOG_BASE] = {true, true, sizeof(struct vhost_user_log), sizeof(struct vhost_user_log), 1},
	[VHOST_USER_SET_LOG_FD] = {true, false, 0, 8, 1},
	[VHOST_USER_SET_VRING_NUM] = {true, false, 8, 8, 0},
	[VHOST_USER_SET_VRING_ADDR] = {true, false, sizeof(struct vhost_user_addr), sizeof(struct vhost_user_addr), 0},
	[VHOST_USER_SET_VRING_BASE] = {true, false, 8, 8, 0},
	[VHOST_USER_GET_VRING_BASE] = {true, true, 8, 8, 0},
	[VHOST_USER_SET_VRING_KICK] = {true, false, 8, 8, 1},
	[VHOST_USER_SET_VRING_CALL] = {true, false, 8, 8, 1},
	[VHOST_USER_SET_VRING_ERR] = {true, false, 8, 8, 1},
	[VHOST_USER_GET_PROTOCOL_FEATURES] = {true, true, 0, 0, 0},
	[VHOST_USER_SET_PROTOCOL_FEATURES] = {true, false, 8, 8, 0},
	[VHOST_USER_GET_QUEUE_NUM] = {true, true, 0, 0, 0},
	[VHOST_USER_SET_VRING_ENABLE] = {true, false, 8, 8, 0},
	[VHOST_USER_SEND_RARP] = {true, false, 8, 8, 0},
	[VHOST_USER_GET_MAX_MEM_SLOTS] = {true, true, 0, 0, 0},
	[VHOST_USER_ADD_MEM_REG] = {true, false, sizeof(struct vhost_user_mem_reg), sizeof(struct vhost_user_mem_reg),
				    1},
	[VHOST_USER_REM_MEM_REG] = {true, false, sizeof(struct vhost_user_mem_reg), sizeof(struct vhost_user_mem_reg),
				    1},
};

static enum vhost_user_result dispatch(struct vhost_user *v, const struct vhost_user_hdr *hdr)
{
	const uint8_t *body = v->buf + HDR;
	uint64_t value = 0;

	memcpy(&value, body, hdr->size < sizeof(value) ? hdr->size : sizeof(value));
	switch (hdr->request) {
	case VHOST_USER_GET_FEATURES:
		return answer64(v, hdr->request, FEATURES);
	case VHOST_USER_SET_FEATURES:
		return set_features(v, value);
	case VHOST_USER_SET_MEM_TABLE:
		return set_mem_table(v, body, hdr->size);
	case VHOST_USER_SET_LOG_BASE:
		return set_log_base(v);
	case VHOST_USER_SET_VRING_NUM:
	case VHOST_USER_SET_VRING_BASE:
	case VHOST_USER_GET_VRING_BASE:
	case VHOST_USER_SET_VRING_ENABLE:
		return set_vring(v, hdr->request, body);
	case VHOST_USER_SET_VRING_ADDR:
		return set_vring_addr(v, body);
	case VHOST_USER_SET_VRING_KICK:
	case VHOST_USER_SET_VRING_CALL:
	case VHOST_USER_SET_VRING_ERR:
		return set_vring_fd(v, hdr->request, value);
	case VHOST_USER_GET_PROTOCOL_FEATURES:
		return answer64(v, hdr->request, PROTOCOL_FEATURES);
	case VHOST_USER_SET_PROTOCOL_FEATURES:
		if (value & ~PROTOCOL_FEATURES)
			return fail(v, "QEMU acknowledges protocol features that were not offered");
		v->protocol_features = value;
		return VHOST_USER_GOOD;
	case VHOST_USER_GET_QUEUE_NUM:
		return answer64(v, hdr->request, 1); /* pairs */
	case VHOST_USER_GET_MAX_MEM_SLOTS:
		return answer64(v, hdr->request, VHOST_USER_SLOTS);
	case VHOST_USER_ADD_MEM_REG:
		return add_mem_reg(v, body);
	case VHOST_USER_REM_MEM_REG:
		return rem_mem_reg(v, body);
	default: /* SET_OWNER, RESET_OWNER, SET_LOG_FD, SEND_RARP */
		close_fds(v);
		return VHOST_USER_GOOD;
	}
}

/* A message that is whole. */
static enum vhost_user_result serve_message(struct vhost_user *v, const struct vhost_user_hdr *hdr)
{
	enum vhost_user_result result;

	if (v->nfds > messages[hdr->request].fds)
		return fail(v, "QEMU sent descriptors with a message that has none");
	result = dispatch(v, hdr);
	if (result == VHOST_USER_GOOD && v->nfds)
		return fail(v, "QEMU sent more descriptors than a message has");
	if (result == VHOST_USER_GOOD)
		result = update(v);
	if (result == VHOST_USER_GOOD && hdr->flags & VHOST_USER_NEED_REPLY && !messages[hdr->request].answered &&
	    v->protocol_features & BIT(VHOST_USER_PROTOCOL_REPLY_ACK))
		result = answer64(v, hdr->request, 0);
	return result;
}

/* ---- the socket ------------------------------------------------------------------------------------------------- */

/* Read up to want bytes of the message at hand. */
static enum vhost_user_result collect(struct vhost_user *v, size_t want)
{
	const char *why;
	ssize_t n = receive(v->fd, v->buf + v->have, want - v->have, v->fds, &v->nfds, VHOST_USER_FDS, &why);

	if (n < 0)
		return why ? fail(v, why) : VHOST_USER_CLOSED;
	v->have += (size_t)n;
	return VHOST_USER_GOOD;
}

static const char *check_header(const struct vhost_user_hdr *hdr)
{
	if (hdr->request >= sizeof(messages) / sizeof(messages[0]) || !messages[hdr->request].known)
		return "QEMU sent a message of an unknown kind";
	if ((hdr->flags & ~VHOST_USER_NEED_REPLY) != VHOST_USER_VERSION)
		return "QEMU sent a message of another version, or with unknown flags";
	if (hdr->size < messages[hdr->request].min || hdr->size > messages[hdr->request].max)
		return "QEMU sent a message of a wrong length";
	return NULL;
}

/* One message at a time: descriptors belong to the message they come with. */
enum vhost_user_result vhost_user_serve(struct vhost_user *v)
{
	struct vhost_user_hdr hdr;
	enum vhost_user_result result = VHOST_USER_GOOD;
	const char *wrong;

	if (v->have < HDR)
		result = collect(v, HDR);
	if (result != VHOST_USER_GOOD || v->have < HDR)
		return result;
	memcpy(&hdr, v->buf, sizeof(hdr));
	wrong = check_header(&hdr);
	if (wrong)
		return fail(v, wrong);
	if (v->have < HDR + hdr.size)
		result = collect(v, HDR + hdr.size);
	if (result != VHOST_USER_GOOD || v->have < HDR + hdr.size)
		return result;
	v->have = 0;
	return serve_message(v, &hdr);
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

void vhost_user_kick(struct vhost_user *v, uint32_t queue)
{
	struct vhost_user_queue *q = &v->queue[queue];
	uint64_t count;

	if (q->kick_fd >= 0 && read(q->kick_fd, &count, sizeof(count)) == sizeof(count) && q->running)
		pvboot_vhost_kick(v->dev, queue);
}

/* An eventfd takes this without waiting until it has counted to 2^64 - 2; only QEMU could have made it block. */
void vhost_user_call(struct vhost_user *v, uint32_t queue)
{
	uint64_t one = 1;

	if (queue < PVBOOT_NUM_QUEUES && v->queue[queue].call_fd >= 0 &&
	    write(v->queue[queue].call_fd, &one, sizeof(one)) < 0)
		return; /* nobody listens */
}

void vhost_user_hang_up(struct vhost_user *v)
{
	close_fds(v);
	for (uint32_t i = 0; i < PVBOOT_NUM_QUEUES; i++) {
		stop_queue(v, i);
		set_kick(v, i, -1);
		replace_fd(&v->queue[i].call_fd, -1);
		v->queue[i] = (struct vhost_user_queue){.kick_fd = -1, .call_fd = -1};
	}
	replace_fd(&v->fd, -1);
	v->have = 0;
	v->features = v->protocol_features = 0;
	v->foreign = v->blind = v->had_memory = false;
}
