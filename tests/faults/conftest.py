"""A database of the tests' own that can be killed, a server on it, and businesses in it."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.books import Books, new_books
from tests.faults.clients import Tally
from tests.faults.postgres import Cluster, Postgres
from tests.faults.proxy import Proxy
from tests.faults.served import Served, verify
from tests.http.world import new_platform

Say = Callable[[Tally], None]


@pytest.fixture(scope="session")
def cluster_of_faults() -> Iterator[Cluster]:
    """Empty books that servers are copied from."""
    with tempfile.TemporaryDirectory(prefix="duebook-test-") as folder:
        Path(folder).chmod(0o755)
        yield Cluster.made(Path(folder, "empty"))


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A place for servers, which the account of the database can reach."""
    with tempfile.TemporaryDirectory(prefix="duebook-test-") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres(cluster_of_faults: Cluster, folder: Path) -> Iterator[Postgres]:
    """The database of most tests; one that kills it starts it again. In the end all of it is verified."""
    postgres = cluster_of_faults.copy(folder / "data")
    try:
        postgres.start()
        yield postgres
        assert verify(postgres.urls.serve) == []
    finally:
        postgres.stop()


@pytest.fixture(scope="session")
def proxy(postgres: Postgres) -> Iterator[Proxy]:
    """The wire between the server and its database."""
    with Proxy.running(postgres.port) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def served(postgres: Postgres, proxy: Proxy, folder: Path) -> Iterator[Served]:
    """The server of most tests, which it has to live through: only killing all of it has it started again."""
    with Served.running(postgres.urls_through(proxy.port).serve, folder / "served.log") as served:
        yield served


@pytest.fixture
def books(served: Served, postgres: Postgres) -> list[Books]:
    """Three new businesses of one partner."""
    return new_books(served.url, new_platform(postgres.urls.serve), 3)


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Say:
    """Has the run say at its end what the clients of a test counted."""
    return lambda tally: record_property("said", str(tally))
