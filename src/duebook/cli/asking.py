"""What is asked of a report: the options that `aging`, `explain`, `changes` and `tie-out` share.

Source: docs/howto/command-line.md, "Aging".
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from cyclopts import Parameter

from duebook.aging.bands import Bands
from duebook.aging.question import CLOSED, AgingQuery, Basis, Credits, KnownAt, TagFilter
from duebook.cli.exits import UsageError
from duebook.ledger.errors import PartyNotFound
from duebook.ledger.facts import PartyId, Side
from duebook.ledger.history import START, Parties, parties, parties_by_id
from duebook.tenancy.gate import ReadTx

_VERSION: Final = re.compile(r"\d{1,18}", re.ASCII)
_EDGE: Final = re.compile(r"-?\d{1,7}", re.ASCII)

BusinessOption = Annotated[UUID, Parameter(name="--business", help="The id of the business whose books they are.")]
KnownAtOption = Annotated[
    str | None,
    Parameter(
        help="As known then: a version, an instant such as 2026-01-31T18:00:00Z, or `closed`: when its day was closed."
    ),
]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Asked:
    """The question that a report answers."""

    as_of: Annotated[date | None, Parameter(help="The day; else today where the business is.")] = None
    known_at: KnownAtOption = None
    credits: Annotated[
        Credits, Parameter(help="Unapplied payments and credits: left out, in a column, or netted in their band.")
    ] = Credits.COLUMN
    basis: Annotated[
        Basis | None,
        Parameter(
            name=("--basis", "--currency"),
            help="Of the amounts: base currency at booked rates (of books), each document's own (of a file), or base "
            "at the rates of a day.",
        ),
    ] = None
    revalued_on: Annotated[
        date | None, Parameter(help="The day of the rates of --basis revalued; else the as-of day.")
    ] = None
    tag: Annotated[
        tuple[str, ...],
        Parameter(
            negative=(),
            show_default=False,
            help="KEY=VALUE: only documents with this tag; KEY alone: with any value. Repeated: one of the values.",
        ),
    ] = ()
    edges: Annotated[str, Parameter(help="The days late at which each band after the first begins.")] = "1,31,61,91"

    @property
    def bands(self) -> Bands:
        """The bands. Raises UsageError, BadBands."""
        edges = []
        for word in self.edges.split(","):
            if not _EDGE.fullmatch(word.strip()):
                raise UsageError(f"{word.strip()!r} is not a number of days; edges are written 1,31,61,91")
            edges.append(int(word))
        return Bands(tuple(edges))

    def query(self, side: Side) -> AgingQuery:
        """The question, of the books of a business. Raises UsageError, BadBands."""
        basis = self.basis or Basis.BASE
        if self.revalued_on is not None and basis is not Basis.REVALUED:
            raise UsageError("--revalued-on is said only with --basis revalued")
        return AgingQuery(
            side=side,
            as_of=self.as_of,
            known_at=None if self.known_at is None else moment_named(self.known_at),
            credits=self.credits,
            basis=basis,
            revalued_on=self.revalued_on,
            bands=self.bands,
            tags=self._tags,
        )

    @property
    def _tags(self) -> tuple[TagFilter, ...]:
        values: dict[str, list[str]] = {}
        anything: set[str] = set()
        for text in self.tag:
            key, equals, value = text.partition("=")
            if not key:
                raise UsageError(f"{text!r} is not a tag: write KEY=VALUE, such as region=west")
            values.setdefault(key, []).append(value)
            if not equals:
                anything.add(key)
        return tuple(
            TagFilter(key, () if key in anything else tuple(dict.fromkeys(found))) for key, found in values.items()
        )


USUAL_ASKED: Final = Asked()


def moment_named(text: str) -> KnownAt:
    """A version, an instant, or the closing of the day asked about. Raises UsageError."""
    return CLOSED if text == CLOSED.value else version_or_instant(text)


def version_or_instant(text: str) -> int | datetime:
    """A version, or an instant; one without an offset is where the business is. Raises UsageError."""
    if _VERSION.fullmatch(text):
        return int(text)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or ":" not in text:
        raise UsageError(f"{text!r} is neither a version nor an instant such as 2026-01-31T18:00:00Z")
    return instant


async def party_named(tx: ReadTx, side: Side, given: str) -> PartyId:
    """The party with this id or external id, archived or not. Raises PartyNotFound."""
    try:
        ids = [UUID(given)]
    except ValueError:
        ids = []
    which = Parties(side=side, external_id=given, archived=True)
    found = await parties_by_id(tx, tx.version, ids) or await parties(tx, tx.version, which, START, 1)
    for one in found:
        if one.party.side is side:
            return one.party.id
    raise PartyNotFound(side, given)
