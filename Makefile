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
NASM ?= nasm
AR ?= ar
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
DESTDIR ?=

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wno-unused-parameter
SANFLAGS := $(if $(SAN),-fsanitize=address$(,)undefined -fno-omit-frame-pointer -fno-sanitize-recover=all)
, := ,
# For programs that run on the host; the firmware and the freestanding device objects have flags of their own.
HOST_CFLAGS = -std=c11 -D_GNU_SOURCE -DPVBOOT_VERSION='"$(VERSION)"' -Iprotocol $(WARNINGS) $(SANFLAGS) \
	-fstack-protector-strong -fPIE $(CFLAGS)
HOST_LDFLAGS = $(SANFLAGS) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all

# Host objects: $(B)/dir/x.o from dir/x.c; a part sets CPPFLAGS for its own directory in its build.mk, for example
#   $(B)/hostd/%.o: CPPFLAGS += -Ihostd
$(B)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(CPPFLAGS) -MMD -MP -c $< -o $@

# A part appends its results to ALL, its programs to PROGRAMS, its unit tests to UNIT_TESTS (programs that link cmocka and
# run from the top directory without arguments).
ALL :=
PROGRAMS :=
UNIT_TESTS :=
include $(sort $(wildcard vmm/build.mk vmm/*/build.mk firmware/*/build.mk hostd/build.mk pvboot/build.mk \
	tools/build.mk tests/build.mk tests/*/build.mk tests/unit/*.mk))

all: $(ALL)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
