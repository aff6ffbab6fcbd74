/* SPDX-License-Identifier: BSD-2-Clause */
/* boot_info.c - read what a lease says about a boot from the packets that the guest gets. */
#include "dhcp/boot_info.h"

#include <string.h>

#include "base/url.h"
#include "dhcp/dhcp_edit.h"
#include "dhcp/dhcp_msg.h"
#include "dhcp/dhcp_pxe.h"

void boot_info_identify(struct boot_info *info, const uint8_t mac[6], bool has_uuid, const uint8_t uuid[16])
{
	memcpy(info->mac, mac, 6);
	if (has_uuid)
		memcpy(info->uuid, uuid, 16);
	else
		dhcp_msg_uuid_of_mac(info->uuid, mac); /* RFC 4578 2.3: a PXE client always sends one */
}

/* Set the prefix as pxelinux does: its own file name, up to the last character that no plain name has. */
static void take_prefix_of_file(struct boot_info *info)
{
	const char *file = info->res.lease.bootfile;
	size_t len = strnlen(file, PVBOOT_BOOTFILE_MAX - 1);

	while (len && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-", file[len - 1]))
		len--;
	memcpy(info->prefix, file, len);
	info->prefix[len] = 0;
}

static void read_single_address(uint8_t address[4], const struct dhcp_msg *msg, uint8_t code)
{
	size_t len;
	const uint8_t *value = dhcp_msg_option(msg, code, 4, &len);

	if (value && len == 4)
		memcpy(address, value, 4);
}

static void read_packet(struct boot_info *info, const struct dhcp_msg *msg, uint8_t site_option)
{
	char text[BOOT_INFO_TEXT_MAX] = {0};
	struct dhcp_pxe pxe;

	read_single_address(info->netmask, msg, DHCP_OPT_NETMASK);
	read_single_address(info->router, msg, DHCP_OPT_ROUTER);
	dhcp_pxe_read(&pxe, msg);
	if (pxe.prefix[0]) {
		memcpy(info->prefix, pxe.prefix, sizeof(info->prefix));
		info->prefix_sent = true;
	}
	if (pxe.config[0])
		memcpy(info->config, pxe.config, sizeof(info->config));
	if (site_option && dhcp_msg_string(msg, site_option, text, sizeof(text))) {
		dhcp_msg_printable(text);
		memcpy(info->site_text, text, sizeof(text));
	}
}

void boot_info_read(struct boot_info *info, uint8_t site_option)
{
	const uint8_t *packets[] = {info->res.ack, info->res.reply};
	struct dhcp_msg msg;

	memset(info->netmask, 0, sizeof(info->netmask));
	memset(info->router, 0, sizeof(info->router));
	memset(info->config, 0, sizeof(info->config));
	memset(info->site_text, 0, sizeof(info->site_text));
	memset(info->prefix, 0, sizeof(info->prefix));
	take_prefix_of_file(info);
	info->prefix_sent = false;
	info->well_formed = true;
	for (int i = 0; i < 2; i++) {
		if (dhcp_msg_parse(&msg, packets[i], PVBOOT_DHCP_PACKET))
			read_packet(info, &msg, site_option);
		else
			info->well_formed = false;
	}
}

void boot_info_set_file(struct boot_info *info, const char *name)
{
	dhcp_edit_boot_file(&info->res, name);
	if (info->prefix_sent)
		return;
	memset(info->prefix, 0, sizeof(info->prefix));
	take_prefix_of_file(info);
}

enum boot_named boot_info_named(const struct boot_info *info)
{
	const char *file = info->res.lease.bootfile;

	if (!file[0])
		return BOOT_NAMED_NOTHING;
	return url_kind(file) == URL_PATH ? BOOT_NAMED_PROGRAM : BOOT_NAMED_URL;
}
