"""Credits of customers and of vendors in Thredfi's dialect."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from duebook.ledger.commands import AddCharge, NewParty
from duebook.ledger.facts import Side
from tests.http.thredfi_world import ELSEWHERE, Thredfi, new_thredfi
from tests.http.world import Platform, new_business, write


@dataclass(frozen=True)
class Kindred:
    """One side: what it calls things, and its books with two documents of 100.00 and one of another party."""

    side: Side
    path: str
    party: str
    charge: str
    dated: str
    fresh: str
    books: Thredfi
    first: str
    second: str
    others: str

    def credit(self, number: str = "CN-1", /, *amounts: int, **fields: Any) -> dict[str, Any]:
        """A credit with lines of these amounts, of 40.00 and 8.00 tax if none is named."""
        usual: dict[str, Any] = {"amount": 4_000, "tax_amount_cents": 800, "memo": "returned"}
        said: dict[str, Any] = {
            "external_id": number,
            f"{self.party}_external_id": "ann",
            self.dated: "2025-03-10",
            "line_items": [{"amount": one} for one in amounts] or [usual],
        }
        return said | fields

    def part(self, charge_id: str, amount: int) -> dict[str, Any]:
        """Part of a credit for a document."""
        return {f"{self.charge}_id": charge_id, "amount": amount}

    def outstanding(self) -> int:
        """What the report of the end of March comes to."""
        report = self.books.aging("ar" if self.side is Side.RECEIVABLE else "ap", as_of_date="2025-03-31")
        total: int = report["total_outstanding_cents"]
        return total


@pytest.fixture(params=list(Side))
def its(request: pytest.FixtureRequest, client: httpx.Client, platform: Platform, database_url: str) -> Kindred:
    """Either side."""
    side: Side = request.param
    books = new_thredfi(client, platform)
    charges = [
        AddCharge(
            side=side,
            external_id=number,
            number=number,
            party=NewParty(party, party),
            issued_on=date(2025, 3, 1),
            currency="USD",
            amount_minor=10_000,
        )
        for number, party in (("1", "ann"), ("2", "ann"), ("3", "bob"))
    ]
    first, second, others = (str(one.id) for one in write(database_url, books.business_id, *charges))
    if side is Side.RECEIVABLE:
        words = ("customer-credits/", "customer", "invoice", "sent_at", "sent")
    else:
        words = ("vendor-credits/", "vendor", "bill", "received_at", "received")
    return Kindred(side, *words, books, first, second, others)


def test_a_credit_is_recorded_once_and_found_again(its: Kindred) -> None:
    """Given a credit, when it is sent twice and found, then 201, then 200, and all of it each time."""
    made = its.books.post(its.path, its.credit(memo="broken", transaction_tags=[{"key": "why", "value": "broken"}]))
    again = its.books.post(
        its.path, its.credit(memo="broken", transaction_tags=[{"key": "why", "value": "broken"}]), status=200
    )
    assert made == again == its.books.get(f"{its.path}{made['id']}/")
    assert (made["status"], made["currency"], made["total_amount"]) == (its.fresh, "USD", 4_800)
    assert (made["applied_amount"], made["remaining_amount"], made["allocations"]) == (0, 4_800, [])
    assert made[its.party]["display_name"] == "ann"
    assert made["issued_at"] == made[its.dated] == "2025-03-10"
    assert made["line_items"][0]["tax_amount_cents"] == 800


def test_a_credit_lowers_what_is_owed_only_when_it_is_applied(its: Kindred) -> None:
    """Given 300.00 open, when 48.00 are credited, and later 30.00 of them applied, then 300.00 and 270.00 are open."""
    made = its.books.post(its.path, its.credit())
    assert its.outstanding() == 30_000
    body = {"allocations": [its.part(its.first, 3_000)]}
    changed = its.books.send("PUT", f"{its.path}{made['id']}/", body)
    assert its.outstanding() == 27_000
    assert (changed["status"], changed["applied_amount"], changed["remaining_amount"]) == (
        "partially_applied",
        3_000,
        1_800,
    )
    (part,) = changed["allocations"]
    assert (part[f"{its.charge}_id"], part[f"{its.charge}_number"]) == (its.first, "1")
    assert (part["amount_cents"], part["applied_at"]) == (3_000, "2025-03-10T00:00:00Z")
    assert part[f"{its.charge}_outstanding_balance_cents"] == 7_000


def test_what_is_listed_is_all_that_a_credit_is_for(its: Kindred) -> None:
    """Given a credit for one document, when others are listed, then that is undone, and nothing if it is not said."""
    made = its.books.post(its.path, its.credit(allocations=[its.part(its.first, 3_000), its.part(its.second, 0)]))
    address = f"{its.path}{made['id']}/"
    for wanted in ([(its.first, 1_000), (its.second, 3_800)], [(its.second, 3_800)], []):
        body = {"allocations": [its.part(*one) for one in wanted]}
        changed = its.books.send("PUT", address, body)
        found = sorted((one[f"{its.charge}_id"], one["amount"]) for one in changed["allocations"])
        assert found == sorted(wanted)
        assert its.outstanding() == 30_000 - sum(amount for _, amount in wanted)
    its.books.send("PUT", address, {"allocations": [its.part(its.first, 4_800)]})
    kept = its.books.send("PUT", address, {"memo": "as agreed"})
    assert (kept["status"], kept["memo"], its.outstanding()) == ("applied", "as agreed", 25_200)


def test_a_document_that_is_listed_twice_gets_both_amounts(its: Kindred) -> None:
    """Given a document twice in a list, when a credit is recorded or changed so, then it gets the sum."""
    parts = [its.part(its.first, 1_000), its.part(its.first, 500)]
    recorded = its.books.post(its.path, its.credit("1", allocations=parts))
    made = its.books.post(its.path, its.credit("2"))
    changed = its.books.send("PUT", f"{its.path}{made['id']}/", {"allocations": parts})
    assert (recorded["applied_amount"], changed["applied_amount"], its.outstanding()) == (1_500, 1_500, 27_000)


def test_a_credit_keeps_its_external_id_and_its_currency_as_it_is_applied(its: Kindred) -> None:
    """Given a credit that is applied, when another external id or currency is put, then it is refused by its field."""
    made = its.books.post(its.path, its.credit(allocations=[its.part(its.first, 1_000)]))
    address = f"{its.path}{made['id']}/"
    said = its.books.refused("PUT", address, {"external_id": "CN-2"})
    assert list(said["detail"]["field_errors"]) == ["external_id"]
    said = its.books.refused("PUT", address, {"currency": "EUR"}, 409)
    assert said["error_code"] == "invalid_state"
    assert its.books.send("PUT", address, {"external_id": "CN-1", "currency": "USD"}) == made


@pytest.mark.parametrize("external_id", ["", "x" * 256])
def test_an_external_id_of_a_party_is_1_to_255_characters(its: Kindred, external_id: str) -> None:
    """Given none or too many characters, when a credit names its party so, then 400 names the field."""
    field = f"{its.party}_external_id"
    said = its.books.refused("POST", its.path, its.credit() | {field: external_id})
    assert list(said["detail"]["field_errors"]) == [field]


def test_lines_are_replaced_and_never_below_what_is_applied(its: Kindred) -> None:
    """Given a credit of which 30.00 are applied, when its lines come to 35.00 or 20.00, then only 35.00 will do."""
    made = its.books.post(its.path, its.credit(allocations=[its.part(its.first, 3_000)]))
    address = f"{its.path}{made['id']}/"
    assert its.books.send("PUT", address, {"line_items": [{"amount": 3_500}]})["remaining_amount"] == 500
    said = its.books.refused("PUT", address, {"line_items": [{"amount": 2_000}]})
    assert list(said["detail"]["field_errors"]) == ["line_items"]


@pytest.mark.parametrize(("amount", "field"), [(10_001, "allocations[0]"), (2**63, "allocations[0].amount")])
def test_more_than_is_open_is_refused(its: Kindred, amount: int, field: str) -> None:
    """Given a credit of 150.00, when more than the 100.00 of a document is applied to it, then 400 with the figures."""
    body = its.credit("CN-1", 15_000, allocations=[its.part(its.first, amount)])
    said = its.books.refused("POST", its.path, body)
    assert (said["error_code"], list(said["detail"]["field_errors"])) == ("validation_error", [field])


def test_more_than_the_credit_is_refused(its: Kindred) -> None:
    """Given a credit of 48.00, when 50.00 of it are applied, then 400 tells what is open, and nothing is written."""
    body = its.credit(allocations=[its.part(its.first, 5_000)])
    said = its.books.refused("POST", its.path, body)
    assert said["detail"]["open_minor"] == 4_800
    made = its.books.post(its.path, its.credit())
    its.books.refused("PUT", f"{its.path}{made['id']}/", {"allocations": [its.part(its.first, 5_000)]})
    assert its.outstanding() == 30_000


def test_what_is_not_there_or_another_partys_is_refused(its: Kindred) -> None:
    """Given documents that are not there or another party's, when a credit is for or from them, then 400 says where."""
    for charge_id in (ELSEWHERE, its.others):
        said = its.books.refused("POST", its.path, its.credit(allocations=[its.part(charge_id, 100)]))
        assert list(said["detail"]["field_errors"]) == ["allocations[0]"]
    source = f"source_{its.charge}_id"
    made = its.books.post(its.path, its.credit())
    for said in (
        its.books.refused("POST", its.path, its.credit("CN-2", **{source: ELSEWHERE})),
        its.books.refused(
            "POST", its.path, its.credit("CN-2", **{source: ELSEWHERE, f"{its.party}_external_id": None})
        ),
        its.books.refused("PUT", f"{its.path}{made['id']}/", {source: ELSEWHERE}),
        its.books.refused("POST", its.path, its.credit("CN-2", **{source: its.others})),
        its.books.refused("PUT", f"{its.path}{made['id']}/", {source: its.others}),
    ):
        assert list(said["detail"]["field_errors"]) == [source]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"line_items": []}, "line_items"),
        ({"line_items": [{"amount": 100}, {"amount": -101}]}, "line_items"),
        ({"line_items": [{"amount": 2**63 - 1}, {"amount": 1}]}, "line_items"),
        ({"line_items": [{"amount": "100"}]}, "line_items[0].amount"),
        ({"currency": "EUR"}, "currency"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": "usd"}, "currency"),
        ({"external_id": ""}, "external_id"),
    ],
)
def test_a_bad_field_is_named(its: Kindred, fields: dict[str, Any], field: str) -> None:
    """Given a field that breaks a rule, when a credit is sent, then 400 names it."""
    said = its.books.refused("POST", its.path, its.credit() | fields)
    assert list(said["detail"]["field_errors"]) == [field]


def test_a_credit_without_a_party_is_its_sources(its: Kindred) -> None:
    """Given a source or a document that is named, when a credit names no party, then it is that one's."""
    nobody: dict[str, Any] = {f"{its.party}_external_id": None}
    from_source = its.books.post(its.path, its.credit("1", **nobody, **{f"source_{its.charge}_id": its.others}))
    from_part = its.books.post(its.path, its.credit("2", **nobody, allocations=[its.part(its.others, 100)]))
    assert [one[its.party]["display_name"] for one in (from_source, from_part)] == ["bob", "bob"]
    said = its.books.refused("POST", its.path, its.credit("3", **nobody))
    assert list(said["detail"]["field_errors"]) == [f"{its.party}_id"]


def test_other_content_under_an_external_id_is_a_conflict(its: Kindred) -> None:
    """Given a credit, when its external id comes with another amount, then 409."""
    its.books.post(its.path, its.credit())
    said = its.books.refused("POST", its.path, its.credit("CN-1", 1), 409)
    assert said["error_code"] == "duplicate_external_id"


def test_a_credit_is_void_only_while_nothing_is_applied(its: Kindred) -> None:
    """Given a credit for a document, when it is voided, then 409 until it is for none; a void one is not changed."""
    made = its.books.post(its.path, its.credit(allocations=[its.part(its.first, 3_000)]))
    address = f"{its.path}{made['id']}/"
    said = its.books.refused("POST", f"{address}void/", None, 409)
    assert (said["error_code"], len(said["detail"]["allocations"])) == ("invalid_state", 1)
    assert list(said["detail"]["field_errors"]) == ["credit_id"]
    its.books.send("PUT", address, {"allocations": []})
    assert its.books.post(f"{address}void/", status=200)["status"] == "void"
    assert its.books.refused("PUT", address, {"memo": "x"}, 409)["error_code"] == "invalid_state"


def test_lists_are_filtered(its: Kindred) -> None:
    """Given credits of each status, when listed by status, day, party or text, then the latest comes first."""
    parts = {"b": [its.part(its.first, 100)], "c": [its.part(its.second, 4_800)]}
    made = {
        number: its.books.post(its.path, its.credit(number, allocations=parts.get(number, [])))["id"]
        for number in ("a", "b", "c", "d")
    }
    its.books.post(f"{its.path}{made['d']}/void/", status=200)
    its.books.post(its.path, its.credit("e", **{its.dated: "2025-03-20", f"{its.party}_external_id": "bob"}))

    def found(**query: str) -> list[str]:
        return [one["external_id"] for one in its.books.get(its.path, **query)["results"]]

    assert found() == ["e", "d", "c", "b", "a"]
    assert found(status=f"{its.fresh},APPLIED") == ["e", "c", "a"]
    assert found(status="partially_applied") == ["b"]
    assert found(status="void") == ["d"]
    assert found(search="BOB") == ["e"]
    assert found(**{f"{its.dated}_start": "2025-03-11T00:00:00.000Z"}) == ["e"]
    assert found(**{f"{its.dated}_end": "2025-03-19T23:59:59.999Z", "page_size": "1", "page": "2"}) == ["c"]
    for name, value in (("status", "open"), (f"{its.party}_id", "ann"), (f"{its.dated}_start", "soon")):
        answer = its.books.ask("GET", its.path, params={name: value})
        assert (answer.status_code, list(answer.json()["detail"]["field_errors"])) == (400, [name])


def test_other_businesses_see_nothing(its: Kindred, client: httpx.Client, platform: Platform) -> None:
    """Given a credit, when another business of the partner asks for it, then it is not there."""
    made = its.books.post(its.path, its.credit())
    elsewhere = new_business(client, platform)
    assert UUID(elsewhere) != UUID(its.books.business_id)
    for method, tail in (("GET", ""), ("PUT", ""), ("POST", "void/")):
        url = f"/v1/platform/businesses/{elsewhere}/{its.path}{made['id']}/{tail}"
        answer = client.request(method, url, auth=platform.basic, json={"memo": "x"})
        assert (answer.status_code, answer.json()["error_code"]) == (404, f"{its.party}_credit_not_found")


def test_a_key_has_a_credit_recorded_once(its: Kindred) -> None:
    """Given a credit without an external id, when it is sent again with its key, then 200 and the same bytes."""
    body = its.credit(external_id=None)
    first = its.books.ask("POST", its.path, json=body, headers={"Idempotency-Key": "k9"})
    again = its.books.ask("POST", its.path, json=body, headers={"Idempotency-Key": "k9"})
    assert (first.status_code, again.status_code, again.content) == (201, 200, first.content)
    assert its.books.get(its.path)["count"] == 1
    said = its.books.refused("POST", its.path, body | {"memo": "x"}, 409, **{"Idempotency-Key": "k9"})
    assert said["error_code"] == "idempotency_key_reused"
