"""Every attack on a tenant comes twice: with what is a victim's to one business, with what never was to another.

Both are the attacker's own and were made alike, so whatever attacks change in one, they change in its twin.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import httpx
from hypothesis import settings

from duebook.http.openapi import Operation
from tests.attacks.dialects import DOCUMENTS, named
from tests.attacks.positions import Positions, Steps
from tests.attacks.tally import Attack
from tests.attacks.tenants import Tenant
from tests.http.plausible import Plausible
from tests.http.surface import Surface, new_surface
from tests.http.world import Platform, bearer, business_token, partner_token

T = TypeVar("T")

EVERYTHING: Final = settings().max_examples > 100
"""Everybody attacks every victim with all there is; else attackers and victims take turns, with one thing each time."""

_VARYING: Final = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\b[0-9a-f]{32}\b|\d{4}-\d\d-\d\dT\d\d:\d\d:[\d.]+(?:Z|[+-]\d\d:\d\d)"
    r'|"(?:request_id|instance)":"\w+"|"(?:cursor|next_cursor|access_token)":"[\w.-]+"'
)
"""What differs between two answers to the same question: ids and times of what is made, and what holds these."""


@dataclass(frozen=True)
class Own:
    """A business of the attacker's, and how either of its owners says who asks."""

    surface: Surface
    plausible: Plausible
    headers: Mapping[str, Mapping[str, str]]

    def asked(self, operation: Operation, **other_ids: str) -> dict[str, Any]:
        """A request that ought to be accepted, about this business but for some ids in the path."""
        return {
            "method": operation.method,
            "url": operation.path.format(**self.surface.ids(operation) | other_ids),
            "json": self.plausible.body(operation),
            "params": self.plausible.query(operation),
        }


@dataclass(frozen=True)
class Theirs:
    """What of a victim's is put where in a request: in the path, at a place in the body, or beside what is asked."""

    ids: Mapping[str, str] = field(default_factory=dict)
    place: Steps = ()
    value: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)

    def sent(self) -> set[str]:
        """Everything that is the victim's."""
        parts = (self.ids, self.params, self.headers, self.fields)
        return {self.value, *(piece for part in parts for one in part.values() for piece in one.split(":"))} - {""}

    def asked(self, positions: Positions, own: Own, operation: Operation, told: Callable[[str], str]) -> dict[str, Any]:
        """The request about a business, with this in it or with what never was."""

        def all_told(values: Mapping[str, str]) -> dict[str, str]:
            return {name: ":".join(map(told, one.split(":"))) for name, one in values.items()}

        asked = own.asked(operation, **all_told(self.ids))
        if self.place:
            asked["json"] = positions.body(own.plausible, operation, self.place, told(self.value))
        if self.fields:
            asked["json"] = all_told(self.fields) | asked["json"]
        return asked | {"params": asked["params"] | all_told(self.params), "headers": all_told(self.headers)}


@dataclass
class World:
    """The attacker, and its victims."""

    client: httpx.Client
    platform: Platform
    victims: Mapping[str, Tenant]
    turn: int = 0

    def own(self, dialect: str) -> Own:
        """A new business of the attacker's."""
        surface = new_surface(self.client, self.platform)
        headers = {
            "the business": bearer(business_token(self.client, self.platform, surface.known["business"])),
            "the partner": bearer(partner_token(self.client, self.platform)),
        }
        return Own(surface, Plausible(DOCUMENTS[dialect], surface), headers)

    def twins(self, dialect: str) -> "Twins":
        """Two new businesses of the attacker's."""
        return Twins(self, Positions(DOCUMENTS[dialect]), self.own(dialect), self.own(dialect))


@dataclass(frozen=True)
class Twins:
    """Two businesses that were made alike; `sent` is what one has been sent, with what the other was instead."""

    world: World
    positions: Positions
    one: Own
    other: Own
    sent: dict[str, str] = field(default_factory=dict)

    def pairs(self) -> Iterator[tuple[str, Tenant]]:
        """Who attacks whom now."""
        every = [(who, tenant) for who in self.one.headers for tenant in self.world.victims.values()]
        self.world.turn += 1
        yield from every if EVERYTHING else [every[self.world.turn % len(every)]]

    def some(self, values: Sequence[T]) -> Sequence[T]:
        """What is tried of several things now."""
        return values if EVERYTHING or not values else [values[self.world.turn % len(values)]]

    def attack(self, attack: Attack, operation: Operation, who: str, victim: Tenant, theirs: Theirs) -> httpx.Response:
        """Ask with what is the victim's, and see that the answer is as if it had never been, without more of it."""
        answer = self._answer(theirs.asked(self.positions, self.one, operation, str), self.one.headers[who])
        nothing = self._answer(
            theirs.asked(self.positions, self.other, operation, victim.decoy), self.other.headers[who]
        )
        self.sent.update({one: victim.decoy(one) for one in theirs.sent()})
        told, told_of_nothing = _told(answer, self.sent.keys()), _told(nothing, self.sent.values())
        got = [f"gives away {one}" for one in victim.seen_in(answer.text, self.sent.keys())]
        if told != told_of_nothing:
            got.append(f"differs: {told[:300]} / {told_of_nothing[:300]}")
        if answer.status_code >= 500:
            got.append(told[:300])
        attack.tried(f"{who}: {named(operation)} with {theirs}", *got)
        return answer

    def _answer(self, request: dict[str, Any], header: Mapping[str, str]) -> httpx.Response:
        return self.world.client.request(**request | {"headers": {**header, **request["headers"]}})


def _told(answer: httpx.Response, sent: Iterable[str]) -> str:
    text = answer.text
    for one in sorted(sent, key=len, reverse=True):
        text = text.replace(one, "SENT")
    return f"{answer.status_code} {_VARYING.sub('…', text)}"
