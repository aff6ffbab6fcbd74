/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.h - a Palacios of the tests' own, in user space: what it offers a test or an attachment to a real guest.
 *
 * Written from facts about Palacios, faithful where it hurts a plugin.  Files named v3_*.c see the stand-in headers in
 * include/ and no libc; the others see libc and no stand-in; here both meet, in types both have.  What the plugin does
 * wrong is counted and said as a "violation", for Palacios would crash, hang or go on with damage, not complain.
 */
#ifndef PALACIOS_HOST_H
#define PALACIOS_HOST_H

struct v3_vm_info; /* a VM */
struct host_stream;
struct host_chkpt;

typedef unsigned long long host_u64;

#define HOST_BLOCK (4u << 20) /* guest memory comes in blocks of this, at host addresses that are not adjacent */
#define HOST_RING 4096u	      /* the out-ring of a stream */
/* Of guest memory, what may be copied while a lock is held that a vcore takes: requests, answers, packets; no file. */
#define HOST_COPY_UNDER_LOCK 16384u

/* ---- os.c: what the host's kernel offers ------------------------------------------------------------------------ */

/* Say and count what the plugin did wrong. */
void host_violation(const char *format, ...) __attribute__((format(printf, 1, 2)));
unsigned int host_violations(void);
/* Forget violations and printed lines. */
void host_clear(void);
/* Whether the plugin printed text; host_print_to_stderr shows lines as they come. */
int host_printed(const char *text);
extern int host_print_to_stderr;
/* Allocations of the plugin that are not freed yet; the next but n is refused (0: none). */
unsigned int host_allocations(void);
void host_fail_allocation(unsigned int n);
/* Between these, this thread is a vcore. */
void host_vcore_enter(void);
void host_vcore_leave(void);
void *host_alloc(unsigned int size); /* zeroed, for this host itself */
void host_dealloc(void *p);
void host_os_init(void);
/* For devices made from now on, time runs so many times faster, or slower. */
extern unsigned int host_hurry, host_slow;
/* Called once, in the middle of the plugin's next copy of HOST_BULK bytes or more under no lock: what others do then.
 */
#define HOST_BULK 4096u
extern void (*host_during_copy)(void *arg);
extern void *host_during_copy_arg;
/* Called once, before the next lock is taken: what others do between a plugin's entry and its lock. */
extern void (*host_before_lock)(void *arg);
extern void *host_before_lock_arg;
/* How often the plugin has let others run. */
unsigned int host_yields(void);

/* ---- mem.c: guest memory ---------------------------------------------------------------------------------------- */

/* Begin a new table; add what lies at gpa: length bytes of file fd, which is borrowed, at offset; make it valid. */
void mem_begin(void);
int mem_add(host_u64 gpa, host_u64 length, int fd, host_u64 offset);
void mem_end(void);
/* Map every block at another address: what was translated before is no longer valid. */
void mem_move(void);
/* As a reset of Palacios does it. */
void mem_zero(void);
void mem_free(void);
/* Around any use of translated addresses. */
void mem_enter(void);
void mem_leave(void);
/* The host's address of gpa and what is left of its block; NULL where there is no RAM. */
void *mem_at(host_u64 gpa, host_u64 *left);
/* Whether an address of the host's is guest memory. */
int mem_holds(const void *p);
/* RAM of the host's own: size bytes at 0, a multiple of HOST_BLOCK. */
int mem_own(host_u64 size);

/* ---- v3_cfg.c --------------------------------------------------------------------------------------------------- */

struct v3_xml;
/* NULL with a line printed if text is no XML of the kind Palacios takes. */
struct v3_xml *cfg_parse(const char *text);
void cfg_free(struct v3_xml *tree);

/* ---- v3_vm.c ---------------------------------------------------------------------------------------------------- */

/* Read a guest's XML and bring its devices up in order: PCI, PVBOOT, PORTS (base, count); others are left out. */
struct v3_vm_info *host_create(const char *xml);
/* As v3_free: unhook and free the devices, the last one first. */
void host_free(struct v3_vm_info *vm);
/* An I/O instruction of 1, 2 or 4 bytes.  -1: the VM dies of it. */
int host_in(struct v3_vm_info *vm, unsigned int port, unsigned int len, unsigned int *value);
int host_out(struct v3_vm_info *vm, unsigned int port, unsigned int len, unsigned int value);
/* What happens at every exit of a vcore: its timers run. */
void host_tick(struct v3_vm_info *vm);
/* Whether anybody owns the port. */
int host_port_hooked(struct v3_vm_info *vm, unsigned int port);
unsigned int host_ports_hooked(struct v3_vm_info *vm);
/* Take, or give back, a port that belongs to nobody else. */
int host_take_port(struct v3_vm_info *vm, unsigned int port);
void host_give_port(struct v3_vm_info *vm, unsigned int port);

/* ---- v3_chkpt.c ------------------------------------------------------------------------------------------------- */

/* Palacios holds all vcores at a barrier while a VM is paused, and from before its memory is saved until its devices
 * are. */
void host_pause(struct v3_vm_info *vm, int on);
/* The checkpoint of all devices, in order; NULL: failed. */
struct host_chkpt *host_save(struct v3_vm_info *vm);
int host_load(struct v3_vm_info *vm, struct host_chkpt *c);
void host_chkpt_free(struct host_chkpt *c);
/* To damage a checkpoint: its entries by number, each with its tag ("device/TAG"); cut one, or take one out. */
unsigned int host_chkpt_entries(struct host_chkpt *c);
const char *host_chkpt_entry(struct host_chkpt *c, unsigned int i, unsigned char **data, host_u64 *len);
void host_chkpt_cut(struct host_chkpt *c, unsigned int i, host_u64 len);
void host_chkpt_remove(struct host_chkpt *c, unsigned int i);

/* ---- v3_pci.c --------------------------------------------------------------------------------------------------- */

/* Number of the slot of the device with this vendor and device id, -1: there is none. */
int host_pci_find(struct v3_vm_info *vm, unsigned int vendor, unsigned int device);
/* Configuration accesses as ports CFCh-CFFh make them, len 1, 2 or 4. */
unsigned int host_cfg_read(struct v3_vm_info *vm, int slot, unsigned int reg, unsigned int len);
void host_cfg_write(struct v3_vm_info *vm, int slot, unsigned int reg, unsigned int len, unsigned int value);
/* The level of the slot's INTx. */
int host_irq(struct v3_vm_info *vm, int slot);
/* Called, if not NULL, when a level changes, from the thread that did it. */
extern void (*host_irq_changed)(struct v3_vm_info *vm, int slot, int level);
/* How many bytes were read at registration, how many capabilities found. */
unsigned int host_pci_reads(struct v3_vm_info *vm, int slot);
unsigned int host_pci_caps(struct v3_vm_info *vm, int slot);

/* ---- v3_stream.c: the stream as user space has it --------------------------------------------------------------- */

/* Connect; NULL: no such stream, or somebody else is connected. */
struct host_stream *stream_connect(struct v3_vm_info *vm, const char *name);
void stream_release(struct host_stream *s);
/* As read(2), write(2) and poll(2) there; 0: EWOULDBLOCK, -1: EFAULT.  write calls the plugin's input before it
 * returns.
 */
long stream_read(struct host_stream *s, void *buf, unsigned long len);
long stream_write(struct host_stream *s, const void *buf, unsigned long len);
unsigned int stream_readable(struct host_stream *s);
unsigned int stream_count(struct v3_vm_info *vm);
/* Free what Palacios never would: streams that outlived their VM, and what the plugin left behind them.  How many. */
unsigned int stream_bury(void);
/* Called, if not NULL, after output, from the thread that made it. */
extern void (*stream_wakeup)(struct host_stream *s);
/* The next v3_stream_open fails. */
extern int stream_refuse;

#endif /* PALACIOS_HOST_H */
