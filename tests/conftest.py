"""One embedded PostgreSQL for the whole run, and a database of its own for each module, cloned from a template.

Where several processes share the tests (`-n`), the one that hands them out runs the server for all of them.
DUEBOOK_TEST_PG_BIN names another server's programs, such as Debian's PostgreSQL 15; tests that would not use them are
left out. DUEBOOK_TEST_EXAMPLES says how many examples a property is tried on.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from hypothesis import settings
from psycopg.conninfo import make_conninfo

from duebook.db.embedded import Urls, owned
from duebook.db.migrate import migrate
from duebook.db.pool import Database, connected
from duebook.http.server import APP
from duebook.http.settings import REQUESTS_PER_SECOND, TRUSTED_PROXIES
from duebook.tenancy.businesses import NewBusiness, create_business
from duebook.tenancy.facts import BusinessId, WireProfile
from duebook.tenancy.partners import create_partner
from tests.ports import free_port

settings.register_profile(
    "duebook",
    max_examples=int(os.environ.get("DUEBOOK_TEST_EXAMPLES", "100")),
    deadline=None,
    derandomize="CI" in os.environ and "DUEBOOK_TEST_EXAMPLES" not in os.environ,
)
settings.load_profile("duebook")

pytest_plugins = ["tests.attacks.tally"]

# A run in the background of a script ignores Ctrl-C, and so would every command that it tries.
signal.signal(signal.SIGINT, signal.default_int_handler)

_START_SECONDS = 30.0

_PROGRAMS = Path(os.environ["DUEBOOK_TEST_PG_BIN"]) if "DUEBOOK_TEST_PG_BIN" in os.environ else None
_STARTERS = Path(__file__).parent / "postgres"
"""The tests here that have no use for the run's server start one of their own, from the same programs."""

_TEMPLATE = "template_duebook"
"""Nobody can enter it: a session there would keep it from being cloned."""

_CLUSTER = pytest.StashKey[Urls]()


@contextmanager
def _running() -> Iterator[Urls]:
    """A server with a migrated, empty database `duebook`, and a template like it, which can be cloned at any time."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what ends a run in time must end its server too
    with tempfile.TemporaryDirectory(prefix="duebook-test-") as folder:
        Path(folder).chmod(0o755)
        with owned(Path(folder, "server"), bin_dir=_PROGRAMS, fsync=False) as urls:
            migrate(urls.owner)
            with psycopg.connect(urls.superuser, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE duebook ALLOW_CONNECTIONS false")
            yield urls


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process that is to run tests where the server is; the first one has it started."""
    config: pytest.Config = node.config
    if _CLUSTER not in config.stash:
        running = ExitStack()
        config.add_cleanup(running.close)
        config.stash[_CLUSTER] = running.enter_context(_running())
    node.workerinput["cluster"] = astuple(config.stash[_CLUSTER])


def pytest_itemcollected(item: pytest.Item) -> None:
    """Make a test's name a part of its id: of generated tests pytest leaves out what schemathesis has put there."""
    if item.parent is not None and not item.nodeid.endswith(item.name):
        item._id = item.parent.id.child(item.name)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """See that no two tests have one id, since processes share out ids: one of the two would never be run.

    With another server's programs, keep the tests that start them: all others would run as they did without.
    """
    if repeated := [nodeid for nodeid, times in Counter(item.nodeid for item in items).items() if times > 1]:
        raise pytest.UsageError(f"more than one test is called {repeated[0]}")
    if _PROGRAMS is not None:
        config.hook.pytest_deselected(items=[item for item in items if not _starts_a_server(item)])
        items[:] = filter(_starts_a_server, items)


def _starts_a_server(item: pytest.Item) -> bool:
    return "cluster" in getattr(item, "fixturenames", ()) or item.path.parent == _STARTERS


@pytest.fixture(scope="session")
def cluster(pytestconfig: pytest.Config) -> Iterator[Urls]:
    """The server of this run."""
    if hasattr(pytestconfig, "workerinput"):
        yield Urls(*pytestconfig.workerinput["cluster"])
    else:
        with _running() as urls:
            yield urls


@pytest.fixture(scope="module")
def database_urls(cluster: Urls) -> Iterator[Urls]:
    """The same three roles on a fresh database."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(make_conninfo(cluster.superuser, dbname="postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {_TEMPLATE} OWNER duebook_owner')
        yield Urls(*(make_conninfo(url, dbname=name) for url in (cluster.owner, cluster.serve, cluster.superuser)))
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def database_url(database_urls: Urls) -> str:
    """The URL that the service would be given."""
    return database_urls.serve


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Both pools of the serving role on the module's database."""
    async with connected(database_url, readers=2, writers=4) as database:
        yield database


@pytest.fixture
async def business_id(database: Database) -> BusinessId:
    """A new business in dollars, of a partner of its own, with empty books."""
    partner, _ = await create_partner(database, "Example Platform", WireProfile.PUBLISHED)
    new = NewBusiness(external_id=None, name="Example Business", base_currency="USD")
    return (await create_business(database, partner.id, new)).business.id


@pytest.fixture(scope="module")
def settings_of_server() -> dict[str, str]:
    """What the environment of a module's server says beside the database; a module that wants something has its own.

    Without a rate limit no test depends on how fast it asks; a test may say where it asks from, as a proxy does.
    """
    return {REQUESTS_PER_SECOND: "0", TRUSTED_PROXIES: "127.0.0.1"}


@pytest.fixture(scope="module")
def application() -> str:
    """What the server of a module loads; a module that wants another has its own."""
    return APP


@pytest.fixture(scope="module")
def server(database_url: str, settings_of_server: dict[str, str], application: str) -> Iterator[str]:
    """The address of the server as it is run, on a free port of 127.0.0.1, over the module's database."""
    with served(database_url, settings_of_server, application) as (address, _):
        yield address


@contextmanager
def served(
    url: str, settings: dict[str, str], application: str, log: IO[bytes] | None = None
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The address of a server of one worker, and its process; its log goes with the tests' own, or where it is told."""
    port = free_port()
    code = "import os; from duebook.http.server import serve; "
    code += f"serve(os.environ['URL'], '127.0.0.1', {port}, 1, {application!r})"
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {"URL": url} | settings
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log) as process:
        try:
            _wait(address, process)
            yield address, process
        finally:
            process.terminate()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"{address}/healthz").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not start")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what tests counted."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "said":
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {value}")
