/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_dhcp_msg.c - a hostile DHCP server: every message that can come, through parser, choice, result and words. */
#include <assert.h>
#include <string.h>

#include "dhcp/dhcp_internal.h"
#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void log_msg(int level, const char *vm, const char *fmt, ...)
{
}

/* Whatever was found lies within what was received, and every string ends. */
static void check(const struct dhcp_msg *msg, const struct dhcp_pxe *pxe)
{
	size_t sum = 0;

	for (unsigned int code = 0; code < 256; code++) {
		size_t len;

		if (!dhcp_msg_option(msg, (uint8_t)code, 0, &len))
			continue;
		assert(msg->option[code].offset <= sizeof(msg->pool) - len);
		sum += len;
	}
	assert(sum <= msg->len);
	assert(memchr(pxe->file, 0, sizeof(pxe->file)));
	assert(memchr(pxe->prefix, 0, sizeof(pxe->prefix)));
	assert(memchr(pxe->config, 0, sizeof(pxe->config)));
	assert(memchr(pxe->item_text, 0, sizeof(pxe->item_text)));
	assert(memchr(pxe->server_name, 0, sizeof(pxe->server_name)));
}

/* The input: messages, each behind its length in two bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dhcp_offers offers;
	static struct dhcp_result result;
	static const uint8_t ip[4] = {10, 0, 0, 1}, mac[6] = {2};
	struct dhcp_choice choice;
	struct dhcp_msg msg;
	struct dhcp_pxe pxe;
	char line[300];

	memset(&offers, 0, sizeof(offers));
	while (size >= 2) {
		size_t len = (size_t)(data[0] << 8 | data[1]);
		int i;

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		if (dhcp_msg_parse(&msg, data, len)) {
			dhcp_pxe_read(&pxe, &msg);
			check(&msg, &pxe);
			dhcp_result_lease(&result, &msg);
			dhcp_result_boot(&result, &pxe);
			dhcp_result_packet(result.info.res.ack, msg.raw, msg.len);
			dhcp_result_packet(result.info.res.reply, msg.raw, msg.len);
			boot_info_read(&result.info, 224);
			assert(memchr(result.info.prefix, 0, sizeof(result.info.prefix)));
			assert(memchr(result.info.config, 0, sizeof(result.info.config)));
			assert(memchr(result.info.site_text, 0, sizeof(result.info.site_text)));
			boot_info_set_file(&result.info, "dir/x");
			assert(boot_info_named(&result.info) == BOOT_NAMED_PROGRAM);
			assert(memchr(result.info.res.lease.bootfile, 0, PVBOOT_BOOTFILE_MAX));
			i = dhcp_offers_add(&offers, &msg, ip, mac);
			if (i != DHCP_NO_OFFER)
				dhcp_describe(line, sizeof(line), &offers.offer[i]);
		}
		data += len;
		size -= len;
	}
	for (int mode = DHCP_PROXY_AUTO; mode <= DHCP_PROXY_OFF; mode++) {
		for (int over = 0; over < 2; over++) {
			if (!dhcp_select(&offers, (enum dhcp_proxy_mode)mode, over, &choice))
				continue;
			assert(choice.lease >= 0 && choice.lease < (int)offers.count);
			assert(choice.boot >= 0 && choice.boot < (int)offers.count);
			assert(dhcp_offer_is_lease(&offers.offer[choice.lease]));
		}
	}
	return 0;
}
