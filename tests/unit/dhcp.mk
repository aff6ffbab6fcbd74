# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of hostd's DHCP client.

DHCP_TESTS := test_dhcp_msg test_dhcp_select test_udp_frame test_ether test_dhcp_socket test_dhcp test_dhcp_fail test_boot_info test_probe_files
UNIT_TESTS += $(DHCP_TESTS:%=$(B)/tests/unit/%)
DHCP_MSG_OBJS := $(addprefix $(B)/hostd/,dhcp/dhcp_msg.o dhcp/dhcp_pxe.o dhcp/dhcp_select.o)
DHCP_RESULT_OBJS := $(addprefix $(B)/hostd/,dhcp/boot_info.o dhcp/dhcp_edit.o dhcp/dhcp_result.o dhcp/dhcp_say.o log.o)

$(DHCP_TESTS:%=$(B)/tests/unit/%.o) $(addprefix $(B)/tests/unit/,dhcp_craft.o dhcp_world.o log_capture.o): CPPFLAGS += -Ihostd -Ipvboot

$(B)/tests/unit/test_dhcp_msg: $(DHCP_MSG_OBJS)
$(B)/tests/unit/test_boot_info: $(DHCP_MSG_OBJS) $(DHCP_RESULT_OBJS)
$(B)/tests/unit/test_dhcp_select: $(DHCP_MSG_OBJS)
$(B)/tests/unit/test_udp_frame: $(B)/hostd/net/udp_frame.o
$(B)/tests/unit/test_ether: $(B)/hostd/net/ether.o
$(B)/tests/unit/test_dhcp_socket: $(addprefix $(B)/hostd/,net/udp_frame.o net/packet_socket.o dhcp/dhcp_socket.o)
# A network of its own instead of dhcp_socket.o and packet_socket.o.
DHCP_WORLD_TESTS := $(addprefix $(B)/tests/unit/,test_dhcp test_dhcp_fail)
$(DHCP_WORLD_TESTS): $(B)/tests/unit/dhcp_world.o $(DHCP_MSG_OBJS) \
	$(addprefix $(B)/hostd/,dhcp/dhcp.o dhcp/dhcp_send.o) $(DHCP_RESULT_OBJS)
$(B)/tests/unit/test_dhcp: $(B)/tests/unit/log_capture.o
$(DHCP_WORLD_TESTS): LDFLAGS += -Wl,--wrap=connect
$(B)/tests/unit/test_probe_files: $(B)/pvboot.o/probe_files.o $(B)/pvboot.o/probe_fetch.o $(B)/libhostd.a

$(B)/tests/unit/test_probe_files: LDLIBS := $(HOSTD_LIBS)

$(DHCP_TESTS:%=$(B)/tests/unit/%): %: %.o $(B)/tests/unit/dhcp_craft.o $(BASE_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ $(LDLIBS) -levent_core -lcmocka
