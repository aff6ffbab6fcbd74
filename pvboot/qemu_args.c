/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * qemu_args.c - QEMU's command line: what the user's own arguments say, and what is added to them.
 *
 * The guest's RAM must be a shared memfd (the device process maps it), as large as -m says; the ROM must be the only
 * network boot there is; and the console is to work on a terminal as well as with stdin closed.  Everything else is the
 * user's: an argument that is not looked at here goes to QEMU as it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu_args.h"

/* Every PCI NIC of QEMU that brings a boot ROM of its own: without a romfile it stays out of the boot order. */
static const char *const nics_with_rom[] = {
	"e1000",   "e1000e",   "i82550",  "i82551",  "i82557a", "i82557b",  "i82557c",
	"i82558a", "i82558b",  "i82559a", "i82559b", "i82559c", "i82559er", "i82562",
	"i82801",  "ne2k_pci", "pcnet",	  "rtl8139", "tulip",	"vmxnet3",  "virtio-net-pci",
};

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static char problem[256];

/*
 * Copy property key of a QEMU option value ("a,b=1,c=x,,y") to buf, its doubled commas made single.  The first piece
 * without '=' has the key implicit.  False if it is not there, or longer than buf, which is then empty.
 */
static bool property(const char *value, const char *implicit, const char *key, char *buf, size_t size)
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

	if (!property(value, "size", "size", size, sizeof(size)))
		return;
	len = strlen(size);
	/* -m counts in MiB, a memory backend in bytes. */
	snprintf(user->memory, sizeof(user->memory), "%s%s", size,
		 len && strchr("0123456789.", size[len - 1]) ? "M" : "");
}

static void scan_machine(struct qemu_user *user, const char *value)
{
	char buf[64];

	if (property(value, NULL, "memory-backend", buf, sizeof(buf)))
		user->own_memory = true;
	if (property(value, NULL, "accel", buf, sizeof(buf)) && strncmp(buf, "tcg", 3) != 0)
		user->kvm = true;
}

static void scan_accel(struct qemu_user *user, const char *value)
{
	if (strncmp(value, "tcg", 3) != 0)
		user->kvm = true;
}

static void scan_enable_kvm(struct qemu_user *user, const char *value)
{
	user->kvm = true;
}

static void scan_mac(struct qemu_user *user, const char *value, const char *key)
{
	user->nics++;
	if (user->mac[0] || !property(value, NULL, key, user->mac, sizeof(user->mac)))
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

	if (!property(value, "driver", "driver", driver, sizeof(driver)))
		return;
	for (size_t i = 0; i < ARRAY_LEN(nics_with_rom); i++) {
		if (strcmp(driver, nics_with_rom[i]) == 0)
			scan_mac(user, value, "mac");
	}
}

static void scan_boot(struct qemu_user *user, const char *value)
{
	char buf[32];

	if (property(value, "order", "order", buf, sizeof(buf)) || property(value, NULL, "once", buf, sizeof(buf)))
		user->boot_order = true;
}

static void scan_uuid(struct qemu_user *user, const char *value)
{
	user->uuid = value;
}

static void scan_name(struct qemu_user *user, const char *value)
{
	if (!property(value, "guest", "guest", user->name, sizeof(user->name)))
		user->name[0] = '\0';
}

static void scan_numa(struct qemu_user *user, const char *value)
{
	char buf[64];

	if (property(value, "type", "memdev", buf, sizeof(buf)))
		user->own_memory = true;
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

static void scan_display(struct qemu_user *user, const char *value)
{
	user->display = true;
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
	{"accel", true, scan_accel, NULL},
	{"enable-kvm", false, scan_enable_kvm, NULL},
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
	{"curses", false, scan_nographic, NULL},
	{"display", true, scan_display, NULL},
	{"vnc", true, scan_display, NULL},
	{"spice", true, scan_display, NULL},
	{"daemonize", false, NULL,
	 "-daemonize cannot work: pvboot run stays as long as the guest runs; put pvboot itself in the background"},
	{"incoming", true, NULL, "-incoming cannot work: QEMU does not migrate a guest with this boot device"},
};

const char *qemu_args_scan(struct qemu_user *user, int argc, const char *const argv[])
{
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
	return NULL;
}

/* The guest's console on stdin and stdout, unless the user says where he wants it. */
static void build_console(struct argv *out, const struct qemu_conf *conf, const struct qemu_user *user)
{
	if (!user->display && !user->console && conf->terminal) {
		argv_add(out, "-nographic");
		return;
	}
	if (!user->display) {
		argv_add(out, "-display");
		argv_add(out, "none");
	}
	/* Not mon:stdio, which -nographic means: QEMU ends when its stdin does (and it may be /dev/null). */
	if (!user->console) {
		argv_add(out, "-serial");
		argv_add(out, "stdio");
	}
}

/* RAM that the device process can map, as large as the user says. */
static void build_memory(struct argv *out, const struct qemu_user *user)
{
	/* graphics=off has SeaBIOS, and with it the ROM, write to the serial port as well. */
	const char *graphics = user->display && user->console ? "" : "graphics=off";

	if (user->own_memory) {
		if (*graphics) {
			argv_add(out, "-machine");
			argv_add(out, "%s", graphics);
		}
		return;
	}
	argv_add(out, "-object");
	argv_add(out, "memory-backend-memfd,id=pvboot-ram,size=%s,share=on",
		 *user->memory ? user->memory : QEMU_ARGS_MEMORY);
	argv_add(out, "-machine");
	argv_add(out, "memory-backend=pvboot-ram%s%s", *graphics ? "," : "", graphics);
	if (!*user->memory) {
		argv_add(out, "-m");
		argv_add(out, "%s", QEMU_ARGS_MEMORY);
	}
}

/* May the guest have a NIC of this kind?  QEMU's own choices are e1000 and e1000e; others are named somewhere. */
static bool nic_possible(const char *driver, int argc, const char *const argv[])
{
	if (strncmp(driver, "e1000", 5) == 0 || strncmp(driver, "virtio", 6) == 0)
		return true;
	for (int i = 0; i < argc; i++) {
		if (strstr(argv[i], driver))
			return true;
	}
	return false;
}

static void build_network(struct argv *out, const struct qemu_user *user, int argc, const char *const argv[])
{
	if (!user->network) {
		argv_add(out, "-nic");
		argv_add(out, "none");
	}
	for (size_t i = 0; user->nics && i < ARRAY_LEN(nics_with_rom); i++) {
		if (!nic_possible(nics_with_rom[i], argc, argv))
			continue;
		argv_add(out, "-global");
		argv_add(out, "%s.romfile=", nics_with_rom[i]);
	}
}

/* The socket at which the device is found, and found again. */
static void build_vhost_user(struct argv *out, const struct qemu_conf *conf)
{
	argv_add(out, "-chardev");
	argv_add(out, "socket,id=" QEMU_ARGS_ID "-socket,path=%s,%s", conf->socket,
		 conf->reconnect_ms ? "reconnect-ms=200" : "reconnect=1");
	argv_add(out, "-netdev");
	argv_add(out, "vhost-user,id=" QEMU_ARGS_ID "-net,chardev=" QEMU_ARGS_ID "-socket");
}

static void build_device(struct argv *out, const struct qemu_conf *conf)
{
	const char *bus = conf->bus ? conf->bus : "";
	char head[160];

	if (conf->attach == ATTACH_VHOST_USER)
		build_vhost_user(out, conf);
	argv_add(out, "-device");
	switch (conf->attach) {
	case ATTACH_VHOST_USER:
		/*
		 * On a bus that may be PCI Express the card's BARs are memory: that ROM can do both.  QEMU 7.2 dies
		 * under TCG when a driver uses MSI-X and a control queue beside vhost-user: no MSI-X, which a card
		 * without a link has no use for.
		 */
		snprintf(head, sizeof(head),
			 "virtio-net-pci,id=" QEMU_ARGS_ID ",%s%s%s,mac=%s,netdev=" QEMU_ARGS_ID "-net,vectors=0,romfile=",
			 *bus ? "bus=" : "", bus, *bus ? ",disable-legacy=on" : "disable-legacy=off",
			 conf->mac);
		argv_add_escaped(out, head, conf->rom, "");
		break;
	case ATTACH_VFIO_USER: /* its ROM comes from the device; a temporary directory's name needs no escapes */
		argv_add(out,
			 "{\"driver\":\"vfio-user-pci\",\"id\":\"" QEMU_ARGS_ID
			 "\",%s%s%s\"socket\":{\"type\":\"unix\",\"path\":\"%s\"}}",
			 *bus ? "\"bus\":\"" : "", bus, *bus ? "\"," : "", conf->socket);
		break;
	case ATTACH_X_PCI_PROXY_DEV:
		snprintf(head, sizeof(head),
			 "x-pci-proxy-dev,id=" QEMU_ARGS_ID ",%s%s%sfd=%d,romfile=", *bus ? "bus=" : "", bus,
			 *bus ? "," : "", conf->fd);
		argv_add_escaped(out, head, conf->rom, "");
		break;
	}
}

void qemu_args_build(struct argv *out, const struct qemu_conf *conf, const struct qemu_user *user, int argc,
		     const char *const argv[])
{
	argv_add(out, "%s", conf->program);
	build_memory(out, user);
	build_network(out, user, argc, argv);
	build_console(out, conf, user);
	if (!user->boot_order) {
		argv_add(out, "-boot");
		argv_add(out, "order=n");
	}
	if (conf->name && !*user->name) {
		argv_add(out, "-name");
		argv_add_escaped(out, "guest=", conf->name, "");
	}
	if (conf->uuid && !user->uuid) {
		argv_add(out, "-uuid");
		argv_add(out, "%s", conf->uuid);
	}
	if (!conf->bus)
		build_device(out, conf);
	for (int i = 0; i < argc; i++)
		argv_add(out, "%s", argv[i]);
	/* QEMU makes devices one after the other: the bus, which is the user's, has to be there. */
	if (conf->bus)
		build_device(out, conf);
}
