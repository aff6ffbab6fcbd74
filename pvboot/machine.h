/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.h - `pvboot detach` and `pvboot attach`. */
#ifndef MACHINE_H
#define MACHINE_H

/* Each parses its own command line; returns an exit status. */
int machine_detach_main(int argc, char **argv);
int machine_attach_main(int argc, char **argv);

#endif /* MACHINE_H */
