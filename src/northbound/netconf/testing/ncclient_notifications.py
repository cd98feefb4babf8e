"""What ncclient receives of a replay, as one JSON object on standard output. Arguments: port, user, password, start, stop."""
import json
import sys

from ncclient import manager

port, user, password, start, stop = sys.argv[1:]
FILTER = ("subtree", '<block-point-change xmlns="urn:sluice:yang:sluice-block-points"><vlan-id>%s</vlan-id></block-point-change>')
seen = {}


def connect():
    return manager.connect(host="127.0.0.1", port=int(port), username=user, password=password,
                           hostkey_verify=False, look_for_keys=False, allow_agent=False, timeout=20)


def received(m, last):
    texts = []
    while not texts or last not in texts[-1]:
        notification = m.take_notification(timeout=20)
        texts.append("nothing" if notification is None else notification.notification_xml)
        if notification is None:
            break
    return texts


with connect() as m:
    m.create_subscription(filter=(FILTER[0], FILTER[1] % 7), stream_name="NETCONF", start_time=start, stop_time=stop)
    seen["replay"] = received(m, "notificationComplete")
with connect() as m:
    m.create_subscription(filter=("xpath", "/block-point-change[vlan-id = 8]"), start_time=start)
    seen["live"] = received(m, "replayComplete")
print(json.dumps(seen))
