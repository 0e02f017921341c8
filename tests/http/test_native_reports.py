"""Aging, what is behind its cells, what changed in it, and tie-out: each over HTTP, and all in agreement."""

from typing import Any

import httpx
import pytest

from tests.http.native_world import Books, about, charge, named, new_books, payment
from tests.http.world import Platform

AR = {"side": "receivable", "as_of": "2025-03-31"}


@pytest.fixture(scope="module")
def kept(client: httpx.Client, platform: Platform) -> Books:
    """Two customers with charges of several ages and currencies, unapplied money, and a late correction."""
    books = new_books(client, platform)
    books.do(
        {"command": "put_rates", "rates": [{"currency": "EUR", "quoted_on": "2025-01-01", "rate": "1.25"}]},
        charge("A-1", tags=[{"key": "store", "value": "7"}]),
        charge("A-2", 2_000, due_on="2025-03-30", tags=[{"key": "store", "value": "8"}]),
        charge("B-1", 800, party=named("bob"), currency="EUR", due_on="2024-12-01", number="B/1"),
        payment("P-1", 6_000, ("A-1", 4_000), settled_on="2025-03-01"),
    )
    books.do(about("edit_document", kind="charge", document=named("A-1"), amount_minor=9_000))
    books.do({"command": "put_rates", "rates": [{"currency": "EUR", "quoted_on": "2025-03-01", "rate": "1.5"}]})
    return books


def rows(report: Any) -> list[tuple[str, list[int], int, int]]:
    """The rows of a report in short."""
    return [(one["name"], one["bands_minor"], one["unapplied_minor"], one["total_minor"]) for one in report["rows"]]


def test_a_report_says_what_it_was_made_from(kept: Books) -> None:
    """Given books, when aged, then rows and totals, and every fact that is needed to ask for it again."""
    report = kept.get("reports/aging", **AR)
    recorded_at = kept.get("books")["recorded_at"]
    assert rows(report) == [("Ann", [0, 2_000, 5_000, 0, 0], -2_000, 5_000), ("bob", [0, 0, 0, 0, 1_000], 0, 1_000)]
    del report["rows"]
    assert report == {
        "business_id": kept.business_id, "side": "receivable", "as_of": "2025-03-31", "known_at": 3,
        "recorded_at": recorded_at, "time_zone": "UTC", "base_currency": "USD", "basis": "base", "credits": "column",
        "revalued_on": None, "rates": [], "edges": [1, 31, 61, 91],
        "bands": [
            {"label": "current", "from_days": None, "to_days": 0}, {"label": "1-30", "from_days": 1, "to_days": 30},
            {"label": "31-60", "from_days": 31, "to_days": 60}, {"label": "61-90", "from_days": 61, "to_days": 90},
            {"label": "91+", "from_days": 91, "to_days": None},
        ],
        "tags": [], "books_start_on": None, "closed_through": None, "note": None, "left_out": [],
        "totals": [
            {"currency": "USD", "bands_minor": [0, 2_000, 5_000, 0, 1_000], "unapplied_minor": -2_000,
             "total_minor": 6_000},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"party": "ann", "credits": "net"}, [("Ann", [0, 0, 5_000, 0, 0], 0, 5_000)]),
        ({"party": "ann", "credits": "exclude"}, [("Ann", [0, 2_000, 5_000, 0, 0], 0, 7_000)]),
        ({"party": "bob", "basis": "document"}, [("bob", [0, 0, 0, 0, 800], 0, 800)]),
        ({"party": "bob", "basis": "revalued"}, [("bob", [0, 0, 0, 0, 1_200], 0, 1_200)]),
        ({"party": "bob", "basis": "revalued", "revalued_on": "2025-02-01"}, [("bob", [0, 0, 0, 0, 1_000], 0, 1_000)]),
        ({"party": "ann", "edges": "51"}, [("Ann", [7_000, 0], -2_000, 5_000)]),
        ({"party": "ann", "edges": "-5,1,50"}, [("Ann", [0, 0, 2_000, 5_000], -2_000, 5_000)]),
        ({"tag": "store:7"}, [("Ann", [0, 0, 5_000, 0, 0], 0, 5_000)]),
        ({"tag": ["store:7", "store:8"]}, [("Ann", [0, 2_000, 5_000, 0, 0], 0, 7_000)]),
        ({"tag": ["store", "other:1"]}, []),
        ({"party": "ann", "known_at": 1}, [("Ann", [0, 2_000, 6_000, 0, 0], -2_000, 6_000)]),
        ({"party": "ann", "as_of": "2025-02-28"}, [("Ann", [2_000, 9_000, 0, 0, 0], 0, 11_000)]),
    ],
    ids=str,
)
def test_what_is_asked_is_answered(kept: Books, query: dict[str, Any], expected: list[Any]) -> None:
    """Given books, when aged with a parameter, then the rows are those it asks for, and the answer repeats it."""
    asked = AR | {name: value for name, value in query.items() if name != "party"}
    if "party" in query:
        (party,) = kept.get("parties", external_id=query["party"])["parties"]
        asked["party_id"] = party["id"]
    report = kept.get("reports/aging", **asked)
    assert rows(report) == expected
    for name in ("as_of", "known_at", "credits", "basis", "revalued_on"):
        assert report[name] == asked.get(name, report[name])


def test_money_left_out_is_printed(kept: Books) -> None:
    """Given unapplied money, when it is left out, then the answer says how much."""
    assert kept.get("reports/aging", **AR, credits="exclude")["left_out"] == [
        {"currency": "USD", "unapplied_minor": -2_000}
    ]


def test_a_revalued_report_carries_its_rates(kept: Books) -> None:
    """Given a foreign charge, when revalued, then the day and the rates stand in the answer."""
    report = kept.get("reports/aging", **AR, basis="revalued")
    assert report["revalued_on"] == "2025-03-31"
    assert report["rates"] == [{"currency": "EUR", "quoted_on": "2025-03-01", "rate": "1.5"}]
    early = kept.ask("GET", "reports/aging", params=AR | {"basis": "revalued", "revalued_on": "2024-12-31"})
    assert (early.status_code, early.json()["code"]) == (409, "no_rate_in_force")
    assert early.json()["figures"] == {"currencies": ["EUR"], "revalued_on": "2024-12-31"}


@pytest.mark.parametrize("basis", ["base", "document", "revalued"])
@pytest.mark.parametrize("credits", ["column", "net", "exclude"])
def test_every_cell_is_the_sum_of_its_items(kept: Books, basis: str, credits: str) -> None:
    """Given a report, when each cell, row and total is explained, then the items add up to it."""
    query = AR | {"basis": basis, "credits": credits}
    report = kept.get("reports/aging", **query)

    def explained(**cell: Any) -> dict[str, int]:
        found = kept.get("reports/aging/items", **query, **cell)
        sums: dict[str, int] = {}
        for one in found["items"]:
            sums[one["currency"]] = sums.get(one["currency"], 0) + one["open_minor"]
        assert {one["currency"]: one["open_minor"] for one in found["totals"] if one["open_minor"]} == {
            currency: total for currency, total in sums.items() if total
        }
        return sums

    for row in report["rows"]:
        currency, party_id = row["currency"], row["party_id"]
        for band, minor in enumerate(row["bands_minor"]):
            assert explained(party_id=party_id, band=band).get(currency, 0) == minor
        assert explained(party_id=party_id).get(currency, 0) == row["total_minor"]
        if credits == "column":
            assert explained(party_id=party_id, band="unapplied").get(currency, 0) == row["unapplied_minor"]
    for total in report["totals"]:
        assert explained().get(total["currency"], 0) == total["total_minor"]
    left_out = explained(band="unapplied") if credits == "exclude" else {}
    assert left_out == {one["currency"]: one["unapplied_minor"] for one in report["left_out"]}


def test_an_item_tells_its_story(kept: Books) -> None:
    """Given a cell, when explained, then its item says where it came from and what was taken of it."""
    found = kept.get("reports/aging/items", **AR, band=2)
    (item,), facts = found["items"], kept.get("reports/aging", **AR)
    (taken,) = item.pop("allocations")
    paid = kept.document("P-1")
    assert taken == {
        "allocation_id": paid["allocations"][0]["id"], "document_id": paid["id"], "kind": "payment", "number": None,
        "effective_on": "2025-03-01", "amount_minor": 4_000,
    }  # fmt: skip
    assert item == {
        "party_id": paid["party_id"], "party_external_id": "ann", "party_name": "Ann",
        "document_id": kept.document("A-1")["id"], "kind": "charge", "external_id": "A-1", "number": None,
        "instalment": 1, "unapplied": False, "issued_on": "2025-01-10", "due_on": "2025-02-09", "due_from": "given",
        "days_late": 50, "band": 2, "document_currency": "USD", "amount_minor": 9_000, "currency": "USD",
        "open_minor": 5_000,
    }  # fmt: skip
    assert [found[name] for name in ("known_at", "as_of", "edges", "time_zone", "basis", "credits")] == [
        facts[name] for name in ("known_at", "as_of", "edges", "time_zone", "basis", "credits")
    ]


def test_what_changed_between_two_versions(kept: Books) -> None:
    """Given an edit, when asked what changed since before it, then rows before and after, and the entries between."""
    found = kept.get("reports/aging/changes", **AR, since=1, known_at=2)
    (row,), (entry,) = found["rows"], found["entries"]
    assert (found["since"], found["known_at"], row["name"]) == (1, 2, "Ann")
    assert row["before"] == {"bands_minor": [0, 2_000, 6_000, 0, 0], "unapplied_minor": -2_000, "total_minor": 6_000}
    assert row["after"] == {"bands_minor": [0, 2_000, 5_000, 0, 0], "unapplied_minor": -2_000, "total_minor": 5_000}
    charge_id = kept.document("A-1")["id"]
    assert (entry["version"], entry["operation"], entry["kind"]) == (2, "edit_document", "charge")
    assert (entry["document"]["id"], entry["cause"]["id"], entry["band"]) == (charge_id, charge_id, 2)
    assert (entry["amount_minor"], entry["effective_on"], entry["due_on"]) == (-1_000, "2025-01-10", "2025-02-09")
    everything = kept.get("reports/aging/changes", **AR, since=0)
    assert sum(one["amount_minor"] for one in everything["entries"]) == 6_000
    assert kept.get("reports/aging/changes", **AR, since=3)["rows"] == []


@pytest.mark.parametrize(
    ("path", "query", "status", "field", "rule"),
    [
        ("aging", "", 422, "side", "is required"),
        ("aging", "side=ar", 422, "side", "is one of receivable, payable"),
        ("aging", "side=payable&edges=", 422, "edges", "whole numbers"),
        ("aging", "side=payable&edges=1,a", 422, "edges", "whole numbers"),
        ("aging", "side=payable&edges=1,31,31", 422, "edges", "edge 31 is not greater"),
        ("aging", "side=payable&edges=31,1", 422, "edges", "edge 1 is not greater"),
        ("aging", "side=payable&edges=9999999", 422, "edges", "whole numbers"),
        ("aging", "side=payable&tag=:x", 422, "tag", "key:value"),
        ("aging", "side=payable&tag=x:", 422, "tag", "key:value"),
        ("aging", "side=payable&credits=all", 422, "credits", "is one of exclude, column, net"),
        ("aging", "side=payable&basis=usd", 422, "basis", "is one of base, document, revalued"),
        ("aging", "side=payable&revalued_on=2025-01-01", 422, "revalued_on", "goes with basis=revalued"),
        ("aging", "side=payable&basis=revalued&revalued_on=x", 422, "revalued_on", "is a date"),
        ("aging", "side=payable&known_at=4", 422, "known_at", "from 0 to the latest"),
        ("aging", "side=payable&known_at=closed", 409, "known_at", "closed"),
        ("aging", "side=payable&band=1", 422, "band", "is not a parameter here"),
        ("aging/items", "side=payable&band=5", 422, "band", "counted from 0"),
        ("aging/items", "side=payable&band=x", 422, "band", "counted from 0, or unapplied"),
        ("aging/changes", "side=payable", 422, "since", "is required"),
        ("aging/changes", "side=payable&since=x", 422, "since", "is a version, or an instant"),
        ("aging/changes", "side=payable&since=4", 422, "since", "is a version from 0 to 3"),
        ("aging/changes", "side=payable&since=2&known_at=1", 422, "since", "to the same or a later one"),
    ],
)
def test_a_bad_question_names_its_part(kept: Books, path: str, query: str, status: int, field: str, rule: str) -> None:
    """Given a parameter that breaks a rule, when asked, then the answer names it and the rule."""
    answer = kept.ask("GET", f"reports/{path}?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    (wrong,) = answer.json()["errors"]
    assert wrong["field"] == field
    assert rule in wrong["rule"]


@pytest.mark.parametrize("path", ["aging?", "aging/items?", "aging/changes?since=1&"])
def test_the_same_question_has_the_same_bytes(client: httpx.Client, platform: Platform, path: str) -> None:
    """Given a report, when asked again by its day and version after a write, then the same bytes and tag, or 304."""
    books = new_books(client, platform)
    books.do(charge("A-1"))
    books.do(payment("P-1", 6_000, ("A-1", 4_000)))
    first = books.ask("GET", f"reports/{path}side=receivable")
    books.do(charge("A-2"), about("put_party", external_id="ann", name="Anna"))
    facts = first.json()
    again = f"reports/{path}side=receivable&as_of={facts['as_of']}&known_at={facts['known_at']}"
    second = books.ask("GET", again)
    assert (second.content, second.headers["etag"]) == (first.content, first.headers["etag"])
    unchanged = books.ask("GET", again, headers={"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    latest = books.ask("GET", f"reports/{path}side=receivable", headers={"If-None-Match": first.headers["etag"]})
    assert (latest.status_code, latest.json()["known_at"]) == (200, 3)


def test_a_closed_day_is_reported_as_it_was_closed(books: Books) -> None:
    """Given a closed month and a late change, when it is reported as closed, then as known at its closing."""
    books.do(charge("A-1"))
    books.do({"command": "close_books", "through_on": "2025-01-31", "late": "shift"})
    books.do(charge("A-2", 5_000))
    january = {"side": "receivable", "as_of": "2025-01-31"}
    closed = books.get("reports/aging", **january, known_at="closed")
    assert (closed["known_at"], closed["closed_through"], closed["totals"][0]["total_minor"]) == (
        2,
        "2025-01-31",
        10_000,
    )
    assert books.get("reports/aging", **january)["totals"][0]["total_minor"] == 10_000
    later = books.get("reports/aging", side="receivable", as_of="2025-02-01")
    assert later["totals"][0]["total_minor"] == 15_000


def test_a_day_before_the_books_is_noted(books: Books) -> None:
    """Given a business that moved in, when an earlier day is reported, then it says that the books start later."""
    books.do({"command": "start_books", "on": "2025-02-01"}, charge("A-1", opening=True))
    early = books.get("reports/aging", side="receivable", as_of="2025-01-31")
    assert (early["rows"], early["books_start_on"]) == ([], "2025-02-01")
    assert early["note"] == "the books start on 2025-02-01: nothing before that day is in them"
    first = books.get("reports/aging", side="receivable", as_of="2025-02-01")
    assert (first["totals"][0]["total_minor"], first["note"]) == (10_000, None)
    assert books.document("A-1")["opening_on"] == "2025-02-01"


def test_tie_out_says_where_the_difference_begins(kept: Books) -> None:
    """Given balances of a control account, when compared, then differences, the first day, and what is suspected."""
    answer = kept.ask(
        "POST",
        "reports/tie-out",
        json={
            "side": "receivable",
            "balances": [
                {"on": "2025-03-31", "balance_minor": 7_000},
                {"on": "2025-01-31", "balance_minor": 12_000},
            ],
        },
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    totals = [
        kept.get("reports/aging", side="receivable", as_of=one["on"])["totals"][0]["total_minor"]
        for one in found["days"]
    ]
    assert [one["total_minor"] for one in found["days"]] == totals == [12_000, 6_000]
    assert [one["difference_minor"] for one in found["days"]] == [0, 1_000]
    assert (found["ties_out"], found["tied_on"], found["first_on"]) == (False, "2025-01-31", "2025-03-31")
    assert {one["suspicion"] for one in found["suspects"]} <= {
        "recorded_late", "undone_since", "before_its_charge", "foreign_currency",
    }  # fmt: skip
    assert (found["basis"], found["credits"], found["time_zone"], found["base_currency"]) == (
        "base", "column", "UTC", "USD",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "side"),
        ({"side": "receivable", "balances": []}, 422, "balances"),
        ({"side": "receivable", "balances": [{"on": "2025-01-31"}]}, 422, "balances[0].balance_minor"),
        ({"side": "receivable", "balances": [{"on": "2025-01-31", "balance_minor": 1}] * 2}, 422, "balances[1].on"),
        (
            {"side": "receivable", "balances": [{"on": "2025-01-31", "balance_minor": 1}], "known_at": "x"},
            422,
            "known_at",
        ),
        (
            {"side": "receivable", "balances": [{"on": "2025-01-31", "balance_minor": 1}], "known_at": 9},
            422,
            "known_at",
        ),
        (
            {"side": "receivable", "balances": [{"on": "2025-01-31", "balance_minor": 1}], "known_at": "closed"},
            409,
            "known_at",
        ),
    ],
)
def test_a_bad_tie_out_is_named(kept: Books, body: dict[str, Any], status: int, field: str) -> None:
    """Given balances that break a rule, when compared, then the answer names the part."""
    answer = kept.ask("POST", "reports/tie-out", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)


def test_a_difference_that_does_not_fit_is_an_error(kept: Books) -> None:
    """Given the lowest balance there is, when compared, then the difference does not fit and is not shown."""
    lowest = {"side": "receivable", "balances": [{"on": "2025-03-31", "balance_minor": -(2**63)}]}
    answer = kept.ask("POST", "reports/tie-out", json=lowest)
    assert (answer.status_code, answer.json()["code"]) == (422, "sum_too_large")
