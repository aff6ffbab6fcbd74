/* SPDX-License-Identifier: BSD-2-Clause */
/* probe_fetch.h - how `pvboot probe` asks servers for files: by whose address, and by which HTTP. */
#ifndef PROBE_FETCH_H
#define PROBE_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "pxelinux/pxelinux_names.h"
#include "pvboot_req.h"

struct event_base;
struct source;

struct probe_fetch {
	uint16_t tftp_blksize;	/* fetch what TFTP has, in blocks of this size; 0: ask for sizes only */
	const char *http_proxy; /* a URL, NULL: none */
	char *ca;		/* of --tls-ca, NULL: the system's */
	size_t ca_len;
	struct source *source; /* NULL: this host's */
};

struct probe_answer {
	uint64_t size;	   /* or PVBOOT_SIZE_UNKNOWN */
	uint64_t received; /* bytes of a file that was fetched */
	uint16_t blksize;  /* what a TFTP server granted */
	uint32_t status;
	char text[PVBOOT_ERROR_MAX + 1];
};

/* Read --tls-ca.  False, said on stderr, if there are no certificates. */
bool probe_fetch_read_ca(struct probe_fetch *fetch, const char *path);

/* --source guest: start what makes the guest's network on ifname, before anything is asked.  False, said on stderr. */
bool probe_fetch_as_guest(const char *ifname);

/* The guest has that lease: its address is the source from now on, until probe_fetch_end(). */
void probe_fetch_use_lease(struct probe_fetch *fetch, const uint8_t mac[6], const struct pvboot_lease *lease);

/* Ask for one file: by HTTP if its name is such a URL, else by TFTP, from server unless it names one.  Blocks. */
void probe_fetch_ask(const struct probe_fetch *fetch, struct event_base *base, const uint8_t server[4],
		     const struct pxelinux_file *file, struct probe_answer *answer);

void probe_fetch_end(struct probe_fetch *fetch);

#endif /* PROBE_FETCH_H */
