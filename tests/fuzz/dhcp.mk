# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets of hostd's DHCP client.

FUZZERS += fuzz_dhcp_msg fuzz_udp_frame fuzz_ether
fuzz_dhcp_msg_SRCS := $(addprefix hostd/,dhcp/dhcp_msg.c dhcp/dhcp_pxe.c dhcp/dhcp_select.c dhcp/dhcp_result.c dhcp/dhcp_say.c dhcp/boot_info.c dhcp/dhcp_edit.c)
fuzz_dhcp_msg_CPPFLAGS := -Ihostd
fuzz_udp_frame_SRCS := hostd/net/udp_frame.c
fuzz_udp_frame_CPPFLAGS := -Ihostd
fuzz_ether_SRCS := hostd/net/ether.c
fuzz_ether_CPPFLAGS := -Ihostd
