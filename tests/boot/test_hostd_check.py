# SPDX-License-Identifier: BSD-2-Clause
"""pvboot-hostd -n: it refuses what a start refuses, in the same words, and makes nothing."""
import os
import subprocess

import pytest

from lib.netns import wait_for
from lib.pvboot import HOSTD
from test_hostd import hostd_once, start

WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"]
VM = "[vm a]\ninterface = lo\n"


@pytest.fixture
def place(tmp_path):
    """A configuration's directory: {here} in its text."""

    class Place:
        path = tmp_path
        conf = tmp_path / "hostd.conf"

        def write(self, text):
            self.conf.write_text(text.replace("{here}", str(tmp_path)))

        def check(self):
            return hostd_once("-n", "-c", self.conf)

    openssl = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem"
    subprocess.run(openssl.split(), cwd=tmp_path, check=True, capture_output=True)
    good = (tmp_path / "ca.pem").read_text()
    (tmp_path / "text").write_text("nothing\n")
    (tmp_path / "damaged.pem").write_text(good + good[: len(good) // 2])
    return Place()


# What it says, with {here} for the directory; what a start says begins so as well.
REFUSED = {
    "ca-missing": ("[hostd]\ntls_ca = {here}/none.pem\n" + VM, "tls_ca = {here}/none.pem: No such file"),
    "ca-directory": ("[hostd]\ntls_ca = {here}\n" + VM, "tls_ca = {here}: Is a directory"),
    "ca-no-pem": ("[hostd]\ntls_ca = {here}/text\n" + VM, "tls_ca = {here}/text: no certificates"),
    "ca-a-key": ("[hostd]\ntls_ca = {here}/ca.key\n" + VM, "tls_ca = {here}/ca.key: no certificates"),
    "ca-damaged": (
        "[hostd]\ntls_ca = {here}/damaged.pem\n" + VM,
        "tls_ca = {here}/damaged.pem: no certificates in PEM form are in it, or one",
    ),
    "two-macs": (
        "[vm a]\ninterface = lo\nmac = 52:54:00:00:00:01\n[vm b]\ninterface = lo\nmac = 52:54:00:00:00:01\n",
        "hostd.conf:1: [vm a] has the MAC 52:54:00:00:00:01, as [vm b] at line 4 has",
    ),
    "url": (VM + "kernel = http://10.0.0.2:x/k\n", 'hostd.conf:3: kernel: "http://10.0.0.2:x/k" names no good port'),
    "boot-file": (VM + "boot_file = http:///k\n", 'hostd.conf:3: boot_file: "http:///k" names no server'),
    "proxy": (
        "[hostd]\nhttp_proxy = proxy:3128\n" + VM, 'hostd.conf:2: http_proxy: "proxy:3128" is no http: or https: URL',
    ),
    "root": ("[vm a]\nroot = {here}/none\n", "hostd.conf:1: [vm a] root = {here}/none: No such file"),
    "pid-file": ("[hostd]\npid_file = {here}/none/pid\n" + VM, "{here}/none/pid"),
    "pid-file-directory": ("[hostd]\npid_file = {here}\n" + VM, "{here}"),
    "socket": ("[hostd]\nsocket = {here}/a/b/s\n" + VM, "{here}/a"),
    "socket-taken": ("[hostd]\nsocket = {here}/text\n" + VM, "{here}/text"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_check_refuses_as_a_start_does(place, case):
    text, words = REFUSED[case]
    words = words.replace("{here}", str(place.path))
    place.write(text if "socket" in text else text + "[hostd]\nsocket = {here}/s\n")
    before = sorted(os.listdir(place.path))
    status, said = place.check()
    assert status and words in said, said
    assert sorted(os.listdir(place.path)) == before
    status, started = hostd_once("-d", "-c", place.conf)
    assert status and words in started, started


def test_check_without_the_rights(place):
    place.write("[vm a]\ninterface = lo\nsource = guest\n")
    assert place.check()[0] == 0
    done = subprocess.run([*WITHOUT_RIGHTS, HOSTD, "-n", "-c", place.conf], capture_output=True, text=True, timeout=20)
    assert done.returncode and "CAP_NET_ADMIN" in done.stderr


def no_parent(path):
    return path / "none" / "cache"


def a_file(path):
    return path / "text"


def of_another(path):
    cache = path / "cache"
    cache.mkdir()
    os.chown(cache, 12345, 12345)
    return cache


def open_to_all(path):
    cache = path / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    return cache


def read_only(path):
    cache = path / "cache"
    cache.mkdir()
    os.chown(cache, 65534, 65534)
    cache.chmod(0o500)
    return cache


CACHE_DIRS = {
    no_parent: "No such file",
    a_file: "Not a directory",
    of_another: "belongs to uid 12345",
    open_to_all: "others may write there",
    read_only: "may not write there",
}


@pytest.mark.parametrize("make", CACHE_DIRS, ids=lambda f: f.__name__)
def test_check_cache_dir(place, make):
    """A start goes on, and warns in the same words."""
    cache = make(place.path)
    place.write(f"[hostd]\nuser = nobody\ncache_dir = {cache}\n{VM}")
    status, said = place.check()
    assert status == 1
    assert f"cache_dir = {cache}" in said and CACHE_DIRS[make] in said, said
    process, _ = start(place.path, "-c", place.conf)
    wait_for(lambda: "listening at" in process.text(), 10, "the start's end")
    assert f"cache_dir = {cache}" in process.text() and CACHE_DIRS[make] in process.text()
    process.kill()


def test_check_of_a_good_configuration_makes_nothing(place):
    """Also while another hostd runs with it."""
    place.write(
        "[hostd]\nuser = nobody\nsocket = {here}/run/s\ncache_dir = {here}/cache\ntls_ca = {here}/ca.pem\n"
        f"pid_file = {{here}}/pid\n{VM}"
    )
    before = sorted(os.listdir(place.path))
    assert place.check() == (0, "")
    assert sorted(os.listdir(place.path)) == before
    process, _ = start(place.path, "-c", place.conf)
    wait_for(lambda: "listening at" in process.text(), 10, "the start's end")
    assert "no files are kept" not in process.text(), process.text()
    assert place.check() == (0, "")
    process.kill()
