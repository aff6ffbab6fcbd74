/* SPDX-License-Identifier: BSD-2-Clause */
/* child.h - the processes that pvboot starts: begun with few descriptors, waited for, never left behind. */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "argv.h"

struct child {
	pid_t pid;	  /* 0: not started */
	bool running;	  /* started and not yet waited for */
	int status;	  /* of waitpid(), once it is not running */
	const char *name; /* for messages */
};

struct child_conf {
	int keep_fd;	 /* stays open across exec, -1: none but 0, 1 and 2 */
	int keep_too;	 /* so does this one, 0: no other */
	int stdout_fd;	 /* becomes its stdout, 0 or -1: ours */
	int stderr_fd;	 /* becomes its stderr, -1: ours */
	bool stdin_ours; /* else it reads /dev/null, and is in a process group of its own, out of reach of the
			    terminal's ^C */
};

/* Block the signals that child_wait() hands out; once, before any child is started. */
void child_init(void);

/* Start a program.  It gets SIGTERM should pvboot die without a word.  False, said on stderr in words, if exec failed.
 */
bool child_start(struct child *child, const char *name, const struct argv *argv, const struct child_conf *conf);

/*
 * Wait at most ms milliseconds (negative: for ever) for a signal to this process: returns it (SIGCHLD, SIGINT, SIGTERM,
 * SIGHUP or SIGQUIT), or 0 after that time.
 */
int child_wait(int ms);

/*
 * The same, and returns CHILD_READABLE where fd (-1: none) can be read or has come to its end, before it says of a
 * signal.
 */
#define CHILD_READABLE (-1)
int child_wait_or_read(int fd);

/* Has it ended?  To be asked after SIGCHLD; sets running and status. */
bool child_ended(struct child *child);

/* Send SIGTERM, and SIGKILL if that did not end it within ms milliseconds.  Returns when it is gone. */
void child_stop(struct child *child, int ms);

/* As a shell has it: the exit status, or 128 + the signal that ended it. */
int child_exit_status(const struct child *child);

#endif /* CHILD_H */
