/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache_disk.c - the cache's threads.
 *
 * The lock protects what thread and loop share: the queues and `cancelled`.  A job itself belongs to one side at a
 * time.
 */
#include "cache/cache_disk.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#define SLICE (256u << 10) /* bytes read, hashed and written at a time */

struct cache_disk {
	int dir;
	int nice;
	unsigned int pending; /* jobs whose end is not yet reported; used by the loop only */
	int done_fd;	      /* an eventfd: readable when jobs have ended */
	struct event *readable;
	pthread_t thread;
	bool started, stop;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct cache_job *todo, **todo_tail;
	struct cache_job *ended, **ended_tail;
	uint8_t slice[SLICE];
};

/* ---- in the thread ------------------------------------------------------------------------------------------------
 */

static bool is_given_up(struct cache_disk *disk, const struct cache_job *job)
{
	bool given_up;

	pthread_mutex_lock(&disk->lock);
	given_up = disk->stop || job->cancelled;
	pthread_mutex_unlock(&disk->lock);
	return given_up;
}

static int write_all(int fd, const uint8_t *at, size_t len)
{
	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? errno : ENOSPC;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Hash the job's file, and copy it to the descriptor to (-1: do not copy).  Returns 0 or an errno. */
static int hash(struct cache_disk *disk, struct cache_job *job, int to, uint8_t sum[CACHE_SUM])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint64_t at = 0;
	int error = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) ? 0 : ENOMEM;

	while (!error) {
		ssize_t n = pread(job->fd, disk->slice, SLICE, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			error = n ? errno : 0;
			break;
		}
		at += (uint64_t)n;
		if (is_given_up(disk, job))
			error = ECANCELED;
		else if (!EVP_DigestUpdate(ctx, disk->slice, (size_t)n))
			error = ENOMEM;
		else if (to >= 0)
			error = write_all(to, disk->slice, (size_t)n);
	}
	if (!error && at != job->meta.size)
		error = EILSEQ;
	if (!error && !EVP_DigestFinal_ex(ctx, sum, NULL))
		error = ENOMEM;
	EVP_MD_CTX_free(ctx);
	return error;
}

static int random_id(char id[CACHE_ID_HEX])
{
	uint8_t bytes[CACHE_ID_HEX / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return errno;
	for (size_t i = 0; i < sizeof(bytes); i++)
		sprintf(id + 2 * i, "%02x", bytes[i]);
	return 0;
}

/* Create a file of that name.  Returns its descriptor, or -1 with errno. */
static int create(int dir, const char *name, mode_t mode)
{
	return openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

/* Close the new file, and rename it to name or, after an error, remove it. */
static int settle(int dir, int fd, const char *tmp, const char *name, int error)
{
	if (close(fd) && !error)
		error = errno;
	if (!error && renameat(dir, tmp, dir, name))
		error = errno;
	if (error)
		unlinkat(dir, tmp, 0);
	return error;
}

static int store_data(struct cache_disk *disk, struct cache_job *job)
{
	char name[CACHE_NAME_MAX], tmp[CACHE_NAME_MAX + 4];
	int error = random_id(job->meta.id), fd;

	if (error)
		return error;
	cache_data_name(name, job->meta.id);
	snprintf(tmp, sizeof(tmp), "%s.tmp", name);
	/* 0400: a process of another uid that is handed a descriptor cannot reopen it for writing. */
	fd = create(disk->dir, tmp, 0400);
	if (fd < 0)
		return errno;
	error = hash(disk, job, fd, job->meta.sum);
	return settle(disk->dir, fd, tmp, name, error);
}

static int store_meta(struct cache_disk *disk, struct cache_job *job)
{
	char name[CACHE_NAME_MAX], tmp[CACHE_NAME_MAX + 4], text[CACHE_META_MAX];
	size_t len = cache_meta_build(text, &job->meta);
	int fd;

	if (!len)
		return ENAMETOOLONG;
	cache_meta_name(name, job->meta.key);
	snprintf(tmp, sizeof(tmp), "%s.tmp", name);
	unlinkat(disk->dir, tmp, 0); /* left by a hostd that was killed */
	fd = create(disk->dir, tmp, 0600);
	if (fd < 0)
		return errno;
	return settle(disk->dir, fd, tmp, name, write_all(fd, (uint8_t *)text, len));
}

static void remove_data(struct cache_disk *disk, const char *id)
{
	char name[CACHE_NAME_MAX];

	cache_data_name(name, id);
	unlinkat(disk->dir, name, 0);
}

/* Store the object.  It is complete from the moment when its meta file is renamed. */
static int store(struct cache_disk *disk, struct cache_job *job)
{
	char name[CACHE_NAME_MAX];
	int error = store_data(disk, job);

	if (error)
		return error;
	cache_data_name(name, job->meta.id);
	error = fstatat(disk->dir, name, &job->stat, AT_SYMLINK_NOFOLLOW) ? errno : store_meta(disk, job);
	if (error)
		remove_data(disk, job->meta.id);
	else if (job->old_id[0])
		remove_data(disk, job->old_id);
	return error;
}

static int verify(struct cache_disk *disk, struct cache_job *job)
{
	uint8_t sum[CACHE_SUM];
	int error;

	/* Take the stat before reading: a write during the read then shows as a change later. */
	if (fstat(job->fd, &job->stat))
		return errno;
	error = hash(disk, job, -1, sum);
	return error || !memcmp(sum, job->meta.sum, CACHE_SUM) ? error : EILSEQ;
}

static void work(struct cache_disk *disk, struct cache_job *job)
{
	char name[CACHE_NAME_MAX];

	if (job->kind == CACHE_STORE) {
		job->error = store(disk, job);
	} else if (job->kind == CACHE_VERIFY) {
		job->error = verify(disk, job);
	} else {
		cache_meta_name(name, job->meta.key);
		if (job->remove_meta)
			unlinkat(disk->dir, name, 0);
		remove_data(disk, job->meta.id);
	}
}

static void *run(void *arg)
{
	struct cache_disk *disk = arg;
	const uint64_t one = 1;

	if (disk->nice)
		setpriority(PRIO_PROCESS, (id_t)gettid(), disk->nice);
	pthread_mutex_lock(&disk->lock);
	while (!disk->stop || disk->todo) {
		struct cache_job *job = disk->todo;

		if (!job) {
			pthread_cond_wait(&disk->work, &disk->lock);
			continue;
		}
		disk->todo = job->next;
		if (!disk->todo)
			disk->todo_tail = &disk->todo;
		pthread_mutex_unlock(&disk->lock);
		work(disk, job);
		pthread_mutex_lock(&disk->lock);
		job->next = NULL;
		*disk->ended_tail = job;
		disk->ended_tail = &job->next;
		if (write(disk->done_fd, &one, sizeof(one)) < 0)
			continue; /* the eventfd is full, so it is readable already */
	}
	pthread_mutex_unlock(&disk->lock);
	return NULL;
}

/* ---- on the loop --------------------------------------------------------------------------------------------------
 */

static void free_job(struct cache_job *job)
{
	if (job->fd >= 0)
		close(job->fd);
	free(job);
}

static void on_ended(evutil_socket_t fd, short what, void *arg)
{
	struct cache_disk *disk = arg;
	struct cache_job *job, *next;
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&disk->lock);
	job = disk->ended;
	disk->ended = NULL;
	disk->ended_tail = &disk->ended;
	pthread_mutex_unlock(&disk->lock);
	for (; job; job = next) {
		next = job->next;
		disk->pending--;
		if (job->done && !job->cancelled)
			job->done(job->arg, job);
		free_job(job);
	}
}

/* Start the thread if it does not run.  Returns false if it cannot be started. */
static bool start(struct cache_disk *disk)
{
	sigset_t all, old;

	if (disk->started)
		return true;
	/* The loop handles all signals. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	disk->started = !pthread_create(&disk->thread, NULL, run, disk);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return disk->started;
}

struct cache_job *cache_job_new(enum cache_job_kind kind, int fd, void (*done)(void *, struct cache_job *), void *arg)
{
	struct cache_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->kind = kind;
	job->fd = fd;
	job->done = done;
	job->arg = arg;
	return job;
}

void cache_disk_do(struct cache_disk *disk, struct cache_job *job)
{
	const uint64_t one = 1;
	bool runs = start(disk);

	disk->pending++;
	pthread_mutex_lock(&disk->lock);
	if (runs) {
		*disk->todo_tail = job;
		disk->todo_tail = &job->next;
		pthread_cond_signal(&disk->work);
	} else {
		job->error = EAGAIN;
		*disk->ended_tail = job;
		disk->ended_tail = &job->next;
	}
	pthread_mutex_unlock(&disk->lock);
	if (!runs && write(disk->done_fd, &one, sizeof(one)) < 0)
		return; /* the eventfd is full, so it is readable already */
}

bool cache_disk_idle(const struct cache_disk *disk)
{
	return !disk->pending;
}

void cache_disk_cancel(struct cache_disk *disk, struct cache_job *job)
{
	pthread_mutex_lock(&disk->lock);
	job->cancelled = true;
	pthread_mutex_unlock(&disk->lock);
}

struct cache_disk *cache_disk_new(struct event_base *base, int dir, int nice)
{
	struct cache_disk *disk = calloc(1, sizeof(*disk));

	if (!disk)
		return NULL;
	disk->dir = dir;
	disk->nice = nice;
	disk->todo_tail = &disk->todo;
	disk->ended_tail = &disk->ended;
	pthread_mutex_init(&disk->lock, NULL);
	pthread_cond_init(&disk->work, NULL);
	disk->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	disk->readable = event_new(base, disk->done_fd, EV_READ | EV_PERSIST, on_ended, disk);
	if (disk->done_fd >= 0 && disk->readable && !event_add(disk->readable, NULL))
		return disk;
	cache_disk_free(disk);
	return NULL;
}

void cache_disk_free(struct cache_disk *disk)
{
	struct cache_job *lists[2], *next;

	if (!disk)
		return;
	if (disk->started) {
		pthread_mutex_lock(&disk->lock);
		disk->stop = true;
		pthread_cond_signal(&disk->work);
		pthread_mutex_unlock(&disk->lock);
		pthread_join(disk->thread, NULL);
	}
	lists[0] = disk->todo;
	lists[1] = disk->ended;
	for (int i = 0; i < 2; i++) {
		for (struct cache_job *job = lists[i]; job; job = next) {
			next = job->next;
			free_job(job);
		}
	}
	if (disk->readable)
		event_free(disk->readable);
	if (disk->done_fd >= 0)
		close(disk->done_fd);
	pthread_cond_destroy(&disk->work);
	pthread_mutex_destroy(&disk->lock);
	free(disk);
}
