"""Sends and captures frames at the router's cables, built and decoded by scapy (Debian's python3-scapy).

usage: ip netns exec NAMESPACE /usr/bin/python3 frames.py DEVICE...

One request as JSON on each line of standard input, one reply as JSON on each line of standard output:

  {"send": [{"at": DEVICE, "frame": FRAME}, ...], "repeat": 1, "perSecond": 0, "quietMs": 150, "waitMs": 2000}
      sends the frames in order; then captures until nothing has come for quietMs, at most waitMs:
      {"captured": [{"at": DEVICE, "frame": FRAME, "ns": CLOCK_REALTIME}, ...]}
  {"random": DEVICE, "count": N, "seed": N}
      sends odd frames: random bytes, tags in any number and cut anywhere, group sources, reserved addresses:
      {"sent": N}

FRAME: {"to", "from", "tags": "s100/5 c10/3d", "type", "payload": hex}, or {"hex": …} for one that is no frame at all.
A tag is c (0x8100) or s (0x88a8), the VLAN identifier, /PCP and d for DEI.
"""
import errno
import json
import random
import re
import select
import socket
import struct
import sys
import time

from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.packet import Raw

SOL_PACKET = 263
PACKET_AUXDATA = 8
PACKET_IGNORE_OUTGOING = 23
SO_TIMESTAMPNS = 35
ETH_P_ALL = 3
TP_STATUS_VLAN_VALID = 0x10
TP_STATUS_VLAN_TPID_VALID = 0x40
LAYERS = {"c": Dot1Q, "s": Dot1AD}


def build(frame):
    if "hex" in frame:
        return bytes.fromhex(frame["hex"])
    layers = Ether(dst=frame["to"], src=frame["from"])
    for tag in frame["tags"].split():
        kind, vlan, priority, dei = re.fullmatch(r"([cs])(\d+)(?:/(\d))?(d?)", tag).groups()
        layers = layers / LAYERS[kind](vlan=int(vlan), prio=int(priority or 0), id=1 if dei else 0)
    layers.lastlayer().type = frame["type"]
    return bytes(layers / Raw(bytes.fromhex(frame["payload"])))


def describe(data):
    layer = Ether(data)
    frame = {"to": layer.dst, "from": layer.src}
    tags = []
    while isinstance(layer.payload, Dot1Q):
        layer = layer.payload
        kind = "s" if isinstance(layer, Dot1AD) else "c"
        tags.append(f"{kind}{layer.vlan}" + (f"/{layer.prio}" if layer.prio else "") + ("d" if layer.id else ""))
    at = 14 + 4 * len(tags)
    type_ = struct.unpack("!H", data[at - 2 : at])[0]
    return {**frame, "tags": " ".join(tags), "type": type_, "payload": data[at:].hex()}


class Cable:
    def __init__(self, device):
        self.device = device
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
        self.socket.bind((device, 0))
        self.socket.setblocking(False)

    def fileno(self):
        return self.socket.fileno()

    def send(self, data, patience=0.05):
        end = time.monotonic() + 2
        lost_after = time.monotonic() + patience
        while time.monotonic() < end:
            try:
                self.socket.send(data)
                return True
            except OSError as error:
                if error.errno == errno.ENOBUFS and time.monotonic() >= lost_after:
                    # A veth says so of a frame that its peer does not take, as of one that is longer than its MTU.
                    return True
                if error.errno not in (errno.EAGAIN, errno.ENOBUFS):
                    return False
                time.sleep(0.001)
        return False

    def receive(self):
        try:
            data, control, _, _ = self.socket.recvmsg(65536, 256)
        except OSError:
            return None
        ns = 0
        for level, kind, value in control:
            if level == SOL_PACKET and kind == PACKET_AUXDATA:
                # The kernel takes the outer tag out of the frame.
                status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", value[:20])
                if status & TP_STATUS_VLAN_VALID:
                    tpid = tpid if status & TP_STATUS_VLAN_TPID_VALID else 0x8100
                    data = data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
            elif level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = struct.unpack("qq", value[:16])
                ns = seconds * 10**9 + nanoseconds
        return {"at": self.device, "frame": describe(data), "ns": str(ns)}


def drain(cables, quiet, limit):
    captured = []
    end = time.monotonic() + limit
    while time.monotonic() < end:
        ready, _, _ = select.select(cables, [], [], quiet)
        if not ready:
            break
        for cable in ready:
            one = cable.receive()
            if one is not None:
                captured.append(one)
    return captured


def send(cables, request):
    by_name = {cable.device: cable for cable in cables}
    frames = [(by_name[one["at"]], build(one["frame"])) for one in request["send"]]
    rate = request.get("perSecond", 0)
    started, count, refused = time.monotonic(), 0, 0
    captured = []
    for _ in range(request.get("repeat", 1)):
        for cable, data in frames:
            refused += not cable.send(data)
            count += 1
            if rate:
                time.sleep(max(0, started + count / rate - time.monotonic()))
                captured += drain(cables, 0, 1)
            elif count % 32 == 0:
                captured += drain(cables, 0, 1)
    captured += drain(cables, request.get("quietMs", 150) / 1000, request.get("waitMs", 2000) / 1000)
    return {"captured": captured, "refused": refused}


def odd_frame(choose):
    addresses = [
        b"\xff" * 6,
        bytes.fromhex("0180c20000") + bytes([choose.randrange(64)]),
        bytes.fromhex("0200000000") + bytes([choose.randrange(4)]),
        bytes(6),
        choose.randbytes(6),
    ]
    shape = choose.randrange(8)
    if shape == 0:
        return choose.randbytes(choose.randrange(14, 1600))
    data = choose.choice(addresses) + choose.choice(addresses)
    for _ in range(choose.randrange(6)):
        vlan = choose.choice([0, 1, 10, 20, 4094, 4095, choose.randrange(4096)])
        data += choose.choice([b"\x81\x00", b"\x88\xa8", b"\x91\x00"]) + struct.pack("!H", choose.randrange(16) << 12 | vlan)
    data += choose.choice([b"\x08\x00", b"\x86\xdd", b"\x88\xf5", b"\x89\x02", b"\x00\x26", b"\xff\xff", b"\x81\x00"])
    data += choose.randbytes(choose.choice([0, 1, 2, 3, 46, 64, 200, 1500]))
    if shape == 1:
        data = data[: choose.randrange(14, len(data) + 1)]
    return data


def odd(cables, request):
    cable = next(cable for cable in cables if cable.device == request["random"])
    choose = random.Random(request["seed"])
    sent = 0
    for number in range(request["count"]):
        sent += cable.send(odd_frame(choose), 0)
        if number % 64 == 0:
            for other in cables:
                while True:
                    try:
                        other.socket.recv(65536)
                    except OSError:
                        break
    drain(cables, 0.2, 3)
    return {"sent": sent}


def main():
    cables = [Cable(device) for device in sys.argv[1:]]
    print("{}", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(odd(cables, request) if "random" in request else send(cables, request)), flush=True)


main()
