# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of the link to hostd and of pvboot-device.

LINK_TESTS := test_link test_link_file
QEMU_TEST_LINK := $(addprefix $(B)/vmm/pvboot_backend/,link.o link_conn.o link_file.o link_keep.o)
UNIT_TESTS += $(LINK_TESTS:%=$(B)/tests/unit/%)

$(addprefix $(B)/tests/unit/,fake_dev.o fake_host.o $(LINK_TESTS:%=%.o)): \
	CPPFLAGS += -Ivmm -Ivmm/pvboot_backend -Itests/unit

$(LINK_TESTS:%=$(B)/tests/unit/%): %: %.o $(B)/tests/unit/fake_dev.o $(B)/tests/unit/fake_host.o $(QEMU_TEST_LINK)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -lcmocka
