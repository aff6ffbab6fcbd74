# SPDX-License-Identifier: BSD-2-Clause
"""DHCP and TFTP through a middlebox that loses, doubles and reorders; a failing test prints the seed."""
import pytest

from lib.kernel import make_initrd

MIB = 1 << 20


@pytest.mark.parametrize(
    "harm", [{"loss": 0.05}, {"dup": 0.2}, {"reorder": 0.1}, {"loss": 0.05, "dup": 0.05, "reorder": 0.05}],
    ids=lambda h: "-".join(h),
)
def test_boot_over_a_bad_network(make_lab, harm):
    lab = make_lab(wire=True)
    lab.initrd = make_initrd(lab.root / "init_task", 2 * MIB + 7)
    middlebox = lab.middlebox(**harm)
    lab.check(lab.vm(lab.servers()), timeout=240)
    counts = middlebox.counts()
    print(counts)
    for name in harm:
        assert counts[name] > 0, f"the middlebox did no {name}: {counts}"


@pytest.mark.parametrize("harm", [{"loss": 0.5}, {"dup": 1}, {"reorder": 1}], ids=lambda h: "-".join(h))
def test_boot_dhcp_over_a_bad_network(make_lab, harm):
    """Only DHCP's frames suffer, and enough of them for some to be hit; the seed is one that loses the first offers."""
    lab = make_lab(wire=True)
    middlebox = lab.middlebox(ports="67,68", seed=4, **harm)
    lab.check(lab.vm(lab.servers()), timeout=240)
    counts = middlebox.counts()
    for name in harm:
        assert counts[name] > 0, f"the middlebox did no {name}: {counts}"
