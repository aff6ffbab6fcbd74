/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem.c - guest memory as Palacios has it: blocks of 4 MiB, each with nothing before and behind it, so that an access
 * beyond a block, or by an address translated before memory moved, ends the program.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

#define BLOCKS 2048
#define GUARD 4096u
#define ROMS 0xc0000
#define ROMS_END 0x100000

struct block {
	uint64_t gpa, len, offset;
	int fd; /* its own */
	uint8_t *map;
};

struct table {
	unsigned int n;
	struct block block[BLOCKS];
};

static struct table table, next;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static __thread unsigned int inside;

void mem_enter(void)
{
	if (!inside++)
		pthread_rwlock_rdlock(&lock);
}

void mem_leave(void)
{
	if (!--inside)
		pthread_rwlock_unlock(&lock);
}

/* ---- blocks
 * ---------------------------------------------------------------------------------------------------------- */

static bool map(struct block *b)
{
	size_t room = b->len + 2 * GUARD;
	uint8_t *at = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return false;
	b->map = mmap(at + GUARD, b->len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, b->fd, (off_t)b->offset);
	if (b->map != MAP_FAILED)
		return true;
	munmap(at, room);
	return false;
}

static void unmap(struct block *b)
{
	munmap(b->map - GUARD, b->len + 2 * GUARD);
}

static void drop(struct table *t)
{
	for (unsigned int i = 0; i < t->n; i++) {
		unmap(&t->block[i]);
		close(t->block[i].fd);
	}
	t->n = 0;
}

void mem_begin(void)
{
	drop(&next);
}

int mem_add(host_u64 gpa, host_u64 length, int fd, host_u64 offset)
{
	while (length) {
		uint64_t len = HOST_BLOCK - gpa % HOST_BLOCK;
		struct block *b = &next.block[next.n];

		if (len > length)
			len = length;
		if (next.n == BLOCKS)
			return -1;
		*b = (struct block){gpa, len, offset, dup(fd), NULL};
		if (b->fd < 0)
			return -1;
		if (!map(b)) {
			close(b->fd);
			return -1;
		}
		next.n++;
		gpa += len;
		offset += len;
		length -= len;
	}
	return 0;
}

void mem_end(void)
{
	pthread_rwlock_wrlock(&lock);
	drop(&table);
	table = next;
	next.n = 0;
	pthread_rwlock_unlock(&lock);
}

void mem_free(void)
{
	mem_begin();
	mem_end();
}

int mem_own(host_u64 size)
{
	int fd = memfd_create("guest", MFD_CLOEXEC), bad;

	if (fd < 0 || ftruncate(fd, (off_t)size))
		return -1;
	mem_begin();
	bad = mem_add(0, size, fd, 0);
	mem_end();
	close(fd);
	return bad;
}

/* The old addresses are gone only when the new ones are there: none comes back by chance. */
void mem_move(void)
{
	pthread_rwlock_wrlock(&lock);
	for (unsigned int i = 0; i < table.n; i++) {
		struct block old = table.block[i];

		if (!map(&table.block[i])) {
			perror("palacios-host: guest memory");
			abort();
		}
		unmap(&old);
	}
	pthread_rwlock_unlock(&lock);
}

/*
 * All of the file that the memory at 0 lies in, but where BIOS and ROMs are: Palacios puts them there again, and so
 * does QEMU, where it does not leave them.
 */
void mem_zero(void)
{
	struct stat st;

	pthread_rwlock_wrlock(&lock);
	for (unsigned int i = 0; i < table.n; i++) {
		int fd = table.block[i].fd;

		if (table.block[i].gpa != 0 || fstat(fd, &st) || st.st_size <= ROMS_END)
			continue;
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, ROMS);
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, ROMS_END, st.st_size - ROMS_END);
	}
	pthread_rwlock_unlock(&lock);
}

void *mem_at(host_u64 gpa, host_u64 *left)
{
	for (unsigned int i = 0; i < table.n; i++) {
		struct block *b = &table.block[i];

		if (gpa >= b->gpa && gpa - b->gpa < b->len) {
			*left = b->len - (gpa - b->gpa);
			return b->map + (gpa - b->gpa);
		}
	}
	return NULL;
}

int mem_holds(const void *p)
{
	const uint8_t *at = p;

	for (unsigned int i = 0; i < table.n; i++) {
		if (at >= table.block[i].map && at < table.block[i].map + table.block[i].len)
			return 1;
	}
	return 0;
}
