# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of boot plans: pxelinux's configurations, and what a guest boots by them (golden files in tests/unit/plan).

PLAN_TESTS := test_pxelinux_parse test_pxelinux_names test_plan test_plan_boot test_pxelinux_fetch
UNIT_TESTS += $(PLAN_TESTS:%=$(B)/tests/unit/%)
PLAN_TEST_OBJS := $(addprefix $(B)/hostd/,pxelinux/pxelinux_parse.o pxelinux/pxelinux_keys.o pxelinux/pxelinux_config.o pxelinux/pxelinux_parser.o pxelinux/pxelinux_text.o)
PLAN_TEST_NAMES := $(B)/hostd/pxelinux/pxelinux_names.o

$(PLAN_TESTS:%=$(B)/tests/unit/%.o): CPPFLAGS += -Ihostd -Ipvboot

$(B)/tests/unit/test_pxelinux_parse: $(PLAN_TEST_OBJS)
$(B)/tests/unit/test_pxelinux_names: $(PLAN_TEST_NAMES) $(B)/tests/unit/dhcp_craft.o
$(B)/tests/unit/test_plan: $(PLAN_TEST_OBJS) $(PLAN_TEST_NAMES) $(B)/hostd/pxelinux/plan.o $(B)/pvboot.o/plan_show.o $(B)/pvboot.o/show_line.o

$(B)/tests/unit/test_plan_boot: $(PLAN_TEST_OBJS) $(PLAN_TEST_NAMES) $(addprefix $(B)/hostd/,pxelinux/plan.o pxelinux/plan_boot.o)

# Files of its own instead of file.o.
$(B)/tests/unit/test_pxelinux_fetch: $(PLAN_TEST_OBJS) $(PLAN_TEST_NAMES) $(B)/hostd/pxelinux/pxelinux_fetch.o

$(PLAN_TESTS:%=$(B)/tests/unit/%): %: %.o $(BASE_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -lcmocka
