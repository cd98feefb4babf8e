"""Tagged frames on a device, without a VLAN driver.

usage: frames.py send DEVICE VLAN COUNT       a frame every 20 ms, with its VLAN as text
       frames.py receive DEVICE SECONDS       prints how many of each VLAN came, as JSON
       frames.py first DEVICE SECONDS         ends with the first one; exit code 1 where none came
"""
import json
import re
import socket
import struct
import sys
import time

ETHERTYPE = 0x88B5  # IEEE 802 local experimental
ALL = 3


def main():
    command, device = sys.argv[1:3]
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL))
    link.bind((device, 0))
    if command == "send":
        vlan, count = int(sys.argv[3]), int(sys.argv[4])
        head = b"\xff" * 6 + b"\x02\x00\x00\x00\x00\x0a" + struct.pack("!HHH", 0x8100, vlan, ETHERTYPE)
        for _ in range(count):
            link.send((head + b"sluice vlan %d " % vlan).ljust(64, b"\0"))
            time.sleep(0.02)
        return 0
    end = time.monotonic() + float(sys.argv[3])
    seen = {}
    print("ready", flush=True)
    while (left := end - time.monotonic()) > 0:
        link.settimeout(left)
        try:
            frame, address = link.recvfrom(2048)
        except socket.timeout:
            break
        found = re.search(rb"sluice vlan (\d+) ", frame)
        if found and address[2] != socket.PACKET_OUTGOING:
            seen[int(found[1])] = seen.get(int(found[1]), 0) + 1
            if command == "first":
                return 0
    if command == "first":
        return 1
    print(json.dumps(seen), flush=True)
    return 0


sys.exit(main())
