"""Lists of documents in the words of the dialect: filtered, sorted, and each with the status that is published."""

from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from duebook.ledger.commands import AddCharge, AddRefund, AddWriteOff, NewParty
from duebook.ledger.facts import Kind, Reason, Side, State
from tests.http.layer_world import Layer, bill, bill_payment, invoice, new_layer, payment
from tests.http.world import Platform, write

CHARGES = pytest.mark.parametrize(("path", "own"), [("invoices", "sent_at"), ("bills", "received_at")])
PAYMENTS = pytest.mark.parametrize("path", ["invoices/payments", "bills/bill-payments"])

DAY = date(2024, 1, 4)


@pytest.fixture(scope="module")
def books(client: httpx.Client, platform: Platform) -> Layer:
    """Four invoices and four bills alike: one is paid, two are paid in part, one has no number and no memo."""
    books = new_layer(client, platform)
    for path, one, own, whose in [
        ("invoices", invoice, "sent_at", "customer_external_id"),
        ("bills", bill, "received_at", "vendor_external_id"),
    ]:
        for number, amount, day, due, fields in [
            ("a", 10_000, "2024-04-01", "2024-05-01", {"reference_number": "R-2", "memo": "Spring order"}),
            ("b", 30_000, "2024-04-02", "2024-06-01", {"reference_number": "R-1", "memo": "spring", whose: "other"}),
            ("c", 20_000, "2024-04-03", "2024-04-20", {}),
            ("d", 5, "2024-04-04T23:30:00-05:00", "2024-07-01", {"reference_number": "x,y"}),
        ]:
            books.post(path, one(number, amount, **{own: day, "due_at": due}, **fields))
    for path, pay in [("invoices/payments", payment), ("bills/bill-payments", bill_payment)]:
        books.post(path, pay(10_000, ("a", 10_000), external_id="p", reference_number="N", memo="Cash"))
        books.post(
            path,
            pay(7, ("b", 7), external_id="q", paid_at="2024-05-02", method="CHECK", processor="STRIPE", memo="x"),
        )
        books.post(path, pay(3, ("c", 3), external_id="r", paid_at="2024-05-03", processor="OTHER"))
    return books


def _found(books: Layer, path: str, **query: Any) -> list[str]:
    return [one["external_id"] for one in books.get(path, **query)["data"]]


@CHARGES
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"external_id": "b"}, ["b"]),
        ({"status": "PAID"}, ["a"]),
        ({"status": "PAID,PARTIALLY_PAID"}, ["a", "b", "c"]),
        ({"status": ["PAID", "{unpaid}"]}, ["a", "d"]),
        ({"status": "VOIDED"}, []),
        ({"reference_number": "R-1"}, ["b"]),
        ({"reference_number": "R-1,R-2"}, ["a", "b"]),
        ({"reference_number": ["R-2", "x,y"]}, ["a", "d"]),
        ({"reference_number": "r-1"}, []),
        ({"min_total_amount": "10000"}, ["a", "b", "c"]),
        ({"min_total_amount": 10_001, "max_total_amount": 20_000}, ["c"]),
        ({"max_total_amount": -1}, []),
        ({"memo": "spring"}, ["b"]),
        ({"memo_contains": "SPRING"}, ["a", "b"]),
        ({"memo_contains": "%"}, []),
        ({"due_at_start": "2024-05-01", "due_at_end": "2024-06-01T12:00:00Z"}, ["a", "b"]),
        ({"due_at_end": "2024-04-30"}, ["c"]),
        ({"{own}_start": "2024-04-02", "{own}_end": "2024-04-03"}, ["b", "c"]),
        ({"{own}_start": "2024-04-05"}, ["d"]),
        ({"{whose}_external_id": "other"}, ["b"]),
        ({"{whose}_external_id": "nobody"}, []),
        ({"{whose}_id": str(uuid4())}, []),
        ({"status": "PARTIALLY_PAID", "memo_contains": "s"}, ["b"]),
    ],
)
def test_charges_are_filtered(books: Layer, path: str, own: str, query: dict[str, Any], found: list[str]) -> None:
    """Given four invoices or bills, when listed with filters, then those are shown that all of them let through."""
    words = {"own": own, "whose": "customer" if path == "invoices" else "vendor"}
    words["unpaid"] = "SENT" if path == "invoices" else "RECEIVED"

    def told(value: Any) -> Any:
        return [told(one) for one in value] if isinstance(value, list) else str(value).format(**words)

    asked = {told(name): told(value) for name, value in query.items()}
    assert _found(books, path, **asked) == found
    assert books.get(path, **asked, show_total_count=True)["meta"]["pagination"]["total_count"] == len(found)


@CHARGES
def test_whose_charges_are_asked_for_by_two_names_that_agree(books: Layer, path: str, own: str) -> None:
    """Given an id and an external id, when both name one party, then its documents; else 400 that names the second."""
    whose = "customer" if path == "invoices" else "vendor"
    party = books.get(path, external_id="b")["data"][0][whose]["id"]
    assert _found(books, path, **{f"{whose}_id": party, f"{whose}_external_id": "other"}) == ["b"]
    for other in (f"{whose}-1", "nobody"):
        answer = books.ask("GET", path, params={f"{whose}_id": party, f"{whose}_external_id": other})
        assert (answer.status_code, answer.json()["error_enum"]) == (400, "ConflictingQueryParams")
        assert answer.json()["meta"]["field"] == f"{whose}_external_id"


@CHARGES
@pytest.mark.parametrize(
    ("key", "ascending"),
    [
        ("imported_at", "abcd"),
        ("due_at", "cabd"),
        ("total_amount", "dacb"),
        ("outstanding_balance", "adcb"),
        ("reference_number", "cbad"),
        ("own", "abcd"),
    ],
)
def test_charges_are_sorted(books: Layer, path: str, own: str, key: str, ascending: str) -> None:
    """Given a sort key, when listed either way and page by page, then that is the order."""
    sort_by = own if key == "own" else key
    assert _found(books, path, sort_by=sort_by) == [*ascending]
    assert _found(books, path, sort_by=sort_by, sort_order="DESC") == [*ascending[::-1]]
    first = books.get(path, sort_by=sort_by, limit=3)
    cursor = first["meta"]["pagination"]["cursor"]
    assert _found(books, path, sort_by=sort_by, cursor=cursor) == [ascending[3]]
    assert books.ask("GET", path, params={"sort_by": "updated_at", "cursor": cursor}).status_code == 400


@CHARGES
def test_charges_of_one_status_stand_together_when_sorted_by_it(books: Layer, path: str, own: str) -> None:
    """Given the key status, when listed, then those of the same status are neighbours."""
    statuses = [one["status"] for one in books.get(path, sort_by="status")["data"]]
    assert statuses == ["SENT" if path == "invoices" else "RECEIVED", "PARTIALLY_PAID", "PARTIALLY_PAID", "PAID"]


@CHARGES
@pytest.mark.parametrize(
    ("query", "field", "rule"),
    [
        ({"status": "PAID,LATE"}, "status", "is one of "),
        ({"status": ""}, "status", "is one of "),
        ({"min_total_amount": "12.5"}, "min_total_amount", "is whole cents that fit 64 bits"),
        ({"max_total_amount": str(2**63)}, "max_total_amount", "is whole cents that fit 64 bits"),
        ({"max_total_amount": "9" * 500}, "max_total_amount", "is whole cents that fit 64 bits"),
        ({"max_total_amount": ""}, "max_total_amount", "is whole cents that fit 64 bits"),
        ({"due_at_start": "2024-02-30"}, "due_at_start", "is a date that exists"),
        ({"due_at_end": "soon"}, "due_at_end", "is a date that exists"),
        ({"{own}_start": "0001-01-01T00:00:00Z"}, "{own}_start", "lies in the years"),
        ({"{whose}_id": "7"}, "{whose}_id", "is a UUID"),
    ],
)
def test_a_bad_filter_is_refused(
    books: Layer, path: str, own: str, query: dict[str, str], field: str, rule: str
) -> None:
    """Given a filter that cannot be read, when listed, then 400 names it, its value and the rule."""
    words = {"own": own, "whose": "customer" if path == "invoices" else "vendor"}
    answer = books.ask("GET", path, params={name.format(**words): value for name, value in query.items()})
    assert (answer.status_code, answer.json()["error_enum"]) == (400, "QueryParamFormat")
    assert answer.json()["meta"]["field"] == field.format(**words)
    assert answer.json()["meta"]["rule"].startswith(rule)


@CHARGES
@pytest.mark.parametrize(
    ("first", "last", "values"),
    [
        ("due_at_start", "due_at_end", ("2024-05-02", "2024-05-01")),
        ("{own}_start", "{own}_end", ("2024-05-02", "2024-05-01")),
        ("min_total_amount", "max_total_amount", ("2", "1")),
    ],
)
def test_a_range_that_ends_before_it_begins_is_refused(
    books: Layer, path: str, own: str, first: str, last: str, values: tuple[str, str]
) -> None:
    """Given two ends of a range that leave nothing, when listed, then 400 says that they conflict."""
    names = (first.format(own=own), last.format(own=own))
    answer = books.ask("GET", path, params=dict(zip(names, values, strict=True)))
    assert (answer.status_code, answer.json()["error_enum"]) == (400, "ConflictingQueryParams")
    assert answer.json()["meta"] == {"field": names[1], "value": f'"{values[1]}"', "rule": f"is not before {names[0]}"}


@PAYMENTS
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"external_id": "q"}, ["q"]),
        ({"reference_number": "N"}, ["p"]),
        ({"method": "CHECK"}, ["q"]),
        ({"method": "CHECK,ACH"}, ["p", "q", "r"]),
        ({"processor": ["STRIPE", "OTHER"]}, ["q", "r"]),
        ({"paid_at_start": "2024-05-02", "paid_at_end": "2024-05-02"}, ["q"]),
        ({"memo": "Cash"}, ["p"]),
        ({"memo_contains": "AS"}, ["p"]),
        ({"{whose}_external_id": "other"}, ["q"]),
        ({"{word}_external_id": "c"}, ["r"]),
        ({"{word}_external_id": "nothing"}, []),
        ({"{word}_id": str(uuid4())}, []),
        ({"sort_by": "paid_at", "sort_order": "DESC"}, ["r", "q", "p"]),
        ({"sort_by": "amount"}, ["r", "q", "p"]),
    ],
)
def test_payments_are_filtered(books: Layer, path: str, query: dict[str, Any], found: list[str]) -> None:
    """Given three payments of a side, when listed with filters, then those are shown that all of them let through."""
    words = {"word": "invoice", "whose": "customer"} if "invoices" in path else {"word": "bill", "whose": "vendor"}
    assert _found(books, path, **{name.format(**words): value for name, value in query.items()}) == found


@PAYMENTS
def test_a_bad_filter_of_payments_is_refused(books: Layer, path: str) -> None:
    """Given filters that cannot be read or disagree, when payments are listed, then 400 names the one."""
    word = "invoice" if "invoices" in path else "bill"
    there = books.get(f"{word}s", external_id="a")["data"][0]["id"]
    for query, field, enum in [
        ({"method": "GOLD"}, "method", "QueryParamFormat"),
        ({"paid_at_end": "2024-02-30"}, "paid_at_end", "QueryParamFormat"),
        ({"paid_at_start": "2024-03-01", "paid_at_end": "2024-02-01"}, "paid_at_end", "ConflictingQueryParams"),
        ({f"{word}_id": "x"}, f"{word}_id", "QueryParamFormat"),
        ({f"{word}_id": there, f"{word}_external_id": "b"}, f"{word}_external_id", "ConflictingQueryParams"),
        ({"status": "PAID"}, "status", "UnexpectedQueryParam"),
    ]:
        answer = books.ask("GET", path, params=query)
        assert (answer.status_code, answer.json()["error_enum"], answer.json()["meta"]["field"]) == (400, enum, field)


def _charge(side: Side, number: str, **fields: Any) -> AddCharge:
    said: dict[str, Any] = {"party": NewParty("z", "Z"), "issued_on": DAY, "currency": "USD", "amount_minor": 100}
    return AddCharge(side=side, external_id=number, **said | fields)


@CHARGES
def test_each_way_to_stand_has_a_published_status(
    client: httpx.Client, platform: Platform, database_url: str, path: str, own: str
) -> None:
    """Given charges written off, refunded, void and not issued, when shown, then in the words that are published."""
    books = new_layer(client, platform)
    side = Side.RECEIVABLE if path == "invoices" else Side.PAYABLE
    of: dict[str, Any] = {"side": side, "written_off_on": DAY, "reason": Reason.BAD_DEBT}
    write(
        database_url,
        books.business_id,
        _charge(side, "draft", state=State.DRAFT),
        _charge(side, "open"),
        _charge(side, "partly written off"),
        AddWriteOff(charge="partly written off", amount_minor=10, **of),
        _charge(side, "written off"),
        AddWriteOff(charge="written off", **of),
        _charge(side, "refunded"),
    )
    pay = payment if path == "invoices" else bill_payment
    books.post(
        "invoices/payments" if path == "invoices" else "bills/bill-payments",
        pay(100, ("refunded", 100), paid_at="2024-01-05"),
    )
    later = date(2024, 1, 6)
    refund = AddRefund(side=side, of_kind=Kind.CHARGE, of="refunded", refunded_on=later, amount_minor=100)
    write(database_url, books.business_id, refund)
    shown = {one["external_id"]: (one["status"], one["outstanding_balance"]) for one in books.get(path)["data"]}
    invoices = {
        "draft": ("PENDING", 0),
        "open": ("SENT", 100),
        "partly written off": ("PARTIALLY_WRITTEN_OFF", 90),
        "written off": ("WRITTEN_OFF", 0),
        "refunded": ("REFUNDED", 0),
    }
    bills = {
        "draft": ("RECEIVED", 0),
        "open": ("RECEIVED", 100),
        "partly written off": ("PARTIALLY_PAID", 90),
        "written off": ("PAID", 0),
        "refunded": ("PAID", 0),
    }
    assert shown == (invoices if path == "invoices" else bills)
    for name, (status, _) in shown.items():
        assert name in _found(books, path, status=status)
    paid = {one["external_id"]: one["paid_at"] for one in books.get(path)["data"] if one["paid_at"]}
    assert paid == {"refunded": "2024-01-05T00:00:00Z"}
