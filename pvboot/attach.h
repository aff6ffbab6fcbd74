/* SPDX-License-Identifier: BSD-2-Clause */
/* attach.h - as what QEMU gets the device: what a QEMU offers, and the rule that chooses. */
#ifndef ATTACH_H
#define ATTACH_H

#include <stdbool.h>
#include <sys/types.h>

enum attach { ATTACH_VHOST_USER, ATTACH_VFIO_USER };

/* The rule in words, lines for `pvboot run --explain`. */
extern const char attach_rule[];

/* As --attach of pvboot and pvboot-device has it. */
const char *attach_name(enum attach attach);
bool attach_parse(const char *name, enum attach *attach);

/* What a QEMU program says of itself. */
struct attach_qemu {
	bool known; /* the rest is there: it answered with a version */
	unsigned int major, minor;
	bool vhost_user, vfio_user;
};

/* QEMU being asked one thing. */
struct attach_question {
	pid_t pid; /* 0: none runs */
	int fd;
};

struct attach_questions {
	const char *program;
	bool answered; /* by the cache, with qemu */
	struct attach_qemu qemu;
	struct attach_question version, netdevs;
};

/*
 * Ask program for its version and its back ends, unless they are remembered (attach_cache.h); it starts at once, and
 * attach_ask_end() waits for it (and asks on, if need be), five seconds at most for each thing.  The pointer stays the
 * caller's until then.  A program that cannot be asked is one that is not known.
 */
void attach_ask_begin(struct attach_questions *q, const char *program);
struct attach_qemu attach_ask_end(struct attach_questions *q);

/*
 * Choose by attach_rule.  False: there is no way.  *why is why, in words, until the next call.
 */
bool attach_choose(const struct attach_qemu *qemu, enum attach *attach, const char **why);

#endif /* ATTACH_H */
