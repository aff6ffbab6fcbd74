/* SPDX-License-Identifier: BSD-2-Clause */
/* dhcp_proxy.h - how to treat proxies: servers that name a boot file but offer no address (RFC 4578). */
#ifndef HOSTD_DHCP_PROXY_H
#define HOSTD_DHCP_PROXY_H

enum dhcp_proxy_mode {
	DHCP_PROXY_AUTO, /* take the first offer that names a boot file at once; if none does, wait for a proxy */
	DHCP_PROXY_WAIT, /* always wait for a proxy's offer */
	DHCP_PROXY_OFF	 /* ignore proxies */
};

#endif /* HOSTD_DHCP_PROXY_H */
