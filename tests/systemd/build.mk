# SPDX-License-Identifier: BSD-2-Clause
#: make check-systemd     what make install leaves, under a real systemd with a real libvirtd, in a container (as root)

.PHONY: check-systemd
check-systemd:
	@tools/deps.sh check-systemd
	@+$(MAKE_QUIET) all
	@tools/systemd_root.sh >/dev/null
	@tests/run --pytest tests/systemd $(if $(K),-k '$(K)')
