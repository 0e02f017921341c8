"""When the server itself is at fault: the answer says so, and nothing of what is inside."""

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from duebook.db.embedded import Urls
from tests.http.world import Platform, bearer, partner_token


def test_an_unexpected_error_shows_nothing_of_the_inside(
    client: httpx.Client, platform: Platform, business: str, database_urls: Urls
) -> None:
    """Given a table that the server may not read any more, when aged, then 500 with a request id and no more."""
    headers = bearer(partner_token(client, platform))
    with psycopg.connect(database_urls.owner, autocommit=True) as owner:
        role = conninfo_to_dict(database_urls.serve)["user"]
        owner.execute(f'REVOKE SELECT ON open_item FROM "{role}"')
        answer = client.get(f"/v1/platform/businesses/{business}/insights/ar-aging/", headers=headers)
        owner.execute(f'GRANT SELECT ON open_item TO "{role}"')
    assert answer.status_code == 500
    assert answer.json() == {
        "error_code": "internal_server_error",
        "message": "Internal Server Error",
        "detail": {},
        "request_id": answer.headers["x-request-id"],
    }
    assert client.get(f"/v1/platform/businesses/{business}/insights/ar-aging/", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/v1/platform/businesses/{}/", "/v1/platform/businesses/{}/insights/ap-aging/"])
def test_lost_connections_are_replaced(
    client: httpx.Client, platform: Platform, business: str, database_urls: Urls, path: str
) -> None:
    """Given connections that the database has cut, when asked on, then there are others, and nobody notices."""
    headers = bearer(partner_token(client, platform))
    with psycopg.connect(database_urls.superuser, autocommit=True) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'duebook %'"
        )
    assert {client.get(path.format(business), headers=headers).status_code for _ in range(5)} == {200}
