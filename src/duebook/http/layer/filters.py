"""What lists of documents are filtered by: one way to read each kind of query parameter.

Units: days are calendar days where the business is, amounts are cents; both ends of a range are inclusive.
Source: docs/reference/layer.md, "Lists".
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Annotated, Final, TypeVar
from uuid import UUID

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from duebook.days import day_of
from duebook.http.inputs import BadInput, shown
from duebook.http.layer.parties import FreeText
from duebook.http.layer.payments import METHODS
from duebook.http.layer.refusals import BadQuery, ConflictingParameters
from duebook.http.stamps import stamp
from duebook.ledger import lists
from duebook.ledger.facts import DocumentId, Kind, PartyId, Side
from duebook.ledger.lists import DocumentFilter, Page, PartyFilter
from duebook.ledger.views import Standing
from duebook.money import MAX_MINOR, MIN_MINOR
from duebook.tenancy.gate import ReadTx

Ordered = TypeVar("Ordered", date, int)

_NOBODY: Final = UUID(int=0)

Several = Annotated[
    list[str] | None,
    QueryParameter(
        description="One of them, several with commas between, or the parameter several times",
        schema_extra={"type": "array", "items": {"type": "string"}, "one_of": None},
    ),
]
StampQuery = Annotated[
    str | None,
    QueryParameter(
        description="A time stamp, or a bare date",
        schema_extra={"type": "string", "format": "date-time", "one_of": None},
    ),
]
CentsQuery = Annotated[
    str | None,
    QueryParameter(description="Whole cents", schema_extra={"type": "integer", "format": "int64", "one_of": None}),
]
UuidQuery = Annotated[str | None, QueryParameter(schema_extra={"type": "string", "format": "uuid", "one_of": None})]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeQuery:
    """What lists of invoices and of bills are both filtered by, as it was given."""

    external_id: str | None
    status: list[str] | None
    reference_number: list[str] | None
    due_at_start: str | None
    due_at_end: str | None
    min_total_amount: str | None
    max_total_amount: str | None
    memo: str | None
    memo_contains: str | None

    def read(
        self,
        tx: ReadTx,
        side: Side,
        statuses: Mapping[str, Sequence[Standing]],
        *,
        issued: tuple[str, str | None, str | None],
        parties: Sequence[PartyId] | None,
    ) -> DocumentFilter:
        """The same as the ledger reads it; `issued` is the name and the two ends of the day of issue.

        Raises BadQuery.
        """
        issued_from, issued_to = _days(tx, *issued)
        due_from, due_to = _days(tx, "due_at", self.due_at_start, self.due_at_end)
        min_minor, max_minor = _amounts("total_amount", self.min_total_amount, self.max_total_amount)
        asked = choices("status", self.status, statuses)
        return DocumentFilter(
            side=side,
            kind=Kind.CHARGE,
            party_ids=parties,
            external_id=self.external_id,
            numbers=_numbers(self.reference_number),
            standings=None if asked is None else [one for status in asked for one in statuses[status]],
            issued_from=issued_from,
            issued_to=issued_to,
            due_from=due_from,
            due_to=due_to,
            min_minor=min_minor,
            max_minor=max_minor,
            memo=self.memo,
            memo_contains=self.memo_contains,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentQuery:
    """What lists of payments of either side are filtered by, as it was given."""

    external_id: str | None
    reference_number: list[str] | None
    paid_at_start: str | None
    paid_at_end: str | None
    method: list[str] | None
    processor: list[str] | None
    memo: str | None
    memo_contains: str | None

    def read(
        self, tx: ReadTx, side: Side, *, parties: Sequence[PartyId] | None, charge_id: DocumentId | None
    ) -> DocumentFilter:
        """The same as the ledger reads it. Raises BadQuery."""
        issued_from, issued_to = _days(tx, "paid_at", self.paid_at_start, self.paid_at_end)
        return DocumentFilter(
            side=side,
            kind=Kind.PAYMENT,
            party_ids=parties,
            charge_id=charge_id,
            external_id=self.external_id,
            numbers=_numbers(self.reference_number),
            issued_from=issued_from,
            issued_to=issued_to,
            methods=choices("method", self.method, METHODS),
            processors=self.processor,
            memo=self.memo,
            memo_contains=self.memo_contains,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedQuery:
    """What lists of credits and of refunds are filtered by, as it was given."""

    external_id: str | None
    reference_number: list[str] | None
    memo: str | None
    memo_contains: str | None

    def read(
        self,
        tx: ReadTx,
        side: Side,
        kind: Kind,
        *,
        issued: tuple[str, str | None, str | None],
        parties: Sequence[PartyId] | None,
        body_without: str | None = None,
    ) -> DocumentFilter:
        """The same as the ledger reads it; `issued` is the name and the two ends of the day. Raises BadQuery."""
        issued_from, issued_to = _days(tx, *issued)
        return DocumentFilter(
            side=side,
            kind=kind,
            party_ids=parties,
            external_id=self.external_id,
            numbers=_numbers(self.reference_number),
            issued_from=issued_from,
            issued_to=issued_to,
            memo=self.memo,
            memo_contains=self.memo_contains,
            body_without=body_without,
        )


async def charge_query(
    external_id: FreeText = None,
    status: Several = None,
    reference_number: Several = None,
    due_at_start: StampQuery = None,
    due_at_end: StampQuery = None,
    min_total_amount: CentsQuery = None,
    max_total_amount: CentsQuery = None,
    memo: FreeText = None,
    memo_contains: FreeText = None,
) -> ChargeQuery:
    """The filters that a request for invoices or bills gives."""
    return ChargeQuery(
        external_id=external_id,
        status=status,
        reference_number=reference_number,
        due_at_start=due_at_start,
        due_at_end=due_at_end,
        min_total_amount=min_total_amount,
        max_total_amount=max_total_amount,
        memo=memo,
        memo_contains=memo_contains,
    )


async def payment_query(
    external_id: FreeText = None,
    reference_number: Several = None,
    paid_at_start: StampQuery = None,
    paid_at_end: StampQuery = None,
    method: Several = None,
    processor: Annotated[
        list[str] | None,
        QueryParameter(
            description="Once or several times",
            schema_extra={"type": "array", "items": {"type": "string"}, "one_of": None},
        ),
    ] = None,
    memo: FreeText = None,
    memo_contains: FreeText = None,
) -> PaymentQuery:
    """The filters that a request for payments gives."""
    return PaymentQuery(
        external_id=external_id,
        reference_number=reference_number,
        paid_at_start=paid_at_start,
        paid_at_end=paid_at_end,
        method=method,
        processor=processor,
        memo=memo,
        memo_contains=memo_contains,
    )


async def dated_query(
    external_id: FreeText = None,
    reference_number: Several = None,
    memo: FreeText = None,
    memo_contains: FreeText = None,
) -> DatedQuery:
    """The filters that a request for credits or refunds gives."""
    return DatedQuery(
        external_id=external_id, reference_number=reference_number, memo=memo, memo_contains=memo_contains
    )


CHARGE_QUERY: Final = {"asked": Provide(charge_query)}
PAYMENT_QUERY: Final = {"asked": Provide(payment_query)}
DATED_QUERY: Final = {"asked": Provide(dated_query)}
TheChargeQuery = NamedDependency[ChargeQuery]
ThePaymentQuery = NamedDependency[PaymentQuery]
TheDatedQuery = NamedDependency[DatedQuery]
"""A handler with these dependencies and a parameter `asked` is given the filters."""


def names(query: type[ChargeQuery] | type[PaymentQuery] | type[DatedQuery]) -> list[str]:
    """What the parameters of these filters are called."""
    return [one.name for one in fields(query)]


def choices(field: str, given: Sequence[str] | None, known: Iterable[str]) -> list[str] | None:
    """Those of a choice that are asked for, with commas between or one by one. Raises BadQuery."""
    if given is None:
        return None
    found = [one for text in given for one in text.split(",")]
    for one in found:
        if one not in known:
            raise BadQuery(field, shown(one), f"is one of {', '.join(known)}")
    return found


def _numbers(given: Sequence[str] | None) -> list[str] | None:
    """A number may have a comma in it: what is given is looked for whole as well as in its parts."""
    return None if given is None else [one for text in given for one in (text, *text.split(","))]


def _days(tx: ReadTx, name: str, start: str | None, end: str | None) -> tuple[date | None, date | None]:
    def day(field: str, text: str) -> date:
        try:
            return day_of(stamp(field, text), tx.business.zone)
        except BadInput as bad:
            raise BadQuery(bad.field, bad.value, bad.rule) from None

    return _range(day, f"{name}_start", start, f"{name}_end", end)


def _amounts(name: str, least: str | None, most: str | None) -> tuple[int | None, int | None]:
    return _range(_cents, f"min_{name}", least, f"max_{name}", most)


def _cents(field: str, text: str) -> int:
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) < 20 and MIN_MINOR <= (cents := int(text)) <= MAX_MINOR:
        return cents
    raise BadQuery(field, shown(text), "is whole cents that fit 64 bits")


def _range(
    read: Callable[[str, str], Ordered], first: str, first_text: str | None, last: str, last_text: str | None
) -> tuple[Ordered | None, Ordered | None]:
    least = None if first_text is None else read(first, first_text)
    most = None if last_text is None else read(last, last_text)
    if least is not None and most is not None and most < least:
        raise ConflictingParameters(last, str(last_text), f"is not before {first}")
    return least, most


async def named_parties(
    tx: ReadTx, side: Side, word: str, given_id: str | None, external_id: str | None
) -> list[PartyId] | None:
    """Whose documents are asked for, by id, by external id or by both. Raises BadQuery."""

    async def find(name: str) -> UUID | None:
        which = PartyFilter(side=side, archived=None, external_id=name)
        return next((one.view.party.id for one in await lists.parties(tx, which, Page(limit=1))), None)

    found = await _named(find, word, given_id, external_id)
    return None if found is None else [PartyId(found)]


async def named_charge(
    tx: ReadTx, side: Side, word: str, given_id: str | None, external_id: str | None
) -> DocumentId | None:
    """The invoice or bill whose payments are asked for, by id, by external id or by both. Raises BadQuery."""

    async def find(name: str) -> UUID | None:
        which = DocumentFilter(side=side, kind=Kind.CHARGE, external_id=name)
        return next((one.view.document.id for one in await lists.documents(tx, which, Page(limit=1))), None)

    found = await _named(find, word, given_id, external_id)
    return None if found is None else DocumentId(found)


async def _named(
    find: Callable[[str], Awaitable[UUID | None]], word: str, given_id: str | None, external_id: str | None
) -> UUID | None:
    """The id that is meant; one of nothing, so that nothing matches, if the external id is nobody's."""
    by_id = None if given_id is None else _uuid(f"{word}_id", given_id)
    if external_id is None:
        return by_id
    by_name = await find(external_id) or _NOBODY
    if by_id not in (None, by_name):
        raise ConflictingParameters(f"{word}_external_id", external_id, f"is not the one that {word}_id names")
    return by_name


def _uuid(field: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadQuery(field, shown(text), "is a UUID") from None
