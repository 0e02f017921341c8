"""What is asked of an aging report, from the parameters of a query.

Source: docs/reference/api.md, "Reports"; docs/rule.md, T1, T2, T8, T11.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Final
from uuid import UUID

from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter, SkipValidation

from duebook.aging.bands import THIRTIES, BadBands, Bands
from duebook.aging.question import AgingQuery, Basis, Credits, TagFilter
from duebook.http.inputs import BadInput, day, shown
from duebook.http.native.known import AsOf, as_of_day, known_at_or_closed
from duebook.ledger.facts import PartyId, Side

_TEXT: Final[dict[str, Any]] = {"type": "string", "one_of": None}
_MOST_EDGES: Final = 60
_EDGE: Final = re.compile(r"-?[0-9]{1,6}")

KnownAtOrClosed = Annotated[
    str | None,
    QueryParameter(
        description="A version, an instant with its offset, or `closed`: as known when the day was closed; the latest "
        "version, if none is given",
        schema_extra=_TEXT,
    ),
]
CreditsAsked = Annotated[
    Credits,
    QueryParameter(description="Unapplied money: in a column of its own, netted into the bands, or left out"),
]
BasisAsked = Annotated[
    Basis,
    QueryParameter(description="Base currency at booked rates, each document's own, or base at the rates of a day"),
]
RevaluedOn = Annotated[
    str | None,
    QueryParameter(
        description="The day of the rates, with basis=revalued; the as-of day, if none is given",
        schema_extra=_TEXT | {"format": "date"},
    ),
]
Edges = Annotated[
    str | None,
    QueryParameter(
        description="The first day late of each band after the first, such as 1,31,61,91, which is the default",
        schema_extra=_TEXT | {"pattern": r"^-?[0-9]{1,6}(,-?[0-9]{1,6})*$"},
    ),
]
TagsAsked = Annotated[
    list[str] | None,
    QueryParameter(
        description="Only documents with this tag, as key:value, or key for any value. Values of one key are "
        "alternatives; several keys must all be there",
        schema_extra={"type": "array", "items": {"type": "string"}, "one_of": None},
    ),
]


async def question(
    side: FromQuery[Side],
    as_of: AsOf = None,
    known_at: KnownAtOrClosed = None,
    credits: CreditsAsked = Credits.COLUMN,
    basis: BasisAsked = Basis.BASE,
    revalued_on: RevaluedOn = None,
    edges: Edges = None,
    party_id: FromQuery[UUID | None] = None,
    tag: TagsAsked = None,
) -> AgingQuery:
    """The question that a query asks. Raises BadInput."""
    if revalued_on is not None and basis is not Basis.REVALUED:
        raise BadInput("revalued_on", shown(revalued_on), "goes with basis=revalued")
    return AgingQuery(
        side=side,
        as_of=as_of_day(as_of),
        known_at=known_at_or_closed(known_at),
        credits=credits,
        basis=basis,
        revalued_on=day("revalued_on", revalued_on),
        party_id=None if party_id is None else PartyId(party_id),
        bands=THIRTIES if edges is None else bands_of(edges),
        tags=filters_of(tag or ()),
    )


QUESTION: Final = {"question": Provide(question)}
TheQuestion = NamedDependency[SkipValidation[AgingQuery]]
"""A handler with these dependencies and a parameter `question: TheQuestion` is given what is asked."""


def bands_of(text: str) -> Bands:
    """Bands from their edges with commas between them. Raises BadInput, which names the edge that clashes (T2)."""
    parts = text.split(",")
    if len(parts) > _MOST_EDGES or not all(map(_EDGE.fullmatch, parts)):
        rule = f"is up to {_MOST_EDGES} whole numbers of days with commas between them, such as 1,31,61,91"
        raise BadInput("edges", shown(text), rule)
    try:
        return Bands(tuple(map(int, parts)))
    except BadBands as error:
        raise BadInput(
            "edges", shown(text), f"rises: edge {error.edge} is not greater than the one before it"
        ) from None


def filters_of(texts: Iterable[str]) -> tuple[TagFilter, ...]:
    """Filters by tags: values of the same key are alternatives. Raises BadInput."""
    values: dict[str, set[str]] = {}
    for text in texts:
        key, colon, value = text.partition(":")
        if not key or (colon and not value):
            raise BadInput("tag", shown(text), "is key:value, or key for any value")
        values.setdefault(key, set()).update({value} if colon else ())
    return tuple(TagFilter(key, tuple(sorted(found))) for key, found in sorted(values.items()))
