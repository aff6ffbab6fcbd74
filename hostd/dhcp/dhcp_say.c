/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_say.c - describe the steps of DHCP in the log and the trace. */
#include <stdarg.h>
#include <stdio.h>

#include "base/addr.h"
#include "dhcp/dhcp_internal.h"
#include "log.h"

void dhcp_say(struct dhcp *d, int level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	dhcp_msg_printable(line);
	log_msg(level, d->req.vm, "dhcp: %s", line);
	if (d->trace)
		d->trace(d->arg, line);
}

void dhcp_describe(char *line, size_t size, const struct dhcp_offer *offer)
{
	const struct dhcp_pxe *pxe = &offer->pxe;
	char address[48], boot[PVBOOT_BOOTFILE_MAX + 80], menu[sizeof(pxe->item_text) + 48] = "";

	if (dhcp_offer_is_lease(offer))
		snprintf(address, sizeof(address), "address %s", addr_text(offer->msg.yiaddr));
	else
		snprintf(address, sizeof(address), "no address (a proxy)");
	if (pxe->file[0])
		snprintf(boot, sizeof(boot), "boot file \"%s\" (%s%s) on %s (%s)", pxe->file, pxe->file_from,
			 pxe->file_full ? ", which is full" : "", addr_text(pxe->server),
			 pxe->server_from ? pxe->server_from : "no server named");
	else
		snprintf(boot, sizeof(boot), "%s",
			 pxe->file_too_long ? "a boot file name that is too long" : "no boot file");
	if (pxe->has_item)
		snprintf(menu, sizeof(menu), ", menu item %u \"%s\"", pxe->item, pxe->item_text);
	snprintf(line, size, "%s from %s: %s, %s%s%s%s", dhcp_msg_type_name(offer->msg.type),
		 addr_text(offer->server_id), address, boot, menu,
		 pxe->is_pxe && dhcp_offer_is_lease(offer) ? ", says it is a PXE server" : "",
		 offer->msg.truncated ? ", options cut short" : "");
}
