# SPDX-License-Identifier: BSD-2-Clause
"""The tools that prepare a machine, with package tools of the test's own: nothing is installed or downloaded."""
import lzma
import os
import re
import shutil
import subprocess

import pytest

from lib.servers import TOP

NOBODY = 65534


def fake(directory, **programs):
    """PATH with shell scripts before it, by name (- for _)."""
    directory.mkdir(exist_ok=True)
    for name, script in programs.items():
        path = directory / name.replace("_", "-")
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
    return {**os.environ, "PATH": f"{directory}:{os.environ['PATH']}"}


def run(argv, **kw):
    """(exit status, what it said)."""
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, **kw
    )
    return done.returncode, done.stdout


def copy_of_tools(tmp_path):
    """A checkout with nothing but its tools."""
    tree = tmp_path / "tree"
    shutil.copytree(TOP / "tools", tree / "tools")
    return tree


# ---- tools/deps.sh ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known,chosen", [("clang-14 clang", "clang-14"), ("clang", "clang"), ("", "clang-14")])
def test_deps_takes_the_name_that_the_lists_have(tmp_path, known, chosen):
    env = fake(
        tmp_path / "bin", dpkg_query="echo gcc ii", apt_get="exit 1", apt_cache=f"printf '%s\\n' {known} | grep \"^$2\""
    )
    status, said = run(
        ["setpriv", f"--reuid={NOBODY}", "--clear-groups", copy_of_tools(tmp_path) / "tools" / "deps.sh", "fuzz"],
        env=env,
    )
    assert status == 1
    words = said.splitlines()[-1].split()
    assert (
        words[:4] == ["deps:", "apt-get", "install", "--no-install-recommends"]
        and "gcc" not in words
        and "nasm" in words
    )
    assert chosen in words and not {"clang", "clang-14"} - {chosen} & set(words), said


def test_deps_is_content_with_either_name(tmp_path):
    """Without asking for anything."""
    installed = "gcc make nasm pkgconf python3 libc6-dev libevent-dev libseccomp-dev libcap-ng-dev libinih-dev "
    installed += "libcurl4-openssl-dev "
    installed += "libssl-dev libjansson-dev clang libclang-rt-14-dev"
    env = fake(tmp_path / "bin", dpkg_query=f"for p in {installed}; do echo $p ii; done", apt_get="echo asked; exit 1")
    assert run([copy_of_tools(tmp_path) / "tools" / "deps.sh", "fuzz"], env=env) == (0, "")


@pytest.fixture
def unpacking(tmp_path):
    """(environment, tree) of a deps.sh that has all packages; it gets the kernel by files/*.deb."""
    everything = re.findall(r'^\w+\+?="([^"]*)"', (TOP / "tools" / "deps.sh").read_text(), re.M)
    names = {name for words in everything for word in words.split() for name in word.split("|")}
    env = fake(
        tmp_path / "bin",
        dpkg_query=f"for p in {' '.join(sorted(n for n in names if '$' not in n))}; do echo $p ii; done",
        apt_get='for word; do case $word in\nupdate) echo "E: no network" >&2; exit 1;;\n'
        f"download) exec cp {tmp_path}/files/*.deb .;;\nesac; done",
        apt_cache='echo "  Depends: linux-image-6-cloud-amd64"',
    )
    (tmp_path / "files").mkdir()
    return env, copy_of_tools(tmp_path)


def kernel_package(tmp_path, modules, suffix, contents):
    package = tmp_path / "package"
    drivers = package / modules / "6/kernel/drivers"
    for name in ("net/virtio_net", "virtio/virtio_mem", "net/other"):
        (drivers / name).parent.mkdir(parents=True, exist_ok=True)
        (drivers / (name + suffix)).write_bytes(contents)
    (package / "boot").mkdir()
    (package / "boot" / "vmlinuz-6").write_bytes(b"kernel")
    (package / "DEBIAN").mkdir()
    (package / "DEBIAN" / "control").write_text(
        "Package: k\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: k\n"
    )
    subprocess.run(["dpkg-deb", "-b", package, tmp_path / "files" / "k.deb"], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    "modules,suffix,contents",
    [
        ("lib/modules", ".ko", b"module"),
        ("usr/lib/modules", ".ko.xz", lzma.compress(b"module", check=lzma.CHECK_CRC32)),
    ],
    ids=["debian12", "debian13"],
)
def test_deps_unpacks_kernel_and_modules(tmp_path, unpacking, modules, suffix, contents):
    env, tree = unpacking
    kernel_package(tmp_path, modules, suffix, contents)
    status, said = run([tree / "tools" / "deps.sh", "demo"], env=env)
    assert status == 0, said
    peers = tree / "build" / "peers"
    assert (peers / "bzImage").read_bytes() == b"kernel"
    assert {path.name: path.read_bytes() for path in (peers / "modules").iterdir()} == {
        "virtio_net.ko": b"module", "virtio_mem.ko": b"module",
    }


def test_deps_says_what_failed(tmp_path, unpacking):
    """On its standard error, from the beginning to the end."""
    env, tree = unpacking
    status, said = run([tree / "tools" / "deps.sh", "demo"], env=env)
    assert status == 1
    assert "E: no network" in said and "deps: apt-get update failed" in said
    assert "deps: apt-get download linux-image-6-cloud-amd64 failed" in said


# ---- tools/qemu_peer.sh ----------------------------------------------------------------------------------------------


def test_qemu_peer_without_a_mirror_is_said(tmp_path):
    env = fake(tmp_path / "bin", apt_get="[ $1 = indextargets ]")
    status, said = run([copy_of_tools(tmp_path) / "tools" / "qemu_peer.sh", "sid"], env=env)
    assert (status, said.count("\n")) == (1, 1) and "name no mirror of Debian" in said, said


@pytest.mark.parametrize("suite,mirror", [("sid", "http://second/debian"), ("trixie", "http://first/debian")])
def test_qemu_peer_asks_the_machines_own_mirror(tmp_path, suite, mirror):
    """The one of the suite, if the lists have it, else the first."""
    targets = "echo 'bookworm oldstable http://first/debian'; echo 'sid unstable http://second/debian'"
    words = 'for word; do case $word in Dir::Etc::sourcelist=*) cat "${word#*=}"; esac; done; exit 1'
    env = fake(tmp_path / "bin", apt_get=f"[ $1 != indextargets ] || {{ {targets}; exit 0; }}\n{words}\n")
    tree = copy_of_tools(tmp_path)
    status, said = run([tree / "tools" / "qemu_peer.sh", suite], env=env)
    assert status == 1
    assert f" {mirror} {suite} main\n" in said
    assert f"qemu_peer: {mirror}, the mirror of this machine's package lists, gives no lists of {suite}" in said
    assert not list((tree / "build" / "peers").iterdir()), "left behind"


# ---- tools/check_format, make CC= ------------------------------------------------------------------------------------


FORMATS = {  # name of the program, its version, whether it would change something; status and words of the check
    "14": ("clang_format_14", 14, False, 0, "  ok   clang-format\n"),
    "14-differs": ("clang_format_14", 14, True, 1, "x.c: wrong\n  FAIL clang-format\n"),
    "19": ("clang_format", 19, False, 0, "  ok   clang-format\n"),
    "19-differs": (
        "clang_format", 19, True, 0, "  skip clang-format: version 19 formats otherwise than 14, which decides\n",
    ),
    "none": ("unrelated", 0, False, 0, "  skip clang-format: it is not installed\n"),
}


@pytest.mark.parametrize("case", FORMATS)
def test_format_is_decided_by_version_14(tmp_path, case):
    name, version, differs, status, words = FORMATS[case]
    programs = tmp_path / "bin"
    said = f'[ "$1" != --version ] || {{ echo "Debian clang-format version {version}.0.6"; exit 0; }}\n'
    fake(programs, **{name: said + ("echo x.c: wrong; exit 1" if differs else "exit 0")})
    for tool in ("bash", "sed"):
        (programs / tool).symlink_to(shutil.which(tool))
    assert run([programs / "bash", TOP / "tools" / "check_format", "x.c"], env={"PATH": str(programs)}) == (
        status, words,
    )


def test_make_with_another_compiler_keeps_the_16_bit_one(tmp_path):
    """What gcc's options are for."""
    status, said = run(["make", "-n", "-C", TOP, "V=1", f"B={tmp_path}", "CC=another", "all"])
    assert status == 0, said
    compiled = [line.split() for line in said.replace("\\\n", " ").splitlines() if " -c " in line]
    assert {words[0] for words in compiled if "-m16" in words} == {"gcc"}
    assert {words[0] for words in compiled if "-m16" not in words} == {"another"}
