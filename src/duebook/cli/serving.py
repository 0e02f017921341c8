"""Run the server for a database, from the first answer to the last, in processes of its own.

Units: seconds where a name says so.
Holds: the database's URL reaches the workers by the environment; no worker outlives this process, and none is left when
the block that supplies the database ends.
Source: docs/howto/command-line.md, "Serve".
"""

import errno
import http.client
import logging
import logging.config
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, NoReturn

from cyclopts import Parameter
from cyclopts.validators import Number

import duebook
from duebook.cli.connection import own_head_key
from duebook.cli.exits import CommandRefused
from duebook.cli.output import progress, remark
from duebook.db.embedded import LOG, is_up, revive
from duebook.db.pool import BACKUP_URL, DATABASE_URL, MIGRATE_URL
from duebook.http.server import FINISH_SECONDS
from duebook.http.settings import LOG_FORMAT, USUAL, Settings, said, settings_of
from duebook.ledger.head_keys import HEAD_KEY, made_once
from duebook.watch.logs import LogFormat, configuration
from duebook.watch.page import FOLDER, served

_LOG: Final = logging.getLogger(__name__)
_FREE_SECONDS: Final = 2.0
"""How long a port may take to become free: a server that was killed is still stopping."""
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = FINISH_SECONDS + 5.0
_STOP_EARLY_SECONDS: Final = 2.0
"""For a server that was not ready yet, so that no request waits for it; a worker may miss a signal while it starts."""
_POLL_SECONDS: Final = 0.05
NOBODY_COUNTS: Final[Mapping[str, str]] = {}
_WATCH_SECONDS: Final = 1.0
_DEATHS: Final = 4
_DEATHS_SECONDS: Final = 120.0
"""So many deaths of the embedded database within so long, and something is wrong that another start does not mend."""


class CannotListen(CommandRefused):
    """The server gets the address and the port that it is to listen on."""

    def __init__(self, host: str, port: int, why: str) -> None:
        self.host, self.port = host, port
        super().__init__(f"cannot listen on {host} port {port}: {why}")


class ServerFailed(CommandRefused):
    """The server answers, and stops only when it is told to."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the server {what}")


class DatabaseGone(CommandRefused):
    """The embedded database runs as long as the server, or is soon up again."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        super().__init__(
            f"the database in {data_dir} stops by itself again and again, and the server cannot go on without it: "
            f"{data_dir / LOG} may say why. What is recorded is safe; start the server again"
        )


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Listen:
    """Where the server listens."""

    host: Annotated[str, Parameter(help="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Parameter(help="Port to listen on.", validator=Number(gte=1, lte=65535))] = 8000

    @property
    def url(self) -> str:
        """What a client on this machine asks."""
        address = ip_address(_address(self))
        if address.is_unspecified:
            address = ip_address("127.0.0.1" if address.version == 4 else "::1")
        return f"http://{f'[{address}]' if address.version == 6 else address}:{self.port}"


HERE: Final = Listen()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class MetricsAt:
    """Where the metrics are, if they are wanted: never on the address that clients ask."""

    metrics_port: Annotated[
        int | None, Parameter(help="Port for metrics; none without it.", validator=Number(gte=1, lte=65535))
    ] = None
    metrics_host: Annotated[str, Parameter(help="Address for metrics.")] = HERE.host

    @contextmanager
    def answered(self) -> Iterator[Mapping[str, str]]:
        """Answer there while the block runs; gives what has workers count. Raises CannotListen."""
        with ExitStack() as stack:
            counting = NOBODY_COUNTS
            if self.metrics_port is not None:
                try:
                    counting = stack.enter_context(served(self.metrics_host, self.metrics_port))
                except OSError as error:
                    why = error.strerror or str(error)
                    raise CannotListen(self.metrics_host, self.metrics_port, why) from None
            yield counting


NO_METRICS: Final = MetricsAt()


def begin(listen: Listen, usual: Settings = USUAL) -> Settings:
    """See that the settings can be read and that there is somewhere to listen, and listen to Ctrl-C, which a shell has
    its background commands ignore.

    Returns what is set. Raises BadSettings, CannotListen.
    """
    settings = settings_of(os.environ, usual)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _wait_for_port(listen)
    return settings


def _wait_for_port(listen: Listen) -> None:
    """Raises CannotListen, for a port in use after a short wait."""
    give_up = time.monotonic() + _FREE_SECONDS
    address = _address(listen)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    while True:
        with socket.socket(family) as probe:
            # The workers share the port among them, so that they would also share it with another server.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, listen.port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise CannotListen(listen.host, listen.port, error.strerror or str(error)) from None
            else:
                return
        if time.monotonic() > give_up:
            raise CannotListen(listen.host, listen.port, "another program uses it; choose another with --port")
        time.sleep(_POLL_SECONDS)


def run_server(
    database_url: str,
    listen: Listen,
    workers: int,
    log_format: LogFormat,
    when_ready: Callable[[], None],
    data_dir: Path | None = None,
    counting: Mapping[str, str] = NOBODY_COUNTS,
) -> None:
    """Serve until this process is told to stop. The embedded database of a folder, if it is that one, is kept running.

    `counting` is what has the workers count. Raises CannotListen, ServerFailed, DatabaseGone.
    """
    _wait_for_port(listen)
    logging.config.dictConfig(configuration(log_format))
    _LOG.info("starting", extra={"version": duebook.__version__, "workers": workers, "settings": said(os.environ)})
    lifeline, held = os.pipe()
    environment = {name: value for name, value in os.environ.items() if name not in (MIGRATE_URL, BACKUP_URL, FOLDER)}
    if data_dir is not None and not environment.get(HEAD_KEY):
        made_once(own_head_key(data_dir))
        environment[HEAD_KEY] = str(own_head_key(data_dir).resolve())
    command = [sys.executable, "-P", "-m", "duebook.cli.workers"]
    server: subprocess.Popen[bytes] | None = None
    finish_seconds = _STOP_EARLY_SECONDS
    try:
        server = subprocess.Popen(
            [*command, _address(listen), str(listen.port), str(workers), str(lifeline)],
            env=environment | {DATABASE_URL: database_url, LOG_FORMAT: log_format} | dict(counting),
            pass_fds=[lifeline],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(lifeline)
        with progress("Starting the server"):
            _wait_until_ready(server, listen)
        finish_seconds = _STOP_SECONDS
        when_ready()
        sys.stdout.flush()
        _watch(server, data_dir, database_url, _LOG.warning if log_format is LogFormat.JSON else remark)
    except (KeyboardInterrupt, SystemExit):
        _ignore_signals()
        (_LOG.info if log_format is LogFormat.JSON else remark)("Stopping.")
    finally:
        _ignore_signals()
        if server is not None:
            _stop(server, finish_seconds)
        os.close(held)


def _wait_until_ready(server: subprocess.Popen[bytes], listen: Listen) -> None:
    """Raises ServerFailed."""
    host, port = listen.url.removeprefix("http://").rsplit(":", 1)
    give_up = time.monotonic() + _START_SECONDS
    while server.poll() is None:
        connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=_START_SECONDS)
        with suppress(OSError, http.client.HTTPException), closing(connection):
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        if time.monotonic() > give_up:
            raise ServerFailed(f"does not answer on {listen.url}")
        time.sleep(_POLL_SECONDS)
    raise ServerFailed(f"did not start (exit code {server.returncode})")


def _watch(server: subprocess.Popen[bytes], data_dir: Path | None, url: str, tell: Callable[[str], None]) -> NoReturn:
    """See that all goes on, and start the embedded database again. Raises ServerFailed, DatabaseGone, EmbeddedError."""
    deaths: deque[float] = deque(maxlen=_DEATHS)
    while True:
        with suppress(subprocess.TimeoutExpired):
            raise ServerFailed(f"stopped by itself (exit code {server.wait(_WATCH_SECONDS)})")
        if data_dir is None or is_up(data_dir):
            continue
        deaths.append(time.monotonic())
        if len(deaths) == _DEATHS and deaths[-1] - deaths[0] < _DEATHS_SECONDS:
            raise DatabaseGone(data_dir)
        tell(f"The database stopped by itself, and is started again. {data_dir / LOG}.1 may say why.")
        revive(data_dir, url)


def _stop(server: subprocess.Popen[bytes], finish_seconds: float) -> None:
    """End the server and its workers: let requests finish, for some time."""
    server.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.wait(finish_seconds)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _address(listen: Listen) -> str:
    """The host as a number. Raises CannotListen."""
    try:
        found = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise CannotListen(listen.host, listen.port, error.strerror or str(error)) from None
    return str(found[0][4][0])
