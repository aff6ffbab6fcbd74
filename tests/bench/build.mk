# SPDX-License-Identifier: BSD-2-Clause
# `make bench`: pvboot beside its peers, as root.  BENCH=quick: within 12 minutes.
#	BENCH_ARGS="--runs 1 --rows pxelinux-8MiB" for less.
# `make bench BEFORE=DIR`: pvboot alone, in pairs with the pvboot of DIR/build, a checkout of the commit before.
#	BENCH_ARGS="--pairs 6 --rows direct-local-8MiB" for less.

BENCH ?= full
BEFORE ?=

bench-built: all $(B)/tests/storm_guest
	@PVBOOT_BUILD=$(abspath $(B)) /usr/bin/python3 tests/bench/bench.py $(if $(filter quick,$(BENCH)),--quick) \
		$(if $(BEFORE),--before '$(abspath $(BEFORE))') $(BENCH_ARGS)

$(B)/tests/bench/storm_guest.o $(B)/tests/bench/storm_front.o: CPPFLAGS += -Ivmm -Ivmm/pvboot_backend -Ivmm/qemu -Itests/unit -Itests/palacios

$(B)/tests/storm_guest: $(addprefix $(B)/tests/,bench/storm_guest.o bench/storm_front.o unit/fake_qemu.o)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ -lcmocka
