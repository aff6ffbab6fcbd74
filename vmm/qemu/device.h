/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * device.h - the process pvboot-device: what its attachments (one protocol to QEMU, one file each) share.
 *
 * One loop and one thread.  QEMU's descriptors have priority 0 in the loop, hostd's and the work for it 1.
 */
#ifndef QEMU_DEVICE_H
#define QEMU_DEVICE_H

#include <event2/event.h>

#include "link_socket.h"
#include "loop.h"
#include "options.h"
#include "phase.h"
#include "ram.h"

struct attach_ops;

struct device {
	struct options options;
	const struct attach_ops *attach;
	struct event_base *base;
	struct loop loop; /* base's */
	struct event *dialed, *rom_due;
	struct ram ram;
	struct phase phase;
	struct link_socket link;
	int dial;	 /* -1: this process connects itself */
	char own[256];	 /* where QEMU finds this device, if it is to be hidden at times; else empty */
	char state[256]; /* keep.h's file */
	bool driven;	 /* a driver of pvboot's has started: ROM, or what took its place */
	int status;	 /* to exit with */
	struct pvboot_dev *dev;
	char name[32];
};

/* How QEMU has the device; the attachment's own state is in its file, for a process has one. */
struct attach_ops {
	const char *name; /* for --attach */
	/*
	 * Before privileges are shed: look at what was inherited, open what there is to open, and add events to
	 * d->base; d->dev and d->link are initialised.  NULL, or in words what failed; errno says why.
	 */
	const char *(*open)(struct device *d);
	/* As struct pvboot_vmm_ops's. */
	void (*set_irq)(int level);
	void (*call)(uint32_t queue); /* NULL: interrupts are levels */
	void (*written)(void);	      /* there with call */
	/* As struct pvboot_vmm_ops's; NULL: it does not matter here. */
	void (*note)(uint16_t op, const uint8_t *args);
	bool (*idle)(void);	       /* no ROM uses the device: hostd is not looked for again; NULL: never so */
	void (*end)(struct device *d); /* the loop has ended; NULL: nothing to tidy up */
};

extern const struct attach_ops attach_vfio_user, attach_vhost_user;

/* Those that --attach may name, and NULL behind them. */
extern const struct attach_ops *const attachments[];

/* Watch fd for reading, at QEMU's priority.  NULL: no memory. */
struct event *device_watch(struct device *d, int fd, event_callback_fn callback);

/* To be called after what the guest did through QEMU: the backend may have to have a turn. */
void device_served(struct device *d);

/* A QEMU has connected whose firmware is to start the ROM: it is said if that takes long. */
void device_expect_rom(struct device *d);

/* A driver of pvboot's has started, and QEMU passes no guest memory: said once. */
void device_blind(struct device *d);

/* QEMU is gone, or (error, in words) cannot be talked to: the loop ends, and with it the process. */
void device_end(struct device *d, const char *error);

/* One line of the log. */
void device_log(const struct device *d, enum pvboot_log_level level, const char *text);

#endif /* QEMU_DEVICE_H */
