# SPDX-License-Identifier: BSD-2-Clause
# Fuzz target of boot plans: any bytes as a configuration of pxelinux, to the plan of each command in it.

FUZZERS += fuzz_pxelinux_parse
fuzz_pxelinux_parse_SRCS := $(addprefix hostd/,pxelinux/pxelinux_parse.c pxelinux/pxelinux_keys.c pxelinux/pxelinux_config.c pxelinux/pxelinux_parser.c pxelinux/pxelinux_text.c pxelinux/pxelinux_names.c pxelinux/plan.c pxelinux/plan_answer.c)
fuzz_pxelinux_parse_CPPFLAGS := -Ihostd
