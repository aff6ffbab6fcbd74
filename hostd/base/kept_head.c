/* SPDX-License-Identifier: BSD-2-Clause */
/* kept_head.c - the head of every blob that a device keeps for the next hostd. */
#include "base/kept_head.h"

#include <string.h>

bool kept_head_good(const void *blob, size_t len, uint32_t magic, uint16_t version, size_t fixed)
{
	struct kept_head head;

	if (len < sizeof(head) || len < fixed)
		return false;
	memcpy(&head, blob, sizeof(head));
	return head.magic == magic && head.version == version && head.tail == len - fixed;
}
