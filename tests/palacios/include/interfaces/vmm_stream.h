/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STANDIN_VMM_STREAM_H
#define STANDIN_VMM_STREAM_H

#include <palacios/vmm.h>

/* Negative: an error; 0: would block; else how many bytes went through. */
struct v3_stream {
	void *host_stream_data; /* NULL: could not be opened */
	void *guest_stream_data;
	sint64_t (*input)(struct v3_stream *stream, uint8_t *buf, sint64_t len);
};

struct v3_stream *v3_stream_open(struct v3_vm_info *vm, const char *name,
				 sint64_t (*input)(struct v3_stream *stream, uint8_t *buf, sint64_t len),
				 void *guest_stream_data);
sint64_t v3_stream_output(struct v3_stream *stream, uint8_t *buf, sint64_t len);
void v3_stream_close(struct v3_stream *stream);

#endif
