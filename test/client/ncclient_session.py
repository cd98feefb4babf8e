"""Gets, edits and commits with Debian's python3-ncclient.

usage: ncclient_session.py ADDRESS PORT USER PASSWORD_FILE [AUTHORIZED_KEY]

Locks the candidate, sets the contact of ietf-system (and a public key of the user), validates, commits, reads it back,
provokes an error, and prints one JSON object.
"""
import json
import sys

from ncclient import manager
from ncclient.operations import RPCError

SYSTEM = "urn:ietf:params:xml:ns:yang:ietf-system"
NETCONF = "urn:ietf:params:xml:ns:netconf:base:1.0"


def main():
    address, port, user, password_file = sys.argv[1:5]
    key = sys.argv[5].split() if len(sys.argv) > 5 else None
    with open(password_file) as file:
        password = file.read().strip()
    with manager.connect(
        host=address, port=int(port), username=user, password=password, hostkey_verify=False,
        allow_agent=False, look_for_keys=False, timeout=30,
    ) as session:
        capabilities = list(session.server_capabilities)
        users = ""
        if key:
            users = (
                f"<authentication><user><name>{user}</name><authorized-key><name>test</name>"
                f"<algorithm>{key[0]}</algorithm><key-data>{key[1]}</key-data></authorized-key></user></authentication>"
            )
        config = f'<config xmlns="{NETCONF}"><system xmlns="{SYSTEM}"><contact>noc@example.net</contact>{users}</system></config>'
        with session.locked("candidate"):
            session.edit_config(target="candidate", config=config)
            session.validate("candidate")
            session.commit()
        filter_ = f'<system xmlns="{SYSTEM}"><contact/></system>'
        contact = session.get_config("running", filter=("subtree", filter_)).data_xml
        interfaces = session.get(
            filter=("subtree", '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"/>')
        ).data_xml
        try:
            session.edit_config(
                target="running", config=f'<config xmlns="{NETCONF}"><system xmlns="{SYSTEM}"><nonsense/></system></config>'
            )
            error = None
        except RPCError as refused:
            error = {"tag": refused.tag, "type": refused.type, "path": refused.path}
    print(json.dumps({
        "capabilities": capabilities,
        "contact": "noc@example.net" in contact,
        "interfacesUp": interfaces.count("<oper-status>up</oper-status>"),
        "error": error,
    }))


main()
