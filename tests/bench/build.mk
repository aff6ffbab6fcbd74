# SPDX-License-Identifier: BSD-2-Clause
# `make bench`: pvboot beside its peers, as root.  BENCH_ARGS="--runs 1 --rows pxelinux-8MiB" for less.

bench-built: all
	@PVBOOT_BUILD=$(abspath $(B)) /usr/bin/python3 tests/bench/bench.py $(BENCH_ARGS)
