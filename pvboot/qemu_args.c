/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * qemu_args.c - QEMU's command line: what is added to the user's own arguments (qemu_scan.c).
 *
 * The guest's RAM must be a shared memfd (the device process maps it), as large as -m says; the ROM must be the only
 * network boot there is; and the console is to work on a terminal as well as with stdin closed.  Everything else is the
 * user's: an argument that is not looked at here goes to QEMU as it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu_args.h"
#include "qemu_nics.h"

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
	for (size_t i = 0; user->nics && i < QEMU_NICS; i++) {
		if (!nic_possible(qemu_nics[i], argc, argv))
			continue;
		argv_add(out, "-global");
		argv_add(out, "%s.romfile=", qemu_nics[i]);
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
			 "virtio-net-pci,id=" QEMU_ARGS_ID ",%s%s%s,mac=%s,netdev=" QEMU_ARGS_ID
			 "-net,vectors=0,romfile=",
			 *bus ? "bus=" : "", bus, *bus ? ",disable-legacy=on" : "disable-legacy=off", conf->mac);
		argv_add_escaped(out, head, conf->rom, "");
		break;
	case ATTACH_VFIO_USER: /* its ROM comes from the device; a temporary directory's name needs no escapes */
		argv_add(out,
			 "{\"driver\":\"vfio-user-pci\",\"id\":\"" QEMU_ARGS_ID
			 "\",%s%s%s\"socket\":{\"type\":\"unix\",\"path\":\"%s\"}}",
			 *bus ? "\"bus\":\"" : "", bus, *bus ? "\"," : "", conf->socket);
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
