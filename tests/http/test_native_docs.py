"""The page on our own API can be pasted from: what it sends is accepted, and what it lists is there."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from duebook.http import native
from duebook.ledger import errors
from tests.http.native_world import Books, new_books
from tests.http.world import Platform

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
BODIES: list[dict[str, Any]] = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
READS = re.findall(r'"\$BOOKS/([^"]*\?[^"]*)"', PAGE)
DOCUMENT = native.description(native.build_api())


@pytest.fixture(scope="module")
def books(client: httpx.Client, platform: Platform) -> Books:
    """A business for which every list of commands on the page was sent, in order."""
    books = new_books(client, platform)
    for body in BODIES:
        if "commands" in body:
            books.do(*body["commands"])
    return books


def test_commands_can_be_pasted(books: Books) -> None:
    """Given the lists of commands on the page, when sent one after the other, then each is one version."""
    assert books.version() == sum("commands" in body for body in BODIES) == 2


@pytest.mark.parametrize("path", READS)
def test_reads_can_be_pasted(books: Books, path: str) -> None:
    """Given a question on the page, when asked, then it has an answer with something in it."""
    answer = books.ask("GET", path.replace("$DOCUMENT_ID", books.document("A-1")["id"]))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert any(found.get(name) for name in ("documents", "records", "rows", "items"))


def test_balances_can_be_pasted(books: Books) -> None:
    """Given the balances on the page, when compared, then they tie out on both days."""
    (body,) = [one for one in BODIES if "balances" in one]
    answer = books.ask("POST", "reports/tie-out", json=body)
    assert [one["total_minor"] for one in answer.json()["days"]] == [one["balance_minor"] for one in body["balances"]]


def test_every_command_and_refusal_is_described() -> None:
    """Given the commands and what the ledger refuses, when the page is read, then each is on it."""
    schemas = DOCUMENT["components"]["schemas"]
    named = [one["properties"]["command"] for one in schemas.values() if "command" in one.get("properties", {})]
    commands = [one["const"] for one in named]
    refusals = [
        re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.LedgerError) and not kind.__subclasses__()
    ]
    assert [name for name in (*commands, *refusals) if f"`{name}`" not in PAGE] == []
