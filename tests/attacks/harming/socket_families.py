"""Sockets that no network namespace confines, such as vsock, and raw ones."""

INTENT = "the host of a virtual machine, or the kernel's own services, answer"
EXPECTED = {}
CELLS = [
    """
import socket

names = ("VSOCK", "PACKET", "ALG", "BLUETOOTH", "CAN", "TIPC", "RDS", "QIPCRTR")
for name in [f"AF_{x}" for x in names]:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try:
            with socket.socket(getattr(socket, name), kind):
                print("HARM made a socket of", name)
        except (OSError, AttributeError) as error:
            print(name, error)
try:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP):
        print("HARM made a raw socket")
except OSError as error:
    print(error)
"""
]
