"""The image that the container file makes, on a machine of its own, and a database that it can reach."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from duebook.db.embedded import Urls
from tests.deploy.machine import PROJECT, Image, built, context


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image of this checkout, every step of the container file taken."""
    with ExitStack() as stack:
        files = context(tmp_path_factory.mktemp("context"))
        yield built(PROJECT / "deploy" / "Containerfile", files, stack)


@pytest.fixture(scope="session")
def tcp_urls(cluster: Urls) -> Iterator[Urls]:
    """The run's database by TCP, which is how another machine reaches one: the run's server has only a socket."""
    settings = conninfo_to_dict(cluster.serve)
    behind = str(Path(str(settings["host"]), f".s.PGSQL.{settings['port']}"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        threading.Thread(target=_pass_on, args=(listener, behind), daemon=True).start()
        yield Urls(
            *(
                make_conninfo(url, host="127.0.0.1", port=port)
                for url in (cluster.owner, cluster.serve, cluster.superuser)
            )
        )


def _pass_on(listener: socket.socket, behind: str) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # the listener is closed: the tests are done
            return
        server = socket.socket(socket.AF_UNIX)
        server.connect(behind)
        for ends in ((client, server), (server, client)):
            threading.Thread(target=_pump, args=ends, daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    except OSError:
        pass  # one of the two ended the connection
    finally:
        for one in (source, sink):
            one.close()
