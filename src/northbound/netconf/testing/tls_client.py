"""A NETCONF client over TLS with Python's ssl (OpenSSL), as one JSON object on standard output.

Arguments: "connect" or "accept" (call home), port, CA, certificate, key, newest TLS version (1.2 or 1.3). In call home
the port is 0 and is printed on the first line.
"""
import json
import socket
import ssl
import sys

mode, port, authority, certificate, key, version = sys.argv[1:]
BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
HELLO = ('<hello xmlns="%s"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability>'
         '</capabilities></hello>]]>]]>' % BASE)
CALL = '<rpc xmlns="%s" message-id="1"><get-config><source><running/></source></get-config></rpc>]]>]]>' % BASE
CLOSE = '<rpc xmlns="%s" message-id="2"><close-session/></rpc>]]>]]>' % BASE

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(authority)
context.load_cert_chain(certificate, key)
context.maximum_version = ssl.TLSVersion.TLSv1_2 if version == "1.2" else ssl.TLSVersion.TLSv1_3

if mode == "connect":
    raw = socket.create_connection(("127.0.0.1", int(port)), timeout=20)
else:
    listener = socket.create_server(("127.0.0.1", int(port)))
    print(listener.getsockname()[1], flush=True)
    listener.settimeout(20)
    raw, _ = listener.accept()
    raw.settimeout(20)

seen = {}
with context.wrap_socket(raw, server_hostname="router.example") as tls:
    seen["version"], seen["cipher"] = tls.version(), tls.cipher()[0]
    tls.sendall((HELLO + CALL + CLOSE).encode())
    received = b""
    while True:
        more = tls.recv(65536)
        if not more:
            break
        received += more
    seen["messages"] = [part for part in received.decode().split("]]>]]>") if part.strip()]
print(json.dumps(seen))
