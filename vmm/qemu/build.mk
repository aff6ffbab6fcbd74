# SPDX-License-Identifier: BSD-2-Clause
# pvboot-device: the boot device of one QEMU guest.

QEMU_DEVICE := $(B)/pvboot-device
QEMU_PARTS := $(addprefix $(B)/vmm/qemu/,attach_vfio_user.o attach_vhost_user.o dial.o journal.o keep.o listen.o loop.o options.o phase.o ram.o \
	receive.o sandbox.o vfio_user.o vfio_user_info.o vfio_user_version.o vhost_user.o)
QEMU_DEVICE_OBJS := $(B)/vmm/qemu/main.o $(B)/vmm/qemu/attachments.o $(QEMU_PARTS) $(PVBOOT_LINK_OBJS) $(PVBOOT_LINK_SOCKET_OBJS) \
	$(PVBOOT_DEV_OBJS)
QEMU_DEVICE_LIBS := -levent_core -lseccomp -lcap-ng -ljansson

$(B)/vmm/qemu/%.o: CPPFLAGS += -Ivmm -Ivmm/pvboot_backend -Ivmm/qemu

$(QEMU_DEVICE): $(QEMU_DEVICE_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ $(QEMU_DEVICE_LIBS)

PROGRAMS += $(QEMU_DEVICE)
ALL += $(QEMU_DEVICE)
