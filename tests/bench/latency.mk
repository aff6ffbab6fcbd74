# SPDX-License-Identifier: BSD-2-Clause
# `make bench-latency`: doorbell to completion, for each attachment.  The ROM, with latency.c in place of its boot.

LATENCY_B := $(B)/bench/latency
LATENCY_ROMS := $(LATENCY_B)/10f0.rom $(LATENCY_B)/1000.rom $(LATENCY_B)/1041.rom

$(LATENCY_B)/latency.o: tests/bench/latency.c
	$(call say,CC16,$<)
	@mkdir -p $(@D)
	$(Q)$(ROM_CC) $(ROM_CFLAGS) -MMD -MP -c $< -o $@

# Everything of the ROM but its boot, and what only that calls.
$(LATENCY_B)/runtime.elf: $(ROM_OBJS) $(LATENCY_B)/latency.o $(ROM_DIR)/runtime.ld
	$(call say,LD,$@)
	$(Q)$(LD) -m elf_i386 --gc-sections --no-check-sections --no-warn-rwx-segments --fatal-warnings -z noexecstack \
		--wrap=boot_main -T $(ROM_DIR)/runtime.ld $(ROM_OBJS) $(LATENCY_B)/latency.o -o $@

$(LATENCY_B)/runtime.bin: $(LATENCY_B)/runtime.elf
	$(Q)objcopy -O binary $< $@

$(LATENCY_B)/rom.raw: $(ROM_DIR)/rom.asm $(ROM_B)/consts.inc $(LATENCY_B)/runtime.bin
	$(call say,NASM,$@)
	$(Q)$(NASM) -Werror -f bin -I $(LATENCY_B)/ -I $(ROM_B)/ $< -o $@

$(LATENCY_ROMS): $(LATENCY_B)/%.rom: $(LATENCY_B)/rom.raw $(ROM_B)/mkrom
	$(Q)$(ROM_B)/mkrom $< $@ $$(nm $(LATENCY_B)/runtime.elf | sed -n 's/ A _resident_kib$$//p' | \
		{ read h; echo $$((0x$$h)); }) $* >/dev/null

.PHONY: bench-latency
bench-latency: all $(LATENCY_ROMS)
	@PVBOOT_BUILD=$(abspath $(B)) /usr/bin/python3 tests/bench/latency.py
