"""Receivables and payables aging as the published pages give it."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from duebook.ledger.commands import AddCharge, AddSettlement, NewAllocation, NewParty, PutParty
from duebook.ledger.facts import Kind, Side
from duebook.money import MAX_MINOR
from tests.http.contracts import Contract
from tests.http.world import Platform, bearer, business_token, new_business, partner_token, write


class Page(NamedTuple):
    """One of the two published pages."""

    contract: Contract
    side: Side
    party: str

    def path(self, business: str) -> str:
        """Where a business's aging is read."""
        return self.contract.path.format(business_id=business)


AR = Page(Contract("thredfi_ar_aging"), Side.RECEIVABLE, "customer")
AP = Page(Contract("thredfi_ap_aging"), Side.PAYABLE, "vendor")
PAGES = pytest.mark.parametrize("page", [AR, AP], ids=["ar", "ap"])
NOTHING = {"current": 0, "days_1_30": 0, "days_31_60": 0, "days_61_90": 0, "over_90_days": 0}


@pytest.fixture(scope="module")
def books(client: httpx.Client, platform: Platform, database_url: str) -> str:
    """Two parties on either side with charges in every band at 31 March 2025, a part payment and unapplied money."""
    business = new_business(client, platform)
    for side in Side:
        write(database_url, business, *_parties(side), *_charges(side), *_payments(side))
    return business


def _parties(side: Side) -> list[PutParty]:
    return [
        PutParty(side=side, external_id="brown", name="Brown & Söhne"),
        PutParty(side=side, external_id="adams", name="Adams"),
        PutParty(side=side, external_id="quiet", name="Nothing Open"),
    ]


def _charges(side: Side) -> list[AddCharge]:
    def charge(number: str, party: str, amount_minor: int, due_on: date) -> AddCharge:
        return AddCharge(
            side=side,
            external_id=number,
            party=NewParty(party, party),
            issued_on=date(2024, 11, 1),
            due_on=due_on,
            currency="USD",
            amount_minor=amount_minor,
        )

    return [
        charge("1", "adams", 100, date(2025, 4, 15)),
        charge("2", "adams", 200, date(2025, 3, 31)),
        charge("3", "adams", 400, date(2025, 3, 30)),
        charge("4", "brown", 1_000, date(2025, 2, 28)),
        charge("5", "brown", 2_000, date(2024, 12, 31)),
        charge("6", "brown", 4_000, date(2024, 12, 30)),
        charge("7", "quiet", 700, date(2025, 1, 1)),
    ]


def _payments(side: Side) -> list[AddSettlement]:
    def payment(number: str, amount_minor: int, paid_on: date, charge: str, applied_minor: int) -> AddSettlement:
        return AddSettlement(
            side=side, kind=Kind.PAYMENT, external_id=number, settled_on=paid_on, currency="USD",
            amount_minor=amount_minor, allocations=(NewAllocation(charge=charge, amount_minor=applied_minor),),
        )  # fmt: skip

    return [payment("p1", 700, date(2025, 1, 10), "7", 700), payment("p2", 500, date(2025, 3, 1), "6", 300)]


def ask(client: httpx.Client, platform: Platform, page: Page, business: str, **query: str) -> httpx.Response:
    """The answer to one question at a page, checked against it."""
    answer = client.get(page.path(business), params=query, auth=platform.basic)
    page.contract.check(answer)
    return answer


@PAGES
def test_aging_by_party(client: httpx.Client, platform: Platform, books: str, page: Page) -> None:
    """Given charges in every band, when aged at 31 March, then each party's bands, the largest total first."""
    (body,) = ask(client, platform, page, books, as_of_date="2025-03-31").json()
    rows = body.pop(f"{page.party}s")
    assert body == {
        "business_id": books,
        "as_of_date": "2025-03-31",
        "group_by": page.party,
        "currency": "USD",
        "total_outstanding_cents": 7_400,
        "total_aging_buckets": {
            "current": 300, "days_1_30": 400, "days_31_60": 1_000, "days_61_90": 2_000, "over_90_days": 3_700,
        },
    }  # fmt: skip
    assert [UUID(row.pop(f"{page.party}_id")).version for row in rows] == [7, 7]
    assert rows == [
        {
            f"{page.party}_name": "Brown & Söhne",
            "total_outstanding_cents": 6_700,
            "aging_buckets": NOTHING | {"days_31_60": 1_000, "days_61_90": 2_000, "over_90_days": 3_700},
        },
        {
            f"{page.party}_name": "Adams",
            "total_outstanding_cents": 700,
            "aging_buckets": NOTHING | {"current": 300, "days_1_30": 400},
        },
    ]


@PAGES
def test_the_total_alone(client: httpx.Client, platform: Platform, books: str, page: Page) -> None:
    """Given open charges, when aging is grouped by total, then the list is empty and the totals are the same."""
    (by_party,) = ask(client, platform, page, books, as_of_date="2025-03-31", group_by=page.party).json()
    (total,) = ask(client, platform, page, books, as_of_date="2025-03-31", group_by="total").json()
    assert total == by_party | {"group_by": "total", f"{page.party}s": []}


@PAGES
@pytest.mark.parametrize(
    ("as_of", "total_cents"),
    [("2024-10-31", 0), ("2024-11-01", 8_400), ("2025-01-10", 7_700), ("2025-03-01", 7_400), ("9999-12-31", 7_400)],
)
def test_the_past_is_as_it_was(
    client: httpx.Client,
    platform: Platform,
    books: str,
    page: Page,
    as_of: str,
    total_cents: int,
) -> None:
    """Given charges and payments, when aged at an earlier day, then only what had happened by then counts."""
    (body,) = ask(client, platform, page, books, as_of_date=as_of).json()
    assert (body["as_of_date"], body["total_outstanding_cents"]) == (as_of, total_cents)


@PAGES
def test_empty_books(client: httpx.Client, platform: Platform, business: str, page: Page) -> None:
    """Given a business with nothing recorded, when aged, then zeros in its own currency and today's date."""
    (body,) = ask(client, platform, page, business).json()
    assert body == {
        "as_of_date": date.fromisoformat(body["as_of_date"]).isoformat(),
        "business_id": business, "group_by": page.party, "currency": "USD", "total_outstanding_cents": 0,
        "total_aging_buckets": NOTHING, f"{page.party}s": [],
    }  # fmt: skip


@PAGES
def test_the_live_profile_reads_like_the_browser_widget_wants_it(
    client: httpx.Client, platform: Platform, books: str, page: Page
) -> None:
    """Given a token of the live profile, when aged, then the one object bare, with both spellings of the bands."""
    (published,) = ask(client, platform, page, books, as_of_date="2025-03-31").json()
    headers = bearer(business_token(client, platform, books, wire_profile="live"))
    path = page.path(books)
    live = client.get(path, params={"as_of_date": "2025-03-31"}, headers=headers).json()

    def both(buckets: dict[str, int]) -> dict[str, int]:
        return buckets | {f"{days}_days": buckets[f"days_{days}"] for days in ("1_30", "31_60", "61_90")}

    assert live == published | {
        "total_aging_buckets": both(published["total_aging_buckets"]),
        f"{page.party}s": [row | {"aging_buckets": both(row["aging_buckets"])} for row in published[f"{page.party}s"]],
    }


@PAGES
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("as_of_date=2025-02-30", "as_of_date"),
        ("as_of_date=", "as_of_date"),
        ("as_of_date=null", "as_of_date"),
        ("as_of_date=today", "as_of_date"),
        ("as_of_date=20250331", "as_of_date"),
        ("as_of_date=2025-03-31T00:00:00Z", "as_of_date"),
        ("as_of_date=%202025-03-31", "as_of_date"),
        ("as_of_date=0000-01-01", "as_of_date"),
        ("as_of_date=10000-01-01", "as_of_date"),
        ("as_of_date=-2025-03-31", "as_of_date"),
        ("as_of_date=٢٠٢٥-٠٣-٣١", "as_of_date"),
        ("group_by=everyone", "group_by"),
        ("group_by=", "group_by"),
        ("group_by=TOTAL", "group_by"),
        ("as_of_date=2025-03-31&as_of_date=x", "as_of_date"),
        ("as_of_date=%ff", "query"),
        ("as_of_date=%00", "query"),
        ("anything=%00", "query"),
    ],
)
def test_a_bad_question_is_told_which_part_is_bad(
    client: httpx.Client, platform: Platform, books: str, page: Page, query: str, field: str
) -> None:
    """Given a query that breaks a rule, when aging is read, then 400 names the parameter."""
    answer = client.get(f"{page.path(books)}?{query}", auth=platform.basic)
    page.contract.check(answer)
    body = answer.json()
    assert (answer.status_code, body["error_code"]) == (400, "validation_error")
    assert list(body["detail"]["field_errors"]) == [field]
    assert body["request_id"] == answer.headers["x-request-id"]


@PAGES
def test_the_other_sides_grouping_is_refused(client: httpx.Client, platform: Platform, books: str, page: Page) -> None:
    """Given receivables grouped by vendor, or payables by customer, when aged, then 400."""
    other = {"customer": "vendor", "vendor": "customer"}[page.party]
    assert ask(client, platform, page, books, group_by=other).status_code == 400


@PAGES
def test_a_parameter_that_we_do_not_know_changes_nothing(
    client: httpx.Client, platform: Platform, books: str, page: Page
) -> None:
    """Given an unknown parameter or an unneeded content type, when aged, then the answer is the same."""
    plain = ask(client, platform, page, books, as_of_date="2025-03-31")
    more = client.get(
        page.path(books),
        params={"as_of_date": "2025-03-31", "color": "blue"},
        headers={"Content-Type": "application/json"},
        auth=platform.basic,
    )
    assert (more.status_code, more.content) == (200, plain.content)


@PAGES
@pytest.mark.parametrize(
    "bad_id", ["1", "not-a-uuid", "%ff", "%00", "..%2f..", "x" * 3000, "00000000-0000-0000-0000-00000000000g"]
)
def test_a_bad_id_names_nothing(client: httpx.Client, platform: Platform, page: Page, bad_id: str) -> None:
    """Given a business id that is none, when aging is read, then 404 in the dialect's words."""
    answer = client.get(page.contract.path.replace("{business_id}", bad_id), auth=platform.basic)
    page.contract.check(answer)
    assert (answer.status_code, answer.json()["error_code"]) == (404, "not_found")


@PAGES
def test_the_pages_other_errors(
    client: httpx.Client,
    platform: Platform,
    other_platform: Platform,
    books: str,
    page: Page,
) -> None:
    """Given no token, a bad one, one for another business, another partner, when aged, then as the page says."""
    path = page.path(books)
    elsewhere = bearer(business_token(client, other_platform, new_business(client, other_platform)))
    answers = [
        client.get(path),
        client.get(path, headers=bearer("x.y.z")),
        client.get(path, headers=elsewhere),
        client.get(path, auth=other_platform.basic),
    ]
    for answer in answers:
        page.contract.check(answer)
    assert [(one.status_code, one.json()["error_code"]) for one in answers] == [
        (401, "authentication_required"), (401, "invalid_token"), (403, "permission_denied"),
        (404, "business_not_found"),
    ]  # fmt: skip


@PAGES
def test_a_sum_that_does_not_fit_is_an_error(
    client: httpx.Client, platform: Platform, database_url: str, page: Page
) -> None:
    """Given two charges of the largest amount, when aged, then 422 and no wrong number."""
    business = new_business(client, platform)
    for number in ("1", "2"):
        largest = AddCharge(
            side=page.side,
            external_id=number,
            party=NewParty(number, number),
            issued_on=date(2025, 1, 1),
            currency="USD",
            amount_minor=MAX_MINOR,
        )
        write(database_url, business, largest)
    answer = ask(client, platform, page, business, as_of_date="2025-01-01")
    assert (answer.status_code, answer.json()["error_code"]) == (422, "sum_too_large")


def test_the_same_question_is_answered_with_the_same_bytes_or_304(
    client: httpx.Client, platform: Platform, database_url: str
) -> None:
    """Given an answer, when asked again, then the same bytes and tag, or 304; after a write both are new."""
    business = new_business(client, platform)
    first = ask(client, platform, AR, business, as_of_date="2025-03-31")
    assert first.headers["cache-control"] == "private, no-cache"
    again = ask(client, platform, AR, business, as_of_date="2025-03-31")
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])

    def if_changed(**headers: str) -> httpx.Response:
        path = AR.path(business)
        asked = {"If-None-Match": first.headers["etag"], **headers}
        return client.get(path, params={"as_of_date": "2025-03-31"}, headers=asked, auth=platform.basic)

    for tags in (first.headers["etag"], f'"x", W/{first.headers["etag"]}', "*"):
        unchanged = if_changed(**{"If-None-Match": tags})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["etag"] == first.headers["etag"]

    write(database_url, business, PutParty(side=Side.RECEIVABLE, external_id="new", name="New"))
    changed = if_changed()
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


def test_every_question_has_a_tag_of_its_own(client: httpx.Client, platform: Platform, books: str) -> None:
    """Given one version of the books, when side, day, grouping, profile or business differ, then so do the tags."""
    live = bearer(partner_token(client, platform, wire_profile="live"))
    other = new_business(client, platform)
    answers = [
        ask(client, platform, AR, books, as_of_date="2025-03-31"),
        ask(client, platform, AP, books, as_of_date="2025-03-31"),
        ask(client, platform, AR, books, as_of_date="2025-03-30"),
        ask(client, platform, AR, books, as_of_date="2025-03-31", group_by="total"),
        ask(client, platform, AR, other, as_of_date="2025-03-31"),
        client.get(AR.path(books), params={"as_of_date": "2025-03-31"}, headers=live),
    ]
    assert len({answer.headers["etag"] for answer in answers}) == len(answers)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"])
def test_today_is_the_calendar_day_where_the_business_is(client: httpx.Client, platform: Platform, zone: str) -> None:
    """Given a business in a zone, when aged without a date, then as of the day that it is there."""
    business = new_business(client, platform, time_zone=zone)
    before = datetime.now(ZoneInfo(zone)).date()
    (body,) = ask(client, platform, AR, business).json()
    assert before <= date.fromisoformat(body["as_of_date"]) <= datetime.now(ZoneInfo(zone)).date()
