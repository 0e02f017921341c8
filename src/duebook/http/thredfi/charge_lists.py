"""Lists of invoices and bills: what they are filtered and sorted by.

Units: cents; days are calendar days; both ends of a range are part of it.
Source: docs/reference/thredfi.md, "Lists".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from duebook.http.services import Services
from duebook.http.thredfi import filters, parties
from duebook.http.thredfi.charge_answers import C, described
from duebook.http.thredfi.charge_words import Words
from duebook.http.thredfi.filters import CentsQuery, FreeText, StampQuery
from duebook.http.thredfi.paging import Paging
from duebook.ledger import lists
from duebook.ledger.facts import Kind
from duebook.ledger.lists import DocumentFilter, DocumentSort
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import read_tx

_SORTS: Final[Mapping[str, DocumentSort]] = {
    "created_at": "recorded",
    "updated_at": "updated",
    "due_at": "due_on",
    "total_amount": "amount",
    "outstanding_balance": "open",
    "status": "standing",
}

Status = Annotated[
    str | None,
    QueryParameter(
        description="Status words in any case, joined by commas; `overdue` is one beside them",
        schema_extra={"type": "string", "one_of": None},
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeQuery:
    """What lists of invoices and of bills are both filtered and sorted by, as it was given."""

    external_id: str | None
    status: str | None
    due_at_start: str | None
    due_at_end: str | None
    min_amount: str | None
    max_amount: str | None
    search: str | None
    ordering: str | None
    sort: str | None
    order: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnQuery:
    """What a list of one side is filtered by besides, as it was given."""

    party_ids: str | None
    party_external_id: str | None
    number: str | None
    issued_start: str | None
    issued_end: str | None
    received_start: str | None = None
    received_end: str | None = None


async def charge_query(
    external_id: FreeText = None,
    status: Status = None,
    due_at_start: StampQuery = None,
    due_at_end: StampQuery = None,
    min_amount: CentsQuery = None,
    max_amount: CentsQuery = None,
    search: FreeText = None,
    ordering: FreeText = None,
    sort: FreeText = None,
    order: FreeText = None,
) -> ChargeQuery:
    """The filters and the order that a request for invoices or bills gives."""
    return ChargeQuery(
        external_id=external_id,
        status=status,
        due_at_start=due_at_start,
        due_at_end=due_at_end,
        min_amount=min_amount,
        max_amount=max_amount,
        search=search,
        ordering=ordering,
        sort=sort,
        order=order,
    )


CHARGE_QUERY: Final = {"asked": Provide(charge_query)}
TheChargeQuery = NamedDependency[ChargeQuery]
"""A handler with these dependencies and a parameter `asked: TheChargeQuery` is given the filters and the order."""


async def page(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    words: Words,
    shown_as: type[C],
    asked: ChargeQuery,
    own: OwnQuery,
    paging: Paging,
) -> tuple[list[C], int]:
    """One page of charges, and how many there are on all pages. Raises BadInput, TenancyError."""
    sorts: dict[str, DocumentSort] = {**_SORTS, words.number: "number"}
    for name in words.issued:
        sorts[name] = "issued_on"
    sort, back = filters.order(asked.ordering, asked.sort, asked.order, sorts)
    issued_from, issued_to = filters.days(words.issued[0], own.issued_start, own.issued_end)
    received_from, received_to = filters.days("received_at", own.received_start, own.received_end)
    due_from, due_to = filters.days("due_at", asked.due_at_start, asked.due_at_end)
    min_minor, max_minor = filters.amounts("amount", asked.min_amount, asked.max_amount)
    standings = filters.words("status", asked.status, words.sought)
    noun = parties.NOUNS[words.side]
    party_ids = filters.ids(f"{noun}_id", own.party_ids)
    async with read_tx(services.database, caller, business_id) as tx:
        which = DocumentFilter(
            side=words.side,
            kind=Kind.CHARGE,
            party_ids=await parties.sought(tx, words.side, party_ids, own.party_external_id),
            external_id=asked.external_id or None,
            numbers=[own.number] if own.number else None,
            standings=standings,
            issued_from=issued_from,
            issued_to=issued_to,
            received_from=received_from,
            received_to=received_to,
            due_from=due_from,
            due_to=due_to,
            min_minor=min_minor,
            max_minor=max_minor,
            search=(asked.search or "").strip() or None,
        )
        found = [one.view for one in await lists.documents(tx, which, paging.part(back=back), sort)]
        total = await lists.count_documents(tx, which)
        return await described(tx, words, caller.wire_profile, found, shown_as), total
