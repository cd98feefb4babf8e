"""What ncclient does with a server, as one JSON object on standard output. Arguments: port, user, password."""
import json
import sys

from ncclient import manager
from ncclient.operations import RPCError

port, user, password = sys.argv[1:]
IF = "urn:ietf:params:xml:ns:yang:ietf-interfaces"
CONFIG = (
    '<config><interfaces xmlns="%s"><interface><name>%s</name>'
    '<type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:ethernetCsmacd</type></interface></interfaces></config>'
)
seen = {}


def connect(secret=password):
    return manager.connect(host="127.0.0.1", port=int(port), username=user, password=secret,
                           hostkey_verify=False, look_for_keys=False, allow_agent=False, timeout=20)


with connect() as m:
    seen["capabilities"] = list(m.server_capabilities)
    m.create_subscription()
    with m.locked("candidate"):
        m.edit_config(target="candidate", config=CONFIG % (IF, "nc0"), default_operation="merge",
                      test_option="test-then-set", error_option="rollback-on-error")
        m.validate("candidate")
        m.commit()
    seen["notification"] = m.take_notification(timeout=5).notification_xml
    seen["subtree"] = m.get_config("running", filter=("subtree", '<interfaces xmlns="%s"/>' % IF)).data_xml
    seen["xpath"] = m.get(filter=("xpath", "/interfaces/interface[name='nc0']/name")).data_xml
    seen["defaults"] = m.get_config("running", filter=("xpath", "/interfaces/interface[name='nc0']/enabled"),
                                    with_defaults="report-all-tagged").data_xml
    seen["schema"] = m.get_schema("ietf-interfaces").data[:200]
    m.copy_config("running", "startup")
    m.edit_config(target="candidate", config=CONFIG % (IF, "nc1"))
    m.discard_changes()
    def confirmed(name, **parameters):
        m.edit_config(target="candidate", config=CONFIG % (IF, name))
        m.commit(confirmed=True, timeout="60", **parameters)

    def there(name):
        return name in m.get_config("running").data_xml
    confirmed("cc0")
    seen["confirming"] = [there("cc0")]
    m.cancel_commit()
    seen["confirming"].append(there("cc0"))
    confirmed("cc1", persist="token")
    try:
        m.cancel_commit(persist_id="wrong")
    except RPCError as error:
        seen["confirming"].append(error.tag)
    with connect() as another:
        another.cancel_commit(persist_id="token")
    seen["confirming"].append(there("cc1"))
    confirmed("cc2", persist="token")
    with connect() as another:
        another.commit(persist_id="token")
    seen["confirming"].append(there("cc2"))
    try:
        m.edit_config(target="running", config="<config><x xmlns='urn:x'/></config>")
    except RPCError as error:
        seen["error"] = [error.type, error.tag]
    other = connect()
    m.kill_session(other.session_id)
    m.delete_config("startup")
try:
    connect("wrong")
except Exception as error:
    seen["refused"] = type(error).__name__
print(json.dumps(seen))
