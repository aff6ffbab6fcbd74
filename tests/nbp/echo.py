# SPDX-License-Identifier: BSD-2-Clause
"""A UDP server that sends back what it gets:  echo.py ADDRESS PORT"""
import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind((sys.argv[1], int(sys.argv[2])))
    print("echo: ready", flush=True)
    while True:
        data, peer = s.recvfrom(65536)
        s.sendto(data, peer)
