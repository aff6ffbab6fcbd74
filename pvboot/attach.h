/* SPDX-License-Identifier: BSD-2-Clause */
/* attach.h - as what QEMU gets the device: what a QEMU offers, and the rule that chooses. */
#ifndef ATTACH_H
#define ATTACH_H

#include <stdbool.h>
#include <sys/types.h>

enum attach { ATTACH_VFIO_USER, ATTACH_X_PCI_PROXY_DEV };

/* The rule in words, lines for `pvboot run --explain`. */
extern const char attach_rule[];

/* As --attach of pvboot and pvboot-device has it. */
const char *attach_name(enum attach attach);
bool attach_parse(const char *name, enum attach *attach);

/* What a QEMU program says of itself. */
struct attach_qemu {
	bool known; /* the rest is there: it answered with a version */
	unsigned int major, minor;
	bool vfio_user;
};

/* QEMU being asked. */
struct attach_question {
	const char *program;
	pid_t pid; /* 0: none runs */
	int fd;
};

/*
 * Ask program for its version; it starts at once, and attach_ask_end() waits for it (and asks on, if need be), five
 * seconds at most.  The pointer stays the caller's until then.  A program that cannot be asked is one that is not
 * known.
 */
void attach_ask_begin(struct attach_question *q, const char *program);
struct attach_qemu attach_ask_end(struct attach_question *q);

/*
 * Choose by attach_rule; kvm: an accelerator other than TCG is used.  False: there is no way.  *why is why, in words,
 * until the next call.
 */
bool attach_choose(const struct attach_qemu *qemu, bool kvm, enum attach *attach, const char **why);

#endif /* ATTACH_H */
