# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of the option ROM.

UNIT_TESTS += $(B)/tests/unit/test_rom_image

$(B)/tests/unit/test_rom_image.o: CPPFLAGS += -DROM_FILE='"$(B)/pvboot.rom"'

$(B)/tests/unit/test_rom_image: %: %.o | $(B)/pvboot.rom
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $< -lcmocka

# The words of failures, on the host: what errors.c prints is caught, what it asks is played.
UNIT_TESTS += $(B)/tests/unit/test_rom_errors

$(B)/tests/unit/test_rom_errors.o $(B)/tests/unit/rom/errors.o: \
	CPPFLAGS += -std=gnu11 -Ifirmware/pvboot_rom -Wno-pointer-to-int-cast -Wno-int-to-pointer-cast

$(B)/tests/unit/rom/errors.o: firmware/pvboot_rom/errors.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(CPPFLAGS) -MMD -MP -c $< -o $@

$(B)/tests/unit/test_rom_errors: $(B)/tests/unit/test_rom_errors.o $(B)/tests/unit/rom/errors.o
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -lcmocka
