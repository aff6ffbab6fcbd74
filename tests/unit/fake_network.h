/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fake_network.h - hostd's DHCP and TFTP clients, played by the test: linked in place of hostd/dhcp/dhcp.o and
 * hostd/tftp/tftp.o.
 */
#ifndef TESTS_FAKE_NETWORK_H
#define TESTS_FAKE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The DHCP exchange under way. */
extern int fake_dhcp_starts; /* since the beginning */
extern bool fake_dhcp_running;
extern uint8_t fake_dhcp_previous[4]; /* what it was to ask for again */
extern uint8_t fake_dhcp_mac[6];
/* Put these options, and END, into the packets of the next lease. */
void fake_dhcp_options(const void *options, size_t len);
/* End the exchange: status, text, and a lease of that address with the boot file "pxelinux.0" at 172.21.0.2. */
void fake_dhcp_finish(uint32_t status, const char *text, const uint8_t address[4]);

/* The TFTP transfer that began last. */
extern int fake_tftp_gets; /* since the beginning */
extern int fake_tftp_running;
extern char fake_tftp_name[256];
extern uint8_t fake_tftp_server[4];
extern uint16_t fake_tftp_port;
extern bool fake_tftp_stat;
void fake_tftp_opened(uint64_t size);
bool fake_tftp_data(const void *data, size_t len);
void fake_tftp_done(uint32_t status, uint32_t detail, const char *text);

#endif /* TESTS_FAKE_NETWORK_H */
