/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dir.c - files of a local directory and a lease that is made up (see dir.h).
 *
 * Names are resolved beneath the directory by the kernel (openat2, RESOLVE_BENEATH): no "..", no absolute path and no
 * symbolic link leads out.  A read moves at most TURN bytes before registers get their turn again.
 */
#include "dir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TURN (1024 * 1024)
#define BLOCK_SIZE 1408 /* what a guest is told that does not care: what iPXE asks servers for */
#define LEASE_SECONDS 86400
#define NAME_SHOWN 160 /* bytes of a name in words for a person, so that the cause fits too */

/* 192.0.2.0/24 is nobody's (RFC 5737). */
static const uint8_t guest_address[4] = {192, 0, 2, 10}, server_address[4] = {192, 0, 2, 1},
		     netmask[4] = {255, 255, 255, 0};

struct file {
	int fd; /* -1: free */
	uint32_t handle;
	struct stat st; /* when it was opened */
};

struct pvboot_dir {
	struct pvboot_dev *dev;
	int fd;
	char bootfile[PVBOOT_BOOTFILE_MAX];
	uint32_t opened; /* makes handles that were closed invalid for a long time */
	struct file file[PVBOOT_FILES_MAX];
	struct pvboot_io *reading[PVBOOT_QUEUE_MAX];
	unsigned int nreading;
};

struct pvboot_dir *pvboot_dir_new(const char *path, const char *bootfile)
{
	struct pvboot_dir *dir = calloc(1, sizeof(*dir));
	int i;

	if (!dir)
		return NULL;
	dir->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd < 0) {
		free(dir);
		return NULL;
	}
	snprintf(dir->bootfile, sizeof(dir->bootfile), "%s", bootfile ? bootfile : "pxelinux.0");
	for (i = 0; i < PVBOOT_FILES_MAX; i++)
		dir->file[i].fd = -1;
	return dir;
}

static void close_files(struct pvboot_dir *dir)
{
	int i;

	for (i = 0; i < PVBOOT_FILES_MAX; i++) {
		if (dir->file[i].fd >= 0)
			close(dir->file[i].fd);
		dir->file[i].fd = -1;
	}
	dir->nreading = 0;
}

void pvboot_dir_free(struct pvboot_dir *dir)
{
	if (!dir)
		return;
	close_files(dir);
	close(dir->fd);
	free(dir);
}

static void dir_attach(void *backend, struct pvboot_dev *dev)
{
	struct pvboot_dir *dir = backend;

	dir->dev = dev;
	pvboot_dev_set_status(dev, PVBOOT_STATUS_HOST_UP);
}

/* ---- the lease ------------------------------------------------------------------------------------------------- */

/* Fixed part of a BOOTP packet, RFC 951 3. */
struct bootp {
	uint8_t op, htype, hlen, hops;
	uint8_t xid[4];
	uint8_t secs[2], flags[2];
	uint8_t ciaddr[4], yiaddr[4], siaddr[4], giaddr[4];
	uint8_t chaddr[16];
	char sname[64];
	char file[128];
	uint8_t options[PVBOOT_DHCP_PACKET - 236];
};
_Static_assert(sizeof(struct bootp) == PVBOOT_DHCP_PACKET, "a cached packet");

static uint8_t *put_option(uint8_t *at, uint8_t code, const void *data, uint8_t len)
{
	*at++ = code;
	*at++ = len;
	memcpy(at, data, len);
	return at + len;
}

/* type: 1 DHCPDISCOVER, 5 DHCPACK (RFC 2132 9.6) */
static void make_packet(struct pvboot_dir *dir, uint8_t type, uint8_t packet[PVBOOT_DHCP_PACKET])
{
	static const uint8_t cookie[4] = {99, 130, 83, 99};
	const uint8_t seconds[4] = {0, LEASE_SECONDS >> 16, LEASE_SECONDS >> 8 & 0xff, LEASE_SECONDS & 0xff};
	struct bootp p = {.op = type == 1 ? 1 : 2, .htype = 1, .hlen = 6, .xid = {'d', 'i', 'r', 0}};
	uint8_t *at = p.options;
	unsigned int i;

	for (i = 0; i < 6; i++)
		p.chaddr[i] = (uint8_t)pvboot_dev_bar_read(dir->dev, PVBOOT_REG_DEVICE + i, 1);
	memcpy(at, cookie, sizeof(cookie));
	at = put_option(at + sizeof(cookie), 53, &type, 1);
	if (type != 1) {
		memcpy(p.yiaddr, guest_address, 4);
		memcpy(p.siaddr, server_address, 4);
		memcpy(p.file, dir->bootfile, strnlen(dir->bootfile, sizeof(p.file) - 1));
		at = put_option(at, 54, server_address, 4);
		at = put_option(at, 51, seconds, 4);
		at = put_option(at, 1, netmask, 4);
	}
	*at = 255;
	memcpy(packet, &p, sizeof(p));
}

static void discover(struct pvboot_dir *dir, struct pvboot_io *io)
{
	struct pvboot_discover_res res;

	memset(&res, 0, sizeof(res));
	memcpy(res.lease.address, guest_address, 4);
	memcpy(res.lease.netmask, netmask, 4);
	memcpy(res.lease.boot_server, server_address, 4);
	memcpy(res.lease.dhcp_server, server_address, 4);
	res.lease.lease_seconds = LEASE_SECONDS;
	res.lease.flags = PVBOOT_LEASE_F_LOCAL;
	memcpy(res.lease.bootfile, dir->bootfile, sizeof(res.lease.bootfile));
	make_packet(dir, 1, res.discover);
	make_packet(dir, 5, res.ack);
	make_packet(dir, 5, res.reply);
	if (pvboot_io_write(io, 0, &res, sizeof(res)))
		pvboot_io_complete(io, PVBOOT_S_OK, 0, sizeof(res));
	else
		pvboot_io_complete(io, PVBOOT_S_BAD_REQUEST, 0, 0);
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

static void fail(struct pvboot_dir *dir, struct pvboot_io *io, uint32_t status, const char *name, const char *why)
{
	char text[PVBOOT_ERROR_MAX + 1];

	snprintf(text, sizeof(text), "%.*s: %s", NAME_SHOWN, name, why);
	pvboot_dev_set_error(dir->dev, text, strlen(text));
	pvboot_io_complete(io, status, 0, 0);
}

static uint32_t status_of(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
		return PVBOOT_S_NOT_FOUND;
	case EACCES:
	case EPERM:
	case ELOOP:
	case EXDEV: /* a path that leads out of the directory */
		return PVBOOT_S_ACCESS;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return PVBOOT_S_NO_RESOURCES;
	default:
		return PVBOOT_S_FAILED;
	}
}

static struct file *find_file(struct pvboot_dir *dir, uint32_t handle)
{
	struct file *f = &dir->file[handle % PVBOOT_FILES_MAX];

	return f->fd >= 0 && f->handle == handle ? f : NULL;
}

static struct file *free_file(struct pvboot_dir *dir)
{
	uint32_t i;

	for (i = 0; i < PVBOOT_FILES_MAX; i++)
		if (dir->file[i].fd < 0) {
			dir->opened = dir->opened % (UINT32_MAX / PVBOOT_FILES_MAX) + 1;
			dir->file[i].handle = dir->opened * PVBOOT_FILES_MAX + i;
			return &dir->file[i];
		}
	return NULL;
}

/* A descriptor of a regular file beneath the directory, or -1 with errno. */
static int open_beneath(struct pvboot_dir *dir, const char *name, struct stat *st)
{
	/* Not to block on a pipe, nor to take over a terminal: what it is, is known only afterwards. */
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	int fd;

	while (*name == '/') /* TFTP servers take their directory for the root */
		name++;
	fd = (int)syscall(SYS_openat2, dir->fd, name, &how, sizeof(how));
	if (fd < 0)
		return -1;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	close(fd);
	errno = EACCES;
	return -1;
}

static void open_file(struct pvboot_dir *dir, struct pvboot_io *io)
{
	char name[PVBOOT_NAME_MAX + 1];
	struct pvboot_open_args args;
	struct pvboot_open_res res;
	struct file *f = free_file(dir);
	size_t len = io->arg_len - sizeof(args);

	memcpy(&args, io->args, sizeof(args));
	memcpy(name, io->args + sizeof(args), len);
	name[len] = '\0';
	if (strstr(name, "://")) {
		fail(dir, io, PVBOOT_S_UNSUPPORTED, name, "a directory serves no URLs: name a file");
		return;
	}
	if (!f) {
		fail(dir, io, PVBOOT_S_NO_RESOURCES, name, "too many open files: close one first");
		return;
	}
	f->fd = open_beneath(dir, name, &f->st);
	if (f->fd < 0) {
		int error = errno;
		char why[80];

		snprintf(why, sizeof(why), "%s: look into the directory", strerror(error));
		fail(dir, io, status_of(error), name, why);
		return;
	}
	res.handle = f->handle;
	res.block_size = args.block_size ? args.block_size : BLOCK_SIZE;
	res.size = (uint64_t)f->st.st_size;
	if (pvboot_io_write(io, 0, &res, sizeof(res))) {
		pvboot_io_complete(io, PVBOOT_S_OK, 0, sizeof(res));
		return;
	}
	close(f->fd);
	f->fd = -1;
	pvboot_io_complete(io, PVBOOT_S_BAD_REQUEST, 0, 0);
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && !memcmp(&a->st_mtim, &b->st_mtim, sizeof(a->st_mtim)) &&
	       !memcmp(&a->st_ctim, &b->st_ctim, sizeof(a->st_ctim));
}

/* The file was read to its end: were all of these bytes of one file? */
static void finish_read(struct pvboot_dir *dir, struct pvboot_io *io, const struct file *f, bool eof)
{
	struct stat now;

	if (eof && (fstat(f->fd, &now) < 0 || !same(&now, &f->st)))
		fail(dir, io, PVBOOT_S_CHANGED, "the file", "it changed while it was read: boot again");
	else
		pvboot_io_complete(io, PVBOOT_S_OK, eof ? PVBOOT_READ_EOF : 0, (uint32_t)io->be_offset);
}

/* Move up to *budget bytes; be_offset counts those that are there.  True: it was answered. */
static bool step_read(struct pvboot_dir *dir, struct pvboot_io *io, uint64_t *budget)
{
	struct pvboot_read_args args;
	struct file *f;

	memcpy(&args, io->args, sizeof(args));
	f = find_file(dir, args.handle);
	if (!f) {
		fail(dir, io, PVBOOT_S_BAD_HANDLE, "the file", "it is not open");
		return true;
	}
	while (*budget) {
		uint64_t size = (uint64_t)f->st.st_size, len, left;
		ssize_t n;
		void *to;

		left = args.offset > size ? 0 : size - args.offset;
		if (io->be_offset >= left || io->be_offset == io->room) {
			finish_read(dir, io, f, io->be_offset >= left);
			return true;
		}
		left -= io->be_offset;
		to = pvboot_io_map(io, io->be_offset, &len);
		if (!to) {
			fail(dir, io, PVBOOT_S_BAD_REQUEST, "the buffer", "it is not in memory");
			return true;
		}
		len = len > left ? left : len;
		len = len > *budget ? *budget : len;
		n = pread(f->fd, to, len, (off_t)(args.offset + io->be_offset));
		if (n <= 0) {
			fail(dir, io, n ? PVBOOT_S_FAILED : PVBOOT_S_CHANGED, "the file",
			     n ? strerror(errno) : "it became shorter while it was read: boot again");
			return true;
		}
		io->be_offset += (uint64_t)n;
		*budget -= (uint64_t)n;
	}
	return false;
}

static void read_file(struct pvboot_dir *dir, struct pvboot_io *io)
{
	uint64_t budget = TURN;

	if (!step_read(dir, io, &budget))
		dir->reading[dir->nreading++] = io;
}

bool pvboot_dir_run(struct pvboot_dir *dir)
{
	uint64_t budget = TURN;

	if (dir->nreading && step_read(dir, dir->reading[0], &budget)) {
		dir->nreading--;
		memmove(dir->reading, dir->reading + 1, dir->nreading * sizeof(dir->reading[0]));
	}
	return dir->nreading > 0;
}

static void progress(struct pvboot_io *io, const struct file *f)
{
	struct pvboot_progress_res res = {.size = (uint64_t)f->st.st_size, .available = (uint64_t)f->st.st_size};

	if (pvboot_io_write(io, 0, &res, sizeof(res)))
		pvboot_io_complete(io, PVBOOT_S_OK, 0, sizeof(res));
	else
		pvboot_io_complete(io, PVBOOT_S_BAD_REQUEST, 0, 0);
}

static void dir_submit(void *backend, struct pvboot_io *io)
{
	struct pvboot_dir *dir = backend;
	struct pvboot_file_args args;
	struct file *f;

	switch (io->op) {
	case PVBOOT_OP_DISCOVER:
		discover(dir, io);
		return;
	case PVBOOT_OP_OPEN:
		open_file(dir, io);
		return;
	case PVBOOT_OP_READ:
		read_file(dir, io);
		return;
	case PVBOOT_OP_FRAME_OPEN:
		fail(dir, io, PVBOOT_S_DENIED, "frames", "behind a directory there is no network");
		return;
	case PVBOOT_OP_PLAN:
		pvboot_io_complete(io, PVBOOT_S_UNSUPPORTED, 0, 0);
		return;
	}
	/* CLOSE and PROGRESS */
	memcpy(&args, io->args, sizeof(args));
	f = find_file(dir, args.handle);
	if (!f) {
		fail(dir, io, PVBOOT_S_BAD_HANDLE, "the file", "it is not open");
	} else if (io->op == PVBOOT_OP_PROGRESS) {
		progress(io, f);
	} else {
		close(f->fd); /* a read still on its way will find it closed */
		f->fd = -1;
		pvboot_io_complete(io, PVBOOT_S_OK, 0, 0);
	}
}

static void dir_cancel(void *backend, struct pvboot_io *io)
{
	struct pvboot_dir *dir = backend;
	unsigned int i;

	for (i = 0; i < dir->nreading; i++) {
		if (dir->reading[i] != io)
			continue;
		dir->nreading--;
		memmove(dir->reading + i, dir->reading + i + 1, (dir->nreading - i) * sizeof(dir->reading[0]));
		return;
	}
}

static void dir_note(void *backend, uint16_t op, const uint8_t *args, uint32_t arg_len)
{
	const uint32_t fixed = sizeof(struct pvboot_log_args);
	struct pvboot_dir *dir = backend;
	char text[PVBOOT_LOG_MAX + 1];

	if (op != PVBOOT_OP_LOG)
		return;
	memcpy(text, args + fixed, arg_len - fixed);
	text[arg_len - fixed] = '\0';
	pvboot_dev_log(dir->dev, PVBOOT_LOG_NOTICE, text);
}

static void dir_dgram(void *backend, const struct pvboot_dgram_args *args, const void *payload, uint32_t len)
{
	/* There is no network. */
}

static void dir_frame(void *backend, const void *frame, uint32_t len)
{
	/* None was ever opened. */
}

static void dir_reset(void *backend)
{
	close_files(backend);
}

const struct pvboot_backend_ops pvboot_dir_ops = {
	.name = "dir",
	.attach = dir_attach,
	.submit = dir_submit,
	.cancel = dir_cancel,
	.note = dir_note,
	.dgram = dir_dgram,
	.frame = dir_frame,
	.reset = dir_reset,
};
