# SPDX-License-Identifier: BSD-2-Clause
# `make bench`: pvboot beside its peers; needs root (namespaces) and the packages of tools/deps.sh bench.

.PHONY: bench
bench: all
	tools/deps.sh bench
	$(Q)/usr/bin/python3 tests/bench/bench.py $(BENCH_ARGS)
