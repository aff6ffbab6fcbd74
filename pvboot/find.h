/* SPDX-License-Identifier: BSD-2-Clause */
/* find.h - where pvboot's other programs and its ROM are: beside this one, or as installed. */
#ifndef FIND_H
#define FIND_H

#include <limits.h>
#include <stdbool.h>

/*
 * Find the project's program name: beside this program, in ../sbin or ../bin of it, then in PATH.  On success its path
 * is in path; false if there is none.
 */
bool find_own(const char *name, char path[PATH_MAX]);

/* Find a program as a shell does: with a '/' it is a path, else looked up in PATH. */
bool find_program(const char *name, char path[PATH_MAX]);

/* Find one of the ROM images: beside this program, or in ../share/pvboot of it. */
bool find_rom(const char *name, char path[PATH_MAX]);

#endif /* FIND_H */
