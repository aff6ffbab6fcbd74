/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_proxy.h - what is done about proxies: servers that name a boot file and give no address (RFC 4578). */
#ifndef HOSTD_DHCP_PROXY_H
#define HOSTD_DHCP_PROXY_H

enum dhcp_proxy_mode {
	DHCP_PROXY_AUTO, /* the first offer that names a boot file is taken at once; with none, wait for a proxy's */
	DHCP_PROXY_WAIT, /* always wait for a proxy's offer */
	DHCP_PROXY_OFF	 /* ignore proxies */
};

#endif /* HOSTD_DHCP_PROXY_H */
