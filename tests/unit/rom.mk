# SPDX-License-Identifier: BSD-2-Clause
# Unit test of the option ROM's image.

UNIT_TESTS += $(B)/tests/unit/test_rom_image

$(B)/tests/unit/test_rom_image.o: CPPFLAGS += -DROM_FILE='"$(B)/pvboot.rom"'

$(B)/tests/unit/test_rom_image: %: %.o | $(B)/pvboot.rom
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $< -lcmocka
