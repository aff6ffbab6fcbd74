# SPDX-License-Identifier: BSD-2-Clause
"""A hostd that says what the test wants: one connection after another, requests answered from a table (docs/spec.md,
chapter 5)."""
import socket
import struct
import threading

from .pvboot import BUILD

C = {}
exec((BUILD / "pvboot_const.py").read_text(), C)
HEADER = "<IIHHI"


class FakeHostd:
    """answers: by operation, (status, result); what is not in it is PVBOOT_S_NOT_FOUND.  Stands in for
    lib.pvboot.Hostd."""

    def __init__(self, path, answers=None):
        self.socket = path
        self.answers = answers or {}
        self.asked = []  # (operation, arguments)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen(4)
        path.chmod(0o666)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)

    def _run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                try:
                    self._serve(connection)
                except (EOFError, OSError):
                    pass

    def _serve(self, connection):
        file = connection.makefile("rb")

        def send(kind, number, body=b""):
            connection.sendall(struct.pack(HEADER, C["PVBOOT_LINK_MAGIC"], len(body), kind, 0, number) + body)

        version = C["PVBOOT_LINK_VERSION"]
        send(C["PVBOOT_LINK_HELLO"], 0, struct.pack("<HHIQ", version, version, 0, 1))
        while True:
            head = file.read(struct.calcsize(HEADER))
            if len(head) < struct.calcsize(HEADER):
                raise EOFError
            _, length, kind, _, number = struct.unpack(HEADER, head)
            body = file.read(length)
            if kind == C["PVBOOT_LINK_IDENTITY"]:
                send(C["PVBOOT_LINK_WELCOME"], 0, struct.pack("<HHI16s6sHI", version, 0, 0, b"", b"", 0, 0))
            elif kind == C["PVBOOT_LINK_REQUEST"]:
                operation = struct.unpack_from("<H", body)[0]
                self.asked.append((operation, body[16:]))
                status, result = self.answers.get(operation, (C["PVBOOT_S_NOT_FOUND"], b""))
                send(C["PVBOOT_LINK_REPLY"], number, struct.pack("<IIII", status, 0, 0, len(result)) + result)
