# SPDX-License-Identifier: BSD-2-Clause
# pvboot: the command a person types; `pvboot probe` brings hostd's DHCP and TFTP clients with it.

# Not $(B)/pvboot/: that name is the program's.
PVBOOT_OBJS := $(patsubst pvboot/%.c,$(B)/pvboot.o/%.o,$(sort $(wildcard pvboot/*.c)))

$(B)/pvboot.o/%.o: CPPFLAGS += -Ipvboot -Ihostd
$(B)/pvboot.o/%.o: pvboot/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(CPPFLAGS) -MMD -MP -c $< -o $@

$(B)/pvboot: $(PVBOOT_OBJS) $(B)/libhostd.a
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^ $(HOST_LDFLAGS) $(HOSTD_LIBS)

ALL += $(B)/pvboot
PROGRAMS += $(B)/pvboot
