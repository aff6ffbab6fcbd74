// SPDX-License-Identifier: BSD-2-Clause
/* front_net.c - pvboot's queues behind a virtio-net card of the VMM's own. */
#include "front_net.h"

#include "console.h"
#include "pvboot.h"
#include "request.h"

#define PIT_COUNTER 0x40 /* counter 0 of the 8254: it counts down 65536 in each timer tick */
#define PIT_COMMAND 0x43
#define PIT_LATCH 0x00
#define PIT_KHZ 1193
#define TICK_MS 55
#define LINK_WAIT_MS 30000
#define NET_STATUS 6 /* in the card's configuration (virtio 1.2, 5.1.4) */
#define NET_LINK_UP 1

static uint32_t wait_ms; /* struct pvboot_config.host_wait_ms */

_Static_assert(offsetof(struct resident, magic) == PVBOOT_BEACON_MAGIC_AT, "the beacon");
_Static_assert(offsetof(struct resident, wanted) == PVBOOT_BEACON_AT, "the beacon");

/* By the BIOS's ticks while interrupts are on.  While they are off, call it more often than every 55 ms. */
static uint32_t milliseconds(void)
{
	static uint32_t ms, ticks;
	static uint16_t count, rest;
	uint32_t now = peek32(BDA_TICKS);

	if (interrupts_on()) {
		if (now - ticks < UINT16_MAX) /* false at midnight, and in the first call */
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

/* The link is up while the back end of the card is there. */
static bool has_link(void)
{
	return virtio_config(NET_STATUS, 2) & NET_LINK_UP;
}

/* Ask the host for the device by the beacon, and wait for the link.  Returns false after LINK_WAIT_MS, or Esc. */
static bool wait_link(void)
{
	uint32_t start = milliseconds();
	bool up = has_link();

	if (!up)
		print("waiting for pvboot-device on the host\n");
	for (; !up; up = has_link()) {
		resident.wanted = PVBOOT_BEACON_WANTED;
		if (milliseconds() - start > LINK_WAIT_MS || console_escape())
			break;
		halt();
	}
	resident.wanted = 0;
	return up;
}

static const char *check(void)
{
	return wait_link() ? NULL : "the device does not answer: see whether pvboot-device runs";
}

static uint16_t host_status(void)
{
	return has_link() ? request_host_status : 0;
}

static uint32_t host_wait_ms(void)
{
	return wait_ms;
}

/* Ask the device for its configuration.  Returns as request(). */
static uint32_t ask(void)
{
	static struct pvboot_config config;
	struct request r = {.op = PVBOOT_OP_CONFIG, .room = near_phys(&config), .room_len = sizeof(config)};
	uint32_t status = request(&r);

	if (status)
		return status;
	if (config.abi_version != PVBOOT_ABI_VERSION)
		return PVBOOT_S_UNSUPPORTED;
	request_host_status = config.status;
	wait_ms = config.host_wait_ms;
	virtio_dgram = config.flags & PVBOOT_CFG_F_DGRAM;
	virtio_take_mac(config.mac);
	return PVBOOT_S_OK;
}

static uint32_t begin(void)
{
	wait_ms = PVBOOT_HOST_WAIT_DEFAULT_MS;
	return ask();
}

static void refresh(void)
{
	if (has_link())
		ask();
}

const struct virtio_front front_net = {
	.check = check,
	.features = 0, /* the card's bits mean something else: PVBOOT_OP_CONFIG tells of datagrams */
	.milliseconds = milliseconds,
	.host_status = host_status,
	.host_wait_ms = host_wait_ms,
	.has_link = has_link,
	.begin = begin,
	.refresh = refresh,
};
