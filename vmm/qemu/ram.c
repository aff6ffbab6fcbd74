/* SPDX-License-Identifier: BSD-2-Clause */
/* ram.c - guest memory that QEMU shares by descriptor, and moving files into it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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
	for (unsigned int i = 0; i < RAM_FILES; i++)
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

/* The index of a file that is mapped, -1: it is new. */
static int known(struct ram *r, const struct stat *st)
{
	for (int i = 0; i < RAM_FILES; i++) {
		const struct ram_file *f = &r->file[i];

		if (f->fd >= 0 && f->dev == st->st_dev && f->ino == st->st_ino && f->size == (uint64_t)st->st_size)
			return i;
	}
	return -1;
}

static int unused(const struct ram *r)
{
	for (int i = 0; i < RAM_FILES; i++) {
		if (r->file[i].fd < 0)
			return i;
	}
	return -1;
}

static void *map_file(int fd, size_t size, int prot)
{
	return mmap(NULL, size, prot, MAP_SHARED | MAP_NORESERVE, fd, 0);
}

/* The index of the file behind fd, mapped if it is new; fd is kept or closed.  -1 and errno: it is none. */
static int file_of(struct ram *r, int fd)
{
	struct stat st;
	bool readonly = false;
	void *map;
	int i;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= 0) {
		errno = EINVAL;
		goto close_fd;
	}
	i = known(r, &st);
	if (i >= 0) {
		close(fd);
		return i;
	}
	i = unused(r);
	if (i < 0) {
		errno = ENOSPC;
		goto close_fd;
	}
	map = map_file(fd, (size_t)st.st_size, PROT_READ | PROT_WRITE);
	if (map == MAP_FAILED && errno == EACCES) {
		readonly = true;
		map = map_file(fd, (size_t)st.st_size, PROT_READ);
	}
	if (map == MAP_FAILED)
		goto close_fd;
	r->file[i] = (struct ram_file){fd, st.st_dev, st.st_ino, (uint64_t)st.st_size, map, readonly};
	return i;
close_fd:
	close(fd);
	return -1;
}

void ram_settle(struct ram *r)
{
	bool used[RAM_FILES] = {false};

	if (!r->stale)
		return;
	r->stale = false;
	for (unsigned int i = 0; i < r->nregions; i++) {
		if (r->region[i].file >= 0)
			used[r->region[i].file] = true;
	}
	for (unsigned int i = 0; i < RAM_FILES; i++) {
		if (!used[i])
			forget(&r->file[i]);
	}
}

/* How many ranges begin at gpa or below. */
static unsigned int rank(const struct ram *r, uint64_t gpa)
{
	unsigned int low = 0, high = r->nregions;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (r->region[middle].gpa <= gpa)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Room for one range more.  0, or an errno. */
static int grow(struct ram *r)
{
	unsigned int room = r->room ? 2 * r->room : 32;
	struct ram_region *region;

	if (r->nregions == RAM_REGIONS)
		return ENOSPC;
	if (r->nregions < r->room)
		return 0;
	region = realloc(r->region, room * sizeof(*region));
	if (!region)
		return ENOMEM;
	r->region = region;
	r->room = room;
	return 0;
}

static bool overlaps(const struct ram *r, unsigned int at, uint64_t gpa, uint64_t size)
{
	return (at > 0 && gpa - r->region[at - 1].gpa < r->region[at - 1].size) ||
	       (at < r->nregions && r->region[at].gpa - gpa < size);
}

int ram_add(struct ram *r, uint64_t gpa, uint64_t size, uint64_t offset, int fd, bool readonly)
{
	unsigned int at = rank(r, gpa);
	int error, file = -1;

	error = !size || gpa > UINT64_MAX - size ? EINVAL : overlaps(r, at, gpa, size) ? EEXIST : grow(r);
	if (error) {
		if (fd >= 0)
			close(fd);
		return error;
	}
	if (fd >= 0) {
		const struct ram_file *f;

		file = file_of(r, fd);
		if (file < 0)
			return errno;
		f = &r->file[file];
		if (offset > f->size || size > f->size - offset) {
			r->stale = true;
			return EINVAL;
		}
		readonly |= f->readonly;
	}
	memmove(&r->region[at + 1], &r->region[at], (r->nregions - at) * sizeof(*r->region));
	r->region[at] = (struct ram_region){gpa, size, offset, file, readonly};
	r->nregions++;
	return 0;
}

bool ram_remove(struct ram *r, uint64_t gpa, uint64_t size)
{
	unsigned int at = rank(r, gpa);

	if (at == 0 || r->region[at - 1].gpa != gpa || r->region[at - 1].size != size)
		return false;
	r->nregions--;
	memmove(&r->region[at - 1], &r->region[at], (r->nregions - (at - 1)) * sizeof(*r->region));
	r->stale = true;
	return true;
}

void ram_clear(struct ram *r)
{
	r->nregions = 0;
	r->stale = true;
}

static const struct ram_region *region_of(const struct ram *r, uint64_t gpa)
{
	unsigned int at = rank(r, gpa);
	const struct ram_region *g;

	if (at == 0)
		return NULL;
	g = &r->region[at - 1];
	return gpa - g->gpa < g->size && g->file >= 0 ? g : NULL;
}

static uint8_t *map_at(struct ram *r, uint64_t gpa, uint64_t *len, bool write)
{
	const struct ram_region *g = region_of(r, gpa);
	uint64_t at;

	if (!g || (write && g->readonly))
		return NULL;
	at = gpa - g->gpa;
	if (*len > g->size - at)
		*len = g->size - at;
	return r->file[g->file].map + g->offset + at;
}

void *ram_map(struct ram *r, uint64_t gpa, uint64_t *len)
{
	return map_at(r, gpa, len, true);
}

const void *ram_map_read(struct ram *r, uint64_t gpa, uint64_t *len)
{
	return map_at(r, gpa, len, false);
}

bool ram_file_id(const struct ram *r, uint64_t gpa, uint64_t *dev, uint64_t *ino)
{
	const struct ram_region *g = region_of(r, gpa);

	if (!g)
		return false;
	*dev = r->file[g->file].dev;
	*ino = r->file[g->file].ino;
	return true;
}

const char *ram_trouble(struct ram *r)
{
	uint64_t len = VECTORS;
	const uint8_t *p = ram_map_read(r, 0, &len);
	uint8_t any = 0;

	if (!p)
		return RAM_NONE;
	for (uint64_t i = 0; i < len; i++)
		any |= p[i];
	return any ? NULL
		   : "QEMU keeps the guest's memory to itself (share=off), so this device cannot serve the "
		     "guest: " RAM_REMEDY;
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

	if (!g || g->readonly)
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
	for (unsigned int i = 0; i < RAM_FILES; i++)
		forget(&r->file[i]);
	free(r->region);
	r->region = NULL;
	r->nregions = r->room = 0;
	close(r->pipe[0]);
	close(r->pipe[1]);
}
