"""One history, written through either dialect: the same books, which either dialect reads to the cent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duebook.http import layer, thredfi
from duebook.http.openapi import document
from tests.http.cases import HISTORIES
from tests.http.layer_world import Layer
from tests.http.scribes import Act, LayerScribe, Side, ThredfiScribe
from tests.http.thredfi_world import Thredfi
from tests.http.world import Platform, bearer, findings, new_business, partner_token

FIRST: Final = date(2025, 1, 1)
BANDS: Final = ("current", "days_1_30", "days_31_60", "days_61_90", "over_90_days")
COLUMNS: Final = ("current", "1_30", "31_60", "61_90", "91_over", "total")

Rows = dict[str, tuple[int, ...]]
"""What is open by party, by age and in all."""

LAYER: Final = "/v1/businesses/{businessId}"
THREDFI: Final = "/v1/platform/businesses/{business_id}"
ROUTES: Final = {
    ("charge", "ar"): ("/invoices", "/invoices/"),
    ("charge", "ap"): ("/bills", "/bills/"),
    ("payment", "ar"): ("/invoices/payments", "/invoices/payments/"),
    ("payment", "ap"): ("/bills/bill-payments", "/bills/payments/"),
    ("credit", "ar"): ("/invoices/customer-credits", "/customer-credits/"),
    ("credit", "ap"): ("/bills/vendor-credits", "/vendor-credits/"),
    ("write-off", "ar"): ("/invoices/{invoiceId}/write-off", "/invoices/{invoice_id}/write-offs/"),
    ("refund", "ar"): ("/invoices/refunds", "/invoices/refunds/"),
    ("void", "ar"): ("/invoices/{invoiceId}/void", "/invoices/{invoice_id}/void/"),
    ("void", "ap"): ("/bills/{billId}/void", "/bills/{bill_id}/void/"),
}
"""Where an act is written down in either dialect."""

_SERVED: Final = (
    document(layer.build(), trailing_slash=False)["paths"].keys()
    | document(thredfi.build(), trailing_slash=True)["paths"].keys()
)
ACTS: Final = [act for act, (ours, theirs) in ROUTES.items() if {LAYER + ours, THREDFI + theirs} <= _SERVED]
"""The acts that both dialects know."""


@dataclass
class _Books:
    """What is open and paid of each charge of one side, as far as a history has been told."""

    side: Side
    open: dict[str, int] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=dict)
    parties: dict[str, str] = field(default_factory=dict)
    untouched: set[str] = field(default_factory=set)


@st.composite
def histories(draw: st.DrawFn) -> list[Act]:
    """Acts on days in order, each of which fits what was before it."""
    told: list[Act] = []
    sides: dict[str, _Books] = {"ar": _Books("ar"), "ap": _Books("ap")}
    on = FIRST
    for place in range(draw(st.integers(2, 12))):
        on += timedelta(days=draw(st.sampled_from([0, 1, 7, 29, 30, 31, 60, 91])))
        kind, side = draw(st.sampled_from(ACTS))
        act = _TELL[kind](draw, sides[side], f"{kind}-{place}", on)
        if act is not None:
            told.append(act)
    return told


def _charge(draw: st.DrawFn, books: _Books, number: str, on: date) -> Act:
    party, amount = draw(st.sampled_from(["Ann", "Bo Ltd", "Çelik & Söhne"])), draw(st.integers(1, 10**9))
    books.open[number], books.parties[number] = amount, party
    books.untouched.add(number)
    due = on + timedelta(days=draw(st.sampled_from([0, 14, 30, 60])))
    return Act("charge", books.side, number, party, on, amount, due)


def _parts(draw: st.DrawFn, books: _Books) -> tuple[str, tuple[tuple[str, int], ...]]:
    """A party, and parts of one or two of its charges that are open; none without any."""
    charges = [number for number, amount in books.open.items() if amount]
    if not charges:
        return "Ann", ()
    party = books.parties[draw(st.sampled_from(charges))]
    of_it = [number for number in charges if books.parties[number] == party]
    chosen = draw(st.lists(st.sampled_from(of_it), unique=True, min_size=1, max_size=2))
    parts = tuple(
        (number, draw(st.one_of(st.integers(1, books.open[number]), st.just(books.open[number])))) for number in chosen
    )
    for number, amount in parts:
        books.open[number] -= amount
        books.untouched.discard(number)
    return party, parts


def _payment(draw: st.DrawFn, books: _Books, number: str, on: date) -> Act | None:
    party, parts = _parts(draw, books)
    for charge, amount in parts:
        books.paid[charge] = books.paid.get(charge, 0) + amount
    amount = sum(part for _, part in parts)
    return Act("payment", books.side, number, party, on, amount, parts=parts) if parts else None


def _credit(draw: st.DrawFn, books: _Books, number: str, on: date) -> Act:
    party, parts = _parts(draw, books)
    rest = draw(st.sampled_from([0, 1, 5_000])) or (0 if parts else 1)
    return Act("credit", books.side, number, party, on, sum(part for _, part in parts) + rest, parts=parts)


def _write_off(draw: st.DrawFn, books: _Books, number: str, on: date) -> Act | None:
    party, parts = _parts(draw, books)
    return Act("write-off", books.side, number, party, on, parts[0][1], parts=parts[:1]) if len(parts) == 1 else None


def _refund(draw: st.DrawFn, books: _Books, number: str, on: date) -> Act | None:
    if not books.paid:
        return None
    charge = draw(st.sampled_from(sorted(books.paid)))
    amount = books.paid.pop(charge)
    return Act("refund", books.side, number, books.parties[charge], on, amount, parts=((charge, amount),))


def _void(draw: st.DrawFn, books: _Books, number: str, on: date) -> Act | None:
    if not books.untouched:
        return None
    charge = draw(st.sampled_from(sorted(books.untouched)))
    books.untouched.discard(charge)
    return Act("void", books.side, number, books.parties[charge], on, parts=((charge, books.open.pop(charge)),))


_TELL: Final[dict[str, Callable[[st.DrawFn, _Books, str, date], Act | None]]] = {
    "charge": _charge,
    "payment": _payment,
    "credit": _credit,
    "write-off": _write_off,
    "refund": _refund,
    "void": _void,
}


def in_thredfi(client: httpx.Client, headers: dict[str, str], business_id: str, side: Side, day: date) -> Rows:
    """The aging of a business as Thredfi's dialect tells it; its last row is the total."""
    report = Thredfi(client, headers, business_id).aging(side, as_of_date=str(day))
    party = "customer" if side == "ar" else "vendor"

    def row(buckets: dict[str, int], total: int) -> tuple[int, ...]:
        return (*(buckets[name] for name in BANDS), total)

    rows = {
        one[f"{party}_name"]: row(one["aging_buckets"], one["total_outstanding_cents"]) for one in report[f"{party}s"]
    }
    return rows | {"total": row(report["total_aging_buckets"], report["total_outstanding_cents"])}


def in_layer(client: httpx.Client, headers: dict[str, str], business_id: str, side: Side, day: date) -> Rows:
    """The same as Layer's dialect tells it."""
    report: Any = Layer(client, headers, business_id).get(f"reports/unified/{side}-aging", effective_date=str(day))
    rows = report["data"]["rows"]
    return {
        "total" if one["row_key"] == "total" else one["display_name"]: tuple(
            one["cells"][key]["value"] for key in COLUMNS
        )
        for one in rows
    }


@pytest.fixture(scope="module")
def headers(client: httpx.Client, platform: Platform) -> dict[str, str]:
    """The header with a partner's token."""
    return bearer(partner_token(client, platform))


def test_either_dialect_writes_the_same_books_and_reads_them_alike(
    client: httpx.Client, database_url: str, platform: Platform, headers: dict[str, str]
) -> None:
    """Given a history, when it is written through either dialect, then on any day all four agings of it agree."""

    @HISTORIES
    @given(histories())
    def agree(history: list[Act]) -> None:
        ours, theirs = new_business(client, platform), new_business(client, platform)
        scribes = LayerScribe(Layer(client, headers, ours)), ThredfiScribe(Thredfi(client, headers, theirs))
        for act in history:
            for scribe in scribes:
                scribe.write(act)
        days = {act.on for act in history} | {act.due for act in history if act.due}
        last = max(days, default=FIRST)
        for day in sorted({FIRST, *sorted(days)[::3], *(last + timedelta(days=more) for more in (1, 31, 61, 91))}):
            for side in ("ar", "ap"):
                told = [
                    read(client, headers, business_id, side, day)
                    for read in (in_thredfi, in_layer)
                    for business_id in (ours, theirs)
                ]
                assert told == [told[0]] * 4, (side, day)
        assert [findings(database_url, one) for one in (ours, theirs)] == [[], []]

    agree()
