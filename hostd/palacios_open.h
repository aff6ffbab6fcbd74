/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * palacios_open.h - who opens the streams of Palacios machines.
 *
 * A machine may be made, freed and made again at any time, and its device file belongs to root: so a small process that
 * keeps the rights hostd was started with opens it, whenever hostd asks, and hands over the stream.  It opens what the
 * configuration names and nothing else, and ends with hostd.
 */
#ifndef HOSTD_PALACIOS_OPEN_H
#define HOSTD_PALACIOS_OPEN_H

#include "conf.h"

/*
 * Open the stream of that name at a device file as the Linux host of Palacios offers it.  A descriptor, or a negated
 * errno.
 */
#define PALACIOS_NAME_BYTES 128
int palacios_open(const char *path, const char *stream);

/* The ioctl that palacios_open() uses on the device file; tests put their own here. */
extern int (*palacios_open_ioctl)(int fd, const char name[PALACIOS_NAME_BYTES]);

/*
 * Start the process; must be called before hostd drops its rights.  Returns the descriptor for requests; on failure
 * returns -1 and fills err.
 *
 * Each request is a uint32_t, the index of a section in conf->vms; each answer is a struct palacios_answer.
 */
int palacios_open_start(const struct conf *conf, char *err, size_t err_len);

struct palacios_answer {
	uint32_t index;
	int32_t error; /* errno, or 0 and a descriptor is attached */
};

/* Ask the process to open a stream.  Returns false if the process has ended or its queue is full. */
bool palacios_open_ask(int fd, uint32_t index);
/* Receive an answer; *stream is a descriptor or -1.  Returns 1; 0 if there is none yet; -1 if the process has ended. */
int palacios_open_answer(int fd, struct palacios_answer *answer, int *stream);

#endif /* HOSTD_PALACIOS_OPEN_H */
