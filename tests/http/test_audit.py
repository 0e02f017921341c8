"""Who wrote, from where: what is recorded of every write, and read back as the audit."""

import httpx
import pytest

from tests.http.native_world import Books, charge, new_books
from tests.http.world import Platform, bearer, business_token


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Books:
    """A new business with empty books."""
    return new_books(client, platform)


def test_every_write_tells_who_and_from_where(client: httpx.Client, platform: Platform, books: Books) -> None:
    """Given a key and a business token, when they write, then each version tells them, the address and the request."""
    token = business_token(client, platform, books.business_id)
    named = {"X-Request-ID": "from-the-client-1"}
    first = books.ask("POST", "commands", json={"commands": [charge("A-1")]}, headers=named)
    url = f"/api/v1/businesses/{books.business_id}/commands"
    second = client.post(url, json={"commands": [charge("A-2")]}, headers=bearer(token))
    assert [first.status_code, second.status_code] == [201, 201]
    by_key, by_token = (one["actor"] for one in books.get("versions")["versions"])
    key_id = by_key["key_id"]
    assert by_key == {
        "partner_id": str(platform.partner_id),
        "key_id": key_id,
        "address": "127.0.0.1",
        "request_id": "from-the-client-1",
    }
    assert by_token == by_key | {"business_id": books.business_id, "request_id": second.headers["x-request-id"]}
