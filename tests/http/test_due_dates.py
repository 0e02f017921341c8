"""Due dates as both dialects show them: when the oldest of what is open falls due, as that stands today."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from duebook.ledger.commands import AddCharge, AddSettlement, ChangeDueDate, NewAllocation, NewParty
from duebook.ledger.facts import Instalment, Kind, Side
from tests.http.layer_world import new_layer
from tests.http.thredfi_world import new_thredfi
from tests.http.world import Platform, write

TODAY = datetime.now(UTC).date()


def days(ahead: int) -> date:
    """A day so many days ahead of today."""
    return TODAY + timedelta(days=ahead)


@pytest.fixture
def shown(client: httpx.Client, platform: Platform, database_url: str) -> dict[str, list[dict[str, Any]]]:
    """Three bills as either dialect lists those due by today, and as each shows all."""
    books = new_thredfi(client, platform)
    usual: dict[str, Any] = {
        "side": Side.PAYABLE,
        "party": NewParty("ann", "Ann"),
        "issued_on": days(-60),
        "currency": "USD",
    }
    parts = (Instalment(days(-30), 4_000), Instalment(days(-5), 3_000), Instalment(days(30), 3_000))
    write(
        database_url,
        books.business_id,
        AddCharge(**usual, external_id="plain", amount_minor=10_000, due_on=days(-10), body={"due_at": str(days(-10))}),
        AddCharge(**usual, external_id="parts", amount_minor=10_000, instalments=parts),
        AddCharge(**usual, external_id="moved", amount_minor=10_000, due_on=days(-20), body={"due_at": str(days(-20))}),
        AddSettlement(
            side=Side.PAYABLE,
            kind=Kind.PAYMENT,
            settled_on=days(-20),
            currency="USD",
            amount_minor=4_000,
            allocations=(NewAllocation(charge="parts", amount_minor=4_000),),
        ),
        ChangeDueDate(side=Side.PAYABLE, charge="moved", from_on=days(-15), due_on=days(20)),
    )
    layer = new_layer(client, platform)
    address = f"/v1/businesses/{books.business_id}/bills"
    asked = {"due_at_end": str(TODAY), "sort_by": "due_at"}
    return {
        "thredfi": books.get("bills/")["results"],
        "layer": client.get(address, headers=layer.headers).json()["data"],
        "thredfi, due": books.get("bills/", due_at_end=str(TODAY), ordering="due_at")["results"],
        "layer, due": client.get(address, headers=layer.headers, params=asked).json()["data"],
    }


@pytest.mark.parametrize("dialect", ["thredfi", "layer"])
def test_a_due_date_is_that_of_the_oldest_that_is_open(shown: dict[str, list[dict[str, Any]]], dialect: str) -> None:
    """Given a bill, one in parts that is part paid, one that was put off, when shown, then each as of today."""
    due_at = {one["external_id"]: one["due_at"][:10] for one in shown[dialect]}
    assert due_at == {"plain": str(days(-10)), "parts": str(days(-5)), "moved": str(days(20))}


@pytest.mark.parametrize("dialect", ["thredfi", "layer"])
def test_filters_and_orders_go_by_the_due_date_that_is_shown(
    shown: dict[str, list[dict[str, Any]]], dialect: str
) -> None:
    """Given the same bills, when those due by today are listed in order, then as they are shown."""
    assert [one["external_id"] for one in shown[f"{dialect}, due"]] == ["plain", "parts"]


def test_what_is_shown_overdue_is_past_its_due_date(shown: dict[str, list[dict[str, Any]]]) -> None:
    """Given the same bills, when they are shown, then overdue are those whose shown due date is past."""
    assert {one["external_id"]: one["is_overdue"] for one in shown["thredfi"]} == {
        "plain": True,
        "parts": True,
        "moved": False,
    }
