"""Clients made of the published pages and of the served documents: they call, and understand every answer."""

import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from enum import EnumType
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import pytest

from duebook.http.openapi import Operation
from duebook.tenancy.facts import WireProfile
from tests.http.contracts import Contract
from tests.http.generated import Generated, generated
from tests.http.native_world import charge, new_books
from tests.http.surface import Surface, new_surface, snake
from tests.http.world import Platform, bearer, partner_token

PAGES: Final = ("layer_ar_aging_customer", "thredfi_ar_aging", "thredfi_ap_aging")
DIALECTS: Final = ("layer", "thredfi")
TODAY: Final = datetime.now(UTC).date()
LATE_DAYS: Final = (0, 1, 30, 31, 60, 61, 90, 91)
BANDS: Final = (1, 6, 24, 96, 128)
"""What is open of charges of 1, 2, 4, 8, 16, 32, 64 and 128 cents that are late by these days."""

Make = Callable[[str], Generated]


@pytest.fixture(scope="module")
def surface(client: httpx.Client, platform: Platform) -> Surface:
    """A business with one of everything."""
    return new_surface(client, platform)


@pytest.fixture(scope="module")
def owed(client: httpx.Client, platform: Platform) -> Surface:
    """A business to whose customer, and by which to whose vendor, the same is open in every band as of today."""
    books = new_books(client, platform)
    known = {"business": books.business_id}
    for side, party in (("receivable", "customer"), ("payable", "vendor")):
        books.do(
            *(
                charge(
                    f"{party}-{days}",
                    2**place,
                    side=side,
                    party={"external_id": party, "name": party.title()},
                    issued_on=str(TODAY - timedelta(days=200)),
                    due_on=str(TODAY - timedelta(days=days)),
                )
                for place, days in enumerate(LATE_DAYS)
            )
        )
        known[party] = books.document(f"{party}-0")["party_id"]
    return Surface(books, known)


@pytest.fixture(scope="module")
def make(client: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Makes a client of a published page or of a served document, once."""
    made: dict[str, Generated] = {}
    with ExitStack() as stack:

        def one(name: str) -> Generated:
            if name not in made:
                document = Contract(name).document if name in PAGES else client.get(f"/openapi/{name}.json").json()
                made[name] = stack.enter_context(
                    generated(f"client_of_{name}", document, tmp_path_factory.mktemp(name))
                )
            return made[name]

        yield one


def header(client: httpx.Client, platform: Platform, profile: str) -> str:
    """The header that holds a partner's token of a wire profile."""
    return bearer(partner_token(client, platform, wire_profile=profile))["Authorization"]


def ids(surface: Surface, operation: Operation) -> dict[str, UUID]:
    """What an operation's path asks for, under the names that the code of a client has."""
    return {snake(name): UUID(found) for name, found in surface.ids(operation).items()}


def said(parsed: Any) -> Any:
    """What a client has understood, as JSON again."""
    return [one.to_dict() for one in parsed] if isinstance(parsed, list) else parsed.to_dict()


def plain(value: Any) -> Any:
    """JSON with time stamps as clients write them."""
    match value:
        case str() if value.endswith("Z"):
            try:
                return datetime.fromisoformat(value).isoformat()
            except ValueError:
                return value
        case list():
            return [plain(one) for one in value]
        case dict():
            return {name: plain(one) for name, one in value.items()}
    return value


def needed(asks: Callable[..., Any]) -> dict[str, Any]:
    """A value for everything that a client's function cannot do without: the first of a list, or today."""
    kinds = {
        name: one.annotation for name, one in inspect.signature(asks).parameters.items() if one.default is one.empty
    }
    return {name: next(iter(kind)) if isinstance(kind, EnumType) else TODAY for name, kind in kinds.items()}


def understood(answer: Any) -> bool:
    """Whether a client has understood all of an answer: what it makes of it says the same; a file it has as a text."""
    if isinstance(answer.parsed, str):
        return bool(answer.parsed == answer.content.decode())
    return bool(plain(said(answer.parsed)) == plain(json.loads(answer.content)))


def bands(parsed: Any) -> tuple[tuple[int, ...], int]:
    """The five sums of an answer and their total, as fields of the client's own classes."""
    if isinstance(parsed, list):
        (parsed,) = parsed
    parsed = getattr(parsed, "data", parsed)
    if hasattr(parsed, "totals"):
        totals = parsed.totals
        return (totals.current_total, *(one.total for one in totals.bucket_totals)), totals.grand_total
    if hasattr(parsed, "rows"):
        cells = parsed.rows[-1].cells
        *found, total = (cells[one.column_key].value for one in parsed.columns)
        return tuple(found), total
    sums = getattr(parsed, "total_aging_buckets", parsed)
    last = sums.over_90_days if hasattr(sums, "over_90_days") else sums.days_91_over
    total = parsed.total_outstanding_cents if sums is not parsed else parsed.total
    return (sums.current, sums.days_1_30, sums.days_31_60, sums.days_61_90, last), total


@pytest.mark.parametrize("page", PAGES)
def test_a_client_of_a_published_page_reads_our_aging(
    client: httpx.Client, platform: Platform, owed: Surface, make: Make, page: str
) -> None:
    """Given a client made of a published page, when it asks for aging, then it understands every sum."""
    made = make(page)
    (operation,) = made.operations.values()
    ours = made.client(str(client.base_url), header(client, platform, "published"))
    answer = made.operation(operation.described["operationId"]).sync_detailed(**ids(owed, operation), client=ours)
    assert (answer.status_code, bands(answer.parsed)) == (200, (BANDS, sum(BANDS)))
    assert understood(answer)


@pytest.mark.parametrize("page", PAGES)
def test_a_client_of_a_published_page_reads_our_errors(
    client: httpx.Client, platform: Platform, owed: Surface, make: Make, page: str
) -> None:
    """Given a client made of a published page, when it asks about nothing, then it understands that there is none."""
    made = make(page)
    (operation,) = made.operations.values()
    ours = made.client(str(client.base_url), header(client, platform, "published"))
    nothing = ids(owed, operation) | {"business_id": uuid4()}
    answer = made.operation(operation.described["operationId"]).sync_detailed(**nothing, client=ours)
    assert (answer.status_code, type(answer.parsed).__name__) == (
        404,
        "ApiError" if page.startswith("layer") else "ErrorResponse",
    )
    assert understood(answer)


@pytest.mark.parametrize("profile", [one.value for one in WireProfile])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_client_of_a_served_document_reads_every_aging(
    client: httpx.Client, platform: Platform, owed: Surface, make: Make, dialect: str, profile: str
) -> None:
    """Given a client made of a served document, when it asks for each aging, then each sum is a field of an answer."""
    made = make(dialect)
    ours = made.client(str(client.base_url), header(client, platform, profile))
    found = {name: one for name, one in made.operations.items() if "aging" in one.path}
    for name, operation in found.items():
        answer = made.operation(name).sync_detailed(**ids(owed, operation), client=ours)
        assert (answer.status_code, bands(answer.parsed)) == (200, (BANDS, sum(BANDS))), name
        assert understood(answer), name
    assert found


@pytest.mark.parametrize("dialect", ["api", *DIALECTS])
def test_a_client_of_a_served_document_understands_whatever_it_finds(
    client: httpx.Client, platform: Platform, surface: Surface, make: Make, dialect: str
) -> None:
    """Given a business with one of everything, when a client asks every question, then it understands each answer."""
    made = make(dialect)
    ours = made.client(str(client.base_url), header(client, platform, "published"))
    questions = {name: one for name, one in made.operations.items() if one.method == "get"}
    for name, operation in questions.items():
        asks = made.operation(name).sync_detailed
        answer = asks(**needed(asks) | ids(surface, operation) | {"client": ours})
        assert understood(answer), name
    assert questions


def test_a_client_of_the_served_document_gets_layers_tokens(
    client: httpx.Client, platform: Platform, owed: Surface, make: Make
) -> None:
    """Given a client made of the served document, when it asks for tokens in each way, then each opens the aging."""
    made = make("layer")
    address, business = str(client.base_url), {"business_id": UUID(owed.known["business"])}
    key = platform.header["Authorization"]
    asks = made.operation("oauth2.token.post")
    grants = [
        asks.sync(client=made.client(address, key)),
        *(
            asks.sync(client=made.client(address, key), body=made.model(body)(scope="any"))
            for body in ("Oauth2TokenPostJsonBody", "Oauth2TokenPostDataBody")
        ),
    ]
    partners = made.client(address, f"Bearer {grants[0].access_token}")
    grants += [
        made.operation("business.auth-token.post").sync(**business, client=partners),
        made.operation("business.auth-token.get").sync(**business, client=partners, session_duration=60),
    ]
    assert [one.expires_in for one in grants] == [3600, 3600, 3600, 3600, 60]
    aging = made.operations["business.invoices.ar-aging.customer.get"]
    for one in grants:
        opened = made.client(address, f"{one.token_type} {one.access_token}")
        answer = made.operation(aging.described["operationId"]).sync(**ids(owed, aging), client=opened)
        assert bands(answer) == (BANDS, sum(BANDS))


def test_a_client_of_the_served_document_gets_thredfis_tokens(
    client: httpx.Client, platform: Platform, owed: Surface, make: Make
) -> None:
    """Given a client made of the served document, when it asks for tokens in each way, then each opens the aging."""
    made = make("thredfi")
    address, business = str(client.base_url), {"business_id": UUID(owed.known["business"])}
    key = platform.header["Authorization"]
    asks, scoped = made.operation("get_partner_token"), made.operation("get_business_token")
    grants = [
        asks.sync(client=made.client(address, key)),
        *(
            asks.sync(
                client=made.client(address, key),
                body=made.model(body)(client_id=platform.partner_id),
            )
            for body in ("GetPartnerTokenJsonBody", "GetPartnerTokenDataBody")
        ),
        scoped.sync(**business, client=made.client(address, key)),
    ]
    grants.append(scoped.sync(**business, client=made.client(address, f"Bearer {grants[0].access_token}")))
    assert [one.business_id for one in grants[3:]] == [business["business_id"]] * 2
    for one in grants:
        opened = made.client(address, f"{one.token_type} {one.access_token}")
        answer = made.operation("get_ap_aging").sync(**business, client=opened)
        assert bands(answer) == (BANDS, sum(BANDS))
