# SPDX-License-Identifier: BSD-2-Clause
# The device's end of the link, against a hostile hostd.

FUZZERS += fuzz_link
fuzz_link_SRCS := $(addprefix vmm/pvboot_backend/,link.c link_conn.c link_file.c link_keep.c) tests/unit/fake_dev.c
fuzz_link_CPPFLAGS := -Ivmm -Ivmm/pvboot_backend -Itests/unit
