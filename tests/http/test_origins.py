"""What pages of other sites are told, over all dialects: by a server that allows one origin, and by rule."""

from typing import Final

import httpx
import pytest

from duebook.http.intake import BODY_BYTES
from duebook.http.origins import NO_ORIGINS, Origins
from duebook.http.settings import ALLOWED_ORIGINS, BadSettings, settings_of
from tests.http.world import Platform, bearer, business_token

PAGE: Final = "https://app.example"
OTHER_PAGE: Final = "https://other.example"
ALLOWS: Final = "access-control-allow-origin"
READABLE: Final = {
    *("ETag", "Retry-After", "X-Request-ID"),
    *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
}

PATHS: Final = (
    "/v1/businesses/{}/invoices",
    "/v1/platform/businesses/{}/insights/ar-aging/",
    "/api/v1/businesses/{}/reports/aging?side=receivable",
)


@pytest.fixture(scope="module")
def settings_of_server() -> dict[str, str]:
    """A server for one page on another site, and one on this machine."""
    return {ALLOWED_ORIGINS: f"{PAGE}, http://localhost:5173"}


def allowed(environment: dict[str, str]) -> Origins:
    """The origins that an environment allows."""
    return settings_of(environment).origins


def names(header: str) -> set[str]:
    """The names that a header lists."""
    return {one.strip() for one in header.split(",")}


@pytest.fixture(scope="module")
def token(client: httpx.Client, platform: Platform, business: str) -> dict[str, str]:
    """What a page shows: a token for one business."""
    return bearer(business_token(client, platform, business))


@pytest.mark.parametrize("path", PATHS)
def test_an_allowed_page_may_read_an_answer(
    client: httpx.Client, business: str, token: dict[str, str], path: str
) -> None:
    """Given an allowed origin, when its page asks with a token, then it may read the answer and its headers."""
    answer = client.get(path.format(business), headers=token | {"Origin": PAGE})
    assert answer.status_code == 200
    assert answer.headers[ALLOWS] == PAGE
    assert names(answer.headers["access-control-expose-headers"]) == READABLE
    assert "Origin" in names(answer.headers["vary"])
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", [OTHER_PAGE, "https://app.example:8443", "http://app.example", "null"])
@pytest.mark.parametrize("path", PATHS)
def test_another_page_may_not(
    client: httpx.Client, business: str, token: dict[str, str], path: str, origin: str
) -> None:
    """Given an origin that differs in its host, port or scheme, when asked, then nothing lets it read the answer."""
    answer = client.get(path.format(business), headers=token | {"Origin": origin})
    assert answer.status_code == 200
    assert ALLOWS not in answer.headers
    assert "Origin" in names(answer.headers["vary"])


def test_an_answer_without_a_page_may_not_be_kept_for_one(
    client: httpx.Client, business: str, token: dict[str, str]
) -> None:
    """Given no origin, when asked, then a cache is told all that the answer depends on."""
    answer = client.get(PATHS[1].format(business), headers=token)
    assert names(answer.headers["vary"]) == {"Authorization", "Origin"}
    assert ALLOWS not in answer.headers


@pytest.mark.parametrize("path", [*PATHS, "/v1/businesses/{}/nothing?a=%ff", "/oauth2/token", "/nothing", "/healthz"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_browser_may_ask_before_it_asks(client: httpx.Client, business: str, path: str, method: str) -> None:
    """Given any path, when a browser asks for an allowed page what it may send, then it is told, without a token."""
    asked = {"Origin": PAGE, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization"}
    answer = client.options(path.format(business), headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers[ALLOWS] == PAGE
    assert method in names(answer.headers["access-control-allow-methods"])
    assert names(answer.headers["access-control-allow-headers"]) == {
        *("authorization", "content-type", "idempotency-key", "if-none-match", "x-request-id")
    }
    assert answer.headers["access-control-max-age"] == "7200"
    assert answer.headers["x-request-id"]


def test_a_browser_may_not_ask_for_another_page(client: httpx.Client, business: str) -> None:
    """Given an origin that is not allowed, when a browser asks what it may send, then it is told nothing of that."""
    asked = {"Origin": OTHER_PAGE, "Access-Control-Request-Method": "GET"}
    answer = client.options(PATHS[0].format(business), headers=asked)
    assert [name for name in answer.headers if name.startswith("access-control-")] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/businesses/{}/invoices", b"", 401),
        ("GET", "/v1/platform/businesses/{}/", b"", 401),
        ("GET", "/api/v1/businesses/{}/reports/aging?side=receivable", b"", 401),
        ("GET", "/v1/businesses/{}/invoices?limit=%ff", b"", 400),
        ("GET", "/v1/platform/businesses/{}/insights/ar-aging/?a=%00", b"", 400),
        ("GET", "/api/v1/businesses/{}?a=" + "x" * 9000, b"", 414),
        ("GET", "/v1/nothing", b"", 404),
        ("GET", "/nothing", b"", 404),
        ("DELETE", "/whoami", b"", 405),
        ("POST", "/oauth2/token", b"x" * (BODY_BYTES + 1), 413),
    ],
)
def test_an_allowed_page_may_read_what_is_wrong(
    client: httpx.Client, business: str, method: str, path: str, body: bytes, status: int
) -> None:
    """Given a request that fails, inside an application or before it, when a page sent it, then it may read why."""
    answer = client.request(method, path.format(business), headers={"Origin": PAGE}, content=body)
    assert answer.status_code == status
    assert answer.headers[ALLOWS] == PAGE
    assert names(answer.headers["access-control-expose-headers"]) == READABLE


def test_an_answer_that_is_known_may_be_read(client: httpx.Client, business: str, token: dict[str, str]) -> None:
    """Given an answer that a page has, when it asks again with the entity tag, then it may read the 304."""
    first = client.get(PATHS[1].format(business), headers=token | {"Origin": PAGE})
    again = client.get(
        PATHS[1].format(business), headers=token | {"Origin": PAGE, "If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.headers[ALLOWS]) == (304, PAGE)


def test_without_the_setting_no_page_is_told_anything() -> None:
    """Given no setting or an empty one, when a page asks, then the answer is as it always was."""
    asked = [(b"origin", PAGE.encode()), (b"access-control-request-method", b"GET")]
    for origins in (allowed({}), allowed({ALLOWED_ORIGINS: " , "})):
        assert origins == NO_ORIGINS
        assert (list(origins.headers("OPTIONS", asked)), origins.are_asked_before("OPTIONS", asked)) == ([], False)


def test_a_star_allows_any_page() -> None:
    """Given a star, when any page asks, then every page may read the answer, and it is the same for all."""
    headers = dict(allowed({ALLOWED_ORIGINS: "*"}).headers("GET", [(b"origin", OTHER_PAGE.encode())]))
    assert headers[ALLOWS.encode()] == b"*"
    assert b"vary" not in headers


@pytest.mark.parametrize(
    "origin",
    [
        *("https://app.example/", "https://app.example/page", "app.example", "ftp://app.example", "null", "https://"),
        *("HTTPS://app.example", "https://App.example", "https://user@app.example", "https://*.example"),
        *("https://app.example:443", "http://app.example:80", "https://app.example:0", "https://app.example:65536"),
        *("https://app.example https://other.example", "https://app.example?x", "https://\u00fc.example", "*.example"),
    ],
)
def test_an_origin_that_would_never_match_is_refused(origin: str) -> None:
    """Given what no browser sends as an origin, when it is to be allowed, then it is refused and named."""
    with pytest.raises(BadSettings) as raised:
        allowed({ALLOWED_ORIGINS: f"https://app.example,{origin}"})
    assert f"{ALLOWED_ORIGINS}: {origin!r} " in str(raised.value)


def test_a_star_stands_alone() -> None:
    """Given a star beside an origin, when they are to be allowed, then the one that is too many is named."""
    with pytest.raises(BadSettings, match="stands alone"):
        allowed({ALLOWED_ORIGINS: "*,https://app.example"})


@pytest.mark.parametrize(
    "origin", ["http://localhost:5173", "http://[::1]:3000", "http://127.0.0.1", "https://a-b.example"]
)
def test_what_a_browser_sends_is_allowed(origin: str) -> None:
    """Given an origin as a browser sends it, when it is allowed, then its page may read answers."""
    headers = dict(allowed({ALLOWED_ORIGINS: origin}).headers("GET", [(b"origin", origin.encode())]))
    assert headers[ALLOWS.encode()] == origin.encode()
