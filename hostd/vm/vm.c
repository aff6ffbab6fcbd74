/* SPDX-License-Identifier: BSD-2-Clause */
/* vm.c - one connected VM: the greeting, the dispatch of its device's messages, and the end of its link. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "log.h"
#include "vm/vm.h"
#include "vm/vm_data.h"
#include "vm/vm_dgram.h"
#include "vm/vm_file.h"
#include "vm/vm_file_keep.h"
#include "vm/vm_file_read.h"
#include "vm/vm_frame.h"
#include "vm/vm_lease.h"
#include "vm/vm_plan.h"
#include "vm/vm_prefix.h"
#include "vm/vm_send.h"
#include "vm/vm_source.h"
#include "vm/vm_wait.h"

#define GREETING_SECONDS 10
#define BEAT_SECONDS 1 /* [LNK-18] */
#define REFUSE_RETRY_MS 5000

/* ---- states ----------------------------------------------------------------------------------------------------- */

static const char *const state_names[] = {"UNKNOWN", "WELCOME", "RUNNING"};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == VM_RUNNING + 1, "a name for each state");

static void set_state(struct vm *vm, enum vm_state state)
{
	log_msg(LOG_DEBUG, vm->id.name, "vm: %s -> %s", state_names[vm->state], state_names[state]);
	vm->state = state;
}

/* ---- requests and notes ---------------------------------------------------------------------------------------- */

static void cancel_request(struct vm *vm, uint32_t id)
{
	if (vm_file_cancel(vm, id) || vm_plan_cancel(vm, id))
		return;
	vm_wait_cancel(vm, PVBOOT_OP_READ, id);
	if (vm_wait_cancel(vm, PVBOOT_OP_DISCOVER, id))
		vm_lease_cancelled(vm);
}

/* The guest was reset: drop its requests and its open files; keep its lease. */
static void reset(struct vm *vm)
{
	log_msg(LOG_DEBUG, vm->id.name, "the guest started over");
	vm_wait_reset(vm);
	vm_lease_reset(vm);
	vm_plan_reset(vm);
	vm_file_reset(vm);
	vm_dgram_reset(vm);
	vm_frame_start_over(vm);
	vm_source_leave(vm);
}

static const struct {
	size_t fixed; /* minimum bytes of arguments */
	/* args is a copy and may be unaligned. */
	void (*begin)(struct vm *vm, uint32_t id, const uint8_t *args, size_t len, uint64_t room);
} requests[] = {
	[PVBOOT_OP_DISCOVER] = {sizeof(struct pvboot_discover_args), vm_lease_discover},
	[PVBOOT_OP_OPEN] = {sizeof(struct pvboot_open_args), vm_file_open},
	[PVBOOT_OP_READ] = {sizeof(struct pvboot_read_args), vm_file_read},
	[PVBOOT_OP_CLOSE] = {sizeof(struct pvboot_file_args), vm_file_close},
	[PVBOOT_OP_PROGRESS] = {sizeof(struct pvboot_file_args), vm_file_progress},
	[PVBOOT_OP_PLAN] = {sizeof(struct pvboot_plan_args), vm_plan_ask},
	[PVBOOT_OP_FRAME_OPEN] = {sizeof(struct pvboot_frame_open_args), vm_frame_open},
};

/* Parse the head of a REQUEST or NOTE; *args is what follows it. */
static bool parse_request(const struct pvboot_link_hdr *hdr, const uint8_t *body, struct pvboot_link_request *req,
			  const uint8_t **args)
{
	if (hdr->length < sizeof(*req))
		return false;
	memcpy(req, body, sizeof(*req));
	*args = body + sizeof(*req);
	return req->arg_len == hdr->length - sizeof(*req) && req->arg_len <= PVBOOT_ARGS_MAX && !req->reserved;
}

static bool on_request(struct vm *vm, const struct pvboot_link_hdr *hdr, const uint8_t *body, const char **why)
{
	struct pvboot_link_request req;
	const uint8_t *args;

	if (!parse_request(hdr, body, &req, &args)) {
		*why = "malformed REQUEST";
		return false;
	}
	if (req.op >= sizeof(requests) / sizeof(requests[0]) || !requests[req.op].begin)
		vm_fail(vm, hdr->id, PVBOOT_S_UNSUPPORTED, 0, "the host does not know this operation: update it");
	else if (req.arg_len < requests[req.op].fixed)
		vm_fail(vm, hdr->id, PVBOOT_S_BAD_REQUEST, 0, "arguments too short");
	else
		requests[req.op].begin(vm, hdr->id, args, req.arg_len, req.room);
	return true;
}

static void note_log(struct vm *vm, const uint8_t *args, size_t len)
{
	static const int levels[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};
	struct pvboot_log_args log;

	if (len < sizeof(log) || len - sizeof(log) > PVBOOT_LOG_MAX)
		return;
	memcpy(&log, args, sizeof(log));
	log_msg(log.level < 4 ? levels[log.level] : LOG_DEBUG, vm->id.name, "guest: %.*s", (int)(len - sizeof(log)),
		(const char *)args + sizeof(log));
}

static void note_phase(struct vm *vm, const uint8_t *args, size_t len)
{
	static const char *const names[] = {
		[PVBOOT_PHASE_ROM] = "rom",	  [PVBOOT_PHASE_LEASE] = "lease",   [PVBOOT_PHASE_NBP] = "nbp",
		[PVBOOT_PHASE_UNLOAD] = "unload", [PVBOOT_PHASE_FAILED] = "failed", [PVBOOT_PHASE_KERNEL] = "kernel",
	};
	struct pvboot_phase_args phase;

	if (len < sizeof(phase))
		return;
	memcpy(&phase, args, sizeof(phase));
	if (phase.phase > PVBOOT_PHASE_LAST || !names[phase.phase])
		return;
	log_msg(LOG_INFO, vm->id.name, "phase %s at %u ms", names[phase.phase], phase.guest_ms);
	if (phase.phase == PVBOOT_PHASE_UNLOAD || phase.phase == PVBOOT_PHASE_KERNEL ||
	    phase.phase == PVBOOT_PHASE_FAILED)
		vm_source_leave(vm);
}

static bool on_note(struct vm *vm, const struct pvboot_link_hdr *hdr, const uint8_t *body, const char **why)
{
	struct pvboot_link_request req;
	const uint8_t *args;

	if (!parse_request(hdr, body, &req, &args)) {
		*why = "malformed NOTE";
		return false;
	}
	switch (req.op) {
	case PVBOOT_OP_LOG:
		note_log(vm, args, req.arg_len);
		break;
	case PVBOOT_OP_PHASE:
		note_phase(vm, args, req.arg_len);
		break;
	case PVBOOT_OP_DGRAM_OPEN:
		vm_dgram_open(vm, args, req.arg_len);
		break;
	case PVBOOT_OP_DGRAM_CLOSE:
		vm_dgram_reset(vm);
		break;
	case PVBOOT_OP_FRAME_CLOSE:
		vm_frame_reset(vm);
		break;
	default: /* a note that this version does not know: ignored */
		break;
	}
	return true;
}

/* ---- the greeting ---------------------------------------------------------------------------------------------- */

static bool refuse(struct vm *vm, uint32_t status, const char *text)
{
	struct pvboot_link_refuse msg = {.status = status, .retry_ms = REFUSE_RETRY_MS};

	link_send(vm->link, PVBOOT_LINK_REFUSE, 0, -1,
		  (struct link_part[]){{&msg, sizeof(msg)}, {text, strnlen(text, PVBOOT_ERROR_MAX)}}, 2);
	return false;
}

static bool on_identity(struct vm *vm, const uint8_t *body, const char **why)
{
	static char text[PVBOOT_ERROR_MAX + 1]; /* static, because the link uses it until it has ended */
	struct pvboot_link_welcome welcome = {.version = PVBOOT_LINK_VERSION};
	struct pvboot_link_identity id;

	memcpy(&id, body, sizeof(id));
	id.name[sizeof(id.name) - 1] = '\0';
	if (vm->stream) /* [LNK-19] */
		snprintf(id.name, sizeof(id.name), "%s", vm->stream->name);
	*why = text;
	if (id.version != PVBOOT_LINK_VERSION) {
		snprintf(text, sizeof(text), "the device speaks version %u of the link, this host %u: update one",
			 id.version, PVBOOT_LINK_VERSION);
		return refuse(vm, PVBOOT_S_UNSUPPORTED, text);
	}
	if (id.features & ~(vm->stream ? 0 : PVBOOT_LINK_F_FD) ||
	    id.flags & ~(PVBOOT_LINK_ID_MAC | PVBOOT_LINK_ID_UUID | PVBOOT_LINK_ID_LOST) || id.reserved) {
		snprintf(text, sizeof(text), "the device asks for what was not offered: update it or this host");
		return refuse(vm, PVBOOT_S_UNSUPPORTED, text);
	}
	if (!vm->env->admit(vm->env->arg, vm, &id, &vm->id, text, sizeof(text)))
		return refuse(vm, PVBOOT_S_DENIED, text);
	vm->fds = id.features & PVBOOT_LINK_F_FD;
	vm->lost = id.flags & PVBOOT_LINK_ID_LOST;
	set_state(vm, VM_WELCOME);
	welcome.features = id.features;
	if (!vm->id.mac_of_card) {
		welcome.flags |= PVBOOT_LINK_ID_MAC;
		memcpy(welcome.mac, vm->id.mac, 6);
	}
	if (vm->id.has_uuid) {
		welcome.flags |= PVBOOT_LINK_ID_UUID;
		memcpy(welcome.uuid, vm->id.uuid, 16);
	}
	welcome.host_wait_ms = vm->id.conf->host_wait_ms;
	link_send(vm->link, PVBOOT_LINK_WELCOME, 0, -1, &(struct link_part){&welcome, sizeof(welcome)}, 1);
	*why = "out of memory";
	return vm_wait_start(vm) && vm_file_start(vm) && vm_dgram_start(vm) && vm_frame_start(vm) &&
	       vm_source_start(vm);
}

static bool on_kept(struct vm *vm, const struct pvboot_link_hdr *hdr, const uint8_t *body)
{
	uint32_t key = hdr->id;
	bool ok = false;

	if (hdr->length > PVBOOT_LINK_KEEP_MAX)
		return false;
	if (key == PVBOOT_LINK_KEY_LEASE)
		ok = vm_lease_restore(vm, body, hdr->length);
	else if (key == PVBOOT_LINK_KEY_DGRAM)
		ok = vm_dgram_restore(vm, body, hdr->length);
	else if (key == PVBOOT_LINK_KEY_FRAME)
		ok = vm_frame_restore(vm, body, hdr->length);
	else if (key > 0 && key < PVBOOT_LINK_KEY_LEASE)
		ok = vm_dgram_restore_tftp(vm, (uint16_t)key, body, hdr->length);
	else if (key > PVBOOT_LINK_KEY_FILE && key <= PVBOOT_LINK_KEY_FILE + 0xffff)
		ok = vm_file_restore(vm, key - PVBOOT_LINK_KEY_FILE, body, hdr->length);
	if (ok)
		return true;
	/* An unknown key, or a blob of another version: only that file or lease is lost, and the link stays. */
	log_msg(LOG_WARNING, vm->id.name, "what the device kept under %#x is of no use: dropped", key);
	vm_send_forget(vm, key);
	return true;
}

/* ---- the link's callbacks -------------------------------------------------------------------------------------- */

static bool on_running(struct vm *vm, const struct pvboot_link_hdr *hdr, const uint8_t *body, const char **why)
{
	switch (hdr->type) {
	case PVBOOT_LINK_REQUEST:
		return on_request(vm, hdr, body, why);
	case PVBOOT_LINK_NOTE:
		return on_note(vm, hdr, body, why);
	case PVBOOT_LINK_DGRAM:
		return vm_dgram_input(vm, body, hdr->length, why);
	case PVBOOT_LINK_FRAME:
		return vm_frame_input(vm, body, hdr->length, why);
	case PVBOOT_LINK_CANCEL:
		cancel_request(vm, hdr->id);
		return true;
	case PVBOOT_LINK_RESET:
		reset(vm);
		return true;
	default:
		*why = "a message that has no place here";
		return false;
	}
}

static bool on_message(void *arg, const struct pvboot_link_hdr *hdr, const uint8_t *body, const char **why)
{
	struct vm *vm = arg;

	if (hdr->type == PVBOOT_LINK_BYE) { /* [LNK-17] */
		*why = "the device starts the connection over";
		return false;
	}
	if (vm->state == VM_RUNNING)
		return on_running(vm, hdr, body, why);
	if (vm->state == VM_UNKNOWN) /* link.c lets only an IDENTITY through first */
		return on_identity(vm, body, why);
	*why = "KEPT or RESUME was expected";
	if (hdr->type == PVBOOT_LINK_KEPT)
		return on_kept(vm, hdr, body);
	if (hdr->type != PVBOOT_LINK_RESUME)
		return false;
	set_state(vm, VM_RUNNING);
	event_del(vm->deadline);
	return true;
}

static void on_drained(void *arg)
{
	struct vm *vm = arg;

	if (vm->state == VM_UNKNOWN)
		return;
	vm_file_drained(vm);
	vm_file_read_step(vm, NULL);
	vm_frame_drained(vm);
}

static void on_closed(void *arg, const char *why)
{
	struct vm *vm = arg;

	if (vm->state == VM_UNKNOWN)
		log_msg(why ? LOG_WARNING : LOG_DEBUG, vm->stream ? vm->stream->name : NULL,
			"a device of uid %u was turned away: %s", (unsigned int)vm->uid, why ? why : "it hung up");
	else
		log_msg(why ? LOG_WARNING : LOG_INFO, vm->id.name, "disconnected%s%s", why ? ": " : "", why ? why : "");
	vm->env->forget(vm->env->arg, vm);
	vm_free(vm);
}

static const struct link_ops link_ops = {
	.message = on_message,
	.drained = on_drained,
	.closed = on_closed,
};

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	on_closed(arg, "no answer to the hello in time");
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

struct vm *vm_new(const struct vm_env *env, int fd, uid_t uid, pid_t pid)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	if (!vm || getrandom(&vm->nonce, sizeof(vm->nonce), 0) != (ssize_t)sizeof(vm->nonce)) {
		free(vm);
		close(fd);
		return NULL;
	}
	vm->env = env;
	vm->uid = uid;
	vm->pid = pid;
	vm->link = link_new(env->base, fd, vm->nonce, &link_ops, vm);
	vm->deadline = evtimer_new(env->base, on_deadline, vm);
	if (!vm->link || !vm->deadline || event_add(vm->deadline, &(struct timeval){GREETING_SECONDS, 0})) {
		vm_free(vm);
		return NULL;
	}
	return vm;
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct vm *vm = arg;

	if (vm->state == VM_RUNNING)
		link_send(vm->link, PVBOOT_LINK_FORGET, 0, -1, NULL, 0);
}

struct vm *vm_new_stream(const struct vm_env *env, int fd, const struct conf_vm *conf)
{
	struct vm *vm = vm_new(env, fd, 0, 0);

	if (!vm)
		return NULL;
	vm->stream = conf;
	vm->beat = event_new(env->base, -1, EV_PERSIST, on_beat, vm);
	if (vm->beat && !event_add(vm->beat, &(struct timeval){BEAT_SECONDS, 0}))
		return vm;
	vm_free(vm);
	return NULL;
}

const struct conf_vm *vm_stream_conf(const struct vm *vm)
{
	return vm->stream;
}

void vm_free(struct vm *vm)
{
	vm->ending = true;
	vm_wait_stop(vm);
	if (vm->dhcp)
		dhcp_cancel(vm->dhcp);
	vm_prefix_reset(vm);
	vm_source_stop(vm);
	vm_dgram_stop(vm);
	vm_frame_stop(vm);
	vm_plan_reset(vm);
	vm_file_stop(vm);
	if (vm->link) {
		if (vm->stream && vm->state == VM_RUNNING) /* [LNK-17] */
			link_send(vm->link, PVBOOT_LINK_BYE, 0, -1, NULL, 0);
		link_flush(vm->link);
		link_free(vm->link);
	}
	if (vm->deadline)
		event_free(vm->deadline);
	if (vm->beat)
		event_free(vm->beat);
	free(vm);
}

uid_t vm_uid(const struct vm *vm)
{
	return vm->uid;
}

pid_t vm_pid(const struct vm *vm)
{
	return vm->pid;
}

bool vm_hung_up(const struct vm *vm)
{
	return link_hung_up(vm->link);
}

struct vm_identity *vm_identity(struct vm *vm)
{
	return vm->state == VM_UNKNOWN ? NULL : &vm->id;
}

struct vm *vm_next(const struct vm *vm)
{
	return vm->next;
}

void vm_set_next(struct vm *vm, struct vm *next)
{
	vm->next = next;
}
