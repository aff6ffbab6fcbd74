# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets of the device.
FUZZERS += fuzz_pvboot_dev
fuzz_pvboot_dev_SRCS := $(wildcard vmm/pvboot_*.c)
fuzz_pvboot_dev_CPPFLAGS := -Ivmm
