/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stand-in for Palacios's header of this name: the types a plugin sees instead of libc's, hence also in conflict with
 * them.  The other headers here likewise declare only what vmm/palacios/ uses, in the shapes the real ones have.
 */
#ifndef STANDIN_VMM_TYPES_H
#define STANDIN_VMM_TYPES_H

#define NULL ((void *)0)
#define false 0
#define true 1

typedef unsigned char uchar_t;
typedef unsigned short ushort_t;
typedef unsigned int uint_t;
typedef unsigned long ulong_t;
typedef unsigned long long ullong_t;
typedef unsigned long size_t;
typedef long ssize_t;
typedef uchar_t bool;

typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;
typedef signed char sint8_t;
typedef short sint16_t;
typedef int sint32_t;
typedef long long sint64_t;

typedef ulong_t addr_t;

#endif
