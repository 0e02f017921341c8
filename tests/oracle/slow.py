"""The slow oracle: books kept as a pile of slips, and every question answered by reading all of them, day by day.

Units: minor units; a version is the number of writes that added something.
Holds: it shares no code with the ledger. There are no entries, no open items and no differences here: what is open on
a day is the amount less the allocations up to that day, and a base balance is that fraction of the base amount.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from tests.oracle.said import BASE_CURRENCY, Charge, Leave, Meet, Saying, Settle, Share, Who

BIGGEST = 2**63 - 1
ONE_DAY = timedelta(days=1)


class Key(NamedTuple):
    """How a document is known."""

    side: str
    kind: str
    document: str


@dataclass(frozen=True)
class PartySlip:
    """A party as of a version."""

    version: int
    side: str
    party: str
    name: str
    archived: bool
    terms: tuple[int, bool] | None


@dataclass(frozen=True)
class DocumentSlip:
    """A document, and what was said when it was recorded."""

    version: int
    key: Key
    party: str
    state: str
    on: date
    due: date
    currency: str
    amount: int
    base: int
    said: Charge | Settle


@dataclass(frozen=True)
class ShareSlip:
    """An allocation, on the day that was stated or found."""

    version: int
    source: Key
    charge: Key
    on: date
    amount: int


class Refused(Exception):
    """A write must be refused, for any of these reasons."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = frozenset(reasons)
        super().__init__(", ".join(sorted(reasons)))


class TooBig(Exception):
    """A sum in the answer does not fit 64 bits."""


class Line(NamedTuple):
    """A party's sums in one currency."""

    party: str
    name: str
    currency: str
    bands: tuple[int, ...]
    unapplied: int
    total: int


class Paper(NamedTuple):
    """A whole report: lines by total, then name; sums per currency: bands, unapplied, total; what was left out."""

    lines: tuple[Line, ...]
    totals: dict[str, tuple[tuple[int, ...], int, int]]
    left_out: dict[str, int]


@dataclass
class Oracle:
    """All slips ever written."""

    version: int = 0
    parties: list[PartySlip] = field(default_factory=list)
    documents: list[DocumentSlip] = field(default_factory=list)
    shares: list[ShareSlip] = field(default_factory=list)

    def write(self, sayings: Sequence[Saying]) -> list[str]:
        """Take down one write, all of it or nothing; returns what each saying stands under. Raises Refused."""
        draft = copy(self)
        draft.parties, draft.documents, draft.shares = self.parties[:], self.documents[:], self.shares[:]
        draft.version += 1
        answers = [draft._take(saying) for saying in sayings]
        before = (self.parties, self.documents, self.shares)
        if (draft.parties, draft.documents, draft.shares) != before:
            self.__dict__.update(draft.__dict__)
        return answers

    def _take(self, saying: Saying) -> str:
        match saying:
            case Meet():
                return self._meet(saying)
            case Leave():
                return self._leave(saying)
            case Charge():
                return self._charge(saying)
            case Settle():
                return self._settle(saying)

    def party(self, side: str, party: str, version: int | None = None) -> PartySlip | None:
        """The last slip of a party up to a version."""
        known = self.version if version is None else version
        found = [slip for slip in self.parties if (slip.side, slip.party) == (side, party) and slip.version <= known]
        return found[-1] if found else None

    def document(self, key: Key) -> DocumentSlip | None:
        """The slip of a document."""
        return next((slip for slip in self.documents if slip.key == key), None)

    def _meet(self, said: Meet) -> str:
        there = self.party(said.side, said.party)
        terms = None if said.net_days is None else (said.net_days, said.end_of_month)
        slip = PartySlip(self.version, said.side, said.party, said.name, bool(there and there.archived), terms)
        if there is None or (there.name, there.terms) != (slip.name, slip.terms):
            self.parties.append(slip)
        return said.party

    def _leave(self, said: Leave) -> str:
        there = self._by_id(said.side, said.party)
        if not there.archived:
            self.parties.append(PartySlip(self.version, said.side, said.party, there.name, True, there.terms))
        return said.party

    def _by_id(self, side: str, party: str) -> PartySlip:
        """A party as those know it who were told its id: it must have stood before this write."""
        there = self.party(side, party)
        if there is None or self.party(side, party, self.version - 1) is None:
            raise Refused("unknown party")
        return there

    def _who(self, side: str, who: Who) -> PartySlip:
        if who.new_name is None:
            return self._by_id(side, who.party)
        there = self.party(side, who.party)
        if there is None:
            there = PartySlip(self.version, side, who.party, who.new_name, False, None)
            self.parties.append(there)
        return there

    def _charge(self, said: Charge) -> str:
        key = Key(said.side, "charge", said.document)
        party = self._who(said.side, said.who)
        there = self.document(key)
        if there is not None:
            if not self._same_charge(there, said):
                raise Refused("conflict", *(["due date"] if due_date(said, None) is None else []))
            return said.document
        reasons = bad_amounts(said)
        if party.archived:
            reasons.add("archived")
        due = due_date(said, party.terms)
        if due is None:
            reasons.add("due date")
        if due is None or reasons:
            raise Refused(*reasons)
        base = said.amount if said.currency == BASE_CURRENCY else said.base
        assert base is not None
        self.documents.append(
            DocumentSlip(
                self.version, key, said.who.party, said.state, said.on, due, said.currency, said.amount, base, said
            )
        )
        for settle in said.settles:
            was_there = self.document(Key(settle.side, settle.kind, settle.document)) is not None
            self._settle(settle)
            if was_there:  # it came along with another charge, or by itself
                raise Refused("conflict")
        return said.document

    def _settle(self, said: Settle) -> str:
        charges = [self.document(Key(said.side, "charge", share.charge)) for share in said.shares]
        known = [charge for charge in charges if charge is not None]
        if len(known) < len(charges):
            raise Refused("unknown charge", *(["unknown party"] if said.who and said.who.new_name is None else []))
        if said.who is None and not known:
            raise Refused("no party")
        party = self._who(said.side, said.who).party if said.who else known[0].party
        key = Key(said.side, said.kind, said.document)
        there = self.document(key)
        if there is not None:
            if not self._same_settlement(there, said, party):
                raise Refused("conflict")
            return said.document
        if reasons := bad_amounts(said):
            raise Refused(*reasons)
        base = said.amount if said.currency == BASE_CURRENCY else said.base
        assert base is not None
        slip = DocumentSlip(
            self.version, key, party, "issued", said.on, said.on, said.currency, said.amount, base, said
        )
        self.documents.append(slip)
        for charge, share in zip(known, said.shares, strict=True):
            self._apply(slip, charge, share)
        return said.document

    def _apply(self, source: DocumentSlip, charge: DocumentSlip, share: Share) -> None:
        reasons = set()
        if charge.party != source.party:
            reasons.add("other party")
        if charge.currency != source.currency:
            reasons.add("other currency")
        if charge.state != "issued":
            reasons.add("not open")
        if share.amount < 0:
            reasons.add("negative")
        if reasons:
            raise Refused(*reasons)
        if share.amount == 0:
            return
        on = self._first_fitting_day(source, charge, share)
        self.shares.append(ShareSlip(self.version, source.key, charge.key, on, share.amount))

    def _first_fitting_day(self, source: DocumentSlip, charge: DocumentSlip, share: Share) -> date:
        """Try every day: one fits when the amount fits both ends on it and on all days that follow (T5, T7)."""
        earliest = max(source.on, charge.on)
        if share.on is not None and share.on < earliest:
            raise Refused("too early")
        start = share.on or earliest
        touching = [*self.shares_of(source.key), *self.shares_of(charge.key)]
        quiet = max([start, *(one.on for one in touching)]) + ONE_DAY
        too_full = [
            day
            for day in every_day(start, quiet)
            if any(self.open_on(end, day) < share.amount for end in (source, charge))
        ]
        if not too_full:
            return start
        if share.on is not None or too_full[-1] == quiet:
            raise Refused("too much")
        return too_full[-1] + ONE_DAY

    def open_on(self, slip: DocumentSlip, day: date, version: int | None = None) -> int:
        """What is open, or unapplied, of a document at the end of a day, known at a version."""
        known = self.version if version is None else version
        if slip.state != "issued" or slip.on > day or slip.version > known:
            return 0
        taken = [one.amount for one in self.shares_of(slip.key) if one.on <= day and one.version <= known]
        return slip.amount - sum(taken)

    def base_on(self, slip: DocumentSlip, day: date, version: int | None = None) -> int:
        """The base balance on a day: that fraction of the base amount, rounded half to even (T11)."""
        open_minor = self.open_on(slip, day, version)
        return round(Fraction(slip.base * open_minor, slip.amount)) if slip.amount else 0

    def shares_of(self, key: Key) -> list[ShareSlip]:
        """The allocations that touch a document."""
        return [one for one in self.shares if key in (one.source, one.charge)]

    def days_of(self, slip: DocumentSlip) -> list[date]:
        """The days on which something happens to a document."""
        return sorted({slip.on, *(one.on for one in self.shares_of(slip.key))})

    def _same_charge(self, there: DocumentSlip, said: Charge) -> bool:
        """A repeat may leave its terms out, or name others that come to the same due date."""
        was = there.said
        assert isinstance(was, Charge)
        same_due = was.due == said.due
        if said.due is None and said.net_days is not None:
            same_due = same_due and due_date(said, None) == there.due
        return same_due and same_money(was, said) and (there.party, was.state) == (said.who.party, said.state)

    def _same_settlement(self, there: DocumentSlip, said: Settle, party: str) -> bool:
        was = there.said
        assert isinstance(was, Settle)

        def shares(of: Settle) -> list[tuple[str, int, str]]:
            return sorted((one.charge, one.amount, str(one.on)) for one in of.shares if one.amount)

        return same_money(was, said) and there.party == party and shares(was) == shares(said)

    def report(
        self,
        side: str,
        as_of: date,
        *,
        version: int | None = None,
        credits: str = "exclude",
        in_base: bool = True,
        edges: Sequence[int] = (1, 31, 61, 91),
    ) -> Paper:
        """The aging report, from every slip there is. Raises TooBig."""
        known = self.version if version is None else version
        sums: dict[tuple[str, str], list[list[int]]] = {}
        for slip in self.documents:
            amount = (self.base_on if in_base else self.open_on)(slip, as_of, known)
            if slip.key.side != side or amount == 0:
                continue
            late = (as_of - slip.due).days
            band = sum(1 for edge in edges if late >= edge)
            currency = BASE_CURRENCY if in_base else slip.currency
            rows = sums.setdefault((slip.party, currency), [[0] * (len(edges) + 1), [0] * (len(edges) + 1)])
            is_charge = slip.key.kind == "charge"
            rows[0 if is_charge else 1][band] += amount if is_charge else -amount
        lines = [
            self._line(side, known, party, currency, charges, unapplied, credits)
            for (party, currency), (charges, unapplied) in sums.items()
        ]
        lines = [line for line in lines if any(line.bands) or line.unapplied]
        left_out = {
            currency: left
            for currency in sorted({currency for _, currency in sums})
            if (left := sum(sum(rows[1]) for (_, own), rows in sums.items() if own == currency))
        }
        totals = {
            currency: (
                tuple(sum(cells) for cells in zip(*(line.bands for line in own), strict=True)),
                sum(line.unapplied for line in own),
                sum(line.total for line in own),
            )
            for currency in sorted({line.currency for line in lines})
            if (own := [line for line in lines if line.currency == currency])
        }
        if in_base and BASE_CURRENCY not in totals:
            totals[BASE_CURRENCY] = ((0,) * (len(edges) + 1), 0, 0)
        paper = Paper(
            tuple(sorted(lines, key=lambda line: (-line.total, line.name))),
            totals,
            left_out if credits == "exclude" else {},
        )
        check_sizes(paper, (cell for rows in sums.values() for row in rows for cell in row))
        return paper

    def _line(
        self, side: str, known: int, party: str, currency: str, charges: list[int], unapplied: list[int], credits: str
    ) -> Line:
        slip = self.party(side, party, known)
        assert slip is not None
        bands = [charge + (less if credits == "net" else 0) for charge, less in zip(charges, unapplied, strict=True)]
        column = sum(unapplied) if credits == "column" else 0
        return Line(party, slip.name, currency, tuple(bands), column, sum(bands) + column)


def check_sizes(paper: Paper, cells: Iterable[int]) -> None:
    """Whether 64 bits hold every number of a report and every sum behind it. Raises TooBig."""
    numbers = [*cells, *paper.left_out.values()]
    for bands, unapplied, total in [*(line[3:] for line in paper.lines), *paper.totals.values()]:
        numbers += [*bands, unapplied, total]
    if any(not -BIGGEST - 1 <= number <= BIGGEST for number in numbers):
        raise TooBig


def bad_amounts(said: Charge | Settle) -> set[str]:
    """What is wrong with a document's amounts."""
    reasons = set()
    base = said.amount if said.currency == BASE_CURRENCY else said.base
    if base is None:
        reasons.add("no rate")
    if said.amount < 0 or (base or 0) < 0:
        reasons.add("negative")
    if max(said.amount, base or 0) > BIGGEST:
        reasons.add("too large")
    return reasons


def same_money(was: Charge | Settle, said: Charge | Settle) -> bool:
    """Whether two sayings agree on amount, day and memo."""
    bases = [None if one.currency == BASE_CURRENCY else one.base for one in (was, said)]
    return bases[0] == bases[1] and all(
        getattr(was, name) == getattr(said, name) for name in ("currency", "amount", "on", "memo")
    )


def due_date(said: Charge, party_terms: tuple[int, bool] | None) -> date | None:
    """The due date (T4): stated, else from terms, else the charge's day; None past the calendar's end."""
    if said.due is not None:
        return said.due
    terms = party_terms if said.net_days is None else (said.net_days, said.end_of_month)
    if terms is None:
        return said.on
    net_days, end_of_month = terms
    start = said.on.replace(day=monthrange(said.on.year, said.on.month)[1]) if end_of_month else said.on
    if not 1 <= start.toordinal() + net_days <= date.max.toordinal():
        return None
    return date.fromordinal(start.toordinal() + net_days)


def every_day(first: date, last: date) -> Iterator[date]:
    """Both days and all between."""
    while first <= last:
        yield first
        first += ONE_DAY
