/* SPDX-License-Identifier: BSD-2-Clause */
/* errors.h - failures in the manner of PXE: a code, the cause in words, what to do. */
#ifndef ROM_ERRORS_H
#define ROM_ERRORS_H

#include "rom.h"

/* Ends of a boot that are nobody's status: beside PVBOOT_S_* and REQUEST_*. */
#define ERROR_TOO_BIG 0x200u   /* the boot program does not fit base memory */
#define ERROR_EMPTY 0x201u     /* it has no bytes */
#define ERROR_NO_PCI 0x202u    /* there is no pvboot device */
#define ERROR_START 0x203u     /* it does not start */
#define ERROR_KERNEL 0x204u    /* a kernel cannot be booted; the words say why */
#define ERROR_LOCAL 0x205u     /* the plan is to boot nothing */
#define ERROR_NO_PLAN 0x206u   /* the plan is to boot the boot program */
#define ERROR_READ 0x80000000u /* or-ed to a status: while reading, not opening */

/*
 * Print what failed.  words: why, and what to do about it, as those tell it who know: the host, or the part of the ROM
 * that failed; len bytes.  Only without words there is advice of errors.c's own, which knows no more than the status.
 */
void errors_print(uint32_t status, const char *words, uint32_t len);

/* The same, with the words given (a string, NULL: none), or the host's if it was the host that failed. */
void errors_explain(uint32_t status, const char *words);

/* The PXE status code (PXE 2.1, appendix) of a request's end, which may carry ERROR_READ. */
uint16_t errors_pxe_status(uint32_t status);

#endif /* ROM_ERRORS_H */
