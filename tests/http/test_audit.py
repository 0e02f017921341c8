"""Who changed what, when, and from where: recorded with every write, listed, and given as a file."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from duebook.ledger.audit import AT_ONCE
from duebook.ledger.facts import Side
from tests.http.layer_world import BILL
from tests.http.native_world import Books, about, charge, named, new_books, payment
from tests.http.thredfi_payment_world import new_payable
from tests.http.world import Platform, bearer, business_token, new_business, partner_token, rotated

FORMULAS = ("=cmd()", "@SUM(A1)", "+1+cmd|' /C calc'!A0", "-2+3", "\t=1", "  =1", "\r=1", "\n@x", "＝1")


@pytest.fixture(scope="module")
def kept(client: httpx.Client, platform: Platform) -> Books:
    """Books of four versions: a charge and its payment, rates, an edit, and another party's charge."""
    books = new_books(client, platform)
    books.do(charge("A-1"), payment("P-1", 6_000, ("A-1", 4_000)))
    books.do({"command": "put_rates", "rates": [{"currency": "EUR", "quoted_on": "2025-01-01", "rate": "1.10"}]})
    books.do(about("edit_document", kind="charge", document=named("A-1"), amount_minor=8_000, number="17"))
    books.do(charge("B-1", party={"external_id": "bob", "name": "Bob"}))
    return books


def lines(answer: httpx.Response) -> list[Any]:
    """The lines of a file of JSON lines."""
    assert answer.status_code == 200, answer.text
    return [msgspec.json.decode(line) for line in answer.content.splitlines()]


def records(books: Books, **query: Any) -> list[Any]:
    """All that is told, page by page, a version that goes on put together again."""
    found: list[Any] = []
    cursor = None
    while True:
        page = books.get("audit", **query, **({"cursor": cursor} if cursor else {}))
        for one in page["records"]:
            if one.pop("continued"):
                found[-1]["changes"] += one["changes"]
            else:
                found.append(one)
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_every_dialect_and_every_kind_of_credentials_is_told(
    client: httpx.Client, platform: Platform, books: Books
) -> None:
    """Given a key, a partner's and a business's token in three dialects, behind a proxy or not, when they write, then
    each version tells the key, what the token is bound to, the client's address and the request."""
    token = business_token(client, platform, books.business_id)
    partners = bearer(partner_token(client, platform))
    through = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}
    url = f"/businesses/{books.business_id}"
    answers = [
        books.ask("POST", "commands", json={"commands": [charge("A-1")]}, headers={"X-Request-ID": "mine-1"}),
        client.post(f"/api/v1{url}/commands", json={"commands": [charge("A-2")]}, headers=bearer(token) | through),
        client.post(f"/v1{url}/bills", json=BILL, headers=partners | through),
        client.post(f"/v1/platform{url}/customers/", json={"external_id": "c", "name": "C"}, headers=bearer(token)),
    ]
    assert [one.status_code for one in answers] == [201, 201, 201, 201], [one.text for one in answers]
    told = [one["actor"] for one in records(books)]
    by_key = {"partner_id": str(platform.partner_id), "key_id": told[0]["key_id"]}
    bound = {"business_id": books.business_id}
    here, there = {"address": "127.0.0.1"}, {"address": "203.0.113.9"}
    requests = [{"request_id": one.headers["x-request-id"]} for one in answers]
    expected = [by_key | here, by_key | bound | there, by_key | there, by_key | bound | here]
    assert told == [actor | request for actor, request in zip(expected, requests, strict=True)]
    assert told[0]["request_id"] == "mine-1"
    assert [one["actor"] for one in books.get("versions")["versions"]] == told


def test_a_repeated_request_is_told_once(client: httpx.Client, platform: Platform, database_url: str) -> None:
    """Given a payment with an idempotency key, when it is sent twice, then one record tells of the first request."""
    its = new_payable(client, platform, database_url, Side.RECEIVABLE)
    before = its.books.version()
    asked, key = its.payment((its.first, 100)), {"Idempotency-Key": "k-1"}
    first, again = (its.books.ask("POST", its.path, json=asked, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    told = records(Books(client, platform, its.books.business_id), since=before)
    assert [one["actor"]["request_id"] for one in told] == [first.headers["x-request-id"]]


def test_what_is_refused_is_not_told(books: Books) -> None:
    """Given a command that is refused, when the audit is read, then it has nothing of it."""
    books.do(charge("A-1"))
    books.refused(payment("P-1", 20_000, ("A-1", 20_000)))
    assert [one["version"] for one in records(books)] == [1]


def test_a_change_is_told_field_by_field(kept: Books) -> None:
    """Given an invoice that was edited, when its audit is read, then its fields are told before and after."""
    invoice = kept.document("A-1")
    told = records(kept, document_id=invoice["id"])
    assert [(one["version"], one["operation"]) for one in told] == [
        (1, "add_charge, add_settlement"),
        (3, "edit_document"),
    ]
    assert [[change["thing"] for change in one["changes"]] for one in told] == [
        ["document", "allocation"],
        ["document"],
    ]
    ((edit,),) = [one["changes"] for one in told if one["version"] == 3]
    assert edit == {
        "thing": "document",
        "created": False,
        "id": invoice["id"],
        "side": "receivable",
        "kind": "charge",
        "external_id": "A-1",
        "target_id": None,
        "number": "17",
        "fields": [
            {"field": "number", "before": None, "after": "17"},
            {"field": "amount_minor", "before": 10_000, "after": 8_000},
            {"field": "base_minor", "before": 10_000, "after": 8_000},
        ],
    }
    (made, part) = told[0]["changes"]
    fields = {one["field"]: (one["before"], one["after"]) for one in made["fields"]}
    assert (made["created"], fields["amount_minor"], fields["due_on"]) == (True, (None, 10_000), (None, "2025-02-09"))
    assert (part["charge_id"], part["source_id"]) == (invoice["id"], kept.document("P-1")["id"])


def test_the_audit_is_cut_by_version_instant_and_party(kept: Books) -> None:
    """Given four versions, when asked from, up to, at instants and of a party, then those versions are told."""
    times = [one["recorded_at"] for one in kept.get("versions")["versions"]]
    bob, ann = kept.document("B-1")["party_id"], kept.document("A-1")["party_id"]

    def versions(**query: Any) -> list[int]:
        return [one["version"] for one in records(kept, **query)]

    assert versions() == versions(since=0) == [1, 2, 3, 4]
    assert versions(since=1, known_at=3) == versions(since=times[0], known_at=times[2]) == [2, 3]
    assert (versions(party_id=bob), versions(party_id=ann), versions(since=4)) == ([4], [1, 3], [])
    assert versions(party_id=ann, document_id=kept.document("A-1")["id"]) == [1, 3]
    assert versions(party_id=bob, document_id=kept.document("A-1")["id"]) == []
    assert versions(document_id=str(uuid4())) == versions(party_id=str(uuid4())) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_pages_of_any_size_say_the_same(kept: Books, limit: int) -> None:
    """Given pages of so many changes, when all are read, then none is said twice or left out, and each is full."""
    assert records(kept, limit=limit) == records(kept)
    first = kept.get("audit", limit=limit)
    assert sum(len(one["changes"]) for one in first["records"]) == min(limit, 8)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        *[
            (f"cursor={cursor}", "cursor")
            for cursor in ("x", "1", "1.1", "1.1.5", "1.3.x", "1.6.1", "-1.3.1", "1.0.0-0")
        ],
        ("cursor=1.3.00000000-0000-0000-0000-000000000000", "cursor"),
        ("since=1&cursor=1.0.00000000-0000-0000-0000-000000000001", "cursor"),
        ("since=1&since=2", "since"),
        ("since=5", "since"),
        ("since=soon", "since"),
        ("known_at=9", "known_at"),
        ("known_at=closed", "known_at"),
        ("since=3&known_at=2", "since"),
        ("party_id=1", "party_id"),
        ("document_id=A-1", "document_id"),
        ("limit=501", "limit"),
        ("format=csv", "format"),
    ],
)
def test_a_bad_question_is_named(kept: Books, query: str, field: str) -> None:
    """Given a parameter that breaks a rule or is none, when the audit is asked for, then 422 names it."""
    answer = kept.ask("GET", f"audit?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text


def test_an_unchanged_page_is_304(kept: Books) -> None:
    """Given a page, when asked for again with its tag, then 304; asked by the version it carries, the same bytes."""
    first = kept.ask("GET", "audit")
    assert kept.ask("GET", "audit", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert kept.ask("GET", "audit", params={"known_at": 4}).content == first.content


def test_a_file_is_what_the_pages_say(kept: Books) -> None:
    """Given both kinds of file, when they are fetched, then they say what the pages say, under a name of their own."""
    told = records(kept, since=1)
    *said, last = lines(kept.ask("GET", "audit.ndjson?since=1"))
    assert [{name: value for name, value in one.items() if name != "continued"} for one in said] == told
    assert last == {"head": None}
    answer = kept.ask("GET", "audit.csv?since=1")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    expected = [
        (str(one["version"]), change["thing"], field["field"])
        for one in told
        for change in one["changes"]
        for field in change["fields"]
    ]
    assert [(row["version"], row["thing"], row["field"]) for row in rows] == expected
    [amount] = [row for row in rows if row["version"] == "3" and row["field"] == "amount_minor"]
    assert (amount["before"], amount["after"], amount["created"], amount["number"]) == ("10000", "8000", "false", "17")
    assert (amount["address"], amount["partner_id"]) == ("127.0.0.1", str(kept.platform.partner_id))
    for form, media_type in (("ndjson", "application/x-ndjson"), ("csv", "text/csv; charset=utf-8")):
        headers = kept.ask("GET", f"audit.{form}").headers
        name = f"audit-{kept.business_id}-4.{form}"
        assert headers["content-disposition"] == f'attachment; filename="{name}"'
        assert (headers["content-type"], headers["cache-control"]) == (media_type, "private, no-store")


def test_a_large_version_goes_on_in_the_next_line(books: Books) -> None:
    """Given one write of more changes than are read together, when it is exported, then a line goes on with it."""
    books.do(*(charge(f"A-{place}") for place in range(AT_ONCE + 100)))
    *said, _ = lines(books.ask("GET", "audit.ndjson"))
    assert [(one["version"], one["continued"], len(one["changes"])) for one in said] == [
        (1, False, AT_ONCE),
        (1, True, 101),
    ]
    numbers = [change["external_id"] for one in said for change in one["changes"] if change["thing"] == "document"]
    assert sorted(numbers) == sorted(f"A-{place}" for place in range(AT_ONCE + 100))
    with ThreadPoolExecutor(6) as threads:  # more at once than one business has turns
        answers = list(threads.map(lambda _: books.ask("GET", "audit.ndjson"), range(6)))
    assert len({one.content for one in answers}) == 1
    with books.client.stream(
        "GET", f"/api/v1/businesses/{books.business_id}/audit.ndjson", auth=books.platform.basic
    ) as left:
        next(left.iter_raw())
    assert books.ask("GET", "audit.ndjson").content == answers[0].content


@pytest.mark.parametrize("path", ["audit", "audit.ndjson", "audit.csv"])
def test_nobody_reads_anothers_audit(
    client: httpx.Client, platform: Platform, other_platform: Platform, kept: Books, path: str
) -> None:
    """Given another partner, another business's token, a revoked key or nobody, when they ask, then 404, 403, 401."""
    url = f"/api/v1/businesses/{kept.business_id}/{path}"
    bound = bearer(business_token(client, platform, new_business(client, platform)))
    answers = [
        client.get(url, auth=other_platform.basic),
        client.get(url, headers=bound),
        client.get(url),
        client.get(url, headers=bearer(business_token(client, platform, kept.business_id))),
    ]
    assert [one.status_code for one in answers] == [404, 403, 401, 200]


def test_two_businesses_are_never_mixed(client: httpx.Client, platform: Platform, kept: Books) -> None:
    """Given two businesses of one partner, when each is asked about the other's things, then nothing is told."""
    other = new_books(client, platform)
    other.do(charge("A-1"))
    theirs, ours = other.document("A-1"), kept.document("A-1")
    assert records(other, document_id=ours["id"]) == records(other, party_id=ours["party_id"]) == []
    ids = {change["id"] for one in records(other) for change in one["changes"]}
    assert ids == {theirs["id"], theirs["party_id"]}
    page = other.get("audit", cursor=kept.get("audit", limit=2)["next_cursor"])
    assert {change["id"] for one in page["records"] for change in one["changes"]} <= ids


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_text_is_a_formula(books: Books, formula: str) -> None:
    """Given a text that a spreadsheet would take for a formula, wherever text can stand, when the audit is exported as
    CSV, then each cell that holds it begins with an apostrophe, and every number is a number."""
    tag = {"key": formula, "value": formula, "key_name": formula, "value_name": formula}
    party = about("put_party", external_id=formula, name=formula, tags=[tag], profile={"memo": formula})
    paid = charge(formula, party={"external_id": formula}, number=formula, tags=[tag], body={"memo": formula})
    books.ask("POST", "commands", json={"commands": [party, paid]}, headers={"X-Request-ID": "=1+1"})
    books.do(about("edit_document", kind="charge", document=named(formula), number=f"{formula} ", amount_minor=1))
    answer = books.ask("GET", "audit.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    cells = [(name, cell) for row in rows for name, cell in row.items()]
    assert [cell for _, cell in cells if cell.lstrip().startswith(("=", "+", "-", "@", "＝"))] == []
    assert [cell for _, cell in cells if cell.startswith(("\t", "\r", "\n"))] == []
    places = {name for name, cell in cells if cell.startswith(f"'{formula}")}
    assert places == {"external_id", "name", "number", "key", "value", "before", "after"}
    assert {row["request_id"] for row in rows if row["version"] == "1"} == {"'=1+1"}
    amounts = [(row["before"], row["after"]) for row in rows if row["field"] == "amount_minor"]
    assert amounts == [("", "10000"), ("10000", "1")]


def test_a_revoked_key_reads_no_audit(database_url: str, client: httpx.Client, other_platform: Platform) -> None:
    """Given a key that is revoked, when the audit is asked for with it, then 401."""
    books = new_books(client, other_platform)
    rotated(database_url, other_platform)
    assert [books.ask("GET", path).status_code for path in ("audit", "audit.ndjson", "audit.csv")] == [401, 401, 401]
