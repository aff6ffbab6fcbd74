# SPDX-License-Identifier: BSD-2-Clause
# The device, for programs of the host: link $(PVBOOT_DEV_OBJS).  The same sources compile freestanding for a VMM that
# lives in a kernel; `make freestanding` (part of all) holds them to it.

PVBOOT_DEV_SRCS := vmm/pvboot_dev.c vmm/pvboot_vhost.c vmm/pvboot_io.c vmm/pvboot_mem.c vmm/pvboot_pci.c vmm/pvboot_pkt.c vmm/pvboot_req.c \
	vmm/pvboot_ring.c vmm/pvboot_state.c
PVBOOT_DEV_OBJS := $(PVBOOT_DEV_SRCS:%.c=$(B)/%.o)

$(B)/vmm/%.o: CPPFLAGS += -Ivmm

# In kernels stacks are small, there is no red zone, and C11 has only to parse: the flags of Palacios's plugins.
FREESTANDING_CFLAGS := -std=gnu11 -fgnu89-inline -ffreestanding -O2 -mno-red-zone -mcmodel=kernel -fno-pic -fno-pie \
	-fno-stack-protector -mgeneral-regs-only -fno-strict-aliasing -fno-common -Wframe-larger-than=512 -Iprotocol -Ivmm
FREESTANDING_OBJS := $(PVBOOT_DEV_SRCS:vmm/%.c=$(B)/vmm/freestanding/%.o)
FREESTANDING := $(B)/vmm/pvboot_dev_freestanding.o

$(FREESTANDING_OBJS): $(B)/vmm/freestanding/%.o: vmm/%.c
	$(call say,CC-FREE,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(FREESTANDING_CFLAGS) $(WARNINGS) -MMD -MP -c $< -o $@

$(FREESTANDING): $(FREESTANDING_OBJS)
	$(call say,LD-FREE,$@)
	$(Q)$(LD) -r -o $@ $^
	$(Q)extra=$$(nm -u $@ | awk '$$2 !~ /^(memcpy|memset|memcmp)$$/ { print $$2 }'); test -z "$$extra" || \
		{ echo "vmm: the freestanding device needs more than memcpy, memset and memcmp:" $$extra >&2; exit 1; }

.PHONY: freestanding
freestanding: $(FREESTANDING)
ALL += $(FREESTANDING)
