/* SPDX-License-Identifier: BSD-2-Clause */
/* plan_cmd.h - `pvboot plan`: what a pxelinux configuration comes to, without booting it. */
#ifndef PLAN_CMD_H
#define PLAN_CMD_H

/* Exit statuses of `pvboot plan`. */
#define PLAN_EXIT_DIRECT 0  /* it can be booted directly */
#define PLAN_EXIT_FAILED 1  /* this host: no such directory, no memory */
#define PLAN_EXIT_USAGE 2   /* the command line */
#define PLAN_EXIT_NONE 3    /* there is no configuration */
#define PLAN_EXIT_REFUSED 4 /* it cannot be booted directly: the boot program would be booted */
#define PLAN_EXIT_NO_FILE 5 /* it can, but a file of it is missing */

/* Run the command, argv[0] being the program's name.  Returns its exit status. */
int plan_main(int argc, char **argv);

#endif /* PLAN_CMD_H */
