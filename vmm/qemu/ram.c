/* SPDX-License-Identifier: BSD-2-Clause */
/* ram.c - guest memory that QEMU shares by descriptor, and moving files into it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link_socket.h"
#include "ram.h"

#define PIPE_BYTES 1048576 /* as much as an ordinary user may ask for (pipe(7)) */
#define VECTORS 1024	   /* bytes of real mode's interrupt vectors, which every BIOS fills, at 0 */
#define SPLICE_MIN 65536u  /* below this one pread is cheaper than two splices */

bool ram_init(struct ram *r)
{
	memset(r, 0, sizeof(*r));
	for (unsigned int i = 0; i < RAM_REGIONS; i++)
		r->file[i].fd = -1;
	if (pipe2(r->pipe, O_CLOEXEC))
		return false;
	fcntl(r->pipe[1], F_SETPIPE_SZ, PIPE_BYTES); /* a smaller one only means more turns */
	return true;
}

static void forget(struct ram_file *f)
{
	if (f->fd < 0)
		return;
	munmap(f->map, f->size);
	close(f->fd);
	f->fd = -1;
}

static struct ram_file *known(struct ram *r, const struct stat *st)
{
	for (struct ram_file *f = r->file; f < r->file + RAM_REGIONS; f++) {
		if (f->fd >= 0 && f->dev == st->st_dev && f->ino == st->st_ino && f->size == (uint64_t)st->st_size)
			return f;
	}
	return NULL;
}

static struct ram_file *unused(struct ram *r)
{
	for (struct ram_file *f = r->file; f < r->file + RAM_REGIONS; f++) {
		if (f->fd < 0)
			return f;
	}
	return NULL;
}

/* The file behind fd, mapped if it is new; fd is kept or closed. */
static struct ram_file *file_of(struct ram *r, int fd)
{
	struct ram_file *f = NULL;
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		f = known(r, &st);
		if (f) {
			close(fd);
			return f;
		}
		f = unused(r);
	} else {
		errno = EINVAL;
	}
	if (f) {
		void *map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);

		if (map != MAP_FAILED) {
			*f = (struct ram_file){fd, st.st_dev, st.st_ino, (uint64_t)st.st_size, map};
			return f;
		}
	}
	close(fd);
	return NULL;
}

/* Unmap what no range lies in any more: memory that was unplugged. */
static void forget_unused(struct ram *r)
{
	for (unsigned int i = 0; i < RAM_REGIONS; i++) {
		bool used = false;

		for (unsigned int k = 0; k < r->nregions; k++)
			used |= r->region[k].file == i;
		if (!used)
			forget(&r->file[i]);
	}
}

bool ram_sync(struct ram *r, unsigned int n, const uint64_t gpa[], const uint64_t size[], const uint64_t offset[],
	      const int fd[])
{
	bool good = true;

	r->nregions = 0;
	for (unsigned int i = 0; i < n; i++) {
		struct ram_file *f = good ? file_of(r, fd[i]) : NULL;

		if (!good) {
			close(fd[i]);
			continue;
		}
		good = f && offset[i] <= f->size && size[i] <= f->size - offset[i] && gpa[i] <= UINT64_MAX - size[i];
		if (good)
			r->region[r->nregions++] =
				(struct ram_region){gpa[i], size[i], offset[i], (unsigned int)(f - r->file)};
		else if (f)
			errno = ERANGE;
	}
	if (!good)
		r->nregions = 0;
	else
		forget_unused(r);
	return good;
}

static const struct ram_region *region_of(const struct ram *r, uint64_t gpa)
{
	for (const struct ram_region *g = r->region; g < r->region + r->nregions; g++) {
		if (gpa >= g->gpa && gpa - g->gpa < g->size)
			return g;
	}
	return NULL;
}

void *ram_map(struct ram *r, uint64_t gpa, uint64_t *len)
{
	const struct ram_region *g = region_of(r, gpa);
	uint64_t at;

	if (!g)
		return NULL;
	at = gpa - g->gpa;
	if (*len > g->size - at)
		*len = g->size - at;
	return r->file[g->file].map + g->offset + at;
}

const char *ram_trouble(struct ram *r)
{
	uint64_t len = VECTORS;
	const uint8_t *p = ram_map(r, 0, &len);
	uint8_t any = 0;

	if (!r->nregions)
		return "QEMU shares no guest memory; start it with -object "
		       "memory-backend-memfd,id=mem,size=...,share=on "
		       "-machine memory-backend=mem";
	for (uint64_t i = 0; p && i < len; i++)
		any |= p[i];
	return any ? NULL : "QEMU keeps the guest's memory to itself; its memory backend needs share=on";
}

/* Throw away what a failed transfer left in the pipe: the next must not find it. */
static void drain(struct ram *r, size_t left)
{
	char bin[4096];

	while (left) {
		ssize_t n = read(r->pipe[0], bin, left < sizeof(bin) ? left : sizeof(bin));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		left -= (size_t)n;
	}
}

/* Move up to len bytes to where gpa lies.  As ram_move(); -1 leaves nothing in the pipe. */
static int64_t splice_to(struct ram *r, int fd, uint64_t offset, uint64_t gpa, uint32_t len)
{
	const struct ram_region *g = region_of(r, gpa);
	off_t from = (off_t)offset, to;
	ssize_t in, out = 0;
	size_t left;

	if (!g)
		return -1;
	to = (off_t)(g->offset + (gpa - g->gpa));
	if (len > g->size - (gpa - g->gpa))
		len = (uint32_t)(g->size - (gpa - g->gpa));
	do {
		in = splice(fd, &from, r->pipe[1], NULL, len, 0);
	} while (in < 0 && errno == EINTR);
	if (in <= 0)
		return in;
	for (left = (size_t)in; left; left -= (size_t)out) {
		out = splice(r->pipe[0], NULL, r->file[g->file].fd, &to, left, 0);
		if (out < 0 && errno == EINTR)
			out = 0;
		else if (out <= 0)
			break;
	}
	if (!left)
		return in;
	drain(r, left);
	return -1;
}

int64_t ram_move(struct ram *r, int fd, uint64_t offset, struct pvboot_io *io, uint64_t to, uint32_t len)
{
	uint32_t done = 0;

	while (!r->no_splice && len - done >= SPLICE_MIN) {
		uint64_t gpa, room;
		int64_t n;

		if (!pvboot_io_gpa(io, to + done, &gpa, &room))
			return -1;
		if (room > len - done)
			room = len - done;
		if (room < SPLICE_MIN)
			break; /* a small piece of a scattered buffer: the rest goes by pread */
		n = splice_to(r, fd, offset + done, gpa, (uint32_t)room);
		if (n < 0)
			r->no_splice = true; /* hugetlbfs, for one; pread says if it is the file */
		else if (n == 0)
			return done;
		else
			done += (uint32_t)n;
	}
	if (done)
		return done; /* the link asks for the rest */
	return link_socket_pread(fd, offset, io, to, len);
}

void ram_free(struct ram *r)
{
	r->nregions = 0;
	for (unsigned int i = 0; i < RAM_REGIONS; i++)
		forget(&r->file[i]);
	close(r->pipe[0]);
	close(r->pipe[1]);
}
