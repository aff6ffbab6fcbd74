/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_udp_frame.c - any frame, to the parsers of frames; and what was built is parsed as it was meant. */
#include <assert.h>
#include <string.h>

#include "net/udp_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1}, ip[4] = {172, 21, 0, 50};
	uint8_t reply[UDP_FRAME_ARP], again[UDP_FRAME_MAX];
	struct udp_frame udp, udp2;
	const uint8_t *payload, *payload2;
	size_t len, len2;

	(void)udp_frame_arp_answer(data, size, mac, ip, reply);
	if (!udp_frame_parse(data, size, true, &udp, &payload, &len))
		return 0;
	assert(payload >= data && len <= size - (size_t)(payload - data));
	size = udp_frame_build(again, sizeof(again), &udp, payload, len);
	if (!size)
		return 0;
	assert(udp_frame_parse(again, size, false, &udp2, &payload2, &len2));
	assert(len2 == len && !memcmp(payload2, payload, len) && !memcmp(&udp, &udp2, sizeof(udp)));
	return 0;
}
