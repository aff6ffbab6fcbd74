/* SPDX-License-Identifier: BSD-2-Clause */
/* source.c - open sockets as the host or as a guest. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "net/source.h"

struct source {
	unsigned int refs;
	bool gone;
	struct source_watch *watches;
	const struct source_ops *ops;
	void *arg;
};

struct source *source_new(const struct source_ops *ops, void *arg)
{
	struct source *source = calloc(1, sizeof(*source));

	if (source)
		*source = (struct source){.refs = 1, .ops = ops, .arg = arg};
	return source;
}

int source_socket(struct source *source, int type)
{
	if (!source)
		return socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (!source->gone)
		return source->ops->socket(source->arg, type);
	errno = ENETDOWN;
	return -1;
}

bool source_is_host(const struct source *source)
{
	return !source;
}

bool source_is_gone(const struct source *source)
{
	return source && source->gone;
}

struct source *source_ref(struct source *source)
{
	if (source)
		source->refs++;
	return source;
}

void source_unref(struct source *source)
{
	if (!source || --source->refs)
		return;
	if (!source->gone) /* there are no watches: each watcher holds a reference */
		source->ops->close(source->arg);
	source->ops->free(source->arg);
	free(source);
}

void source_close(struct source *source)
{
	if (!source || source->gone)
		return;
	source->gone = true;
	source->refs++;
	source->ops->close(source->arg);
	while (source->watches) {
		struct source_watch *watch = source->watches;

		source_unwatch(watch);
		watch->gone(watch);
	}
	source_unref(source);
}

void source_watch(struct source *source, struct source_watch *watch)
{
	watch->prev = NULL;
	if (!source || source->gone)
		return;
	watch->next = source->watches;
	watch->prev = &source->watches;
	if (watch->next)
		watch->next->prev = &watch->next;
	source->watches = watch;
}

void source_unwatch(struct source_watch *watch)
{
	if (!watch->prev)
		return;
	*watch->prev = watch->next;
	if (watch->next)
		watch->next->prev = watch->prev;
	watch->prev = NULL;
}
