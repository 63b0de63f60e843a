"""Connections to this machine, to an address for examples and to a name server."""

INTENT = "data leave the sandbox"
EXPECTED = {}
DESTRUCTIVE = True
CELLS = [
    """
import socket
import urllib.request

for kind, address in (
    *((socket.SOCK_STREAM, ("127.0.0.1", port)) for port in (22, 80, 111, 5432, 8000, 8888)),
    (socket.SOCK_STREAM, ("192.0.2.1", 80)),
    (socket.SOCK_DGRAM, ("192.0.2.1", 53)),
):
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.settimeout(0.3)
        try:
            sock.connect(address)
            sock.send(b"x")
            print("HARM reached", address)
        except OSError as error:
            print(address, error)
try:
    print("HARM", urllib.request.urlopen("http://localhost:8888", timeout=1).status)
except OSError as error:
    print(error)
print(socket.if_nameindex())
"""
]
