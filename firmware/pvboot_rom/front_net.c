// SPDX-License-Identifier: BSD-2-Clause
/* front_net.c - our queues behind a virtio-net card of the VMM's own. */
#include "front_net.h"

#include "console.h"
#include "pvboot.h"
#include "request.h"
#include "virtio.h"

#define PIT_COUNTER 0x40 /* counter 0 of the 8254, which counts down 65536 in a tick of the BIOS */
#define PIT_COMMAND 0x43
#define PIT_LATCH 0x00
#define PIT_KHZ 1193
#define TICK_MS 55
#define LINK_WAIT_MS 30000

bool front;
uint16_t front_host_status;
uint32_t front_host_wait_ms = 0;

_Static_assert(offsetof(struct resident, magic) == PVBOOT_BEACON_MAGIC_AT, "the beacon");
_Static_assert(offsetof(struct resident, wanted) == PVBOOT_BEACON_AT, "the beacon");

/* Where no interrupts come the counter has to be looked at more often than each 55 ms. */
uint32_t front_milliseconds(void)
{
	static uint32_t ms, ticks;
	static uint16_t count, rest;
	uint32_t now = peek32(BDA_TICKS);

	if (interrupts_on()) {
		if (now - ticks < UINT16_MAX) /* not at midnight, nor at first */
			ms += (now - ticks) * TICK_MS;
	} else {
		uint16_t before = count;

		out8(PIT_COMMAND, PIT_LATCH);
		count = in8(PIT_COUNTER);
		count |= in8(PIT_COUNTER) << 8;
		rest += (uint16_t)(before - count) % PIT_KHZ;
		ms += (uint16_t)(before - count) / PIT_KHZ + rest / PIT_KHZ;
		rest %= PIT_KHZ;
	}
	ticks = now;
	return ms;
}

bool front_wait_link(void)
{
	uint32_t start = front_milliseconds();
	bool up = virtio_has_link();

	if (!up)
		print("waiting for pvboot-device on the host\n");
	for (; !up; up = virtio_has_link()) {
		resident.wanted = PVBOOT_BEACON_WANTED;
		if (front_milliseconds() - start > LINK_WAIT_MS || console_escape())
			break;
		halt();
	}
	resident.wanted = 0;
	return up;
}

uint32_t front_ask(void)
{
	static struct pvboot_config config;
	struct request r = {.op = PVBOOT_OP_CONFIG, .room = near_phys(&config), .room_len = sizeof(config)};
	uint32_t status = request(&r);

	if (status)
		return status;
	if (config.abi_version != PVBOOT_ABI_VERSION)
		return PVBOOT_S_UNSUPPORTED;
	front_host_status = config.status;
	front_host_wait_ms = config.host_wait_ms;
	virtio_dgram = config.flags & PVBOOT_CFG_F_DGRAM;
	virtio_take_mac(config.mac);
	return PVBOOT_S_OK;
}
