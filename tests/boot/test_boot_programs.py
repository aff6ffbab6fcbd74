# SPDX-License-Identifier: BSD-2-Clause
"""Some cells of `make check-nbp` (tests/nbp), and what docs/pxe.md says of all of them."""
import re
import sys

import pytest

from lib.servers import TOP

sys.path.append(str(TOP / "tests" / "nbp"))

import pxetest
from cells import CELLS

QUICK = [cell for cell in CELLS if cell.quick]
OPCODES = [*range(0x00, 0x16), *range(0x20, 0x26), *range(0x30, 0x34), *range(0x70, 0x77), *range(0xE0, 0xE9)]


@pytest.mark.parametrize("cell", QUICK, ids=[f"{cell.program}-{cell.proof.split(':')[0]}" for cell in QUICK])
def test_nbp(tmp_path, built, cell):
    cell.boot(tmp_path)


def rows(title):
    """The first and last fields of each row of a chapter's table."""
    chapter = pxetest.DOCUMENT.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    fields = [
        [field.strip() for field in line.strip("|").split("|")]
        for line in chapter.splitlines()
        if line.startswith("| ")
    ]
    return {row[0]: row[-1] for row in fields[1:]}


def test_pxe_document_has_every_opcode():
    """... and the groups that it names have cases."""
    table = rows("Opcodes")
    assert [int(opcode, 16) for opcode in table] == OPCODES
    groups = {word for cell in table.values() for word in re.findall(r"\w+", cell)}
    assert groups <= set(pxetest.GROUPS), groups - set(pxetest.GROUPS)


def test_pxe_document_has_every_program():
    assert set(rows("Programs")) == {cell.program for cell in CELLS}
    for cell in CELLS:
        others = {(c.dhcp, c.tftp, c.machine) for c in CELLS if c.program == cell.program}
        assert len(others) >= 2 or cell.pxe_group, f"{cell.program} meets one set of servers only"


def test_pxe_document_has_no_row_without_a_case():
    """A difference that is no more is not to stay."""
    cases = pxetest.reference()
    assert not [case for case in pxetest.documented() if case not in cases]
