# SPDX-License-Identifier: BSD-2-Clause
#: make check-qemu        boots with QEMU 7.2, 10 and the newest, on every attachment, machine and memory size: one line each

.PHONY: check-qemu
check-qemu:
	@tools/deps.sh check-qemu
	@+$(MAKE_QUIET) all
	@PVBOOT_TEST_QEMU=all tests/run --pytest tests/qemu $(if $(K),-k '$(K)')
