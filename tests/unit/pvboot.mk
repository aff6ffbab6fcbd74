# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of pvboot, the command.

$(B)/tests/unit/test_qemu_args.o: CPPFLAGS += -Ipvboot

$(B)/tests/unit/test_qemu_args: $(B)/tests/unit/test_qemu_args.o $(B)/pvboot.o/qemu_args.o $(B)/pvboot.o/argv.o
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^ $(HOST_LDFLAGS) -lcmocka

UNIT_TESTS += $(B)/tests/unit/test_qemu_args
