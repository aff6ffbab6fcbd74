# SPDX-License-Identifier: BSD-2-Clause
# Fuzz target of the Palacios plugin: all of it that knows no Palacios.
FUZZERS += fuzz_pvboot_glue
fuzz_pvboot_glue_SRCS := $(wildcard vmm/pvboot_*.c) vmm/palacios/pvboot_glue.c \
	$(addprefix vmm/pvboot_backend/,link.c link_conn.c link_file.c link_keep.c)
fuzz_pvboot_glue_CPPFLAGS := -Ivmm -Ivmm/pvboot_backend -Ivmm/palacios
