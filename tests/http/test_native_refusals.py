"""What our own API refuses of commands: each with its place, its rule and its figures, and nothing is written."""

from typing import Final
from uuid import uuid4

import httpx
import pytest

from duebook.http import native
from tests.http.native_world import Books, Command, about, charge, named, new_books, payment
from tests.http.world import Platform

SHAPES: Final = native.description(native.build_api())["components"]["schemas"]
COMMANDS: Final = [
    SHAPES[one["$ref"].rpartition("/")[2]]["properties"]["command"]["const"]
    for one in SHAPES["Commands"]["properties"]["commands"]["items"]["oneOf"]
]


@pytest.fixture(scope="module")
def empty(client: httpx.Client, platform: Platform) -> Books:
    """A business in whose books nothing is ever written."""
    return new_books(client, platform)


PAID: Final = [charge("A-1"), payment("P-1", 6_000, ("A-1", 4_000))]
ONE_INSTALMENT: Final = [{"due_on": "2025-02-09", "amount_minor": 1}]
A_RATE: Final = {"currency": "EUR", "quoted_on": "2025-01-01", "rate": "1.0845"}
RATE_RULE: Final = "is a decimal number as text, such as 1.0845, with at most 15 digits on either side of the point"
CURRENCY_RULE: Final = "is the code of a currency (ISO 4217), such as USD"
PARTY_RULE: Final = "is named by id alone, or by external_id with a name"
DATE_RULE: Final = "invalid date, written YYYY-MM-DD"


@pytest.mark.parametrize(
    ("changed", "field", "rule"),
    [
        ({"amount_minor": "1"}, "amount_minor", "expected int, got str"),
        ({"amount_minor": 1.5}, "amount_minor", "expected int, got float"),
        ({"amount_minor": -1}, "amount_minor", "expected int >= 0"),
        ({"amount_minor": 2**63}, "amount_minor", "expected int <= 9223372036854775807"),
        ({"amount_minor": None}, "amount_minor", "expected int, got null"),
        ({"amount": "100"}, "amount", "is not a field here"),
        ({"side": "both"}, "side", "is one of receivable, payable"),
        ({"currency": "XXX"}, "currency", CURRENCY_RULE),
        ({"currency": "usd"}, "currency", CURRENCY_RULE),
        ({"issued_on": "2025-02-30"}, "issued_on", DATE_RULE),
        ({"issued_on": "2025-01-10T00:00:00Z"}, "issued_on", DATE_RULE),
        ({"party": {}}, "party", PARTY_RULE),
        ({"party": {"id": str(uuid4()), "external_id": "x"}}, "party", PARTY_RULE),
        ({"terms": {"net_days": 30}}, "terms", "stand in place of due_on, not beside it"),
        ({"instalments": ONE_INSTALMENT}, "instalments", "stand in place of due_on and terms, not beside them"),
        ({"external_id": ""}, "external_id", "expected str of length >= 1"),
        ({"body": {"a": "x" * 20_000}}, "body", "is at most 10240 bytes of JSON"),
        ({"tags": [{"key": "a"}]}, "tags[0].value", "is required"),
    ],
)
def test_a_bad_value_of_a_charge_is_named(empty: Books, changed: Command, field: str, rule: str) -> None:
    """Given a charge with a value that breaks a rule, when sent, then 422 says where, what and which rule."""
    problem = empty.refused(charge("A-1"), charge("A-2") | changed, status=422)
    (wrong,) = problem["errors"]
    assert (problem["code"], wrong["field"], wrong["rule"]) == ("bad_value", f"commands[1].{field}", rule)


@pytest.mark.parametrize(
    ("command", "field", "rule"),
    [
        (
            payment("P-1", 1, allocations=[{"charge": named("A-1")}]),
            "allocations[0].amount_minor",
            "is required without source_minor",
        ),
        (
            payment("P-1", 1, allocations=[{"charge": {}, "amount_minor": 1}]),
            "allocations[0].charge",
            "is named by id or by external_id, and not by both",
        ),
        (
            about("set_status", kind="payment", document=named("P-1"), status="returned"),
            "returned_on",
            "is given with the status returned, and only with it",
        ),
        (about("take_back", id="1"), "id", "invalid UUID"),
        (about("set_status", kind="charge"), "kind", "is one of payment, refund"),
        (about("undo_document", kind="bill"), "kind", "is one of charge, payment, credit, refund, write_off, recovery"),
        ({"command": "put_rates", "rates": [A_RATE | {"rate": 1.1}]}, "rates[0].rate", "expected str, got float"),
        ({"command": "put_rates", "rates": [A_RATE | {"rate": "1e3"}]}, "rates[0].rate", RATE_RULE),
        ({"command": "put_rates", "rates": [A_RATE | {"rate": "-1"}]}, "rates[0].rate", RATE_RULE),
        ({"command": "put_rates", "rates": []}, "rates", "expected array of length >= 1"),
        ({"command": "close_books"}, "through_on", "is required"),
        ({"side": "receivable"}, "command", "is required"),
    ],
)
def test_a_bad_value_of_another_command_is_named(empty: Books, command: Command, field: str, rule: str) -> None:
    """Given a command with a value that breaks a rule, when sent, then 422 says where, what and which rule."""
    problem = empty.refused(command, status=422)
    (wrong,) = problem["errors"]
    assert (problem["code"], wrong["field"], wrong["rule"]) == ("bad_value", f"commands[0].{field}", rule)


def test_an_unknown_command_is_told_which_there_are(empty: Books) -> None:
    """Given a command that there is not, when sent, then 422 lists all names."""
    (wrong,) = empty.refused({"command": "add_chrage"}, status=422)["errors"]
    assert wrong == {
        "field": "commands[0].command", "value": '"add_chrage"', "rule": f"is one of {', '.join(COMMANDS)}",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, ""),
        (b"{", 400, ""),
        (b'{"commands": [{"command": "start_books", "on": "\xff"}]}', 400, ""),
        (b'{"commands": [{"command": "start_books", "on": "\\u0000"}]}', 400, ""),
        (b"[" * 100_000, 400, ""),
        (b"[]", 422, ""),
        (b"{}", 422, "commands"),
        (b'{"commands": []}', 422, "commands"),
        (b'{"commands": [{"command": "start_books", "on": "2025-01-01"}], "color": 1}', 422, "color"),
        (b'{"commands": {}}', 422, "commands"),
        (b'{"commands": [1]}', 422, "commands[0]"),
    ],
)
def test_a_body_that_is_no_list_of_commands(empty: Books, body: bytes, status: int, field: str) -> None:
    """Given a body that cannot be read, or is none of ours, when sent, then 400 or 422, and nothing is written."""
    answer = empty.ask("POST", "commands", content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert empty.version() == 0


def test_too_many_commands_or_bytes(empty: Books) -> None:
    """Given more than a list or a body may hold, when sent, then 422 or 413, and nothing is written."""
    many = [{"command": "start_books", "on": "2025-01-01"}] * 1_001
    assert empty.refused(*many, status=422)["errors"][0]["rule"] == "expected array of length <= 1000"
    answer = empty.ask("POST", "commands", content=b" " * (8 * 2**20 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


REFUSED: dict[str, tuple[list[Command], Command, int, str, set[str]]] = {
    "party_not_found": ([], charge("A-1", party={"id": str(uuid4())}), 422, ".party", {"side", "given"}),
    "document_not_found": (
        [],
        payment("P-1", 100, ("A-1", 100)),
        422,
        ".allocations[0].charge",
        {"side", "what", "given"},
    ),
    "allocation_not_found": ([], about("take_back", id=str(uuid4())), 422, ".id", {"given"}),
    "allocated_too_early": (
        [charge("A-1")],
        payment("P-1", 100)
        | {"allocations": [{"charge": named("A-1"), "amount_minor": 100, "effective_on": "2025-02-01"}]},
        409,
        ".allocations[0].effective_on",
        {"stated", "earliest"},
    ),
    "other_party": (
        [charge("A-1")],
        payment("P-1", 100, ("A-1", 100), party=named("bob")),
        409,
        ".allocations[0].charge",
        {"document_id", "party_id", "expected"},
    ),
    "no_rate": ([], charge("A-1", currency="EUR"), 409, ".currency", {"currency", "into", "on"}),
    "bad_rate": (
        [],
        {"command": "put_rates", "rates": [{"currency": "EUR", "quoted_on": "2025-01-01", "rate": "0.0"}]},
        422,
        ".rates",
        {"currency", "quoted_on", "rate", "base_currency"},
    ),
    "overdrawn": (
        PAID,
        about("edit_document", kind="charge", document=named("A-1"), amount_minor=3_000),
        409,
        ".amount_minor",
        {"document_id", "open_minor", "on", "in_the_way"},
    ),
    "in_the_way": (
        PAID,
        about("undo_document", kind="charge", document=named("A-1"), state="void"),
        409,
        ".document",
        {"document_id", "allocations", "documents"},
    ),
    "over_refunded": (
        [*PAID, about("add_refund", of_kind="charge", of=named("A-1"), refunded_on="2025-04-01", amount_minor=4_000)],
        about("set_status", kind="payment", document=named("P-1"), status="returned", returned_on="2025-05-01"),
        409,
        "",
        {"charge_id", "paid_minor", "on", "in_the_way"},
    ),
    "bad_transition": (
        PAID,
        about("set_status", kind="payment", document=named("P-1"), status="failed"),
        409,
        ".status",
        {"document_id", "status", "wanted"},
    ),
    "returned_too_early": (
        PAID,
        about("set_status", kind="payment", document=named("P-1"), status="returned", returned_on="2025-02-28"),
        409,
        ".returned_on",
        {"returned_on", "paid_on"},
    ),
    "instalments_do_not_add_up": (
        [],
        charge("A-1", due_on=None, instalments=[{"due_on": "2025-02-10", "amount_minor": 9_999}]),
        422,
        ".instalments",
        {"sum_minor", "amount_minor"},
    ),
    "period_is_closed": (
        [{"command": "close_books", "through_on": "2025-01-31"}],
        charge("A-1"),
        409,
        ".issued_on",
        {"document_id", "on", "closed_through"},
    ),
    "closed_for_good": (
        [],
        {"command": "close_books", "through_on": "9999-12-31"},
        422,
        ".through_on",
        {"through_on"},
    ),
    "books_start_later": (
        [{"command": "start_books", "on": "2025-02-01"}],
        charge("A-1"),
        409,
        ".issued_on",
        {"counts_on", "starts_on"},
    ),
    "books_have_no_start": ([], charge("A-1", opening=True), 409, ".opening", {"issued_on", "starts_on"}),
    "due_change_too_early": (
        [charge("A-1")],
        about("change_due_date", charge=named("A-1"), from_on="2025-01-09", due_on="2025-06-30"),
        409,
        ".from_on",
        {"from_on", "counts_on"},
    ),
    "is_undone": (
        [charge("A-1"), about("undo_document", kind="charge", document=named("A-1"), state="void")],
        about("edit_document", kind="charge", document=named("A-1"), number="7"),
        409,
        ".document",
        {"document_id", "state"},
    ),
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_the_ledger_refuses_names_rule_and_figures(books: Books, code: str) -> None:
    """Given books, when a command breaks one of their rules, then its code, place, rule and figures, and no version."""
    before, command, status, field, figures = REFUSED[code]
    if before:
        books.do(*before)
    problem = books.refused(command, status=status)
    assert (problem["code"], problem["errors"][0]["field"]) == (code, f"commands[0]{field}")
    assert problem["figures"].keys() == figures
    assert problem["errors"][0]["rule"].endswith(".")


def test_a_server_without_a_key_signs_no_head(client: httpx.Client, platform: Platform) -> None:
    """Given a server that was given no key, when a head is asked for, then that is why there is none."""
    books = new_books(client, platform)
    answer = books.ask("GET", "head")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_head_key")
    assert answer.json()["detail"] == "this server signs no heads: it was given no key for that"
