/* SPDX-License-Identifier: BSD-2-Clause */
/* errors.h - failures in the manner of PXE: a code, the cause in words, what to do. */
#ifndef ROM_ERRORS_H
#define ROM_ERRORS_H

#include "rom.h"

/* Failures that neither the host (PVBOOT_S_*) nor a request (REQUEST_*) reports. */
#define ERROR_TOO_BIG 0x200u   /* the boot program does not fit base memory */
#define ERROR_EMPTY 0x201u     /* the boot program has no bytes */
#define ERROR_NO_PCI 0x202u    /* there is no pvboot device */
#define ERROR_START 0x203u     /* the device does not start */
#define ERROR_KERNEL 0x204u    /* a kernel cannot be booted: the words say why */
#define ERROR_LOCAL 0x205u     /* the plan is to leave to the BIOS's next boot device */
#define ERROR_NO_PLAN 0x206u   /* the plan is to boot the boot program */
#define ERROR_READ 0x80000000u /* or-ed to a status: the failure came while reading, not while opening */

/*
 * Print what failed.  words, len bytes, say why, and what to do: they come from the host, or from the part of the ROM
 * that failed.  If len is 0, errors.c prints its own advice for the status.
 */
void errors_print(uint32_t status, const char *words, uint32_t len);

/* The same with the words of the last failure if the host reported it, else with words (a string, or NULL). */
void errors_explain(uint32_t status, const char *words);

/* The PXE status code (PXE 2.1, appendix) for a status, which may carry ERROR_READ. */
uint16_t errors_pxe_status(uint32_t status);

#endif /* ROM_ERRORS_H */
