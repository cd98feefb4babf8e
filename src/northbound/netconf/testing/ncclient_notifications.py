"""What ncclient receives of a replay, as one JSON object on standard output. Arguments: port, user, password, start, stop."""
import json
import sys

from ncclient import manager
from ncclient.xml_ import to_ele

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
SN = "urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"
YP = "urn:ietf:params:xml:ns:yang:ietf-yang-push"
with connect() as m:
    # ncclient has no operation for it: the rpc as XML, the notifications as they come.
    reply = m.dispatch(to_ele(
        '<establish-subscription xmlns="%s" xmlns:yp="%s" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores">'
        '<yp:datastore>ds:running</yp:datastore><yp:datastore-xpath-filter>/nacm:nacm/nacm:enable-nacm'
        '</yp:datastore-xpath-filter><yp:on-change/></establish-subscription>'.replace(
            "<yp:datastore-xpath-filter>",
            '<yp:datastore-xpath-filter xmlns:nacm="urn:ietf:params:xml:ns:yang:ietf-netconf-acm">') % (SN, YP)))
    seen["id"] = reply.data_ele.text if hasattr(reply, "data_ele") and reply.data_ele is not None else reply.xml
    m.edit_config(target="running", config='<config><nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm">'
                                           '<enable-nacm>true</enable-nacm></nacm></config>')
    seen["push"] = received(m, "push-change-update")
print(json.dumps(seen))
