# SPDX-License-Identifier: BSD-2-Clause
# pxetest.0, and real boot programs on pvboot.  NBP="-k REGEX" for the cells of some programs only.

PXETEST_DIR := tests/nbp/pxetest
PXETEST_B := $(B)/$(PXETEST_DIR)
PXETEST_OBJS := $(addprefix $(PXETEST_B)/,start.o pxetest.o far.o info.o transfer.o udp.o modes.o undi.o frames.o)
PXETEST_CFLAGS := $(filter-out -I$(ROM_DIR) -Iprotocol,$(ROM_CFLAGS))

$(PXETEST_B)/%.o: $(PXETEST_DIR)/%.c
	$(call say,CC16,$<)
	@mkdir -p $(@D)
	$(Q)$(ROM_CC) $(PXETEST_CFLAGS) -MMD -MP -c $< -o $@

$(PXETEST_B)/%.o: $(PXETEST_DIR)/%.asm
	$(call say,NASM,$<)
	@mkdir -p $(@D)
	$(Q)$(NASM) -Werror -f elf32 $< -o $@

$(B)/tests/pxetest.0: $(PXETEST_OBJS) $(PXETEST_DIR)/pxetest.ld
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LD) -m elf_i386 --gc-sections --no-warn-rwx-segments --fatal-warnings -z noexecstack -T $(PXETEST_DIR)/pxetest.ld \
		$(PXETEST_OBJS) -o $(PXETEST_B)/pxetest.elf
	$(Q)objcopy -O binary $(PXETEST_B)/pxetest.elf $@

ALL += $(B)/tests/pxetest.0

#: make check-nbp         real boot programs from Debian's packages, and every call of the PXE API beside iPXE's ROM (as root)
#: make check-nbp-long    those that take minutes: the Debian installer
.PHONY: check-nbp check-nbp-long check-nbp-built check-nbp-long-built
check-nbp check-nbp-long:
	@tools/deps.sh check-nbp
	@+$(MAKE_QUIET) $@-built

check-nbp-built: all
	@PVBOOT_BUILD=$(abspath $(B)) /usr/bin/python3 tests/nbp/matrix.py $(NBP)

check-nbp-long-built: all
	@PVBOOT_BUILD=$(abspath $(B)) /usr/bin/python3 tests/nbp/matrix.py --long $(NBP)
