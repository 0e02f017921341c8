"""Requests byte by byte, as no client library would send them, and every answer that comes back on the connection."""

import re
import socket
from contextlib import suppress
from select import select
from typing import Final
from urllib.parse import urlsplit

SECONDS: Final = 15.0
"""After so long without an answer or an end the server hangs."""

WAITING_SECONDS: Final = 0.3
"""After so long without an answer the server waits for more; if it is only slow, it is shown the end of the request."""

_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})[^\r\n]*\r\n")


def exchange(server: str, sent: bytes) -> bytes:
    """Everything that a server says to these bytes until it ends the connection. Raises TimeoutError if it does not.

    A server that waits for more than it was sent is shown that there is no more.
    """
    address = urlsplit(server)
    found = bytearray()
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=SECONDS) as connection:
        connection.sendall(sent)
        with suppress(ConnectionResetError):
            if not select([connection], [], [], WAITING_SECONDS)[0]:
                connection.shutdown(socket.SHUT_WR)
            while got := connection.recv(65536):
                found += got
    return bytes(found)


def statuses(answer: bytes) -> list[int]:
    """The statuses of the answers in what a server said."""
    return [int(found) for found in _STATUS.findall(answer)]


def request(method: str, target: str, *lines: str, body: bytes = b"", host: str = "localhost") -> bytes:
    """A request as it is sent, with these lines in its head, after which the connection is to end."""
    head = "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *lines])
    length = f"\r\nContent-Length: {len(body)}" if body else ""
    return f"{head}{length}\r\n\r\n".encode("utf-8", "surrogateescape") + body
