/* SPDX-License-Identifier: BSD-2-Clause */
/* keep.c - what the next process of the same guest needs: a file, mapped, that outlives this one. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep.h"

#define KEEP_MAGIC 0x314b5650u /* "PVK1" */

/* A file of somebody else's, or one with another name, may be changed under us. */
static bool ours(int fd)
{
	struct stat st;

	errno = EPERM;
	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid();
}

void keep_forget(struct keep *k, uint64_t now_ms)
{
	k->epoch_ms = now_ms;
	k->ram_dev = k->ram_ino = 0;
	k->dgram_open = 0;
}

struct keep *keep_open(const char *path, uint64_t now_ms)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600), error;
	struct keep *k = MAP_FAILED;

	if (fd < 0)
		return NULL;
	/* the lock is the description's: it goes with the process, whatever ends it */
	if (ours(fd) && flock(fd, LOCK_EX | LOCK_NB) == 0 && ftruncate(fd, sizeof(*k)) == 0)
		k = mmap(NULL, sizeof(*k), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* nor does a child have it, as which the process that connects to hostd outlives this one by a moment */
	if (k != MAP_FAILED)
		madvise(k, sizeof(*k), MADV_DONTFORK);
	if (k == MAP_FAILED) {
		error = errno;
		close(fd);
		errno = error;
		return NULL;
	}
	if (k->magic != KEEP_MAGIC || k->size != sizeof(*k) || k->epoch_ms > now_ms) {
		memset(k, 0, sizeof(*k));
		keep_forget(k, now_ms);
		k->size = sizeof(*k);
		k->magic = KEEP_MAGIC;
	}
	return k;
}
