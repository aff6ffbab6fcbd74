/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_tftp_msg - one datagram; what parses as a request is built again and must mean the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tftp/tftp_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tftp_msg msg, again;
	uint8_t buf[4096];
	size_t len;

	if (!tftp_parse(data, size, &msg))
		return 0;
	if (memchr(msg.text, 0, sizeof(msg.text)) == NULL)
		abort();
	if (msg.op == TFTP_OP_DATA && (msg.data < data || msg.data_len != size - TFTP_HEADER))
		abort();
	if (msg.op == TFTP_OP_RRQ && strlen(msg.filename) < 2048) {
		len = tftp_build_rrq(buf, sizeof(buf), msg.filename, &msg.opt);
		if (!tftp_parse(buf, len, &again) || strcmp(again.filename, msg.filename) ||
		    again.opt.present != msg.opt.present || again.opt.blksize != msg.opt.blksize)
			abort();
	}
	if (msg.op == TFTP_OP_OACK) {
		len = tftp_build_oack(buf, sizeof(buf), &msg.opt);
		if (!tftp_parse(buf, len, &again) || again.opt.tsize != msg.opt.tsize ||
		    again.opt.windowsize != msg.opt.windowsize)
			abort();
	}
	return 0;
}
