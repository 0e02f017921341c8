"""`duebook audit`: who changed what, when, and from where."""

import asyncio
import csv
import io
import os
import pwd
import re
import socket
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from duebook.db.embedded import Urls
from duebook.db.pool import connected as connect
from duebook.ledger.commands import (
    AddCharge,
    AddSettlement,
    Command,
    EditDocument,
    NewAllocation,
    NewParty,
)
from duebook.ledger.facts import Kind, Side
from duebook.ledger.history import START, Documents, documents
from duebook.ledger.store import record
from duebook.tenancy.facts import OPERATOR, BusinessId, Caller, Operator, PartnerId
from duebook.tenancy.gate import read_tx, write_tx
from duebook.tenancy.keys import caller_of_secret
from tests.cli.conftest import Run
from tests.cli.transcript import played

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "audit.md"

ANN = NewParty("ann", "Ann & Sons")
US = Side.RECEIVABLE
INVOICE = AddCharge(
    side=US,
    external_id="A-17",
    number="A-17",
    party=ANN,
    issued_on=date(2025, 1, 10),
    due_on=date(2025, 2, 9),
    currency="USD",
    amount_minor=120_000,
)
PAYMENT = AddSettlement(
    side=US,
    kind=Kind.PAYMENT,
    external_id="P-3",
    party=ANN,
    settled_on=date(2025, 2, 10),
    currency="USD",
    amount_minor=50_000,
    allocations=(NewAllocation(charge="A-17", amount_minor=50_000),),
)


@pytest.fixture
def example(run: Run, connected: None, database_urls: Urls) -> dict[str, str]:
    """The books of the page, and what its names stand for."""
    made = run("partner create 'Example Platform' --json").json
    business = run(f"business create Example --partner {made['partner_id']} --currency USD --json").json["business_id"]
    with psycopg.connect(database_urls.superuser) as connection:
        connection.execute("UPDATE book SET recorded_at = '2025-01-01Z' WHERE business_id = %s", [business])
    return asyncio.run(_example(database_urls, made["partner_id"], made["api_key"], business))


async def _example(urls: Urls, partner_id: str, secret: str, business: str) -> dict[str, str]:
    business_id = BusinessId(UUID(business))
    async with connect(urls.serve, readers=1, writers=1) as database:
        caller = await caller_of_secret(database, PartnerId(UUID(partner_id)), secret)
    assert caller is not None
    bound = replace(caller, business_id=business_id, address="198.51.100.23", request_id="f2dad4348f0104cb")
    edit = EditDocument(side=US, kind=Kind.CHARGE, document="A-17", amount_minor=102_000, due_on=date(2025, 4, 30))
    writes: list[tuple[Caller | Operator, str, Command]] = [
        (replace(caller, address="203.0.113.9", request_id="order-7781"), "add_charge", INVOICE),
        (bound, "edit_document", edit),
        (Operator("bookkeeper", "ledger-1", "import"), "import", PAYMENT),
    ]
    clock = iter([datetime.fromisoformat(at) for at in ("2025-01-10T09:30Z", "2025-02-03T14:05Z", "2025-02-10T08:00Z")])
    async with connect(urls.serve, readers=1, writers=1, clock=clock.__next__) as database:
        for by, operation, command in writes:
            async with write_tx(database, by, business_id, operation) as tx:
                await record(tx, [command])
    async with (
        connect(urls.serve, readers=1, writers=1) as database,
        read_tx(database, OPERATOR, business_id) as tx,
    ):
        found = await documents(tx, tx.version, date(2025, 3, 1), Documents(), START, 2)
    invoice, payment = found
    return {
        "BUSINESS": business,
        "PARTNER": partner_id,
        "KEY": str(caller.key_id),
        "INVOICE": str(invoice.document.id),
        "CUSTOMER": str(invoice.document.party_id),
        "PAYMENT": str(payment.document.id),
        "ALLOCATION": str(payment.allocations[0].id),
    }


def test_the_page_shows_what_is_printed(run: Run, example: dict[str, str]) -> None:
    """Given the books of the page, when its commands are run, then each prints what the page says."""
    blocks = re.findall(r"^    \$ duebook .*\n(?:(?:    .*)?\n)*", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    transcript = "\n".join(f"{dedent(block).strip()}\n" for block in blocks)
    assert transcript.count("$ duebook audit") >= 2
    assert played(transcript, run, example) == transcript


def test_every_command_that_writes_says_who_ran_it(run: Run, business: str) -> None:
    """Given the commands that write, when they are run, then the audit tells the user, the machine and the command."""
    for line in (
        "start --on 2024-01-01",
        "import invoices.csv --side receivable",
        "rates import rates.csv",
        "close --through 2024-01-31",
    ):
        assert run(f"{line} --business {business}").code == 0
    told = run(f"audit --business {business} --format json").json
    assert (told["business_id"], told["since"], told["known_at"]) == (business, 0, 4)
    here = {"operator": True, "user": pwd.getpwuid(os.getuid()).pw_name, "host": socket.gethostname()}
    commands = [("start", "start_books"), ("import", "import"), ("rates import", "put_rates"), ("close", "close_books")]
    assert [(one["actor"], one["operation"]) for one in told["records"]] == [
        (here | {"command": command}, operation) for command, operation in commands
    ]
    things = [{change["thing"] for change in one["changes"]} for one in told["records"]]
    assert things == [{"books"}, {"party", "document", "allocation"}, {"rate"}, {"books"}]
    text = run(f"audit --business {business} --since 3").out
    assert text.splitlines()[1:] == [
        f"By {here['user']} on {here['host']}, with duebook close",
        "  the books",
        "    closed_through: nothing → 2024-01-31",
    ]


def _cell(value: Any) -> str:
    """What a cell of CSV says for a value of JSON."""
    match value:
        case None:
            return ""
        case str():
            return value
    return msgspec.json.encode(value).decode()


def test_all_forms_say_the_same(run: Run, example: dict[str, str]) -> None:
    """Given books, when their audit is printed in each form, then each tells the same versions and fields."""
    asked = f"audit --business {example['BUSINESS']} --party ann"
    records = run(f"{asked} --format json").json["records"]
    *lines, last = map(msgspec.json.decode, run(f"{asked} --format ndjson").out.splitlines())
    assert (lines, last) == (records, {"head": None})
    rows = list(csv.DictReader(io.StringIO(run(f"{asked} --format csv").out, newline="")))
    fields = [
        (str(one["version"]), change["id"], field["field"], _cell(field["before"]), _cell(field["after"]))
        for one in records
        for change in one["changes"]
        for field in change["fields"]
    ]
    assert "[]" in {after for *_, after in fields}
    assert [(row["version"], row["id"], row["field"], row["before"], row["after"]) for row in rows] == fields
    shown = re.findall(r"^Version (\d+)", run(asked).out, re.MULTILINE)
    assert shown == ["1", "2", "3"] == [str(one["version"]) for one in records]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--document A-18", "no document A-18 is in the books"),
        ("--party A-17", "no party A-17 is in the books"),
        ("--since 3 --known-at 2", "version 3 is later than version 2"),
        ("--since 9", "version 9 is not between 0 and 3"),
    ],
)
def test_what_is_not_there_is_said(run: Run, example: dict[str, str], options: str, said: str) -> None:
    """Given a name that nothing has, or versions the wrong way round, when asked about, then a line says so."""
    ended = run(f"audit --business {example['BUSINESS']} {options}")
    assert (ended.code, ended.out, ended.err) == (1, "", f"duebook: {said}\n")
