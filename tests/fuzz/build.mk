# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets.  A part's .mk beside this file says
#   FUZZERS += fuzz_tftp
#   fuzz_tftp_SRCS := hostd/tftp/tftp.c hostd/log.c       what tests/fuzz/fuzz_tftp.c needs
#   fuzz_tftp_CPPFLAGS := -Ihostd                    (may be left out)
#   fuzz_tftp_LDLIBS := -levent                      (may be left out)
# and keeps a small corpus in tests/fuzz/corpus/tftp/.  Each becomes a libFuzzer program, $(B)/fuzz/fuzz_tftp, for
# `make fuzz`, and a program that replays files, $(B)/replay/fuzz_tftp, which `make check` runs over the corpus.

FUZZ_CC ?= $(if $(shell command -v clang-14),clang-14,clang)
FUZZ_CFLAGS = -std=c11 -D_GNU_SOURCE -DPVBOOT_VERSION='"$(VERSION)"' -Iprotocol -Icommon -O1 -g -fno-omit-frame-pointer \
	-fno-sanitize-recover=all
FUZZ_HEADERS := $(wildcard protocol/*.h common/*.h vmm/*.h vmm/*/*.h hostd/*.h hostd/*/*.h pvboot/*.h firmware/*/*.h tests/fuzz/*.h)
FUZZ_REPLAYS := $(FUZZERS:%=$(B)/replay/%)
fuzz_corpus = tests/fuzz/corpus/$(patsubst fuzz_%,%,$(1))
FUZZ_CHECK = $(foreach f,$(FUZZERS),--fuzz $(B)/replay/$(f):$(call fuzz_corpus,$(f)))

# The parts of hostd may use what is in hostd/base/.
fuzz_base = $(if $(findstring -Ihostd,$($(1)_CPPFLAGS)),$(BASE_SRCS))

define fuzz_rules
$$(B)/fuzz/$(1): tests/fuzz/$(1).c $$($(1)_SRCS) $$(call fuzz_base,$(1)) $$(FUZZ_HEADERS)
	$$(call say,FUZZ,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(FUZZ_CC) $$(FUZZ_CFLAGS) -fsanitize=fuzzer,address,undefined $$($(1)_CPPFLAGS) $$(filter %.c,$$^) -o $$@ \
		$$($(1)_LDLIBS)

$$(B)/replay/$(1): tests/fuzz/$(1).c $$($(1)_SRCS) $$(call fuzz_base,$(1)) tests/fuzz/replay.c $$(FUZZ_HEADERS)
	$$(call say,REPLAY,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(FUZZ_CFLAGS) -fsanitize=address,undefined $$($(1)_CPPFLAGS) $$(filter %.c,$$^) -o $$@ $$($(1)_LDLIBS)
endef
$(foreach f,$(FUZZERS),$(eval $(call fuzz_rules,$(f))))

# What a run finds new stays in $(B)/corpus, beside its log; a crash stops the make and leaves its input there.
fuzz-built: $(FUZZERS:%=$(B)/fuzz/%)
	@for f in $(FUZZERS); do \
		mkdir -p $(B)/corpus/$$f; \
		$(B)/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
			-artifact_prefix=$(B)/corpus/$$f- $(B)/corpus/$$f tests/fuzz/corpus/$${f#fuzz_} \
			>$(B)/corpus/$$f.log 2>&1 || { tail -n 60 $(B)/corpus/$$f.log; echo "$$f: FAILED"; exit 1; }; \
		printf '  %-20s %s\n' $$f "$$(sed -n 's/^stat::number_of_executed_units: *//p' $(B)/corpus/$$f.log) runs"; \
	done
