/* SPDX-License-Identifier: BSD-2-Clause */
/* qemu_args.h - QEMU's command line: what the user's own arguments say, and what is added to them. */
#ifndef QEMU_ARGS_H
#define QEMU_ARGS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "argv.h"
#include "attach.h"

#define QEMU_ARGS_ID "pvboot0"	/* of the device */
#define QEMU_ARGS_MEMORY "512M" /* guest RAM where the user names none */

#define QEMU_BACKENDS_MAX 16

/* A memory backend of the user's. */
struct qemu_backend {
	char type[32]; /* memory-backend-* */
	char id[64];
	bool shared;
};

/* What the arguments behind `--` say about the things pvboot has a part in. */
struct qemu_user {
	char memory[32];		  /* size for -object memory-backend-memfd; empty: not named */
	char mac[18];			  /* the first NIC's MAC address, lower case; empty: none is named */
	unsigned int nics;		  /* NICs named, with or without a MAC address */
	const char *uuid;		  /* -uuid, or NULL */
	char name[64];			  /* -name's, or empty */
	bool own_memory;		  /* the user brings a memory backend of his own: */
	char used[QEMU_BACKENDS_MAX][64]; /* the ids of those that -machine and -numa name */
	unsigned int n_used;
	struct qemu_backend backend[QEMU_BACKENDS_MAX]; /* those that -object makes */
	unsigned int n_backends;
	const char *mem_path;	  /* -mem-path, or NULL */
	char machine[64];	  /* its type, or empty */
	char firmware[PATH_MAX];  /* of -bios or in flash memory, or empty: QEMU's own */
	char node_file[PATH_MAX]; /* the first of -blockdev, or empty */
	bool flash;		  /* firmware comes from flash memory */
	bool boot_order;	  /* -boot names an order */
	bool network;		  /* -nic, -net or -netdev is there: QEMU adds no NIC by itself */
	bool console;		  /* where the guest's console goes is said */
	bool curses;		  /* ... on the terminal itself */
	bool display;		  /* ... and so is what is shown */
};

/* What `pvboot run` itself knows. */
struct qemu_conf {
	const char *program; /* QEMU */
	const char *rom;     /* path of pvboot.rom */
	const char *name;    /* NULL: none */
	const char *uuid;    /* NULL: none */
	enum attach attach;
	bool reconnect_ms;  /* QEMU counts the time until it connects again in milliseconds */
	const char *mac;    /* of the card of vhost-user */
	const char *socket; /* where it connects to pvboot-device */
	const char *bus;    /* NULL: QEMU's choice */
	bool terminal;	    /* stdin is a terminal */
};

/*
 * Copy property key of a QEMU option value ("a,b=1,c=x,,y") to buf, its doubled commas made single.  The first piece
 * without '=' has the key implicit.  False if it is not there, or longer than buf, which is then empty.
 */
bool qemu_property(const char *value, const char *implicit, const char *key, char *buf, size_t size);

/*
 * Read the user's arguments.  Returns NULL, or in words why they cannot work with pvboot (a static buffer).  Arguments
 * that are none of pvboot's business are QEMU's to judge.
 */
const char *qemu_args_scan(struct qemu_user *user, int argc, const char *const argv[]);

/* Append the whole command line, the user's arguments included, to out. */
void qemu_args_build(struct argv *out, const struct qemu_conf *conf, const struct qemu_user *user, int argc,
		     const char *const argv[]);

#endif /* QEMU_ARGS_H */
