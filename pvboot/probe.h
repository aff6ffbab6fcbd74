/* SPDX-License-Identifier: BSD-2-Clause */
/* probe.h - `pvboot probe`: what a VM would find on the network, without a VM. */
#ifndef PROBE_H
#define PROBE_H

/* Exit statuses of `pvboot probe`. */
#define PROBE_BOOTS 0	    /* lease, boot file and (for pxelinux) a configuration are there */
#define PROBE_FAILED 1	    /* this host: no such interface, no right, no memory */
#define PROBE_USAGE 2	    /* the command line */
#define PROBE_NO_LEASE 3    /* no DHCP server answered, or it refused */
#define PROBE_NO_BOOTFILE 4 /* nobody names a boot file */
#define PROBE_NO_ROUTE 5    /* the host has no route to the boot server */
#define PROBE_NO_FILE 6	    /* a file is not there, or its server does not answer */

/* Run the command, argv[0] being "probe".  Returns its exit status. */
int probe_main(int argc, char **argv);

#endif /* PROBE_H */
