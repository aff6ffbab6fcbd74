/* SPDX-License-Identifier: BSD-2-Clause */
/* file_root.c - a file below a local directory (--root); no name leads out of it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/hash.h"
#include "file/file_internal.h"
#include "file/file_root.h"

/* Hash the identity and state of an open root file: inode, size, mtime and ctime. */
static uint64_t read_stamp(int fd)
{
	uint64_t hash;
	struct stat st;

	if (fstat(fd, &st))
		return 0;
	hash = hash_add(HASH_NONE,
			(const uint64_t[]){(uint64_t)st.st_ino, (uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec,
					   (uint64_t)st.st_mtim.tv_nsec, (uint64_t)st.st_ctim.tv_sec,
					   (uint64_t)st.st_ctim.tv_nsec},
			6 * sizeof(uint64_t));
	return hash ? hash : 1;
}

static int open_beneath(int dirfd, const char *name)
{
	/* O_NONBLOCK: opening a FIFO must not block hostd, which serves all VMs. */
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	/* EAGAIN: a rename elsewhere raced with the lookup of "..", see openat2(2). */
	for (int tries = 0; tries < 16; tries++) {
		fd = syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return (int)fd;
}

static void fail_open(struct file *file, const char *root_path, const char *name, int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
		file_fail(file, PVBOOT_S_NOT_FOUND, 0, "%.100s has no file \"%.100s\": put it there", root_path, name);
		break;
	case EXDEV:
	case ELOOP:
		file_fail(file, PVBOOT_S_ACCESS, 0, "\"%.100s\" leads out of %.100s: only files inside are served",
			  name, root_path);
		break;
	case EACCES:
	case EPERM:
		file_fail(file, PVBOOT_S_ACCESS, 0, "%.90s/%.90s may not be read: give uid %u the right to read it",
			  root_path, name, (unsigned int)geteuid());
		break;
	case EISDIR:
		file_fail(file, PVBOOT_S_ACCESS, 0, "%.100s/%.100s is no plain file: name one", root_path, name);
		break;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		file_fail(file, PVBOOT_S_NO_RESOURCES, 0, "the host has no room to open %.90s/%.90s: %s", root_path,
			  name, strerror(error));
		break;
	default:
		file_fail(file, PVBOOT_S_FAILED, 0, "cannot open %.90s/%.90s: %s", root_path, name, strerror(error));
	}
}

struct file *file_root_open(int dirfd, const char *root_path, const char *name, const char *vm)
{
	struct file *file = file_alloc(vm, name);
	struct stat st;

	if (!file)
		return NULL;
	/* As for a TFTP server, a leading slash means the root. */
	while (*name == '/')
		name++;
	file->fd = open_beneath(dirfd, *name ? name : ".");
	if (file->fd < 0) {
		fail_open(file, root_path, name, errno);
		return file;
	}
	/* Read the stamp before the size: a change in between is then detected at the end. */
	file->stamp = read_stamp(file->fd);
	if (fstat(file->fd, &st) || !S_ISREG(st.st_mode)) {
		close(file->fd);
		file->fd = -1;
		fail_open(file, root_path, name, EISDIR);
		return file;
	}
	file->root = true;
	file->opened = true;
	file->done = true;
	file->size = (uint64_t)st.st_size;
	file->available = file->size;
	return file;
}

bool file_root_check(struct file *file)
{
	if (!file->root || file->fd < 0)
		return true;
	if (read_stamp(file->fd) == file->stamp)
		return true;
	file_fail(file, PVBOOT_S_CHANGED, 0, "\"%.100s\" changed while it was read: boot again", file->name);
	file_notify(file);
	return false;
}
