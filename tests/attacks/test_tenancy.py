"""Whatever is asked with what belongs to somebody else is answered as if that had never been.

A victim is another business of the same partner, or one of another partner. What is its own can be told from all else,
nothing of it is in any answer, and when all is over its books are as they were, row by row.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any, Final

import httpx
import pytest

from duebook.db.embedded import Urls
from tests.attacks.dialects import DOCUMENTS, OPERATIONS, named
from tests.attacks.positions import Positions, about
from tests.attacks.tally import Attack
from tests.attacks.tenants import Tenant, books_of, new_tenant
from tests.attacks.twins import Theirs, World
from tests.http.plausible import Plausible
from tests.http.surface import is_payable, snake
from tests.http.world import Platform, findings

FRESH: Final = 20
"""After so many places in bodies the attacker has new businesses: what is accepted makes its books longer."""

_TEXTS: Final = ("name", "name_contains", "memo", "memo_contains", "reference_number", "search", "external_id_contains")


@pytest.fixture(scope="module")
def world(client: httpx.Client, platform: Platform, other_platform: Platform, database_urls: Urls) -> Iterator[World]:
    """Two victims, whose books are as they were and add up when all attacks are over."""
    victims = {
        "a sister": new_tenant(client, platform, database_urls),
        "a stranger": new_tenant(client, other_platform, database_urls),
    }
    before = {name: books_of(database_urls, one.business) for name, one in victims.items()}
    yield World(client, platform, victims)
    assert before == {name: books_of(database_urls, one.business) for name, one in victims.items()}
    for one in victims.values():
        assert findings(database_urls.serve, one.business) == []


@pytest.mark.parametrize("dialect", OPERATIONS)
def test_an_id_of_others_in_a_path_is_one_that_never_was(world: World, attack: Attack, dialect: str) -> None:
    """Given an operation, when any of the ids in its path are of another tenant, then there is nothing there."""
    twins = world.twins(dialect)
    for operation in OPERATIONS[dialect]:
        names = operation.names_in_path
        for some in (some for size in range(1, len(names) + 1) for some in combinations(names, size)):
            for who, victim in twins.pairs():
                if who == "the partner" and victim is world.victims["a sister"] and some[0] == names[0]:
                    continue  # a business of its own
                ids = {name: one for name, one in victim.surface.ids(operation).items() if name in some}
                answer = twins.attack(attack, operation, who, victim, Theirs(ids=ids))
                assert answer.status_code >= 400, (named(operation), some)
    attack.failed(at_least={"layer": 120, "thredfi": 120, "native": 12}[dialect])


@pytest.mark.parametrize("dialect", OPERATIONS)
def test_an_id_of_others_in_a_body_is_one_that_never_was(world: World, attack: Attack, dialect: str) -> None:
    """Given a body, when an id or a client's own id anywhere in it is another tenant's, then it names nothing there."""
    places = [(one, place) for one in OPERATIONS[dialect] for place in Positions(DOCUMENTS[dialect]).of_ids(one)]
    for start in range(0, len(places), FRESH):
        twins = world.twins(dialect)
        for operation, place in places[start : start + FRESH]:
            for who, victim in twins.pairs():
                values = victim.external_ids if str(place[-1]).endswith("external_id") else victim.own_ids
                for value in twins.some(values(about(place), payable=is_payable(operation))):
                    twins.attack(attack, operation, who, victim, Theirs(place=place, value=value))
    attack.failed(at_least={"layer": 120, "thredfi": 60, "native": 40}[dialect])


@pytest.mark.parametrize("dialect", OPERATIONS)
def test_what_others_have_is_found_by_no_filter(world: World, attack: Attack, dialect: str) -> None:
    """Given a question, when it asks for another tenant's ids, names, tags or texts, then nothing is found."""
    twins = world.twins(dialect)
    for operation in OPERATIONS[dialect]:
        parameters = [one["name"] for one in operation.described.get("parameters", []) if one["in"] == "query"]
        for name in parameters:
            for who, victim in twins.pairs():
                for value in twins.some(asked_by(snake(name), victim, payable=is_payable(operation))):
                    twins.attack(attack, operation, who, victim, Theirs(params={name: value}))
    attack.failed(at_least={"layer": 50, "thredfi": 35, "native": 10}[dialect])


def asked_by(name: str, victim: Tenant, *, payable: bool) -> list[str]:
    """What of a victim's may be asked for with a parameter of this name."""
    match name:
        case "external_id":
            return victim.external_ids("", payable=payable)
        case "tag" | "tag_filter":
            return [f"{victim.mark}region:{victim.mark}north"]
        case _ if name.endswith("external_id"):
            return victim.external_ids(name.removesuffix("_external_id"), payable=payable)
        case _ if name.endswith("_id"):
            return victim.own_ids(name.removesuffix("_id"), payable=payable)
        case _ if name in _TEXTS or name.endswith("number"):
            return [f"{victim.mark}A", f"{victim.mark} said"]
    return []


def test_a_cursor_of_others_leads_to_nothing_of_theirs(world: World, attack: Attack) -> None:
    """Given a list, when it is asked for with a cursor from another tenant's, then it has no more than its own."""
    for dialect in ("layer", "native"):
        own = world.own(dialect)
        for operation in OPERATIONS[dialect]:
            names = {one["name"] for one in operation.described.get("parameters", []) if one["in"] == "query"}
            if "cursor" not in names:
                continue
            for victim in world.victims.values():
                path = operation.path.format(**victim.surface.ids(operation))
                asked = own.plausible.query(operation) | {"limit": 1}
                first = world.client.get(path, params=asked, headers=victim.header).json()
                cursor = first.get("next_cursor") or first.get("meta", {}).get("pagination", {}).get("cursor")
                if cursor is None:
                    continue
                for name in ("the business", "the partner"):
                    request = own.asked(operation) | {"params": asked | {"cursor": cursor, "limit": 100}, "json": None}
                    answer = world.client.request(**request, headers=own.headers[name])
                    got = victim.seen_in(answer.text, [])
                    attack.tried(named(operation), *got, *([answer.text] if answer.status_code != 200 else []))
    attack.failed(at_least=30)


def test_an_idempotency_key_of_others_is_a_new_one(world: World, attack: Attack) -> None:
    """Given a key that another tenant's request was answered under, when it comes again, then it is its first time."""
    twins = world.twins("thredfi")
    for operation in OPERATIONS["thredfi"]:
        if "Idempotency-Key" not in {one["name"] for one in operation.described.get("parameters", [])}:
            continue
        for who, victim in twins.pairs():
            headers = {"Idempotency-Key": victim.key(operation)}
            twins.attack(attack, operation, who, victim, Theirs(headers=headers))
    attack.failed(at_least=18)


BESIDE: Final = {
    "params": ("business_id", "businessId", "business", "tenant", "partner_id", "account_id"),
    "headers": ("X-Business-Id", "X-Tenant-Id", "X-Partner-Id", "X-Forwarded-User", "X-Original-URL", "X-Rewrite-URL"),
    "fields": ("business_id", "businessId", "partner_id", "business", "tenant"),
}
"""Names under which another service might take whose books are meant."""


@pytest.mark.parametrize("dialect", OPERATIONS)
def test_nothing_but_the_path_says_whose_books_are_meant(world: World, attack: Attack, dialect: str) -> None:
    """Given an operation, when something beside the path names another tenant, then it is as if it named nobody."""
    twins = world.twins(dialect)
    for operation in OPERATIONS[dialect]:
        beside = [one for one in BESIDE if one != "fields" or isinstance(twins.one.plausible.body(operation), dict)]
        for who, victim in twins.pairs():
            for part in twins.some(beside):
                theirs: Any = {part: dict.fromkeys(BESIDE[part], victim.business)}
                twins.attack(attack, operation, who, victim, Theirs(**theirs))
    attack.failed(at_least={"layer": 90, "thredfi": 80, "native": 12}[dialect])


def test_an_entity_tag_of_others_is_of_no_answer(world: World, attack: Attack) -> None:
    """Given the entity tag of another tenant's report, when the same is asked about one's own, then it is no match."""
    for dialect in OPERATIONS:
        own = world.own(dialect)
        for operation in OPERATIONS[dialect]:
            for victim in world.victims.values():
                path = operation.path.format(**victim.surface.ids(operation))
                query = own.plausible.query(operation)
                tag = world.client.get(path, params=query, headers=victim.header).headers.get("etag")
                if tag is not None and operation.method == "get":
                    headers = {**own.headers["the business"], "If-None-Match": tag}
                    answer = world.client.request(**own.asked(operation) | {"headers": headers, "json": None})
                    got = victim.seen_in(answer.text, [])
                    attack.tried(named(operation), *got, *(["304"] if answer.status_code == 304 else []))
    attack.failed(at_least=10)


def test_what_is_a_victims_can_be_told_in_its_own_answers(world: World) -> None:
    """Given lists and reports, when a victim itself asks, then what is its own is seen in each."""
    seen: Counter[str] = Counter()
    for dialect in OPERATIONS:
        for victim in world.victims.values():
            plausible = Plausible(DOCUMENTS[dialect], victim.surface)
            for operation in (one for one in OPERATIONS[dialect] if one.method == "get"):
                path = operation.path.format(**victim.surface.ids(operation))
                answer = world.client.get(path, params=plausible.query(operation), headers=victim.header)
                seen[dialect] += bool(victim.seen_in(answer.text, []))
    assert seen >= Counter({"layer": 50, "thredfi": 50, "native": 12}), seen
