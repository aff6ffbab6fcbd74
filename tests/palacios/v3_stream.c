/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * v3_stream.c - a stream: a ring of 4 KiB towards user space, a call of the plugin's from there.
 *
 * The plugin hears neither of a connection nor of its end, and what nobody has read stays in the ring for the next one.
 * A stream that is closed is freed, whether or not a daemon has it open; what the daemon does then is done to freed
 * memory.  A stream that is not closed outlives its VM, and nobody frees it any more.
 */
#include <interfaces/vmm_stream.h>
#include <palacios/vm_guest.h>

#include "v3_vm.h"

#define NAME_MAX_LEN 128
#define EFAULT_HERE (-1)

struct host_stream {
	struct v3_stream *v3;
	struct vm *vm;
	char name[NAME_MAX_LEN];
	v3_lock_t lock;
	int connected;
	int freed;		  /* under a daemon, which still has it; kept here to notice what that does */
	struct host_stream *next; /* of those without a VM */
	uint_t start, len;
	uint8_t ring[HOST_RING];
};

void (*stream_wakeup)(struct host_stream *s);
int stream_refuse;

static struct host_stream *orphans; /* also those that were freed under a daemon */

static struct host_stream *find(struct vm *vm, const char *name)
{
	for (int i = 0; i < VM_STREAMS; i++) {
		if (vm->stream[i] && strcmp(vm->stream[i]->name, name) == 0)
			return vm->stream[i];
	}
	return NULL;
}

/* What v3_stream_open() does not report: there is a struct v3_stream, but nothing behind it. */
static struct host_stream *open_host(struct vm *vm, const char *name)
{
	struct host_stream *s;
	int i;

	for (i = 0; i < VM_STREAMS && vm->stream[i]; i++)
		;
	if (stream_refuse || i == VM_STREAMS || find(vm, name))
		return NULL;
	s = host_alloc(sizeof(*s));
	s->vm = vm;
	strncpy(s->name, name, sizeof(s->name) - 1);
	v3_lock_init(&s->lock);
	vm->stream[i] = s;
	return s;
}

struct v3_stream *v3_stream_open(struct v3_vm_info *info, const char *name,
				 sint64_t (*input)(struct v3_stream *stream, uint8_t *buf, sint64_t len),
				 void *guest_stream_data)
{
	struct v3_stream *v3 = V3_Malloc(sizeof(*v3));

	if (!v3)
		return NULL;
	v3->input = input;
	v3->guest_stream_data = guest_stream_data;
	v3->host_stream_data = open_host(vm_of(info), name);
	if (v3->host_stream_data)
		((struct host_stream *)v3->host_stream_data)->v3 = v3;
	return v3;
}

sint64_t v3_stream_output(struct v3_stream *v3, uint8_t *buf, sint64_t len)
{
	struct host_stream *s = v3->host_stream_data;
	uint_t n = 0;
	addr_t flags;

	if (!s || len < 0) {
		host_violation("output on a stream that was not opened, or of %lld bytes", len);
		return -1;
	}
	flags = v3_lock_irqsave(s->lock);
	while (n < len && s->len < HOST_RING)
		s->ring[(s->start + s->len++) % HOST_RING] = buf[n++];
	v3_unlock_irqrestore(s->lock, flags);
	if (stream_wakeup)
		stream_wakeup(s);
	return n;
}

static void orphan(struct host_stream *s)
{
	s->vm = NULL;
	s->next = orphans;
	orphans = s;
}

void v3_stream_close(struct v3_stream *v3)
{
	struct host_stream *s = v3->host_stream_data;

	if (!s) {
		host_violation("a stream is closed that was not opened: Palacios follows a null pointer there");
	} else {
		for (int i = 0; i < VM_STREAMS; i++) {
			if (s->vm->stream[i] == s)
				s->vm->stream[i] = NULL;
		}
		if (s->connected) {
			host_violation("the stream %s is freed while a daemon holds it", s->name);
			s->freed = 1;
			orphan(s);
		} else {
			v3_lock_deinit(&s->lock);
			host_dealloc(s);
		}
	}
	V3_Free(v3);
}

void stream_orphan_all(struct vm *vm)
{
	for (int i = 0; i < VM_STREAMS; i++) {
		if (vm->stream[i])
			orphan(vm->stream[i]);
		vm->stream[i] = NULL;
	}
}

unsigned int stream_bury(void)
{
	uint_t n = 0;

	while (orphans) {
		struct host_stream *s = orphans;

		orphans = s->next;
		if (s->connected)
			host_violation("the stream %s is buried while a daemon holds it", s->name);
		if (!s->freed) {
			n++;
			V3_Free(s->v3->guest_stream_data);
			V3_Free(s->v3);
		}
		v3_lock_deinit(&s->lock);
		host_dealloc(s);
	}
	return n;
}

unsigned int stream_count(struct v3_vm_info *info)
{
	uint_t n = 0;

	for (int i = 0; i < VM_STREAMS; i++)
		n += vm_of(info)->stream[i] != NULL;
	return n;
}

/* ---- user space ------------------------------------------------------------------------------------------------- */

struct host_stream *stream_connect(struct v3_vm_info *info, const char *name)
{
	struct host_stream *s = find(vm_of(info), name);

	if (!s || s->connected)
		return NULL;
	s->connected = 1;
	return s;
}

/* Whether a daemon's call is done to freed memory: the host's kernel dies of it. */
static int is_freed(const struct host_stream *s, const char *what)
{
	if (s->freed)
		host_violation("a daemon %s the stream %s, which is freed", what, s->name);
	return s->freed;
}

void stream_release(struct host_stream *s)
{
	is_freed(s, "closes");
	s->connected = 0;
}

long stream_read(struct host_stream *s, void *buf, unsigned long len)
{
	uint8_t *to = buf;
	ulong_t n = 0;
	addr_t flags;

	if (is_freed(s, "reads"))
		return EFAULT_HERE;
	flags = v3_lock_irqsave(s->lock);
	while (n < len && s->len) {
		to[n++] = s->ring[s->start];
		s->start = (s->start + 1) % HOST_RING;
		s->len--;
	}
	v3_unlock_irqrestore(s->lock, flags);
	return (long)n;
}

unsigned int stream_readable(struct host_stream *s)
{
	addr_t flags;
	uint_t n;

	if (is_freed(s, "polls"))
		return 0;
	flags = v3_lock_irqsave(s->lock);
	n = s->len;
	v3_unlock_irqrestore(s->lock, flags);
	return n;
}

/* The kernel copies the whole of it first; the copy is gone when the plugin's input returns. */
long stream_write(struct host_stream *s, const void *buf, unsigned long len)
{
	uint8_t *copy;
	sint64_t n;

	if (is_freed(s, "writes to"))
		return EFAULT_HERE;
	copy = host_alloc((uint_t)len);
	memcpy(copy, buf, len);
	mem_enter();
	n = s->v3->input(s->v3, copy, (sint64_t)len);
	mem_leave();
	memset(copy, 0x5a, len);
	host_dealloc(copy);
	if (n > (sint64_t)len)
		host_violation("input took %lld of %lu bytes", n, len);
	return n < 0 ? EFAULT_HERE : (long)n;
}
