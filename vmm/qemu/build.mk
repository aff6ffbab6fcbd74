# SPDX-License-Identifier: BSD-2-Clause
# pvboot-device: the boot device of one QEMU guest.

QEMU_DEVICE := $(B)/pvboot-device
QEMU_DEVICE_OBJS := $(patsubst %.c,$(B)/%.o,$(wildcard vmm/qemu/*.c)) $(LINK_OBJS) $(LINK_SOCKET_OBJS) $(DIR_OBJS) \
	$(PVBOOT_DEV_OBJS)
QEMU_DEVICE_LIBS := -levent_core -lseccomp -lcap-ng

$(B)/vmm/%.o: CPPFLAGS += -Ivmm -Ivmm/pvboot_backend -Ivmm/qemu

$(QEMU_DEVICE): $(QEMU_DEVICE_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ $(QEMU_DEVICE_LIBS)

