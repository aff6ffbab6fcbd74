# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets of hostd's DHCP client.

FUZZERS += fuzz_dhcp_msg fuzz_frame fuzz_ether
fuzz_dhcp_msg_SRCS := $(addprefix hostd/,dhcp_msg.c dhcp_pxe.c dhcp_select.c dhcp_result.c dhcp_say.c)
fuzz_dhcp_msg_CPPFLAGS := -Ihostd
fuzz_frame_SRCS := hostd/frame.c
fuzz_frame_CPPFLAGS := -Ihostd
fuzz_ether_SRCS := hostd/ether.c
fuzz_ether_CPPFLAGS := -Ihostd
