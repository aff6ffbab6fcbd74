# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of hostd but for its DHCP and TFTP, which a test of a VM plays itself (fake_network.c).

HOSTD_TESTS := test_addr test_conf test_conf_example test_hostd_link test_palacios test_vm test_vm_card test_vm_frame test_vm_file test_vm_plan test_vm_prefix test_vm_restart test_file test_udp test_source test_bridge test_isolate test_dhcp_local test_log test_name_mac test_notify test_options test_pass_fd test_url
HOSTD_TESTS := $(filter $(HOSTD_TESTS),$(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c)))
UNIT_TESTS += $(HOSTD_TESTS:%=$(B)/tests/unit/%)
HOSTD_FAKES := $(addprefix $(B)/tests/unit/,fake_device.o fake_network.o)

$(HOSTD_TESTS:%=$(B)/tests/unit/%.o) $(HOSTD_FAKES) $(B)/tests/unit/vm_world.o: CPPFLAGS += -Ihostd -Itests/unit

$(addprefix $(B)/tests/unit/,test_vm test_vm_card test_vm_frame test_vm_file test_vm_plan test_vm_prefix test_vm_restart): $(B)/tests/unit/vm_world.o
$(addprefix $(B)/tests/unit/,test_palacios test_vm_prefix): $(B)/tests/unit/fake_clock.o
$(HOSTD_TESTS:%=$(B)/tests/unit/%): %: %.o $(HOSTD_FAKES) $(B)/libhostd.a
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(HOSTD_LIBS) -lcmocka
