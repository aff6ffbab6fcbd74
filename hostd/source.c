/* SPDX-License-Identifier: BSD-2-Clause */
/* source.c - whose sockets reach a VM's servers. */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "source.h"

struct source {
	unsigned int refs;
	struct source_watch *watches;
};

int source_socket(struct source *source, int type)
{
	return socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

bool source_is_host(const struct source *source)
{
	return !source;
}

struct source *source_ref(struct source *source)
{
	if (source)
		source->refs++;
	return source;
}

void source_unref(struct source *source)
{
	if (source && !--source->refs)
		free(source);
}

void source_watch(struct source *source, struct source_watch *watch)
{
	watch->prev = NULL;
	if (!source)
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
