# SPDX-License-Identifier: BSD-2-Clause
# Fuzz target of boot plans: any bytes as a configuration of pxelinux, to the plan of each command in it.

FUZZERS += fuzz_plan_parse
fuzz_plan_parse_SRCS := $(addprefix hostd/,plan_parse.c plan_keys.c plan_names.c plan.c plan_answer.c dhcp_msg.c dhcp_pxe.c)
fuzz_plan_parse_CPPFLAGS := -Ihostd
