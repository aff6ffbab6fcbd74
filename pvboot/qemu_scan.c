/* SPDX-License-Identifier: BSD-2-Clause */
/* qemu_scan.c - what the user's own QEMU arguments say about the things pvboot has a part in. */
#include <stdio.h>
#include <string.h>

#include "qemu_args.h"
#include "qemu_check.h"
#include "qemu_nics.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

bool qemu_property(const char *value, const char *implicit, const char *key, char *buf, size_t size)
{
	bool first = true;
	size_t key_len = strlen(key);

	while (*value) {
		size_t piece = strcspn(value, ",="), n = 0;
		bool named = value[piece] == '=';
		bool wanted = named ? piece == key_len && memcmp(value, key, key_len) == 0
				    : first && implicit && strcmp(implicit, key) == 0;

		if (named)
			value += piece + 1;
		for (; *value && (*value != ',' || value[1] == ','); value++) {
			if (*value == ',')
				value++;
			if (wanted && n < size)
				buf[n] = *value;
			n++;
		}
		if (wanted) {
			buf[n < size ? n : 0] = '\0';
			return n < size;
		}
		if (*value == ',')
			value++;
		first = false;
	}
	return false;
}

static void scan_memory(struct qemu_user *user, const char *value)
{
	char size[24];
	size_t len;

	if (!qemu_property(value, "size", "size", size, sizeof(size)))
		return;
	len = strlen(size);
	/* -m counts in MiB, a memory backend in bytes. */
	snprintf(user->memory, sizeof(user->memory), "%s%s", size,
		 len && strchr("0123456789.", size[len - 1]) ? "M" : "");
}

/* The guest's memory, or a part of it, is the user's memory backend of that id. */
static void use_memory(struct qemu_user *user, const char *id)
{
	user->own_memory = true;
	if (user->n_used < QEMU_BACKENDS_MAX)
		snprintf(user->used[user->n_used++], sizeof(user->used[0]), "%s", id);
}

/* Is a backend of that type shared where nothing is said?  QEMU's documentation of -object memory-backend-* */
static bool shared_by_default(const char *type)
{
	return strcmp(type, "memory-backend-memfd") == 0 || strcmp(type, "memory-backend-shm") == 0;
}

static void scan_object(struct qemu_user *user, const char *value)
{
	struct qemu_backend *b = &user->backend[user->n_backends];
	char share[8];

	if (user->n_backends == QEMU_BACKENDS_MAX ||
	    !qemu_property(value, "qom-type", "qom-type", b->type, sizeof(b->type)) ||
	    strncmp(b->type, "memory-backend-", 15) != 0 || !qemu_property(value, NULL, "id", b->id, sizeof(b->id)))
		return;
	b->shared = shared_by_default(b->type);
	if (qemu_property(value, NULL, "share", share, sizeof(share)))
		b->shared = strcmp(share, "on") == 0 || strcmp(share, "yes") == 0 || strcmp(share, "true") == 0;
	user->n_backends++;
}

static void scan_mem_path(struct qemu_user *user, const char *value)
{
	user->mem_path = value;
}

static void scan_bios(struct qemu_user *user, const char *value)
{
	snprintf(user->firmware, sizeof(user->firmware), "%s", value);
}

static void scan_pflash(struct qemu_user *user, const char *value)
{
	if (*user->firmware)
		return;
	user->flash = true;
	snprintf(user->firmware, sizeof(user->firmware), "%s", value);
}

static void scan_drive(struct qemu_user *user, const char *value)
{
	char buf[sizeof(user->firmware)];

	if (qemu_property(value, NULL, "if", buf, sizeof(buf)) && strcmp(buf, "pflash") == 0 &&
	    qemu_property(value, NULL, "file", buf, sizeof(buf)))
		scan_pflash(user, buf);
}

/* For -machine pflash0=NODE: the first node with a file is the firmware, as libvirt and people write it. */
static void scan_blockdev(struct qemu_user *user, const char *value)
{
	if (!*user->node_file && !qemu_property(value, NULL, "filename", user->node_file, sizeof(user->node_file)))
		qemu_property(value, NULL, "file.filename", user->node_file, sizeof(user->node_file));
}

static void scan_machine(struct qemu_user *user, const char *value)
{
	char buf[64];

	if (qemu_property(value, NULL, "memory-backend", buf, sizeof(buf)))
		use_memory(user, buf);
	qemu_property(value, "type", "type", user->machine, sizeof(user->machine));
	if (qemu_property(value, NULL, "pflash0", buf, sizeof(buf)))
		user->flash = true;
}

static void scan_mac(struct qemu_user *user, const char *value, const char *key)
{
	user->nics++;
	if (user->mac[0] || !qemu_property(value, NULL, key, user->mac, sizeof(user->mac)))
		return;
	for (char *p = user->mac; *p; p++) {
		if (*p >= 'A' && *p <= 'F')
			*p |= 0x20;
	}
}

static void scan_nic(struct qemu_user *user, const char *value)
{
	user->network = true;
	if (strncmp(value, "none", 4) != 0)
		scan_mac(user, value, "mac");
}

static void scan_net(struct qemu_user *user, const char *value)
{
	user->network = true;
	if (strncmp(value, "nic", 3) == 0)
		scan_mac(user, value, "macaddr");
}

static void scan_netdev(struct qemu_user *user, const char *value)
{
	user->network = true;
}

static void scan_device(struct qemu_user *user, const char *value)
{
	char driver[64];

	if (!qemu_property(value, "driver", "driver", driver, sizeof(driver)))
		return;
	for (size_t i = 0; i < QEMU_NICS; i++) {
		if (strcmp(driver, qemu_nics[i]) == 0)
			scan_mac(user, value, "mac");
	}
}

static void scan_boot(struct qemu_user *user, const char *value)
{
	char buf[32];

	if (qemu_property(value, "order", "order", buf, sizeof(buf)) ||
	    qemu_property(value, NULL, "once", buf, sizeof(buf)))
		user->boot_order = true;
}

static void scan_uuid(struct qemu_user *user, const char *value)
{
	user->uuid = value;
}

static void scan_name(struct qemu_user *user, const char *value)
{
	if (!qemu_property(value, "guest", "guest", user->name, sizeof(user->name)))
		user->name[0] = '\0';
}

static void scan_numa(struct qemu_user *user, const char *value)
{
	char buf[64];

	if (qemu_property(value, "type", "memdev", buf, sizeof(buf)))
		use_memory(user, buf);
}

static void scan_console(struct qemu_user *user, const char *value)
{
	user->console = true;
}

static void scan_monitor(struct qemu_user *user, const char *value)
{
	/* Only one thing can have stdin and stdout; "-chardev stdio,id=..." is seen here, too. */
	if (strncmp(value, "stdio", 5) == 0)
		user->console = true;
}

static void scan_nographic(struct qemu_user *user, const char *value)
{
	user->console = user->display = true;
}

static void scan_curses(struct qemu_user *user, const char *value)
{
	user->console = user->display = user->curses = true;
}

static void scan_display(struct qemu_user *user, const char *value)
{
	user->display = true;
	user->curses |= strncmp(value, "curses", 6) == 0;
	/* A window or a VNC client is the console then, unless -serial says more. */
	if (strncmp(value, "none", 4) != 0)
		user->console = true;
}

static const struct {
	const char *name;
	bool argument;
	void (*scan)(struct qemu_user *user, const char *value);
	const char *refusal; /* instead of scan */
} options[] = {
	{"m", true, scan_memory, NULL},
	{"M", true, scan_machine, NULL},
	{"machine", true, scan_machine, NULL},
	{"object", true, scan_object, NULL},
	{"mem-path", true, scan_mem_path, NULL},
	{"bios", true, scan_bios, NULL},
	{"pflash", true, scan_pflash, NULL},
	{"drive", true, scan_drive, NULL},
	{"blockdev", true, scan_blockdev, NULL},
	{"nic", true, scan_nic, NULL},
	{"net", true, scan_net, NULL},
	{"netdev", true, scan_netdev, NULL},
	{"device", true, scan_device, NULL},
	{"boot", true, scan_boot, NULL},
	{"uuid", true, scan_uuid, NULL},
	{"name", true, scan_name, NULL},
	{"numa", true, scan_numa, NULL},
	{"serial", true, scan_console, NULL},
	{"monitor", true, scan_monitor, NULL},
	{"qmp", true, scan_monitor, NULL},
	{"chardev", true, scan_monitor, NULL},
	{"nographic", false, scan_nographic, NULL},
	{"curses", false, scan_curses, NULL},
	{"display", true, scan_display, NULL},
	{"vnc", true, scan_display, NULL},
	{"spice", true, scan_display, NULL},
	{"daemonize", false, NULL,
	 "-daemonize cannot work: pvboot run stays as long as the guest runs; put pvboot itself in the background"},
	{"incoming", true, NULL, "-incoming cannot work: QEMU does not migrate a guest with this boot device"},
};

const char *qemu_args_scan(struct qemu_user *user, int argc, const char *const argv[])
{
	static char problem[256];

	memset(user, 0, sizeof(*user));
	for (int i = 0; i < argc; i++) {
		const char *name = argv[i];

		if (*name != '-')
			continue;
		name += name[1] == '-' ? 2 : 1; /* QEMU takes --m for -m */
		for (size_t k = 0; k < ARRAY_LEN(options); k++) {
			if (strcmp(name, options[k].name) != 0)
				continue;
			if (options[k].refusal)
				return options[k].refusal;
			if (options[k].argument && i + 1 == argc) {
				snprintf(problem, sizeof(problem), "%s, the last of QEMU's arguments, needs a value",
					 argv[i]);
				return problem;
			}
			options[k].scan(user, options[k].argument ? argv[++i] : "");
			break;
		}
	}
	return qemu_check(user);
}
