"""Documents, parties, rates, versions and the books themselves, read back as known at a version."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.http.native_world import Books, about, charge, named, new_books, payment
from tests.http.world import Platform, bearer, business_token, new_business, partner_token

READS = (
    *("books", "documents", "parties", "rates", "versions", "head", "audit", "audit.ndjson", "audit.csv"),
    *("documents/00000000-0000-7000-8000-000000000000", "parties/00000000-0000-7000-8000-000000000000"),
    *("reports/aging?side=payable", "reports/aging/items?side=payable"),
    "reports/aging/changes?side=payable&since=0",
)


@pytest.fixture(scope="module")
def kept(client: httpx.Client, platform: Platform) -> Books:
    """Books of three versions: a charge and its payment, an edit, and a payment that is taken back from."""
    books = new_books(client, platform)
    books.do(charge("A-1", terms={"net_days": 30}, due_on=None), payment("P-1", 6_000, ("A-1", 4_000)))
    books.do(about("edit_document", kind="charge", document=named("A-1"), amount_minor=8_000, number="17"))
    (allocation,) = books.document("P-1")["allocations"]
    books.do(
        about("take_back", id=allocation["id"], on="2025-03-15"),
        {"command": "close_books", "through_on": "2025-01-31"},
    )
    return books


def test_a_document_says_all_that_is_known_of_it(books: Books) -> None:
    """Given a charge with all that it can hold, when it is read, then each part is there as it was given."""
    books.do(
        {"command": "put_rates", "rates": [{"currency": "KWD", "quoted_on": "2025-01-01", "rate": "3.25"}]},
        charge(
            "A-1", 9_000, currency="KWD", number="17", received_on="2025-01-12", body={"memo": "x"}, due_on=None,
            tags=[{"key": "store", "value": "7"}], instalments=[
                {"due_on": "2025-02-10", "amount_minor": 3_000}, {"due_on": "2025-03-10", "amount_minor": 6_000},
            ],
        ),
        about("change_due_date", charge=named("A-1"), from_on="2025-02-01", due_on="2025-02-20"),
        payment("P-1", 4_000, ("A-1", 4_000), currency="KWD"),
        about("add_write_off", external_id="W-1", charge=named("A-1"), written_off_on="2025-04-01",
              amount_minor=500, reason="discount"),
    )  # fmt: skip
    found = books.document("A-1", as_of="2025-04-01")
    (write,) = books.get("versions")["versions"]
    stamp = {"version": 1, "recorded_at": write["recorded_at"]}
    (allocation,), (aimed,) = found.pop("allocations"), found.pop("aimed")
    assert (found.pop("id"), found.pop("party_id")) == (allocation["charge_id"], books.document("P-1")["party_id"])
    assert (allocation["amount_minor"], allocation["effective_on"], allocation["stated"]) == (
        4_000,
        "2025-03-01",
        False,
    )
    assert (aimed["kind"], aimed["external_id"], aimed["amount_minor"]) == ("write_off", "W-1", 500)
    assert found == {
        "side": "receivable", "kind": "charge", "external_id": "A-1", "target_id": None, "state": "issued",
        "status": None, "returned_on": None, "reason": None, "number": "17", "issued_on": "2025-01-10",
        "received_on": "2025-01-12", "opening_on": None, "due_on": "2025-03-10", "due_from": "given", "terms": None,
        "currency": "KWD", "amount_minor": 9_000, "base_minor": 2_925, "open_minor": 4_500, "open_base_minor": 1_462,
        "instalments": [
            {"number": 1, "due_on": "2025-02-20", "booked_due_on": "2025-02-10", "amount_minor": 3_000,
             "open_minor": 0},
            {"number": 2, "due_on": "2025-03-10", "booked_due_on": "2025-03-10", "amount_minor": 6_000,
             "open_minor": 4_500},
        ],
        "due_changes": [{"from_on": "2025-02-01", "instalment": 1, "due_on": "2025-02-20"}],
        "tags": [{"key": "store", "value": "7", "key_name": None, "value_name": None}], "body": {"memo": "x"},
        "created": stamp, "updated": stamp,
    }  # fmt: skip


def test_a_document_is_known_as_it_was_at_each_version(kept: Books) -> None:
    """Given an edit and an allocation taken back, when read at each version, then as it was known then."""
    document_id = kept.document("A-1")["id"]
    seen = [
        kept.get(f"documents/{document_id}", known_at=version, as_of="2025-12-31")["document"] for version in (1, 2, 3)
    ]
    assert [(one["amount_minor"], one["number"], one["open_minor"]) for one in seen] == [
        (10_000, None, 6_000), (8_000, "17", 4_000), (8_000, "17", 8_000),
    ]  # fmt: skip
    assert [one["updated"]["version"] for one in seen] == [1, 2, 2]
    assert [one["allocations"][0]["ended_on"] for one in seen] == [None, None, "2025-03-15"]
    assert [one["due_from"] for one in seen] == ["terms"] * 3
    assert kept.open("A-1", "2025-03-14") == 4_000


def test_a_document_that_was_not_there_yet_is_not_found(kept: Books) -> None:
    """Given a document of version 1, when read as known at version 0, then 404."""
    answer = kept.ask("GET", f"documents/{kept.document('A-1')['id']}", params={"known_at": 0})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert kept.get("documents", known_at=0)["documents"] == []
    assert kept.get("parties", known_at=0)["parties"] == []
    assert kept.get("books", known_at=0)["recorded_at"] is None


def test_an_instant_is_the_version_of_its_time(kept: Books) -> None:
    """Given versions with their times, when an instant is asked about, then the last version up to it answers."""
    times = [datetime.fromisoformat(one["recorded_at"]) for one in kept.get("versions")["versions"]]
    before = [times[0] - timedelta(microseconds=1), times[1] - timedelta(microseconds=1), times[1], times[2]]
    assert [kept.get("books", known_at=at.isoformat())["known_at"] for at in before] == [0, 1, 2, 3]
    elsewhere = times[1].astimezone(timezone(timedelta(hours=9))).isoformat()
    lost = kept.ask("GET", f"books?known_at={elsewhere}")  # its plus has become a space on the way
    assert lost.json()["known_at"] == 2
    assert kept.get("books", known_at=datetime(9990, 1, 1, tzinfo=UTC).isoformat())["known_at"] == 3


def test_lists_are_filtered(books: Books) -> None:
    """Given documents of both sides and several kinds, when filtered, then those that match all filters."""
    books.do(
        charge("A-1"), charge("A-2", party=named("bob")), payment("P-1", 100, kind="credit"),
        charge("A-1", side="payable", party=named("vera")),
        about("put_party", external_id="bob", name="Bob"),
    )  # fmt: skip
    bob = books.document("A-2")["party_id"]

    def found(**query: str) -> list[str]:
        return [f"{one['side']} {one['external_id']}" for one in books.get("documents", **query)["documents"]]

    assert found() == ["receivable A-1", "receivable A-2", "receivable P-1", "payable A-1"]
    assert found(side="payable") == ["payable A-1"]
    assert found(kind="credit") == ["receivable P-1"]
    assert found(external_id="A-1") == ["receivable A-1", "payable A-1"]
    assert found(party_id=bob, kind="charge") == ["receivable A-2"]
    names = [one["name"] for one in books.get("parties", side="receivable")["parties"]]
    assert names == ["Ann", "Bob"]
    assert [one["id"] for one in books.get("parties", name="Bob")["parties"]] == [bob]
    assert books.get(f"parties/{bob}")["party"]["external_id"] == "bob"


@pytest.mark.parametrize(
    ("path", "name", "key"),
    [("documents", "documents", "external_id"), ("versions", "versions", "version"), ("rates", "rates", "quoted_on")],
)
def test_pages_hold_everything_once(books: Books, path: str, name: str, key: str) -> None:
    """Given seven of a kind, when read in pages of three, then each is on one page, in order."""
    for place in range(1, 8):
        rate = {"currency": "EUR", "quoted_on": f"2025-01-0{place}", "rate": "1.1"}
        books.do(charge(f"A-{place}"), {"command": "put_rates", "rates": [rate]})

    def pages(**query: Any) -> list[list[Any]]:
        found: list[list[Any]] = []
        cursor = None
        while not found or cursor:
            page = books.get(path, limit=3, **query, **({"cursor": cursor} if cursor else {}))
            found.append([one[key] for one in page[name]])
            cursor = page["next_cursor"]
        return found

    whole = [one[key] for one in books.get(path)[name]]
    assert (len(whole), pages()) == (7, [whole[:3], whole[3:6], whole[6:]])
    assert books.get(path, limit=7)["next_cursor"] is None
    if path == "versions":
        assert pages(order="desc") == [[7, 6, 5], [4, 3, 2], [1]]


def test_a_rate_is_corrected_by_a_version(books: Books) -> None:
    """Given a rate quoted twice for a day, when read at each version, then as it was known then."""
    for rate in ("1.10", "1.2"):
        books.do({"command": "put_rates", "rates": [{"currency": "EUR", "quoted_on": "2025-01-01", "rate": rate}]})
    assert [books.get("rates", known_at=at)["rates"][0]["rate"] for at in (1, 2)] == ["1.10", "1.2"]
    assert books.get("rates", currency="GBP")["rates"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("known_at=4", "known_at"),
        ("known_at=-1", "known_at"),
        ("known_at=soon", "known_at"),
        ("known_at=2025-01-01", "known_at"),
        ("known_at=2025-01-01T00:00:00", "known_at"),
        ("known_at=99999999999999999999", "known_at"),
        ("known_at=", "known_at"),
        ("as_of=2025-02-30", "as_of"),
        ("side=both", "side"),
        ("kind=bill", "kind"),
        ("party_id=1", "party_id"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=1.x", "cursor"),
        ("cursor=99999999999999999999.00000000-0000-0000-0000-000000000000", "cursor"),
        ("page=2", "page"),
    ],
)
def test_a_bad_parameter_is_named(kept: Books, query: str, field: str) -> None:
    """Given a list asked for with a parameter that breaks a rule or is none, when answered, then 422 names it."""
    answer = kept.ask("GET", f"documents?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    (wrong,) = answer.json()["errors"]
    assert (wrong["field"], answer.json()["code"]) == (field, "bad_value")
    assert wrong["rule"]


@pytest.mark.parametrize("path", ["versions?cursor=x", "rates?cursor=EUR", "rates?cursor=EUR.2025-02-30"])
def test_a_bad_cursor_of_another_list_is_named(kept: Books, path: str) -> None:
    """Given a cursor that no page gave, when used, then 422 names it."""
    answer = kept.ask("GET", path)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


@pytest.mark.parametrize("path", READS)
def test_what_is_not_to_be_seen_is_not_told_apart(
    client: httpx.Client, platform: Platform, other_platform: Platform, kept: Books, path: str
) -> None:
    """Given another partner, no business, or no such id, when read, then the same 404; bad tokens get 403 or 401."""
    theirs = Books(client, other_platform, kept.business_id).ask("GET", path)
    nobodys = Books(client, platform, str(uuid4())).ask("GET", path)
    answers = [theirs, nobodys]
    if path.partition("/")[0] in ("documents", "parties") and "/" in path:
        answers.append(kept.ask("GET", path))
    bodies = [one.json() for one in answers]
    assert [one.status_code for one in answers] == [404] * len(answers)
    assert len({(one["code"], one["detail"]) for one in bodies}) == 1
    url = f"/api/v1/businesses/{kept.business_id}/{path}"
    bound = bearer(business_token(client, platform, new_business(client, platform)))
    assert client.get(url, headers=bound).status_code == 403
    assert [client.get(url).status_code, client.get(url, headers=bearer("x.y.z")).status_code] == [401, 401]


def test_every_kind_of_credentials_reads_and_writes(client: httpx.Client, platform: Platform, books: Books) -> None:
    """Given Basic, a partner's token and a business token, when used, then each writes and reads."""
    url = f"/api/v1/businesses/{books.business_id}"
    tokens = [partner_token(client, platform), business_token(client, platform, books.business_id)]
    for place, token in enumerate(tokens):
        sent = {"commands": [charge(f"A-{place}")]}
        assert client.post(f"{url}/commands", json=sent, headers=bearer(token)).status_code == 201
        assert client.get(f"{url}/books", headers=bearer(token)).json()["known_at"] == place + 1


def test_nobody_else_writes(client: httpx.Client, other_platform: Platform, platform: Platform, kept: Books) -> None:
    """Given another partner, another business's token, or nobody, when they send commands, then nothing is written."""
    url, sent = f"/api/v1/businesses/{kept.business_id}/commands", {"commands": [charge("X-1")]}
    version = kept.version()
    bound = bearer(business_token(client, platform, new_business(client, platform)))
    answers = [
        client.post(url, json=sent, auth=other_platform.basic),
        client.post(url, json=sent, headers=bound),
        client.post(url, json=sent),
    ]
    assert [one.status_code for one in answers] == [404, 403, 401]
    assert kept.version() == version


@pytest.mark.parametrize("path", ["books", "documents", "parties", "rates", "versions"])
def test_an_unchanged_read_is_304(kept: Books, path: str) -> None:
    """Given an answer, when asked again with its tag, then 304; asked by the version it carries, the same bytes."""
    first = kept.ask("GET", path)
    again = kept.ask("GET", path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    if path != "versions":
        by_version = kept.ask("GET", path, params={"known_at": first.json()["known_at"]})
        assert (by_version.content, by_version.headers["etag"]) == (first.content, first.headers["etag"])
