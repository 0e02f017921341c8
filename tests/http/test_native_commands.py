"""Every command of our own API, once each and in lists, and sent again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from duebook.http import native
from tests.http.native_world import Books, Command, about, charge, named, payment

SHAPES = native.description(native.build_api())["components"]["schemas"]


def _the_allocation(books: Books) -> str:
    """The id of the one allocation of P-1."""
    (allocation,) = books.document("P-1")["allocations"]
    found: str = allocation["id"]
    return found


def _to_unarchive(books: Books) -> Command:
    """The command that brings back the party of A-1, which is archived by now."""
    party_id = books.document("A-1")["party_id"]
    books.do(about("archive_party", id=party_id))
    return about("unarchive_party", id=party_id)


Case = tuple[list[Command], Callable[[Books], Command], Callable[[Books], Any], Any]
"""What is there before, the command, what is looked at afterwards, and what is to be seen there."""

PAID = [charge("A-1"), payment("P-1", 6_000, ("A-1", 4_000))]
WRITTEN_OFF = [
    charge("A-1"),
    about("add_write_off", external_id="W-1", charge=named("A-1"), written_off_on="2025-04-01", reason="bad_debt"),
]

EVERY: dict[str, Case] = {
    "put_party": (
        [],
        lambda _: about("put_party", external_id="bob", name="Bob", terms={"net_days": 30}, profile={"a": [1]}),
        lambda books: [
            (one["name"], one["terms"], one["profile"]) for one in books.get("parties", external_id="bob")["parties"]
        ],
        [("Bob", {"net_days": 30, "end_of_month": False}, {"a": [1]})],
    ),
    "archive_party": (
        [charge("A-1")],
        lambda books: about("archive_party", id=books.document("A-1")["party_id"]),
        lambda books: (
            len(books.get("parties")["parties"]),
            [one["archived"] for one in books.get("parties", archived=True)["parties"]],
        ),
        (0, [True]),
    ),
    "unarchive_party": (
        [charge("A-1")],
        _to_unarchive,
        lambda books: [one["archived"] for one in books.get("parties")["parties"]],
        [False],
    ),
    "merge_parties": (
        [charge("A-1"), charge("B-1", party=named("bob"))],
        lambda books: about(
            "merge_parties", id=books.document("B-1")["party_id"], into=books.document("A-1")["party_id"]
        ),
        lambda books: books.document("A-1")["party_id"] == books.document("B-1")["party_id"],
        True,
    ),
    "add_charge": (
        [],
        lambda _: charge(
            "A-1",
            due_on=None,
            instalments=[
                {"due_on": "2025-02-10", "amount_minor": 3_000},
                {"due_on": "2025-03-10", "amount_minor": 7_000},
            ],
            settlements=[
                {
                    "kind": "payment",
                    "external_id": "P-1",
                    "settled_on": "2025-01-10",
                    "currency": "USD",
                    "amount_minor": 4_000,
                    "allocations": [{"charge": named("A-1"), "amount_minor": 4_000}],
                }
            ],
            tags=[{"key": "store", "value": "7"}],
            body={"memo": "x"},
        ),
        lambda books: [one["open_minor"] for one in books.document("A-1")["instalments"]],
        [0, 6_000],
    ),
    "add_settlement": (
        [charge("A-1")],
        lambda _: payment("C-1", 5_000, ("A-1", 2_000), kind="credit"),
        lambda books: (books.open("A-1"), books.open("C-1")),
        (8_000, 3_000),
    ),
    "add_write_off": (
        [charge("A-1")],
        lambda _: WRITTEN_OFF[1] | {"amount_minor": 2_500},
        lambda books: (books.open("A-1"), [one["kind"] for one in books.document("A-1")["aimed"]]),
        (7_500, ["write_off"]),
    ),
    "add_recovery": (
        WRITTEN_OFF,
        lambda _: about("add_recovery", write_off=named("W-1"), recovered_on="2025-05-01", amount_minor=4_000),
        lambda books: (books.open("A-1", "2025-04-30"), books.open("A-1", "2025-05-01")),
        (0, 4_000),
    ),
    "add_refund": (
        PAID,
        lambda _: about("add_refund", of_kind="payment", of=named("P-1"), refunded_on="2025-04-01", amount_minor=500),
        lambda books: books.open("P-1"),
        1_500,
    ),
    "allocate": (
        PAID,
        lambda _: about(
            "allocate",
            kind="payment",
            source=named("P-1"),
            allocations=[{"charge": named("A-1"), "amount_minor": 1_000, "effective_on": "2025-04-01"}],
        ),
        lambda books: (books.open("A-1", "2025-03-31"), books.open("A-1")),
        (6_000, 5_000),
    ),
    "take_back": (
        PAID,
        lambda books: about("take_back", id=_the_allocation(books), on="2025-04-01"),
        lambda books: (books.open("A-1", "2025-03-31"), books.open("A-1")),
        (6_000, 10_000),
    ),
    "move_allocation": (
        [*PAID, charge("A-2")],
        lambda books: about(
            "move_allocation", id=_the_allocation(books), to={"charge": named("A-2"), "amount_minor": 4_000}
        ),
        lambda books: (books.open("A-1"), books.open("A-2")),
        (10_000, 6_000),
    ),
    "edit_document": (
        PAID,
        lambda _: about(
            "edit_document", kind="charge", document=named("A-1"), amount_minor=9_000, due_on=None, number=None
        ),
        lambda books: [books.document("A-1")[name] for name in ("open_minor", "due_on", "due_from")],
        [5_000, "2025-01-10", "issue_date"],
    ),
    "change_due_date": (
        [charge("A-1")],
        lambda _: about("change_due_date", charge=named("A-1"), from_on="2025-02-01", due_on="2025-06-30"),
        lambda books: [books.document("A-1", as_of=day)["due_on"] for day in ("2025-01-31", "2025-02-01")],
        ["2025-02-09", "2025-06-30"],
    ),
    "undo_document": (
        [charge("A-1")],
        lambda _: about("undo_document", kind="charge", document=named("A-1"), state="deleted"),
        lambda books: books.get("documents")["documents"],
        [],
    ),
    "set_status": (
        PAID,
        lambda _: about(
            "set_status", kind="payment", document=named("P-1"), status="returned", returned_on="2025-03-05"
        ),
        lambda books: (books.open("A-1", "2025-03-04"), books.open("A-1", "2025-03-05"), books.open("P-1")),
        (6_000, 10_000, 0),
    ),
    "put_rates": (
        [],
        lambda _: {
            "command": "put_rates",
            "rates": [{"currency": "EUR", "quoted_on": "2025-01-01", "rate": "1.0845"}],
        },
        lambda books: books.get("rates")["rates"],
        [{"currency": "EUR", "quoted_on": "2025-01-01", "rate": "1.0845"}],
    ),
    "start_books": (
        [],
        lambda _: {"command": "start_books", "on": "2025-01-01"},
        lambda books: books.get("books")["starts_on"],
        "2025-01-01",
    ),
    "close_books": (
        [],
        lambda _: {"command": "close_books", "through_on": "2025-01-31", "late": "shift"},
        lambda books: [books.get("books")[name] for name in ("closed_through", "late")],
        ["2025-01-31", "shift"],
    ),
}


def test_every_command_is_tried_here() -> None:
    """Given the commands of the document, when those of this page are listed, then they are the same."""
    (union,) = [one["items"]["oneOf"] for one in [SHAPES["Commands"]["properties"]["commands"]]]
    names = [one["$ref"].rpartition("/")[2] for one in union]
    assert {SHAPES[name]["properties"]["command"]["const"] for name in names} == EVERY.keys()


@pytest.mark.parametrize("name", EVERY)
def test_a_command_does_what_it_says(books: Books, name: str) -> None:
    """Given what a command needs, when it is sent, then it is one version, and what it changed is seen."""
    before, command, look, seen = EVERY[name]
    if before:
        books.do(*before)
    asked = command(books)
    version = books.version()
    done = books.do(asked)
    assert (done["version"], len(done["results"])) == (version + 1, 1)
    assert books.get("versions", order="desc", limit=1)["versions"][0]["operation"] == name
    assert look(books) == seen


def test_a_list_is_one_version_and_each_command_sees_those_before_it(books: Books) -> None:
    """Given a list, when it is recorded, then later commands name what earlier ones made, in one version."""
    done = books.do(
        {"command": "put_rates", "rates": [{"currency": "EUR", "quoted_on": "2025-01-01", "rate": "1.25"}]},
        charge("A-1", currency="EUR"),
        payment("P-1", 12_500, ("A-1", 10_000)),
    )
    assert [done["version"], done["results"][0]] == [1, {"id": None, "created": False}]
    assert (books.open("A-1"), books.open("P-1"), books.document("A-1")["base_minor"]) == (0, 0, 12_500)
    (write,) = books.get("versions")["versions"]
    assert write["operation"] == "put_rates, add_charge, add_settlement"
    assert write["actor"]["partner_id"] == str(books.platform.partner_id)
    assert write["recorded_at"] == done["recorded_at"]


def test_nothing_of_a_list_is_kept_if_one_command_is_refused(books: Books) -> None:
    """Given a list whose last allocation does not fit, when sent, then it is named with rule and figures."""
    charge_id = books.id(charge("A-1"))
    problem = books.refused(charge("A-2"), payment("P-1", 20_000, ("A-2", 5_000), ("A-1", 12_000)))
    assert (problem["status"], problem["code"], problem["title"]) == (409, "over_allocated", "Conflict")
    assert problem["errors"] == [
        {
            "field": "commands[1].allocations[1].amount_minor",
            "value": "12000",
            "rule": "On every day, what is allocated fits what is open (T7).",
        }
    ]
    assert problem["figures"] == {
        "document_id": charge_id, "open_minor": 10_000, "on": "2025-03-01", "offered_minor": 12_000, "in_the_way": [],
    }  # fmt: skip
    assert problem["detail"].startswith("commands[1].allocations[1].amount_minor: 120.00 USD does not fit")
    assert books.get("documents", external_id="A-2")["documents"] == []


def test_the_same_external_id_repeats_the_answer(books: Books) -> None:
    """Given commands that are recorded, when sent again, then 200 with the same ids and version; changed, then 409."""
    sent = [charge("A-1"), payment("P-1", 6_000, ("A-1", 4_000))]
    first = books.do(*sent)
    again = books.do(*sent, status=200)
    assert again == first | {"results": [one | {"created": False} for one in first["results"]]}
    problem = books.refused(charge("A-1", 9_999))
    assert (problem["code"], problem["errors"][0]["field"]) == ("external_id_conflict", "commands[0].external_id")
    assert problem["figures"] == {"external_id": "A-1", "differing": "amount"}


def test_many_who_send_the_same_at_once_make_it_once(books: Books) -> None:
    """Given the same list from several clients at once, when all are answered, then one version and one id."""
    sent = {"commands": [charge("A-1"), payment("P-1", 6_000, ("A-1", 4_000))]}

    def send(_: int) -> httpx.Response:
        with httpx.Client(base_url=books.client.base_url, auth=books.platform.basic, timeout=30) as client:
            return client.post(f"/api/v1/businesses/{books.business_id}/commands", json=sent)

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(send, range(6)))
    assert sorted(one.status_code for one in answers) == [200] * 5 + [201]
    assert len({tuple(done["id"] for done in one.json()["results"]) for one in answers}) == 1
    assert (books.version(), books.open("A-1")) == (1, 6_000)
