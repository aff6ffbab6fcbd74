# SPDX-License-Identifier: BSD-2-Clause
"""HTTP and HTTPS from nginx, and the cache: by `pvboot cache prefetch`, and in whole boots."""
import os
import subprocess
import time

import pytest

from lib.authority import Authority
from lib.kernel import check_report, large_in_memory, make_initrd
from lib.netns import SERVER_IP, Process, wait_for
from lib.pvboot import PVBOOT
from lib.servers import Nginx, Server, dhcpd_host
from lib.tftproot import write_config

MIB = 1 << 20
HTTP = f"http://{SERVER_IP}"
LOCATIONS = """
    location /moved { return 302 /bzImage; }
    location /there { return 301 http://172.21.0.2:8080/bzImage; }
    location /round { return 302 /round; }
    location /inside { return 302 http://127.0.0.1/bzImage; }
    location /down { return 302 http://172.21.0.2/bzImage; }
    location /teapot { return 503; }
    location /secret { return 403; }
    location /slow/ { alias %s/; limit_rate 4m; }
    location /chunked/ { alias %s/; ssi on; ssi_types *; etag off; }
"""


def old(path):
    """A file of long ago: its Last-Modified is a validator."""
    os.utime(path, (1, 1))
    return path


def command(hostd, *args):
    """`pvboot cache`: exit status, stdout, stderr."""
    argv = [PVBOOT, "cache", args[0], "--hostd", hostd.socket, *args[1:]]
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def prefetch(hostd, url):
    status, out, err = command(hostd, "prefetch", url)
    assert status == 0, err + hostd.text()
    return int(out.split()[0])


def refused(hostd, url, words):
    status, out, err = command(hostd, "prefetch", url)
    assert status == 1 and words in err, f"{status} {out!r} {err!r}"


def listed(hostd):
    """{key: (state, size)}"""
    lines = command(hostd, "list")[1].splitlines()[1:]
    return {key: (state, size) for state, size, _, _, key in (line.split(None, 4) for line in lines)}


def wait_stored(hostd, *keys):
    wait_for(
        lambda: all("d" in listed(hostd).get(key, "-")[0] for key in keys), 20,
        lambda: f"{keys} on disk: {listed(hostd)}",
    )


@pytest.fixture
def web(lab):
    """lab with nginx, whose root is the TFTP root, and a hostd with a cache: lab.nginx, lab.cached."""
    for name in ("bzImage", "init_task"):
        old(lab.root / name)
    locations = LOCATIONS % (lab.root, lab.root)
    lab.nginx = lab.add(Nginx(lab.net.server, lab.place("nginx"), lab.root, locations, listen=[f"{SERVER_IP}:8080"]))
    lab.kernel_bytes = (lab.root / "bzImage").stat().st_size
    lab.cache = lab.place("cache")
    lab.cached = lambda **kw: lab.hostd(cache=lab.cache, **kw)
    return lab


def sent(web, since=0):
    """Bytes of bodies that nginx sent since that many requests."""
    return sum(size for *_, size in web.nginx.requests()[since:])


# ---- one file --------------------------------------------------------------------------------------------------------


def test_http_refusals(web):
    hostd = web.cached()
    refused(hostd, f"{HTTP}/none", "no such file (404)")
    refused(hostd, f"{HTTP}/secret", "refuses the file (403)")
    refused(hostd, f"{HTTP}/teapot", "answers 503")
    refused(hostd, f"{HTTP}/round", "redirects on and on")
    refused(hostd, f"{HTTP}/inside", "127.0.0.1 is no server that a guest may ask")
    refused(hostd, "http://127.0.0.1/bzImage", "no server that a guest may ask")
    refused(hostd, "http://localhost/bzImage", "no server that a guest may ask")
    refused(hostd, f"{HTTP}:81/bzImage", "cannot connect")
    refused(hostd, "http://no-such-server.invalid/x", "name is not known")
    refused(hostd, "http://a:b@172.21.0.2/x", "names a user")
    refused(hostd, "ftp://172.21.0.2/x", "TFTP and HTTP")
    refused(hostd, "bzImage", "no http:, https: or tftp: URL")
    assert listed(hostd) == {}


def test_cache_command_line(tmp_path):
    """What is wrong with a command is said before hostd is asked, and where there is none."""

    def run(*args):
        done = subprocess.run([PVBOOT, "cache", *args], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    assert run("--help")[0] == 0
    for args in (
        (), ("lisp",), ("list", "x"), ("purge",), ("purge", "--all", "x"), ("prefetch",), ("list", "--nothing"),
    ):
        assert run(*args)[0] == 2, args
    status, text = run("list", "--hostd", str(tmp_path / "none"))
    assert status == 1 and "is hostd running" in text


def test_http_redirects(web):
    hostd = web.cached()
    assert prefetch(hostd, f"{HTTP}/moved") == web.kernel_bytes
    assert prefetch(hostd, f"{HTTP}/there") == web.kernel_bytes
    # The object has the name that was asked for; asked again, its server confirms it behind the redirect.
    wait_stored(hostd, f"{HTTP}/moved")
    before = len(web.nginx.requests())
    prefetch(hostd, f"{HTTP}/moved")
    assert [status for _, _, status, _ in web.nginx.requests()[before:]] == [302, 304]


def test_http_second_time_downloads_nothing(web):
    hostd = web.cached()
    prefetch(hostd, f"{HTTP}/bzImage")
    assert sent(web) == web.kernel_bytes
    assert listed(hostd) == {f"{HTTP}/bzImage": ("d", str(web.kernel_bytes))}
    assert command(hostd, "prefetch", f"{HTTP}/chunked/bzImage")[1].endswith(
        f"bytes, not kept: {HTTP}/chunked/bzImage\n"
    )
    hostd.stop()
    hostd.start()  # on disk
    before = len(web.nginx.requests())
    assert prefetch(hostd, f"{HTTP}/bzImage") == web.kernel_bytes
    assert sent(web, before) == 0
    old(web.root / "bzImage").write_bytes(b"another")
    assert prefetch(hostd, f"{HTTP}/bzImage") == 7
    assert command(hostd, "purge", f"{HTTP}/bzImage")[0] == 0
    assert command(hostd, "purge", f"{HTTP}/bzImage")[0] == 1
    assert listed(hostd) == {}


def test_http_server_comes_back_in_the_middle(web):
    """What is there is not asked for again."""
    make_initrd(web.root / "large", 6 * MIB)
    old(web.root / "large")
    hostd = web.cached()
    fetch = subprocess.Popen(
        [PVBOOT, "cache", "prefetch", "--hostd", hostd.socket, f"{HTTP}/slow/large"], stdout=subprocess.PIPE, text=True
    )
    wait_for(lambda: f"{HTTP}/slow/large" in listed(hostd), 10, "the fetch")
    time.sleep(0.7)
    web.nginx.kill()
    web.nginx.start()
    out, _ = fetch.communicate(timeout=30)
    assert fetch.returncode == 0 and int(out.split()[0]) == 6 * MIB, out + hostd.text()
    assert "asking again" in hostd.text()
    assert [status for _, uri, status, _ in web.nginx.requests() if uri == "/slow/large"][-1] == 206
    # All of it, in the right order: nginx's copy is confirmed, and the cache's has its sum.
    wait_stored(hostd, f"{HTTP}/slow/large")
    data = next(p for p in web.cache.iterdir() if p.suffix == ".data")
    assert data.read_bytes() == (web.root / "large").read_bytes()


def test_http_tls(web):
    authority = Authority(web.place("tls"))
    good = Nginx(
        web.net.server, web.place("good"), web.root, authority.certificate("good", f"IP:{SERVER_IP}"),
        listen=[f"{SERVER_IP}:443 ssl"],
    )
    good.port = 8081
    good.listen[0] = f"{SERVER_IP}:8081"
    good.locations += "    location /down { return 302 http://172.21.0.2:8081/bzImage; }\n"
    web.add(good)
    other = Nginx(
        web.net.server, web.place("other"), web.root, authority.certificate("other", "DNS:other.test"),
        listen=[f"{SERVER_IP}:444 ssl"],
    )
    other.port = 8082
    other.listen[0] = f"{SERVER_IP}:8082"
    web.add(other)
    hostd = web.cached(vms=f"tls_ca = {authority.dir}/ca.pem")
    assert prefetch(hostd, f"https://{SERVER_IP}/bzImage") == web.kernel_bytes
    refused(hostd, f"https://{SERVER_IP}:444/bzImage", "not whom its certificate should say")
    refused(hostd, f"https://{SERVER_IP}/down", "away from http")
    refused(hostd, f"https://{SERVER_IP}:8081/bzImage", "")  # no TLS there
    hostd.stop()
    # Without tls_ca it is the system's authorities that count, who know nothing of ours.
    refused(web.cached(), f"https://{SERVER_IP}/bzImage", "not whom its certificate should say")


def test_http_ca_is_no_certificate(web):
    (web.dir / "ca.pem").write_text("nothing\n")
    with pytest.raises(AssertionError, match="no certificates in PEM form"):
        web.hostd(vms=f"tls_ca = {web.dir}/ca.pem")


def test_http_proxy(web):
    """Through a proxy all is asked of it; addresses that are written down are still looked at."""
    proxy = Nginx(
        web.net.server, web.place("proxy"), web.root,
        "    location / { proxy_pass http://$host$request_uri; }\n    resolver 127.0.0.1;\n",
    )
    proxy.port = 3128
    proxy.listen = [f"{SERVER_IP}:3128"]
    web.add(proxy)
    hostd = web.cached(vms=f"http_proxy = http://{SERVER_IP}:3128")
    assert prefetch(hostd, f"{HTTP}/bzImage") == web.kernel_bytes
    assert len(proxy.requests()) == 1
    refused(hostd, "http://127.0.0.1/bzImage", "no server that a guest may ask")
    assert len(proxy.requests()) == 1


# ---- whole boots -----------------------------------------------------------------------------------------------------


def test_http_boot_twice(web):
    """A kernel and an initrd by their URLs: the second boot downloads nothing, though it asks."""
    web.dhcpd(hosts=[dhcpd_host(filename=None)])
    hostd = web.cached(options=f"kernel = {HTTP}/bzImage\ninitrd = {HTTP}/init_task\nappend = once more\n")
    web.check(web.vm(hostd), cmdline="once more")
    assert sent(web) == web.kernel_bytes + web.initrd.length
    wait_stored(hostd, f"{HTTP}/bzImage", f"{HTTP}/init_task")
    before = len(web.nginx.requests())
    web.check(web.vm(hostd), cmdline="once more")
    assert [status for _, _, status, _ in web.nginx.requests()[before:]] == [304, 304]
    assert sent(web, before) == 0
    # A file that changed in between is another one.
    web.initrd = make_initrd(web.root / "init_task", web.initrd.length, seed=7)
    web.check(web.vm(hostd), cmdline="once more")


def test_http_boot_of_three_at_once(web):
    """One download for all of them, though none is complete when the others ask."""
    web.initrd = make_initrd(web.root / "init_task", 4 * MIB)
    old(web.root / "init_task")
    macs = [f"52:54:00:12:34:{n}" for n in (57, 58, 59)]
    web.dhcpd(hosts=[dhcpd_host(mac=mac, ip=f"172.21.0.{mac[-2:]}", filename=None) for mac in macs])
    hostd = web.cached(options=f"kernel = {HTTP}/bzImage\ninitrd = {HTTP}/slow/init_task\n")
    vms = [web.vm(hostd, mac=mac, name=f"guest{mac[-2:]}") for mac in macs]
    for vm in vms:
        web.check(vm)
    assert sent(web) == web.kernel_bytes + web.initrd.length, web.nginx.requests()


def test_http_pvboot_run(web):
    """`pvboot run --kernel URL`, without an interface: a hostd of its own, which keeps nothing."""
    argv = [
        PVBOOT, "run", "--kernel", f"{HTTP}/bzImage", "--initrd", f"{HTTP}/chunked/init_task", "--", "-accel", "tcg",
    ]
    process = Process(argv, log=web.place("run.log"), ns=web.net.host, env={"TERM": "dumb"})
    assert process.wait(60) == 0, process.text()
    check_report(process.text().replace("\r", ""), web.kernel, web.initrd)
    assert "size unknown" in process.text()


def test_http_boot_of_unknown_size(web):
    """Chunks tell no length: the initrd of a kernel that uses more memory than it says lies high all the same."""
    kernel = large_in_memory(web.root)
    argv = [
        PVBOOT, "run", "--kernel", f"{HTTP}/chunked/bzImage", "--initrd", f"{HTTP}/chunked/init_task", "--", "-accel",
        "tcg",
    ]
    process = Process(argv, log=web.place("run.log"), ns=web.net.host, env={"TERM": "dumb"})
    assert process.wait(60) == 0, process.text()
    assert process.text().count("size unknown") == 2
    assert check_report(process.text().replace("\r", ""), kernel, web.initrd)["initrd"][0] >= 32 * MIB


def test_http_boot_by_a_configuration(web):
    """pxelinux.cfg behind a URL prefix (option 210), with a kernel by a URL of its own; no TFTP server at all."""
    write_config(web.root, kernel=f"{HTTP}:8080/bzImage")
    extra = f'option pathprefix "{HTTP}/";'
    head = "option pathprefix code 210 = text;\n"
    web.dhcpd(hosts=[dhcpd_host(filename=None, extra=extra)], head=head)
    hostd = web.cached(options="boot = direct\n")
    web.check(web.vm(hostd))
    assert any(":8080" in key for key in listed(hostd))


def test_http_boot_stale(web):
    """The server is away: the copies boot, and the log says how old they are."""
    web.dhcpd(hosts=[dhcpd_host(filename=None)])
    hostd = web.cached(options=f"kernel = {HTTP}/bzImage\ninitrd = {HTTP}/init_task\nserve_stale = yes\n")
    web.check(web.vm(hostd))
    wait_stored(hostd, f"{HTTP}/bzImage", f"{HTTP}/init_task")
    web.nginx.kill()
    web.check(web.vm(hostd))
    assert "an old copy is served" in hostd.text()


def test_http_boot_with_another_hostd_in_the_middle(web):
    """hostd is killed while the initrd comes: the next one goes on with it."""
    web.initrd = make_initrd(web.root / "init_task", 8 * MIB)
    old(web.root / "init_task")
    web.dhcpd(hosts=[dhcpd_host(filename=None)])
    hostd = web.cached(options=f"kernel = {HTTP}/bzImage\ninitrd = {HTTP}/slow/init_task\n")
    vm = web.vm(hostd)
    hostd.wait(f'opened "{HTTP}/slow/init_task"')
    time.sleep(0.7)
    hostd.kill()
    hostd.start()
    web.check(vm)
    assert "going on with" in hostd.text()


def test_http_boot_of_a_missing_file(web):
    """The guest's console says what the server said, and the BIOS goes on to its next device."""
    web.dhcpd(hosts=[dhcpd_host(filename=None)])
    vm = web.vm(web.cached(options=f"kernel = {HTTP}/none\n"))
    vm.wait(r"PXE-[ETM][0-9A-F]{2}.*\n(.*\n)*.*no such file \(404\)|no such file \(404\)", 60)


def test_http_boot_file_by_a_url(web):
    """A DHCP file name that is a URL; the boot program then asks its TFTP server as ever."""
    web.dhcpd(
        hosts=[dhcpd_host(filename=f"{HTTP}/pxelinux.0", extra='option pathprefix "";')],
        head="option pathprefix code 210 = text;\n",
    )
    web.tftpd()
    hostd = web.cached()
    web.check(web.vm(hostd))
    assert any(uri == "/pxelinux.0" for _, uri, *_ in web.nginx.requests())


def test_tftp_second_boot_within_max_age(web):
    """Large files by TFTP are served from the copy while it is young; small ones are fetched each time."""
    web.initrd = make_initrd(web.root / "init_task", 2 * MIB)
    web.dhcpd()
    web.tftpd()
    hostd = web.cached()
    web.check(web.vm(hostd))
    key = f"tftp://{SERVER_IP}:69/init_task"
    wait_stored(hostd, key)
    web.check(web.vm(hostd))
    assert f"{key}: fetched within tftp_max_age" in hostd.text()
    assert "bzImage" not in str(listed(hostd))  # 256 KiB
