"""Uploads a bundle by ncclient in two sessions, the second of which goes on where the first ended. JSON on standard output.

Arguments: port, user, password, file.
"""
import base64
import hashlib
import json
import re
import sys
import time

from ncclient import manager
from ncclient.operations import RPCError
from ncclient.xml_ import to_ele

port, user, password, file = sys.argv[1:]
SOFTWARE = "urn:sluice:yang:sluice-software"
CHUNK = 1 << 20
with open(file, "rb") as bundle:
    whole = bundle.read()


def connect():
    return manager.connect(host="127.0.0.1", port=int(port), username=user, password=password,
                           hostkey_verify=False, look_for_keys=False, allow_agent=False, timeout=60)


def call(session, name, **leaves):
    inside = "".join("<%s>%s</%s>" % (key.replace("_", "-"), value, key.replace("_", "-")) for key, value in leaves.items())
    return session.dispatch(to_ele('<%s xmlns="%s">%s</%s>' % (name, SOFTWARE, inside, name))).xml


def leaf(name, xml):
    return int(re.search("<[^>]*%s[^>]*>([0-9]+)<" % name, xml).group(1))


def send(session, upload, begin, end):
    while begin < end:
        data = base64.b64encode(whole[begin:min(end, begin + CHUNK)]).decode()
        begin = leaf("next-offset", call(session, "upload-chunk", upload=upload, offset=begin, data=data))


seen = {}
half = len(whole) // 2
with connect() as first:
    upload = leaf("upload", call(first, "begin-upload", size=len(whole)))
    send(first, upload, 0, half)
with connect() as second:
    second.create_subscription()
    state = second.get(filter=("subtree", '<software xmlns="%s"><upload/></software>' % SOFTWARE)).data_xml
    seen["resumed"] = leaf("next-offset", state) == half
    try:
        call(second, "upload-chunk", upload=upload, offset=0, data="AAAA")
    except RPCError as error:
        seen["wrong offset"] = error.tag
    try:
        call(second, "begin-upload", size=5)
    except RPCError as error:
        seen["second upload"] = error.tag
    began = time.monotonic()
    send(second, upload, half, len(whole))
    seen["seconds"] = time.monotonic() - began
    seen["bytes"] = len(whole) - half
    call(second, "end-upload", upload=upload, sha_256=hashlib.sha256(whole).hexdigest())
    seen["state"] = re.findall("install.*?<state>([a-z]+)", second.get(
        filter=("subtree", '<software xmlns="%s"><install/></software>' % SOFTWARE)).data_xml, re.S)
    notes = []
    while True:
        note = second.take_notification(timeout=1)
        if note is None:
            break
        notes.append(note.notification_xml)
    seen["told"] = [re.search("<state>([a-z]+)", note).group(1) for note in notes if "install-progress" in note]
json.dump(seen, sys.stdout)
