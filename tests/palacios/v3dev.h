/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * v3dev.h - /dev/v3-vmN of the tests: between the host that plays it (v3dev.c) and the library that is preloaded into
 * hostd (v3dev_preload.c), which sees a character device where there is a Unix socket.
 *
 * Messages of a SOCK_SEQPACKET connection; a connection is an open device until it names a stream, and is that stream
 * from then on, also in another process that it is passed to.
 */
#ifndef PALACIOS_V3DEV_H
#define PALACIOS_V3DEV_H

#define V3DEV_CONNECT 21 /* the ioctl: a name of V3DEV_NAME bytes; returns a new descriptor */
#define V3DEV_NAME 128
#define V3DEV_SUFFIX ".v3" /* how the path of such a socket ends */
#define V3DEV_WRITE_MAX (64u << 10)

/* First bytes of messages to the host */
#define V3DEV_OPEN 'O'	/* + name: become that stream; answered by V3DEV_RESULT */
#define V3DEV_READ 'R'	/* + u32: at most so many bytes; answered by V3DEV_DATA */
#define V3DEV_WRITE 'W' /* + bytes; answered by V3DEV_RESULT */
#define V3DEV_WRONG 'X' /* + words: something was asked of the descriptor that such a one does not do */
/* and from it */
#define V3DEV_RESULT 'r' /* + s64: what the call returns, or -errno */
#define V3DEV_DATA 'd'	 /* + bytes: none means EWOULDBLOCK */
#define V3DEV_READY 'p'	 /* there are bytes to read: what poll(2) waits for */

struct v3dev_result {
	char type;
	char pad[7];
	long long value;
};

#endif /* PALACIOS_V3DEV_H */
