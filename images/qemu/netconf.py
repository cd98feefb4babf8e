"""NETCONF operations with Debian's python3-ncclient, as the user admin at 127.0.0.1.

usage: netconf.py PORT PASSWORD_FILE edit|get|rpc|count

Standard input is the content: elements for <config>, which are edited into the candidate and committed; a subtree filter;
an operation; a number. Prints the answer. `count` commits that number as the contact, then the next one, and so on until
the session ends; it prints each that was acknowledged.
"""
import sys

from lxml import etree
from ncclient import manager
from ncclient.operations import RPCError
from ncclient.xml_ import to_ele

NETCONF = "urn:ietf:params:xml:ns:netconf:base:1.0"
SYSTEM = "urn:ietf:params:xml:ns:yang:ietf-system"


def count(session, number):
    while True:
        contact = f'<system xmlns="{SYSTEM}"><contact>{number}</contact></system>'
        session.edit_config(target="candidate", config=f'<config xmlns="{NETCONF}">{contact}</config>')
        session.commit()
        print(number, flush=True)
        number += 1


def main():
    port, password_file, operation = sys.argv[1:4]
    with open(password_file) as file:
        password = file.read().strip()
    text = sys.stdin.read()
    with manager.connect(
        host="127.0.0.1", port=int(port), username="admin", password=password, hostkey_verify=False,
        allow_agent=False, look_for_keys=False, timeout=120,
    ) as session:
        try:
            if operation == "edit":
                session.edit_config(target="candidate", config=f'<config xmlns="{NETCONF}">{text}</config>')
                session.commit()
                print("committed")
            elif operation == "count":
                count(session, int(text))
            elif operation == "get":
                print(session.get(filter=("subtree", text)).data_xml)
            else:
                print(session.dispatch(to_ele(text)).xml)
        except RPCError as error:
            print(etree.tostring(error.xml, encoding="unicode"), file=sys.stderr)
            sys.exit(1)


main()
