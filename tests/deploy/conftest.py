"""The image that the container file makes, on a machine of its own, and a database that it can reach."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from duebook.db.embedded import Urls
from tests.deploy.machine import PROJECT, Image, built, context
from tests.wire import wire


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image of this checkout, every step of the container file taken."""
    with ExitStack() as stack:
        files = context(tmp_path_factory.mktemp("context"))
        yield built(PROJECT / "deploy" / "Containerfile", files, stack)


@pytest.fixture(scope="session")
def tcp_urls(cluster: Urls) -> Iterator[Urls]:
    """The run's database by TCP, which is how another machine reaches one."""
    with wire(cluster.serve) as found:
        yield Urls(*map(found.url, (cluster.owner, cluster.serve, cluster.superuser)))
