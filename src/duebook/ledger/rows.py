"""Facts and entries from the rows of the queries that find them.

Source: docs/reference/storage.md.
"""

from datetime import date
from typing import Any

from duebook.days import Terms
from duebook.ledger.facts import (
    Allocation,
    AllocationId,
    Books,
    Document,
    DocumentId,
    DueChange,
    DueFrom,
    Entry,
    EntryKind,
    Instalment,
    Item,
    Kind,
    Late,
    Party,
    PartyId,
    Rate,
    Reason,
    Side,
    State,
    Status,
    Tag,
)


def party_of(row: Any) -> Party:
    """A party as known at a version."""
    return Party(
        id=PartyId(row.id),
        side=Side(row.side),
        external_id=row.external_id,
        name=row.name,
        archived=row.archived,
        terms=_terms(row),
        tags=tuple(Tag(**tag) for tag in row.tags),
        profile=row.profile,
    )


def document_of(row: Any) -> Document:
    """A document as known at a version."""
    return Document(
        id=DocumentId(row.id),
        side=Side(row.side),
        kind=Kind(row.kind),
        external_id=row.external_id,
        target_id=DocumentId(row.target_id) if row.target_id else None,
        state=State(row.state),
        party_id=PartyId(row.party_id),
        number=row.number,
        issued_on=row.issued_on,
        received_on=row.received_on,
        due_on=row.due_on,
        due_from=DueFrom(row.due_from),
        currency=row.currency,
        amount_minor=row.amount_minor,
        base_minor=row.base_minor,
        tags=tuple(Tag(**tag) for tag in row.tags),
        body=row.body,
        opening_on=row.opening_on,
        terms=_terms(row),
        instalments=tuple(Instalment(date.fromisoformat(due_on), minor) for due_on, minor in row.instalments),
        due_changes=tuple(
            DueChange(date.fromisoformat(from_on), instalment, date.fromisoformat(due_on))
            for from_on, instalment, due_on in row.due_changes
        ),
        status=Status(row.status) if row.status else None,
        returned_on=row.returned_on,
        reason=Reason(row.reason) if row.reason else None,
    )


def _terms(row: Any) -> Terms | None:
    return None if row.net_days is None else Terms(row.net_days, row.end_of_month)


def allocation_of(row: Any) -> Allocation:
    """An allocation as known at a version."""
    return Allocation(
        id=AllocationId(row.id),
        source_id=DocumentId(row.source_id),
        charge_id=DocumentId(row.charge_id),
        effective_on=row.effective_on,
        stated=row.stated,
        amount_minor=row.amount_minor,
        source_minor=row.source_minor,
        instalment=row.instalment,
        ended_on=row.ended_on,
    )


def entry_of(row: Any) -> Entry:
    """An entry."""
    item = Item(
        side=Side(row.side),
        party_id=PartyId(row.party_id),
        document_id=DocumentId(row.document_id),
        instalment=row.instalment,
        unapplied=row.unapplied,
        document_on=row.document_on,
        received_on=row.received_on,
        due_on=row.due_on,
        currency=row.currency,
    )
    return Entry(
        item=item,
        kind=EntryKind(row.kind),
        cause_id=DocumentId(row.cause_id),
        effective_on=row.effective_on,
        amount_minor=row.amount_minor,
        base_minor=row.base_minor,
    )


def rate_of(row: Any) -> Rate:
    """A quoted rate."""
    return Rate(row.currency, row.quoted_on, row.rate)


def books_of(row: Any | None) -> Books:
    """Where the books begin and how far they are closed; as they are made, if nothing was said."""
    return Books(row.starts_on, row.closed_through, Late(row.late)) if row else Books()
