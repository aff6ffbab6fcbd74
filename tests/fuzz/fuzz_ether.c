/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_ether.c - any frame, and any word of the kernel's about it, to hostd/net/ether.c. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/ether.h"

static size_t emitted, n_emitted;

static void emit(void *arg, const uint8_t *frame, size_t len)
{
	uint8_t copy[PVBOOT_FRAME_MAX];

	assert(len >= PVBOOT_FRAME_MIN && len <= sizeof(copy));
	memcpy(copy, frame, len);
	emitted += len;
	n_emitted++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
	struct ether_filter filter = {0};
	struct virtio_net_hdr vnet;
	uint8_t *frame;
	size_t len;

	if (ether_filter_parse(&filter, data, size))
		assert(filter.n_mcasts <= PVBOOT_FRAME_MCASTS);
	if (size < sizeof(vnet))
		return 0;
	memcpy(&vnet, data, sizeof(vnet));
	len = size - sizeof(vnet);
	frame = malloc(len ? len : 1); /* a step outside is seen */
	assert(frame);
	memcpy(frame, data + sizeof(vnet), len);
	(void)ether_may_send(mac, frame, len);
	(void)ether_hears(&filter, mac, frame, len);
	emitted = n_emitted = 0;
	if (!ether_finish(&vnet, frame, len, emit, NULL))
		assert(!n_emitted);
	else
		assert(n_emitted && emitted >= len); /* headers come again and again, payload once */
	free(frame);
	return 0;
}
