/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvboot_glue.h - where the two halves of the Palacios plugin meet.
 *
 * Palacios's headers define uint64_t, NULL and bool in their own way, so no file can see both them and ours:
 *   pvboot_v3.c    sees only Palacios's: PCI, ports, the stream, settings, locks, checkpoints
 *   pvboot_glue.c  sees only ours: device and link, and what of them happens under which lock
 * This header is seen by both and has only types of the language itself.
 */
#ifndef PVBOOT_GLUE_H
#define PVBOOT_GLUE_H

/* Settings of the guest's XML that need no Palacios to be understood. */
struct pvboot_glue_conf {
	char name[64];	      /* what the VM calls itself; hostd goes by its own entry */
	unsigned char mac[6]; /* if has_mac */
	unsigned int has_mac;
	unsigned int boot_first; /* the ROM goes before the BIOS's own boot devices, by INT 19h */
	unsigned int log_level;	 /* what is worse or equal is printed: 0 error, 1 warning, 2 notice, 3 debug */
};

/* ---- pvboot_glue.c, called by pvboot_v3.c ---------------------------------------------------------------------- */

/* The defaults. */
void pvboot_glue_conf_init(struct pvboot_glue_conf *conf);

/* Set "name", "mac", "boot" or "log" from its text.  Returns what is wrong with value, or 0. */
const char *pvboot_glue_conf_set(struct pvboot_glue_conf *conf, const char *key, const char *value);

/* Bytes of memory a device needs, zeroed or not; no more is ever asked for. */
unsigned long long pvboot_glue_size(void);

/* Bring up the device in those bytes.  v3 is handed to every pvboot_v3_ function, which may be called from here on. */
void pvboot_glue_init(void *glue, void *v3, const struct pvboot_glue_conf *conf);

/* Whether hostd has let the stream go: its BYE was the last that came, and it has had the time to close its descriptor.
 * The caller has seen to it that no input is under way. */
unsigned int pvboot_glue_let_go(void *glue);

/* Configuration space, length 1, 2 or 4 and aligned. */
unsigned int pvboot_glue_cfg_read(void *glue, unsigned int offset, unsigned int length);
void pvboot_glue_cfg_write(void *glue, unsigned int offset, unsigned int length, unsigned int value);

/* The I/O BAR, length 1, 2 or 4.  Reads all ones, and takes no write, while the guest has I/O space disabled. */
unsigned int pvboot_glue_bar_read(void *glue, unsigned int offset, unsigned int length);
void pvboot_glue_bar_write(void *glue, unsigned int offset, unsigned int length, unsigned int value);

/* Bytes from hostd, in the context of whoever wrote them.  Returns how many were taken: all, or 0 while another input
 * is under way. */
unsigned long long pvboot_glue_input(void *glue, const void *bytes, unsigned long long length);

/* Some time has passed: to be called often, from a vcpu's thread; returns at once if there is nothing to do. */
void pvboot_glue_tick(void *glue);

/* Checkpoints.  Save returns the bytes written, 0 if room is less than pvboot_glue_state_max().  Load returns 0 if the
 * bytes are no state of such a device, which is then as after a reset. */
unsigned long long pvboot_glue_state_max(void);
unsigned long long pvboot_glue_save(void *glue, void *state, unsigned long long room);
unsigned int pvboot_glue_load(void *glue, const void *state, unsigned long long length);

/* ---- pvboot_v3.c, called by pvboot_glue.c ---------------------------------------------------------------------- */

/* The device's one lock: a spinlock, interrupts off; what lock returns goes to unlock. */
unsigned long long pvboot_v3_lock(void *v3);
void pvboot_v3_unlock(void *v3, unsigned long long saved);

/* Let others run; not under the lock. */
void pvboot_v3_yield(void *v3);

/* The host's address of guest-physical gpa, and *length cut to what is contiguous there; 0: no memory. */
void *pvboot_v3_map(void *v3, unsigned long long gpa, unsigned long long *length);

/* INTx: 1 asserted. */
void pvboot_v3_irq(void *v3, unsigned int level);

/* Milliseconds from an arbitrary start, never going back. */
unsigned long long pvboot_v3_ms(void *v3);

/* One line for the host's log. */
void pvboot_v3_log(void *v3, unsigned int level, const char *text);

/* Put bytes on the stream.  Returns how many it took, 0 if it is full; never waits. */
unsigned long long pvboot_v3_send(void *v3, const void *bytes, unsigned long long length);

#endif /* PVBOOT_GLUE_H */
