# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of the device.

VMM_TESTS := test_pvboot_dev test_pvboot_pci test_pvboot_ring test_pvboot_req test_pvboot_pkt test_pvboot_frame test_pvboot_state
UNIT_TESTS += $(VMM_TESTS:%=$(B)/tests/unit/%)
# Not vmm/build.mk's lists, which are made only after this is read.
VMM_TEST_DEVICE := $(patsubst %.c,$(B)/%.o,$(wildcard vmm/pvboot_*.c))
VMM_TEST_OBJS := $(B)/tests/unit/fake_guest.o $(VMM_TESTS:%=$(B)/tests/unit/%.o)

$(VMM_TEST_OBJS): CPPFLAGS += -Ivmm

$(VMM_TESTS:%=$(B)/tests/unit/%): %: %.o $(B)/tests/unit/fake_guest.o $(VMM_TEST_DEVICE)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -lcmocka
