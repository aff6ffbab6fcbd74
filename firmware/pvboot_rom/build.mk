# SPDX-License-Identifier: BSD-2-Clause
# pvboot.rom: C for the resident part, nasm for its entries and for the image around it.

ROM_DIR := firmware/pvboot_rom
ROM_B := $(B)/$(ROM_DIR)
ROM_C := boot console errors front_net front_own hooks lease linux linux_list linux_load linux_multiboot \
	linux_plan nbp pci pxe pxe_file pxe_frame pxe_info pxe_tftp pxe_udp pxe_undi receive request send transfer \
	virtio
ROM_ASM := entry bios int_hooks linux_jump linux_renew pxe_entry
ROM_OBJS := $(ROM_ASM:%=$(ROM_B)/%.o) $(ROM_C:%=$(ROM_B)/%.o)

# Base memory is scarce: -Oz, without the passes that make this code larger (measured: they cost 660 of 25400 bytes).
ROM_SMALL := -Oz -fno-expensive-optimizations -fno-if-conversion -fno-tree-ch

# Real mode: 32-bit code with prefixes, no libraries, DS = SS = ES; arguments in registers.  Pointers into segment 0 may
# be 0, and are no null pointers.
ROM_CFLAGS := -std=gnu11 -m16 -march=i386 $(ROM_SMALL) -ffreestanding -mregparm=3 \
	-mpreferred-stack-boundary=2 -fno-pic -fno-pie -fno-stack-protector -fomit-frame-pointer \
	-fno-asynchronous-unwind-tables -fcf-protection=none -fno-strict-aliasing -fno-delete-null-pointer-checks \
	-ffunction-sections -fdata-sections -fno-common -fno-jump-tables -fno-tree-loop-distribute-patterns \
	-mno-sse -mno-mmx -mno-80387 -DPVBOOT_VERSION='"$(VERSION)"' -Iprotocol -I$(ROM_DIR) $(WARNINGS) \
	-Wno-pointer-to-int-cast -Wno-int-to-pointer-cast

ALL += $(B)/pvboot.rom $(B)/pvboot-1af4-1000.rom $(B)/pvboot-1af4-1041.rom
.PHONY: rom
rom: $(B)/pvboot.rom $(B)/pvboot-1af4-1000.rom $(B)/pvboot-1af4-1041.rom

$(ROM_B)/%.o: $(ROM_DIR)/%.c
	$(call say,CC16,$<)
	@mkdir -p $(@D)
	$(Q)$(ROM_CC) $(ROM_CFLAGS) -MMD -MP -c $< -o $@

$(ROM_B)/consts.inc: $(ROM_DIR)/asm_consts.c
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(ROM_CC) $(ROM_CFLAGS) -MMD -MP -MT $@ -MF $(@:.inc=.d) -S $< -o $(@:.inc=.s)
	$(Q)sed -n 's/^@@ //p' $(@:.inc=.s) > $@
	@echo '%define VERSION "$(VERSION)"' > $(ROM_B)/version.inc

$(ROM_B)/%.o: $(ROM_DIR)/%.asm $(ROM_B)/consts.inc
	$(call say,NASM,$<)
	$(Q)$(NASM) -Werror -f elf32 -I $(ROM_B)/ $< -o $@

$(ROM_B)/runtime.elf: $(ROM_OBJS) $(ROM_DIR)/runtime.ld
	$(call say,LD,$@)
	$(Q)$(LD) -m elf_i386 --gc-sections --no-check-sections --no-warn-rwx-segments --fatal-warnings -z noexecstack \
		-Map $(@:.elf=.map) -T $(ROM_DIR)/runtime.ld $(ROM_OBJS) -o $@

$(ROM_B)/runtime.bin: $(ROM_B)/runtime.elf
	$(Q)objcopy -O binary $< $@

$(ROM_B)/mkrom: $(ROM_DIR)/mkrom.c
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -O1 $(WARNINGS) $< -o $@

$(ROM_B)/rom.raw: $(ROM_DIR)/rom.asm $(ROM_B)/consts.inc $(ROM_B)/runtime.bin
	$(call say,NASM,$<)
	$(Q)$(NASM) -Werror -f bin -I $(ROM_B)/ $< -o $@

# One image for each PCI id: pvboot's own device, and a VMM's virtio-net card, transitional (1000) or modern (1041).
ROM_IMAGES := $(B)/pvboot.rom $(B)/pvboot-1af4-1000.rom $(B)/pvboot-1af4-1041.rom
$(B)/pvboot-1af4-1000.rom: ROM_ID := 1000
$(B)/pvboot-1af4-1041.rom: ROM_ID := 1041

$(ROM_IMAGES): $(ROM_B)/rom.raw $(ROM_B)/mkrom
	$(Q)$(ROM_B)/mkrom $< $@ $$(nm $(ROM_B)/runtime.elf | sed -n 's/ A _resident_kib$$//p' | \
		{ read h; echo $$((0x$$h)); }) $(ROM_ID)
