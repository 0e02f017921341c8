"""A run's database by TCP: its server has only a socket. What is said to it can be read along."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

_FLUSH = "H"
_AN_ID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class Wire:
    """A port that leads to a database, and the messages that went there: kind, and a statement's text or their length.

    In a statement, ids are not told apart. Flushes are left out: they ask for nothing, and whether one is sent depends
    on how soon answers come.
    """

    port: int
    said: list[tuple[str, object]] = field(default_factory=list)

    def url(self, url: str) -> str:
        """The same role and database by this wire."""
        return make_conninfo(url, host="127.0.0.1", port=self.port, sslmode="disable", gssencmode="disable")


@contextmanager
def wire(url: str) -> Iterator[Wire]:
    """A wire to the server of a URL, for the length of the block."""
    settings = conninfo_to_dict(url)
    behind = str(Path(str(settings["host"]), f".s.PGSQL.{settings['port']}"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = Wire(listener.getsockname()[1])
        threading.Thread(target=_pass_on, args=(listener, behind, found), daemon=True).start()
        yield found


def _pass_on(listener: socket.socket, behind: str, wire: Wire) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # the listener is closed: the tests are done
            return
        server = socket.socket(socket.AF_UNIX)
        server.connect(behind)
        threading.Thread(target=_pump, args=(client, server, wire), daemon=True).start()
        threading.Thread(target=_pump, args=(server, client, None), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket, wire: Wire | None) -> None:
    heard = bytearray()
    is_begun = False
    with suppress(OSError), source, sink:  # one of the two ended the connection
        while chunk := source.recv(65536):
            if wire is not None:
                heard += chunk
                is_begun = _listen(heard, is_begun, wire.said)
            sink.sendall(chunk)


def _listen(heard: bytearray, is_begun: bool, said: list[tuple[str, object]]) -> bool:
    """Take whole messages off the front (PostgreSQL's frontend protocol 3); whether the connection has begun."""
    while len(heard) >= 5:
        head = 1 if is_begun else 0
        length = head + int.from_bytes(heard[head : head + 4], "big")
        if len(heard) < length:
            break
        if is_begun and (kind := chr(heard[0])) != _FLUSH:
            said.append((kind, _AN_ID.sub(b"ID", bytes(heard[5:length])) if kind in "QP" else length))
        del heard[:length]
        is_begun = True
    return is_begun
