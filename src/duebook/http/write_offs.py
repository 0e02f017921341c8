"""Write-offs of a charge, as both dialects record, find and delete them.

Units: minor units of the charge's currency.
Source: docs/rule.md, T9.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from duebook.http.writes import Fields, recorded
from duebook.ledger import lists, views
from duebook.ledger.commands import AddWriteOff, UndoDocument
from duebook.ledger.errors import DocumentNotFound
from duebook.ledger.facts import Document, DocumentId, Kind, Reason, Side, State, Tag
from duebook.ledger.views import DocumentView, Tx
from duebook.tenancy.gate import WriteTx


async def add(
    tx: WriteTx,
    side: Side,
    charge_id: UUID,
    fields: Fields,
    *,
    external_id: str | None,
    on: date | None,
    amount_minor: int | None,
    reason: Reason,
    number: str | None,
    tags: tuple[Tag, ...],
    body: Mapping[str, Any],
) -> tuple[DocumentView, bool]:
    """Record a write-off, or find the one with this external id and content; and whether it was recorded.

    Without a day it is of the day that it has already, else of today. Raises DocumentNotFound, RefusedWrite.
    """
    await views.document(tx, side, Kind.CHARGE, DocumentId(charge_id))
    there = await lists.document_named(tx, side, Kind.WRITE_OFF, external_id) if on is None else None
    command = AddWriteOff(
        side=side,
        external_id=external_id,
        charge=DocumentId(charge_id),
        number=number,
        written_off_on=on or (there.document.issued_on if there else tx.business.today(tx.now)),
        amount_minor=amount_minor,
        reason=reason,
        tags=tags,
        body=body,
    )
    (done,) = await recorded(tx, [lambda _: command], side=side, fields=fields)
    return await views.document(tx, side, Kind.WRITE_OFF, DocumentId(done.id)), done.created


async def find(tx: Tx, side: Side, charge_id: UUID, write_off_id: UUID) -> DocumentView:
    """One write-off of this charge. Raises DocumentNotFound."""
    view = await views.document(tx, side, Kind.WRITE_OFF, DocumentId(write_off_id))
    if view.document.target_id != charge_id:
        raise DocumentNotFound(side, Kind.WRITE_OFF, write_off_id)
    return view


async def delete(tx: WriteTx, side: Side, charge_id: UUID, write_off_id: UUID, fields: Fields) -> Document:
    """As if it had never been; what it was. Raises DocumentNotFound, RefusedWrite."""
    gone = (await find(tx, side, charge_id, write_off_id)).document
    command = UndoDocument(side=side, kind=Kind.WRITE_OFF, document=gone.id, state=State.DELETED)
    await recorded(tx, [lambda _: command], side=side, fields=fields)
    return gone
