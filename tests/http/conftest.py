"""Who asks the server, and which business they ask about."""

from collections.abc import Iterator

import httpx
import pytest

from tests.http.native_world import Books, new_books
from tests.http.world import Platform, new_business, new_platform


@pytest.fixture(scope="module")
def client(server: str) -> Iterator[httpx.Client]:
    """A client of the running server."""
    with httpx.Client(base_url=server, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def platform(database_url: str) -> Platform:
    """The partner that a module's tests ask as."""
    return new_platform(database_url)


@pytest.fixture(scope="module")
def other_platform(database_url: str) -> Platform:
    """Another partner, whose businesses are none of the first one's."""
    return new_platform(database_url)


@pytest.fixture(scope="module")
def business(client: httpx.Client, platform: Platform) -> str:
    """The id of a business of the platform, in dollars, without entries until a test writes some."""
    return new_business(client, platform)


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Books:
    """A new business with empty books."""
    return new_books(client, platform)
