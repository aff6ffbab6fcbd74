/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * qemu_check.c - what of the user's QEMU arguments keeps the guest from booting by pvboot.
 *
 * QEMU itself starts all of these, and the guest then does not boot, without a word of why.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "qemu_check.h"

static char words[PATH_MAX + 512];

/* ---- firmware --------------------------------------------------------------------------------------------------- */

/* Where QEMU's packages have what -bios names without a directory. */
static const char *const places[] = {"", "/usr/share/qemu/", "/usr/share/seabios/", "/usr/share/OVMF/",
				     "/usr/share/ovmf/"};

static int open_firmware(const char *file)
{
	char path[PATH_MAX];
	int fd = -1;

	for (size_t i = 0; fd < 0 && i < sizeof(places) / sizeof(places[0]); i++) {
		if (snprintf(path, sizeof(path), "%s%s", places[i], file) < (int)sizeof(path))
			fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	return fd;
}

bool qemu_check_is_uefi(const char *file)
{
	const char *base = strrchr(file, '/');
	char begin[44] = "";
	int fd = open_firmware(file);
	ssize_t n = fd >= 0 ? read(fd, begin, sizeof(begin)) : -1;

	if (fd >= 0)
		close(fd);
	/* a firmware volume's header (UEFI PI 1.8, III 3.2.1); an image in another format, such as qcow2, has its own
	 */
	if (n == sizeof(begin) && memcmp(begin, "QFI\xfb", 4) != 0)
		return memcmp(begin + 40, "_FVH", 4) == 0;
	base = base ? base + 1 : file;
	return strcasestr(base, "ovmf") || strcasestr(base, "edk2");
}

static const char *check_firmware(const struct qemu_user *user)
{
	const char *file = *user->firmware ? user->firmware : user->flash ? user->node_file : "";

	if (!*file || !qemu_check_is_uefi(file))
		return NULL;
	snprintf(words, sizeof(words),
		 "%s is UEFI firmware, which never runs pvboot's ROM: it is for a BIOS; leave the firmware out "
		 "(QEMU's own is SeaBIOS)",
		 file);
	return words;
}

/* ---- the machine ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *type, *why;
} machines[] = {
	{"microvm", "its firmware looks for no option ROMs"},
	{"none", "it has neither processor nor memory"},
	{"isapc", "it has no PCI bus"},
};

static const char *check_machine(const struct qemu_user *user)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (strcmp(user->machine, machines[i].type) != 0)
			continue;
		snprintf(words, sizeof(words), "-M %s cannot boot by pvboot: %s; take -M pc or -M q35",
			 machines[i].type, machines[i].why);
		return words;
	}
	return NULL;
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

static const struct qemu_backend *find_backend(const struct qemu_user *user, const char *id)
{
	for (unsigned int i = 0; i < user->n_backends; i++)
		if (strcmp(user->backend[i].id, id) == 0)
			return &user->backend[i];
	return NULL; /* QEMU, or a file that it reads, knows it */
}

static const char *check_memory(const struct qemu_user *user)
{
	if (user->mem_path && !user->own_memory) {
		snprintf(
			words, sizeof(words),
			"-mem-path makes memory that is not shared, and pvboot-device could not reach it: take -object "
			"memory-backend-file,id=ram,size=SIZE,mem-path=%s,share=on -machine memory-backend=ram",
			user->mem_path);
		return words;
	}
	for (unsigned int i = 0; i < user->n_used; i++) {
		const struct qemu_backend *b = find_backend(user, user->used[i]);

		if (!b || b->shared)
			continue;
		snprintf(words, sizeof(words),
			 "-object %s,id=%s is memory that is not shared, and pvboot-device could not reach it: add "
			 "share=on to it%s, or leave it out (pvboot makes one as large as -m says)",
			 b->type, b->id,
			 strcmp(b->type, "memory-backend-ram") == 0 ? " and take memory-backend-memfd" : "");
		return words;
	}
	return NULL;
}

const char *qemu_check(const struct qemu_user *user)
{
	const char *why = check_machine(user);

	if (!why)
		why = check_firmware(user);
	return why ? why : check_memory(user);
}
