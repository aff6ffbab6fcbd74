/* SPDX-License-Identifier: BSD-2-Clause */
/* container_of.h - from a member to the structure that contains it. */
#ifndef HOSTD_CONTAINER_OF_H
#define HOSTD_CONTAINER_OF_H

#include <stddef.h>

/* The struct of this type whose member is at pointer; for callbacks that get the member. */
#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif /* HOSTD_CONTAINER_OF_H */
