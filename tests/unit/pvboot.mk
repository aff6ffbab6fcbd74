# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of pvboot, the command: each with the objects it tests.

PVBOOT_TESTS := test_qemu_args test_run_options test_child test_attach test_console_lines
test_qemu_args_OBJS := qemu_args.o qemu_scan.o qemu_check.o qemu_nics.o argv.o
test_run_options_OBJS := run_options.o attach.o attach_cache.o child.o
test_attach_OBJS := attach.o attach_cache.o child.o
test_console_lines_OBJS := console_lines.o
test_child_OBJS := child.o argv.o

define pvboot_test
$$(B)/tests/unit/$(1).o: CPPFLAGS += -Ipvboot -Ihostd

$$(B)/tests/unit/$(1): $$(B)/tests/unit/$(1).o $$(addprefix $$(B)/pvboot.o/,$$($(1)_OBJS)) $(BASE_OBJS)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) -o $$@ $$^ $$(HOST_LDFLAGS) -lcmocka
endef
$(foreach t,$(PVBOOT_TESTS),$(eval $(call pvboot_test,$(t))))

UNIT_TESTS += $(PVBOOT_TESTS:%=$(B)/tests/unit/%)
