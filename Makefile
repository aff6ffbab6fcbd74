# SPDX-License-Identifier: BSD-2-Clause
# pvboot: one Makefile; each part adds its own rules in a build.mk beside its sources.
#   make            build everything          make V=1   show the commands
#   make help       what else there is

V ?= 0
B ?= build
SAN ?=
Q := $(if $(filter 0,$(V)),@)
say = $(if $(filter 0,$(V)),@printf '  %-7s %s\n' $(1) $(2))

VERSION := 0.1.0
CC ?= gcc
# For the 16-bit code of the ROM and of test programs: gcc's -m16 and its options for size.
ROM_CC ?= gcc
NASM ?= nasm
AR ?= ar
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wno-unused-parameter
, := ,
SANFLAGS := $(if $(SAN),-fsanitize=address$(,)undefined -fno-omit-frame-pointer -fno-sanitize-recover=all)
# For programs that run on the host; the firmware and the freestanding device objects have flags of their own.
HOST_CFLAGS = -std=c11 -D_GNU_SOURCE -DPVBOOT_VERSION='"$(VERSION)"' -Iprotocol -Icommon $(WARNINGS) $(SANFLAGS) \
	-fstack-protector-strong -fPIE $(CFLAGS)
HOST_LDFLAGS = $(SANFLAGS) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all help check check-unit check-boot check-long check-asan check-built check-suites demo bench fuzz lint install uninstall clean distclean

# Host objects: $(B)/dir/x.o from dir/x.c; a part sets CPPFLAGS for its own directory in its build.mk, for example
#   $(B)/hostd/%.o: CPPFLAGS += -Ihostd
$(B)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(CPPFLAGS) -MMD -MP -c $< -o $@

# A part appends its results to ALL, its programs to PROGRAMS, its unit tests to UNIT_TESTS (programs that link cmocka and
# run from the top directory without arguments), its fuzz targets to FUZZERS (tests/fuzz/build.mk).
ALL :=
PROGRAMS :=
UNIT_TESTS :=
FUZZERS :=
include $(sort $(wildcard vmm/build.mk vmm/*/build.mk firmware/*/build.mk hostd/build.mk pvboot/build.mk \
	tools/build.mk tests/build.mk tests/unit/*.mk $(filter-out tests/fuzz/build.mk,$(wildcard tests/*/*.mk))))
include tests/fuzz/build.mk

# What the headers say, for the tests and tools in Python.
$(B)/pvboot_const.py: tools/gen_py_constants $(wildcard protocol/*.h)
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)tools/gen_py_constants $(CC) > $@
ALL += $(B)/pvboot_const.py

all: $(ALL)

# The recipes below begin another make where packages may have been installed first: what a part asks of pkg-config when
# its build.mk is read would be wrong before.
MAKE_QUIET = $(MAKE) --no-print-directory

help:
	@sed -n 's/^#: //p' Makefile vmm/palacios/build.mk tests/palacios/build.mk tests/nbp/build.mk tests/qemu/build.mk tests/systemd/build.mk

#: make                   build everything into build/
#: make check             install what the tests need (as root), build, run all tests; last line: N passed, N failed
#: make check-unit        the unit tests, and the fuzz targets over their corpora
#: make check-boot        the whole boots only (K=EXPRESSION: those that match)
#: make check-long        the whole boots that make check leaves out since they wait for minutes
#: make check-suites      make demo and make check-unit on Debian 13 and sid, debootstrapped below build/suites (as root; SUITES=trixie: that one)
#: make check-asan        the unit tests under AddressSanitizer and UBSan, in build-asan/
#: make fuzz              fuzz each parser with libFuzzer for FUZZ_SECONDS=60 (FUZZERS=name: only that one)
#: make lint              formatting, static analysis, layers, headers, licence lines, specification, forgotten tests
#: make demo              the reference boot, live: isc-dhcp-server (or Kea), tftpd-hpa, pxelinux.0, a Debian kernel (as root)
#: make bench             measure against QEMU's own iPXE; prints the ratios (as root)
#:                        BENCH=quick: fewer rows; BEFORE=DIR: in pairs with a built checkout of the commit before
#: make bench-latency      doorbell to completion of a request, for each attachment of each QEMU at hand
#: make install           DESTDIR= PREFIX=/usr/local; enables and starts nothing
#: make uninstall         the reverse
#: make clean             remove what was built (make distclean: the unpacked peers and the suites of check-suites too)
#: V=1 shows commands, CFLAGS= and SAN=1 (sanitizers) are for every target, B= is where things are built.
#: CC=clang builds everything but 16-bit code, whose compiler is ROM_CC=gcc.

CHECK_UNIT = $(addprefix --unit ,$(UNIT_TESTS)) $(FUZZ_CHECK)

check:
	@tools/deps.sh check
	@+$(MAKE_QUIET) check-built

check-built: all $(UNIT_TESTS) $(FUZZ_REPLAYS)
	@tests/run $(CHECK_UNIT) --pytest tests/boot --pytest tests/qemu --pytest tests/palacios \
		--pytest tests/bench

check-unit: $(UNIT_TESTS) $(FUZZ_REPLAYS)
	@tests/run $(CHECK_UNIT)

check-boot: all
	@tests/run --pytest tests/boot $(if $(K),-k '$(K)')

check-long:
	@tools/deps.sh check
	@+$(MAKE_QUIET) all
	@PVBOOT_TEST_LONG=1 tests/run --pytest tests/boot -m long

check-asan:
	@+$(MAKE_QUIET) B=build-asan SAN=1 check-unit

check-suites:
	@tools/deps.sh check-suites
	@tools/check_suites $(SUITES)

fuzz:
	@tools/deps.sh fuzz
	@+$(MAKE_QUIET) fuzz-built

demo:
	@tools/deps.sh demo
	@+$(MAKE_QUIET) all
	@tools/demo

bench:
	@tools/deps.sh bench
	@+$(MAKE_QUIET) bench-built

lint:
	@tools/deps.sh lint
	@+$(MAKE_QUIET) lint-built

.PHONY: lint-built bench-built fuzz-built list-tests
lint-built: all
	@tools/lint $(CC) $(ROM_CC)

# For tools/check_tests: LIST=UNIT_TESTS or LIST=FUZZERS.
list-tests:
	@printf '%s\n' $($(LIST))

include tools/install.mk

clean:
	@tools/rm_built build-asan
	@if [ -d $(B) ]; then find $(B) -mindepth 1 -maxdepth 1 ! -name peers ! -name suites -exec tools/rm_built {} +; fi

distclean:
	@tools/rm_built build-asan $(B)

-include $(shell find $(B) \( -name peers -o -name suites \) -prune -o -name '*.d' -print 2>/dev/null)
