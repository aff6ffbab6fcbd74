# SPDX-License-Identifier: BSD-2-Clause
"""A build's hostd and cache as the bench runs them; the programs are scripts."""
import textwrap

import pytest
from builds import Build
from lib.pvboot import Hostd

HOSTD = """
import socket, sys
conf = open(sys.argv[sys.argv.index("-c") + 1]).read()
path = next(line.split()[2] for line in conf.splitlines() if line.startswith("socket = "))
with socket.socket(socket.AF_UNIX) as s, socket.socket(socket.AF_UNIX) as control:
    for listening, name in ((s, path), (control, path + ".control")):
        listening.bind(name)
        listening.listen()
    while True:
        s.accept()[0].close()
"""


class Here:
    """Stands for a network namespace: this one."""

    def enter(self):
        return []


def script(path, interpreter, text):
    path.write_text(f"#!{interpreter}\n{textwrap.dedent(text)}")
    path.chmod(0o755)


@pytest.fixture
def build(tmp_path):
    script(tmp_path / "pvboot", "/bin/sh", f'echo "$0 $@" >>{tmp_path}/asked; exit $(cat {tmp_path}/status)')
    (tmp_path / "status").write_text("0")
    return Build("build-before", tmp_path)


def test_hostd_of_the_build_is_started_once_and_stopped(build, tmp_path, monkeypatch):
    starts, start = [], Hostd.start
    monkeypatch.setattr(Hostd, "start", lambda hostd: starts.append(hostd) or start(hostd))
    script(tmp_path / "pvboot-hostd", "/usr/bin/python3", HOSTD)
    with build.serving(Here(), tmp_path / "run", "br0", "[vm a]") as hostd:
        assert hostd.process.alive()
        build.purge()
    assert not hostd.process.alive()
    assert starts == [hostd]
    assert (tmp_path / "asked").read_text() == f"{build.pvboot} cache purge --all --hostd {hostd.socket}\n"


def test_hostd_that_refuses_the_configuration_ends_the_bench(build, tmp_path):
    script(tmp_path / "pvboot-hostd", "/bin/sh", 'echo "hostd.conf:5: unknown key"; exit 1')
    with pytest.raises(SystemExit) as end, build.serving(Here(), tmp_path / "run", "br0", ""):
        pass
    message = str(end.value.code)
    assert message.startswith(f"bench: {tmp_path}/pvboot-hostd does not run with this bench's configuration")
    assert "unknown key" in message


def test_purge_that_fails_ends_the_bench(build, tmp_path):
    script(tmp_path / "pvboot-hostd", "/usr/bin/python3", HOSTD)
    (tmp_path / "status").write_text("3")
    with build.serving(Here(), tmp_path / "run", "br0", ""):
        with pytest.raises(SystemExit, match="pvboot cache purge: exit status 3"):
            build.purge()
