# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of the link to hostd and of pvboot-device.

LINK_TESTS := test_link test_link_conn test_link_file test_link_frame test_link_keep
QEMU_TEST_LINK := $(addprefix $(B)/vmm/pvboot_backend/,link.o link_conn.o link_file.o link_keep.o)
UNIT_TESTS += $(LINK_TESTS:%=$(B)/tests/unit/%)

$(addprefix $(B)/tests/unit/,fake_dev.o fake_host.o $(LINK_TESTS:%=%.o)): \
	CPPFLAGS += -Ivmm -Ivmm/pvboot_backend -Itests/unit

$(LINK_TESTS:%=$(B)/tests/unit/%): %: %.o $(B)/tests/unit/fake_dev.o $(B)/tests/unit/fake_host.o $(QEMU_TEST_LINK)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -lcmocka

QEMU_TESTS := test_vfio_user test_vfio_user_refuse test_vhost_user test_keep test_loop test_journal
QEMU_TEST_DEVICE := $(patsubst %.c,$(B)/%.o,$(wildcard vmm/pvboot_*.c))
UNIT_TESTS += $(QEMU_TESTS:%=$(B)/tests/unit/%)

$(addprefix $(B)/tests/unit/,fake_qemu.o vfio_world.o vhost_world.o $(QEMU_TESTS:%=%.o)): \
	CPPFLAGS += -Ivmm -Ivmm/pvboot_backend -Ivmm/qemu -Itests/unit -Itests/palacios

VFIO_WORLD := $(addprefix $(B)/tests/unit/,fake_qemu.o vfio_world.o) \
	$(addprefix $(B)/vmm/qemu/,vfio_user.o vfio_user_info.o vfio_user_version.o ram.o receive.o) $(QEMU_TEST_LINK) \
	$(B)/vmm/pvboot_backend/link_socket.o $(QEMU_TEST_DEVICE)

$(B)/tests/unit/test_vfio_user $(B)/tests/unit/test_vfio_user_refuse: %: %.o $(VFIO_WORLD)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -levent_core -ljansson -lcmocka

$(B)/tests/unit/test_vhost_user: %: %.o $(B)/tests/unit/vhost_world.o \
	$(addprefix $(B)/vmm/qemu/,vhost_user.o ram.o receive.o) $(QEMU_TEST_LINK) $(B)/vmm/pvboot_backend/link_socket.o $(QEMU_TEST_DEVICE)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -levent_core -lcmocka

$(B)/tests/unit/test_keep: %: %.o $(addprefix $(B)/vmm/qemu/,keep.o listen.o)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -lcmocka

$(B)/tests/unit/test_loop: %: %.o $(B)/vmm/qemu/loop.o
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -Wl,--wrap=sched_yield -o $@ $^ -levent_core -lcmocka

# The program itself, as it is installed.
UNIT_TESTS += $(B)/tests/unit/test_pvboot_device

$(B)/tests/unit/test_pvboot_device.o: CPPFLAGS += -Ivmm -Ivmm/pvboot_backend -Ivmm/qemu -Itests/unit -Itests/palacios \
	-DPVBOOT_DEVICE_PROGRAM='"$(B)/pvboot-device"'

$(B)/tests/unit/test_pvboot_device: $(B)/tests/unit/test_pvboot_device.o $(VFIO_WORLD) | $(B)/pvboot-device
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -levent_core -ljansson -lcmocka

$(B)/tests/unit/test_journal: $(B)/tests/unit/test_journal.o $(B)/vmm/qemu/journal.o
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -lcmocka
