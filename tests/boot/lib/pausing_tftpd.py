# SPDX-License-Identifier: BSD-2-Clause
"""A TFTP server with one loop for everything, which is busy with something else now and then, and takes a repeated ACK
for a new one:

  pausing_tftpd.py DIRECTORY PAUSE_MS AFTER TIMES

It pauses after AFTER blocks, in the first TIMES transfers.  An ACK that is not that of the block sent last ends the
transfer, by ERROR 0."""
import socket
import struct
import sys
import time
from pathlib import Path

RRQ, DATA, ACK, ERROR, OACK = 1, 3, 4, 5, 6


def options_of(request):
    name, _, *words = request[2:].split(b"\0")[:-1]
    return name.decode(), dict(zip([w.lower() for w in words[::2]], map(int, words[1::2])))


def transfer(sock, client, data, options, pause, after):
    size = options.get(b"blksize", 512)
    granted = b"".join(
        key + b"\0%d\0" % value for key, value in ((b"blksize", size), (b"tsize", len(data))) if key in options
    )
    sock.sendto(struct.pack(">H", OACK) + granted, client)
    blocks = [data[at : at + size] for at in range(0, len(data) + 1, size)]
    for number in range(len(blocks) + 1):
        message, sender = sock.recvfrom(2048)
        if sender != client or message != struct.pack(">HH", ACK, number & 0xFFFF):
            if message[:2] != struct.pack(">H", ERROR):
                for _ in range(
                    8
                ):  # as networks do that double datagrams: what is left of them says nothing of the next try
                    sock.sendto(struct.pack(">HH", ERROR, 0) + b"lost count\0", client)
            return
        if number == after:
            time.sleep(pause)
        if number < len(blocks):
            sock.sendto(struct.pack(">HH", DATA, (number + 1) & 0xFFFF) + blocks[number], client)


def main(directory, pause_ms, after, times):
    listener = socket.socket(type=socket.SOCK_DGRAM)
    listener.bind(("", 69))
    print("bound", flush=True)
    left = int(times)
    while True:
        request, client = listener.recvfrom(2048)
        name, options = options_of(request)
        pauses = left > 0
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.bind(("", 0))
            sock.settimeout(20)
            transfer(
                sock, client, Path(directory, name).read_bytes(), options, int(pause_ms) / 1000,
                int(after) if pauses else -1,
            )
        left -= pauses


main(*sys.argv[1:])
