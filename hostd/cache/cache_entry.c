/* SPDX-License-Identifier: BSD-2-Clause */
/* cache_entry.c - complete objects: in memory, being stored, on disk, and removed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cache/cache_entry.h"
#include "log.h"

/* ---- the list -----------------------------------------------------------------------------------------------------
 */

struct cache_entry *cache_entry_find(struct cache *cache, const char *key)
{
	struct cache_entry *entry = cache->first;

	while (entry && strcmp(entry->meta.key, key))
		entry = entry->next;
	return entry;
}

static void link_before(struct cache_entry *entry, struct cache_entry *next)
{
	struct cache *cache = entry->cache;

	entry->next = next;
	entry->prev = next ? next->prev : cache->last;
	if (entry->prev)
		entry->prev->next = entry;
	else
		cache->first = entry;
	if (next)
		next->prev = entry;
	else
		cache->last = entry;
	cache->count++;
}

static void unlink_entry(struct cache_entry *entry)
{
	struct cache *cache = entry->cache;

	if (entry->prev)
		entry->prev->next = entry->next;
	else
		cache->first = entry->next;
	if (entry->next)
		entry->next->prev = entry->prev;
	else
		cache->last = entry->prev;
	cache->count--;
}

#define ENTRIES_MAX 2048 /* maximum number of objects: each takes memory for its name */

static struct cache_entry *alloc(struct cache *cache, const struct cache_meta *meta, int64_t used)
{
	struct cache_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->cache = cache;
	entry->meta = *meta;
	entry->used = used;
	return entry;
}

struct cache_entry *cache_entry_new(struct cache *cache, const struct cache_meta *meta)
{
	struct cache_entry *entry = alloc(cache, meta, time(NULL));

	if (entry)
		link_before(entry, cache->first);
	return entry;
}

void cache_entry_hold(struct cache_entry *entry)
{
	entry->users++;
}

static void free_if_unused(struct cache_entry *entry)
{
	if (!entry->dead || entry->users || entry->storing || entry->mem)
		return;
	free(entry);
}

void cache_entry_release(struct cache_entry *entry)
{
	entry->users--;
	free_if_unused(entry);
}

/*
 * The object was served: make it the last to be evicted, and set the mtime of its meta file, so that the order survives
 * a restart.
 */
static void touch(struct cache_entry *entry)
{
	char name[CACHE_NAME_MAX];

	entry->used = time(NULL);
	if (!entry->dead) {
		unlink_entry(entry);
		link_before(entry, entry->cache->first);
	}
	if (!entry->on_disk || entry->dead)
		return;
	cache_meta_name(name, entry->meta.key);
	if (utimensat(entry->cache->dir, name, NULL, AT_SYMLINK_NOFOLLOW))
		log_msg(LOG_DEBUG, NULL, "cache: %s: %s", name, strerror(errno));
}

/* ---- removing -----------------------------------------------------------------------------------------------------
 */

static void remove_files(struct cache_entry *entry)
{
	struct cache *cache = entry->cache;
	struct cache_job *job = cache_job_new(CACHE_REMOVE, -1, NULL, NULL);

	if (!job)
		return; /* the next start finds and removes the files */
	job->meta = entry->meta;
	job->remove_meta = !cache_entry_find(cache, entry->meta.key);
	cache_disk_do(cache->disk, job);
}

void cache_entry_forget(struct cache_entry *entry)
{
	unlink_entry(entry);
	entry->dead = true;
	if (entry->on_disk) {
		entry->cache->stored -= entry->meta.size;
		remove_files(entry);
	}
	free_if_unused(entry);
}

void cache_entry_abandon(struct cache_entry *entry)
{
	struct file *mem = entry->storing ? entry->mem : NULL;

	unlink_entry(entry);
	entry->dead = true;
	entry->storing = false;
	if (mem)
		entry->mem = NULL;
	file_unref(mem);
	free_if_unused(entry);
}

bool cache_entry_make_room(struct cache *cache, uint64_t bytes)
{
	struct cache_entry *entry, *prev;

	if (bytes > cache->size)
		return false;
	for (entry = cache->last; entry && (cache->stored > cache->size - bytes || cache->count > ENTRIES_MAX);
	     entry = prev) {
		prev = entry->prev;
		if (!entry->on_disk || entry->users)
			continue;
		log_msg(LOG_DEBUG, NULL, "cache: %.200s makes room", entry->meta.key);
		cache_entry_forget(entry);
	}
	return cache->stored <= cache->size - bytes && cache->count <= ENTRIES_MAX;
}

/* ---- giving -------------------------------------------------------------------------------------------------------
 */

static void on_reader_ended(struct file *file)
{
	cache_entry_release(file->owner);
}

static int open_data(const struct cache_entry *entry)
{
	char name[CACHE_NAME_MAX];

	cache_data_name(name, entry->meta.id);
	return openat(entry->cache->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

int cache_entry_open(struct cache_entry *entry)
{
	return entry->mem ? fcntl(entry->mem->fd, F_DUPFD_CLOEXEC, 0) : open_data(entry);
}

void cache_entry_give(struct cache_entry *entry, int fd, struct file *file)
{
	if (entry->mem)
		file->backing = file_ref(entry->mem);
	cache_entry_hold(entry);
	file->owner = entry;
	file->ended = on_reader_ended;
	touch(entry);
	file_adopt(file, fd, entry->meta.size);
}

bool cache_entry_head(struct cache_entry *entry, uint8_t head[CACHE_HEAD])
{
	ssize_t n;
	int fd;

	if (entry->mem)
		return file_read(entry->mem, 0, head, CACHE_HEAD) == CACHE_HEAD;
	fd = open_data(entry);
	n = fd < 0 ? -1 : pread(fd, head, CACHE_HEAD, 0);
	if (fd >= 0)
		close(fd);
	return n == CACHE_HEAD;
}

static bool same_stat(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

enum cache_state cache_entry_state(struct cache_entry *entry, int *fd)
{
	struct stat st;

	*fd = -1;
	if (entry->mem)
		return CACHE_GOOD;
	*fd = open_data(entry);
	if (*fd >= 0 && !fstat(*fd, &st) && S_ISREG(st.st_mode) && (uint64_t)st.st_size == entry->meta.size) {
		if (!entry->known_good || !same_stat(&st, &entry->good))
			return CACHE_UNKNOWN;
		close(*fd);
		*fd = -1;
		return CACHE_GOOD;
	}
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return CACHE_BAD;
}

/* ---- keeping ------------------------------------------------------------------------------------------------------
 */

/* The last reader of an object that could not be stored has closed it. */
static void on_memory_ended(struct file *file)
{
	struct cache_entry *entry = file->owner;

	entry->mem = NULL;
	if (!entry->dead)
		cache_entry_forget(entry);
	else
		free_if_unused(entry);
}

/* The object cannot be stored: keep it only while a guest reads it. */
static void let_go(struct cache_entry *entry)
{
	entry->mem->owner = entry;
	entry->mem->ended = on_memory_ended;
	file_unref(entry->mem);
}

static void say_not_kept(struct cache_entry *entry, int error)
{
	struct cache *cache = entry->cache;

	if (!cache->told_full)
		log_msg(LOG_WARNING, NULL, "cache: %.200s is not kept: %s: guests are served all the same",
			entry->meta.key, strerror(error));
	cache->told_full = true; /* warn again only after an object has been stored */
}

static void on_stored(void *arg, struct cache_job *job)
{
	struct cache_entry *entry = arg;
	struct file *mem = entry->mem;

	entry->storing = false;
	if (job->error) {
		entry->cache->stored -= entry->meta.size;
		say_not_kept(entry, job->error);
		let_go(entry);
		return;
	}
	entry->cache->told_full = false;
	entry->meta = job->meta;
	entry->good = job->stat;
	entry->known_good = true;
	entry->mem = NULL;
	entry->on_disk = true;
	if (entry->dead) { /* forgotten while it was being stored */
		entry->cache->stored -= entry->meta.size;
		remove_files(entry);
	}
	free_if_unused(entry);
	file_unref(mem);
}

/* Begin to store the object.  Returns false if it will not be on disk. */
static bool begin_storing(struct cache_entry *entry, const char *old_id)
{
	struct cache *cache = entry->cache;
	struct cache_job *job;
	int fd;

	/* An object that waits to be written takes memory that fetches may need. */
	if (!cache->disk || file_memory_short() || !cache_entry_make_room(cache, entry->meta.size))
		return false;
	fd = fcntl(entry->mem->fd, F_DUPFD_CLOEXEC, 0);
	job = fd < 0 ? NULL : cache_job_new(CACHE_STORE, fd, on_stored, entry);
	if (!job) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	job->meta = entry->meta;
	memcpy(job->old_id, old_id, sizeof(job->old_id));
	entry->storing = true;
	cache->stored += entry->meta.size;
	cache_disk_do(cache->disk, job);
	return true;
}

/*
 * Remove the earlier entry of this key from the list.  Its files are removed once the new object is stored.  id becomes
 * the ID of its data on disk, "" if there is none.
 */
static void replace(struct cache *cache, const char *key, char id[CACHE_ID_HEX])
{
	struct cache_entry *entry = cache_entry_find(cache, key);

	id[0] = '\0';
	if (!entry)
		return;
	if (entry->on_disk) {
		memcpy(id, entry->meta.id, CACHE_ID_HEX);
		cache->stored -= entry->meta.size;
	}
	unlink_entry(entry);
	entry->dead = true;
	free_if_unused(entry);
}

void cache_entry_keep(struct cache *cache, const struct cache_meta *meta, uint64_t began_ms, struct file *file)
{
	struct cache_entry *entry;
	char old_id[CACHE_ID_HEX];

	replace(cache, meta->key, old_id);
	entry = cache_entry_new(cache, meta);
	if (!entry)
		return;
	entry->meta.size = file->size;
	entry->began_ms = began_ms;
	entry->mem = file_ref(file);
	if (begin_storing(entry, old_id))
		return;
	if (old_id[0]) { /* the copy on disk is out of date */
		struct cache_job *job = cache_job_new(CACHE_REMOVE, -1, NULL, NULL);

		if (job) {
			job->meta = *meta;
			memcpy(job->meta.id, old_id, sizeof(old_id));
			job->remove_meta = true;
			cache_disk_do(cache->disk, job);
		}
	}
	let_go(entry);
}

/* ---- the directory ------------------------------------------------------------------------------------------------
 */

/* Is it one of the cache's file names: hexadecimal digits, then tail? */
static bool has_form(const char *name, const char *tail)
{
	size_t digits = strspn(name, "0123456789abcdef");

	return digits >= CACHE_ID_HEX - 1 && !strcmp(name + digits, tail);
}

static bool read_meta(struct cache *cache, const char *name, struct cache_meta *meta, struct stat *st)
{
	int fd = openat(cache->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char buf[CACHE_META_MAX + 1], wanted[CACHE_NAME_MAX];
	ssize_t n = -1;

	if (fd < 0)
		return false;
	if (!fstat(fd, st) && S_ISREG(st->st_mode) && st->st_uid == geteuid()) /* the user that hostd is now */
		n = read(fd, buf, sizeof(buf));
	close(fd);
	if (n <= 0 || !cache_meta_parse(meta, buf, (size_t)n))
		return false;
	cache_meta_name(wanted, meta->key);
	return !strcmp(wanted, name);
}

/*
 * Add the object of this meta file to the list, in the order of last use.  Returns false if the meta file or the data
 * is not valid.
 */
static bool take_in(struct cache *cache, const char *name)
{
	struct cache_meta meta;
	struct cache_entry *entry, *after = cache->first;
	char data[CACHE_NAME_MAX];
	struct stat st, st_data;

	if (!read_meta(cache, name, &meta, &st))
		return false;
	cache_data_name(data, meta.id);
	if (fstatat(cache->dir, data, &st_data, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st_data.st_mode) ||
	    st_data.st_uid != geteuid() || (uint64_t)st_data.st_size != meta.size)
		return false;
	entry = alloc(cache, &meta, st.st_mtim.tv_sec);
	if (!entry)
		return false;
	entry->good = st; /* until the data is verified: the time of last use, for the order */
	while (after &&
	       (after->good.st_mtim.tv_sec > st.st_mtim.tv_sec ||
		(after->good.st_mtim.tv_sec == st.st_mtim.tv_sec && after->good.st_mtim.tv_nsec > st.st_mtim.tv_nsec)))
		after = after->next;
	link_before(entry, after);
	entry->on_disk = true;
	cache->stored += meta.size;
	return true;
}

static bool is_wanted(struct cache *cache, const char *name)
{
	for (struct cache_entry *entry = cache->first; entry; entry = entry->next) {
		char data[CACHE_NAME_MAX];

		cache_data_name(data, entry->meta.id);
		if (!strcmp(data, name))
			return true;
	}
	return false;
}

static DIR *open_list(struct cache *cache)
{
	int fd = openat(cache->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (!list && fd >= 0)
		close(fd);
	return list;
}

void cache_entry_scan(struct cache *cache)
{
	/*
	 * First add the complete objects.  Then remove all other files with names of the cache's: they are from
	 * interrupted jobs.
	 */
	for (int round = 0; round < 2; round++) {
		DIR *list = open_list(cache);
		struct dirent *d;

		while (list && (d = readdir(list))) {
			bool left = has_form(d->d_name, ".meta.tmp") || has_form(d->d_name, ".data.tmp");

			if (!round && has_form(d->d_name, ".meta"))
				left = !take_in(cache, d->d_name);
			if (round && has_form(d->d_name, ".data"))
				left = !is_wanted(cache, d->d_name);
			if (left)
				unlinkat(cache->dir, d->d_name, 0);
		}
		if (list)
			closedir(list);
	}
	cache_entry_make_room(cache, 0);
}
