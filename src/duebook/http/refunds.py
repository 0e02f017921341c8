"""Refunds as both dialects keep them in the books, and find them there.

Units: minor units of the currency of what is paid back.
Holds: each part of a refund is a refund of its own in the books, and so is each piece of a part that is paid out on
another day. The first of them has the refund's id, its external id and all that was said of it, and names the others;
these name it under `refund_id`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from duebook.ledger import views
from duebook.ledger.errors import DocumentNotFound
from duebook.ledger.facts import Document, DocumentId, Kind, Party, PartyId, Side, Status
from duebook.ledger.views import DocumentView, Tx
from duebook.tenancy.facts import BusinessId

PART_OF: Final = "refund_id"
"""What the books' other refunds of one refund of a dialect name the first by."""


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund, with the refunds in the books that it is made of, the first one first, and what they are aimed at."""

    business_id: BusinessId
    head: DocumentView
    documents: Sequence[Document]
    targets: Mapping[UUID, DocumentView]
    party: Party

    @property
    def refunded(self) -> int:
        """What it comes to."""
        return sum(one.amount_minor for one in self.documents)

    @property
    def on(self) -> date:
        """Its own day, whenever it is paid back."""
        head = self.head.document
        return date.fromisoformat(head.body["on"]) if is_kept(head) else head.issued_on

    @property
    def body(self) -> Mapping[str, Any]:
        """What was said of it; of one that came another way than through a dialect, as far as it is of these types."""
        body = self.head.document.body
        if is_kept(self.head.document):
            return body
        return {name: one for name, one in body.items() if isinstance(one, _TYPES.get(name, ()))}

    def said(self, part: Document) -> Mapping[str, Any]:
        """What was said of a part, beside its target and its amount."""
        said, place = self.body.get("said", ()), part.body.get("allocation")
        found: Mapping[str, Any] = said[place] if isinstance(place, int) and place < len(said) else {}
        return found

    @property
    def payments(self) -> list[dict[str, Any]]:
        """Its payments as they are kept; one that came another way than through a dialect has one."""
        head = self.head.document
        if is_kept(head):
            return [{"refunded_amount": self.refunded, **one} for one in head.body["payments"]]
        paid = {"id": str(uuid5(head.id, "payment")), "refunded_amount": self.refunded}
        return [paid] if head.status in (Status.COMPLETED, Status.RETURNED) else []

    @property
    def paid(self) -> int:
        """What of it was paid back."""
        return sum(one["refunded_amount"] for one in self.payments)

    @property
    def progress(self) -> str:
        """How far it has come; the same as a list is filtered by."""
        if self.head.document.status in (Status.CANCELLED, Status.FAILED):
            return "cancelled"
        return progress(self.paid, self.refunded)

    def parts(self) -> Iterator[tuple[Document, DocumentView, int]]:
        """Each part: the first refund in the books that it is made of, what it is aimed at, and what it comes to."""
        found: dict[str, list[Document]] = {}
        for one in self.documents:
            key = repr([one.target_id, *(one.body.get(name) for name in ("allocation", "line_id", "payment_id"))])
            found.setdefault(key, []).append(one)
        for pieces in found.values():
            target = self.targets[pieces[0].target_id or pieces[0].id]
            yield pieces[0], target, sum(one.amount_minor for one in pieces)


def progress(paid: int, refunded: int) -> str:
    """How far a refund has come of which so much is paid: pending, processing or paid."""
    return "paid" if paid == refunded else "processing" if paid else "pending"


def refund_id(piece: Document) -> UUID:
    """The refund that a refund in the books is a piece of."""
    try:
        return UUID(piece.body[PART_OF])
    except (LookupError, TypeError, ValueError, AttributeError):
        return piece.id


def payment_id(piece: Document) -> str | None:
    """The payment that was paid back, if it is what that paid of a charge."""
    found = piece.body.get("payment_id")
    return found if isinstance(found, str) else None


class _KeptPayment(msgspec.Struct):
    """A payment of a refund as the body of its head holds it."""

    id: UUID
    refunded_amount: int = 0
    refund_processing_fee: int = 0
    completed_at: str | None = None
    external_id: str | None = None
    method: str | None = None
    processor: str | None = None
    reference_number: str | None = None
    description: str | None = None
    memo: str | None = None
    recorded_at: str | None = None
    metadata: dict[str, Any] = {}
    tags: list[dict[str, Any]] = []


class _Kept(msgspec.Struct):
    """What the body of a refund that was recorded through a dialect has."""

    parts: list[UUID]
    payments: list[_KeptPayment]
    said: list[dict[str, Any]]
    on: date
    allocation: int
    memo: str | None = None
    metadata: dict[str, Any] = {}
    description: str | None = None
    reason: str | None = None
    refund_type: str | None = None
    refund_date: str | None = None
    completed_at: str | None = None
    is_dedicated: bool = False


_TYPES: Final = dict.fromkeys(("memo", "description", "reason", "refund_type"), str) | {"metadata": dict}


def is_kept(head: Document) -> bool:
    """Whether a refund was recorded through a dialect; the bodies of others may hold anything."""
    try:
        msgspec.convert(head.body, _Kept)
    except msgspec.ValidationError:
        return False
    return True


def _others(head: Document) -> list[DocumentId]:
    return [DocumentId(UUID(one)) for one in head.body["parts"]] if is_kept(head) else []


async def find(tx: Tx, side: Side, refund_id: UUID) -> Refund:
    """One refund. Raises DocumentNotFound."""
    head = await views.document(tx, side, Kind.REFUND, DocumentId(refund_id))
    if PART_OF in head.document.body:
        raise DocumentNotFound(side, Kind.REFUND, refund_id)
    return (await show(tx, side, [head]))[0]


async def show(tx: Tx, side: Side, heads: Sequence[DocumentView]) -> list[Refund]:
    """These refunds with all that they are shown with."""
    others = [one for head in heads for one in _others(head.document)]
    parts = {one.document.id: one.document for one in await views.documents_by_id(tx, side, Kind.REFUND, others)}
    all_of = {
        head.document.id: [head.document, *(parts[one] for one in _others(head.document) if one in parts)]
        for head in heads
    }
    ids = list({one.target_id for documents in all_of.values() for one in documents if one.target_id})
    targets: dict[UUID, DocumentView] = {}
    for kind in (Kind.CHARGE, Kind.PAYMENT, Kind.CREDIT):
        targets |= {one.document.id: one for one in await views.documents_by_id(tx, side, kind, ids)}
    whose: list[PartyId] = list({one.document.party_id for one in heads})
    parties = {one.party.id: one.party for one in await views.parties_by_id(tx, side, whose)}
    return [
        Refund(tx.business.id, one, all_of[one.document.id], targets, parties[one.document.party_id]) for one in heads
    ]
