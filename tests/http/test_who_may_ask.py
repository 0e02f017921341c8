"""Every operation of both dialects, asked by everybody: who is let in is a matter of its kind, not of the operation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import httpx
import pytest

from duebook.http import layer, thredfi
from duebook.http.openapi import Operation, document, operations
from tests.http.plausible import Plausible
from tests.http.surface import Surface, new_surface
from tests.http.world import (
    Platform,
    bearer,
    business_token,
    expired,
    new_business,
    new_platform,
    partner_token,
    rotated,
)

DOCUMENTS: Final = {
    "layer": document(layer.build(), trailing_slash=False),
    "thredfi": document(thredfi.build(), trailing_slash=True),
}
OPERATIONS: Final = [(dialect, one) for dialect, found in DOCUMENTS.items() for one in operations(found)]

KINDS: Final = {
    "a token for the key": r"(/v1/platform)?/oauth2/token/?",
    "who a token belongs to": r"/whoami",
    "the partner's businesses": r"/v1(/platform)?/businesses/?",
    "a token for a business": r"/v1/(platform|businesses)/{\w+}/(oauth2/token/|auth-token)",
    "a business": r"/v1(/platform)?/businesses/{\w+}/?.*",
}
"""The kinds of operation, by their paths; the first that fits is the one."""

LET_IN: Final = 200
CALLERS: Final = (
    "nobody", "partner", "business", "other business", "other partner", "key", "expired", "revoked",
)  # fmt: skip
EXPECTED: Final = {
    #                            nobody partner business other business other partner  key  expired revoked
    "layer": {
        "a token for the key":      (401, 401,     401,      401,           401,       LET_IN, 401, 401),
        "who a token belongs to":   (401, LET_IN, LET_IN,   LET_IN,        LET_IN,       401, 401, 401),
        "the partner's businesses": (401, LET_IN,  403,      403,          LET_IN,       401, 401, 401),
        "a token for a business":   (401, LET_IN,  403,      403,           404,         401, 401, 401),
        "a business":               (401, LET_IN, LET_IN,    404,           404,         401, 401, 401),
    },
    "thredfi": {
        "a token for the key":      (401, 401,     401,      401,           401,       LET_IN, 401, 401),
        "the partner's businesses": (401, LET_IN,  403,      403,          LET_IN,     LET_IN, 401, 401),
        "a token for a business":   (401, LET_IN,  403,      403,           404,       LET_IN, 401, 401),
        "a business":               (401, LET_IN, LET_IN,    403,           404,       LET_IN, 401, 401),
    },
}  # fmt: skip
"""The status of an answer by dialect, kind and caller."""


REFUSED: Final = (400, 409, 422)
"""What is answered to those who are let in, where what they ask does not fit the books."""

UNTOLD: Final = ("nobody", "key", "expired")
"""Those who are told nothing of a body, if they are kept out."""

OF_A_BUSINESS: Final = [(dialect, one) for dialect, one in OPERATIONS if one.names_in_path]


def kind_of(operation: Operation) -> str:
    """The kind of an operation. Raises LookupError for one that is of none."""
    found = [kind for kind, form in KINDS.items() if re.fullmatch(form, operation.path)]
    if not found:
        raise LookupError(f"{operation.path} is of no kind: say in KINDS who may ask for it")
    return found[0]


@dataclass(frozen=True)
class Everybody:
    """The headers by which callers say who they are; a business token is made for the business that is asked about."""

    client: httpx.Client
    platform: Platform
    headers: Mapping[str, Mapping[str, str]]

    def headers_about(self, surface: Surface) -> dict[str, Mapping[str, str]]:
        """All headers, where a business and what is on its surface is asked about."""
        token = business_token(self.client, self.platform, surface.known["business"])
        return {**self.headers, "business": bearer(token)}


@pytest.fixture(scope="module")
def everybody(client: httpx.Client, database_url: str, other_platform: Platform) -> Everybody:
    """Callers of a partner that has had another key, of which one still holds a token."""
    first = new_platform(database_url)
    revoked = partner_token(client, first)
    platform = rotated(database_url, first)
    token = partner_token(client, platform)
    tokens = {
        "partner": token,
        "other business": business_token(client, platform, new_business(client, platform)),
        "other partner": partner_token(client, other_platform),
        "expired": expired(database_url, token),
        "revoked": revoked,
    }
    headers = {"nobody": {}, "key": platform.header} | {name: bearer(token) for name, token in tokens.items()}
    return Everybody(client, platform, headers)


@pytest.fixture(scope="module")
def unchanged(client: httpx.Client, everybody: Everybody) -> Surface:
    """A surface to ask about, not to write to."""
    return new_surface(client, everybody.platform)


@pytest.mark.parametrize(
    ("dialect", "operation"),
    OPERATIONS,
    ids=[f"{dialect} {one.method.upper()} {one.path}" for dialect, one in OPERATIONS],
)
def test_whoever_asks_is_answered_as_their_kind_is(
    client: httpx.Client, everybody: Everybody, unchanged: Surface, dialect: str, operation: Operation
) -> None:
    """Given an operation, when everybody asks the same of it, then those are let in whom its kind lets in.

    Those that are not let in ask first, and so find things as they are. What a body says wrong is told to everybody
    whose token can be read, before it is known whose books they are and whether the key is live.
    """
    touches = operation.method != "get" and len(operation.names_in_path) > 1
    surface = new_surface(client, everybody.platform) if touches else unchanged
    headers = everybody.headers_about(surface)
    expected = dict(zip(CALLERS, EXPECTED[dialect][kind_of(operation)], strict=True))
    asked = Plausible(DOCUMENTS[dialect], surface)
    body, query = asked.body(operation), asked.query(operation)
    path = operation.path.format(**surface.ids(operation))

    def ask(caller: str) -> int:
        answer = client.request(operation.method, path, headers=headers[caller], json=body, params=query)
        return answer.status_code

    kept_out = {caller: ask(caller) for caller, status in expected.items() if status != LET_IN}
    let_in = {caller: ask(caller) for caller, status in expected.items() if status == LET_IN}
    first = next(iter(let_in.values()))
    assert first < 400 or first in REFUSED or not surface.has_all(operation), first
    again = (first, 404) if "delete" in (operation.method, path.rpartition("/")[2]) else (first,)
    assert [caller for caller, status in let_in.items() if status in (401, 403, 404) and status not in again] == []
    told = {caller for caller in kept_out if first == 400 == kept_out[caller] and caller not in UNTOLD}
    assert kept_out == {caller: 400 if caller in told else expected[caller] for caller in kept_out}


@pytest.mark.parametrize(
    ("dialect", "operation"),
    OF_A_BUSINESS,
    ids=[f"{dialect} {one.method.upper()} {one.path}" for dialect, one in OF_A_BUSINESS],
)
def test_another_partners_business_is_one_that_never_was(
    client: httpx.Client, everybody: Everybody, unchanged: Surface, dialect: str, operation: Operation
) -> None:
    """Given an operation on a business, when another partner asks for it, then all is as if there were no such one."""
    body = Plausible(DOCUMENTS[dialect], unchanged).body(operation)
    ids = unchanged.ids(operation)

    def asked(ids: Mapping[str, str]) -> tuple[int, str]:
        headers = {**everybody.headers["other partner"], "X-Request-ID": "same"}
        answer = client.request(operation.method, operation.path.format(**ids), headers=headers, json=body)
        return answer.status_code, answer.text.replace(ids[operation.names_in_path[0]], "ID")

    assert asked(ids) == asked({name: str(uuid4()) for name in ids})


WRITES: Final = [
    (dialect, one)
    for dialect, one in OPERATIONS
    if one.method != "get" and kind_of(one) in ("the partner's businesses", "a business")
]


def test_a_token_that_only_reads_reads_everything_and_writes_nothing(
    client: httpx.Client, everybody: Everybody, unchanged: Surface
) -> None:
    """Given a token that only reads, when every operation is asked for, then what reads answers as it does to a full
    one, every write is refused, and the books are at the version that they were at."""
    reader = bearer(partner_token(client, everybody.platform, scope="anything duebook:read"))
    business = unchanged.known["business"]
    versions, businesses = f"/api/v1/businesses/{business}/versions?order=desc", "/v1/platform/businesses/"

    def ask(dialect: str, operation: Operation, headers: Mapping[str, str]) -> int:
        asked = Plausible(DOCUMENTS[dialect], unchanged)
        path = operation.path.format(**unchanged.ids(operation))
        body, query = asked.body(operation), asked.query(operation)
        return client.request(operation.method, path, headers=headers, json=body, params=query).status_code

    before = [client.get(path, headers=reader).json() for path in (versions, businesses)]
    unwritten = {(dialect, one.method, one.path): ask(dialect, one, reader) for dialect, one in WRITES}
    assert [client.get(path, headers=reader).json() for path in (versions, businesses)] == before
    assert len(unwritten) > 90
    assert {operation: status for operation, status in unwritten.items() if status != 403} == {}
    reads = [(dialect, one) for dialect, one in OPERATIONS if one.method == "get" and kind_of(one) == "a business"]
    partner = everybody.headers["partner"]
    differing = [one.path for dialect, one in reads if ask(dialect, one, reader) != ask(dialect, one, partner)]
    assert differing == []
    commands = [{"command": "put_party", "side": "receivable", "external_id": "unwritten", "name": "Unwritten"}]
    answer = client.post(f"/api/v1/businesses/{business}/commands", headers=reader, json={"commands": commands})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
