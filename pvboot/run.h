/* SPDX-License-Identifier: BSD-2-Clause */
/* run.h - `pvboot run`. */
#ifndef RUN_H
#define RUN_H

/* argv[0] is "run".  Returns the exit status: QEMU's, or 1 or 2 where it was not started. */
int run_main(int argc, char **argv);

#endif /* RUN_H */
