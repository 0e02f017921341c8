"""Invoices and bills: one way to record, change, undo and find them.

Units: cents of the document's currency.
Holds: a bill that names no day is of the day on which it is first sent, and the same bill on any later day.
Source: docs/reference/thredfi.md, "Invoices and bills"; docs/rule.md, T4, T9, T10.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import date
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

from duebook.days import Terms, day_of
from duebook.http.fields import check_free
from duebook.http.inputs import BadInput, shown
from duebook.http.services import Services
from duebook.http.stamps import stamp
from duebook.http.thredfi.charge_answers import Charge, described
from duebook.http.thredfi.charge_bodies import ChargeChanges, body_of, mentioned, says_prices, sums_of
from duebook.http.thredfi.charge_payments import PaymentAlong, check_payments, settlements
from duebook.http.thredfi.charge_words import Words
from duebook.http.thredfi.parties import NOUNS, party_ref
from duebook.http.thredfi.tags import tags_of
from duebook.http.writes import recorded
from duebook.ids import new_id
from duebook.ledger import lists, views
from duebook.ledger.commands import KEEP, AddCharge, EditDocument, Keep, PartyRef, UndoDocument
from duebook.ledger.facts import DocumentId, Kind, State
from duebook.ledger.views import Tx
from duebook.money import UnknownCurrency, exponent
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import WriteTx, read_tx, write_tx

T = TypeVar("T")
C = TypeVar("C", bound=Charge)

_STAMPS: Final = frozenset({"sent_at", "bill_date", "received_at", "due_at", "approved_at", "voided_at"})
_DUES: Final = frozenset({"due_at", "terms"})


async def create(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    words: Words,
    shown_as: type[C],
    asked: ChargeChanges,
    payments: Sequence[PaymentAlong] | None,
    terms: Terms | None = None,
) -> tuple[C, bool]:
    """Record a charge, or find the one with this external id and content; and whether it was recorded.

    Raises BadInput, TenancyError, RefusedWrite.
    """
    said = _checked(asked)
    sums = sums_of(asked, {})
    party = _party(words, said)
    check_payments(payments or [], sums.total, voided="voided_at" in said)
    async with write_tx(services.database, caller, business_id, f"record {words.noun}") as tx:
        there = await lists.document_named(tx, words.side, Kind.CHARGE, asked.external_id)
        otherwise = there.document.issued_on if there else tx.business.today(tx.now)
        issued_on, received_on = _days(tx, words, said, otherwise)
        due_on = _day(tx, said, "due_at")
        charge_id, currency = DocumentId(new_id()), asked.currency or tx.business.base_currency
        command = AddCharge(
            side=words.side,
            id=charge_id,
            external_id=asked.external_id,
            state=State.VOID if "voided_at" in said else State.ISSUED,
            party=party,
            number=said.get(words.number),
            issued_on=issued_on,
            received_on=received_on,
            due_on=due_on,
            terms=None if due_on else terms,
            currency=currency,
            amount_minor=sums.total,
            tags=tags_of(asked.transaction_tags),
            body=body_of(asked, sums, {}),
            settlements=settlements(tx, words.side, charge_id, currency, issued_on, payments or []),
        )
        (done,) = await recorded(tx, [lambda _: command], side=words.side, fields=words.fields)
        return await _one(tx, caller, words, shown_as, done.id), done.created


async def update(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    words: Words,
    shown_as: type[C],
    charge_id: UUID,
    asked: ChargeChanges,
    terms: Terms | None = None,
) -> C:
    """Correct what the request mentions, as if it had always been so.

    Raises BadInput, TenancyError, DocumentNotFound, RefusedWrite.
    """
    said = _checked(asked)
    async with write_tx(services.database, caller, business_id, f"update {words.noun}") as tx:
        known = (await views.document(tx, words.side, Kind.CHARGE, DocumentId(charge_id))).document
        if asked.external_id not in (None, known.external_id):
            raise BadInput("external_id", shown(asked.external_id), "stays as it was when this was made")
        sums = sums_of(asked, known.body) if says_prices(asked) else None
        dates = {name: text for name in words.dates if isinstance(text := known.body.get(name), str)}
        issued_on, received_on = _days(tx, words, dates | said, known.issued_on)

        def anew(names: Set[str], value: T) -> T | Keep:
            return value if names & said.keys() else KEEP

        due_on = _day(tx, said, "due_at")
        dues = _DUES if terms is not None else _DUES & said.keys()
        command = EditDocument(
            side=words.side,
            kind=Kind.CHARGE,
            document=known.id,
            party=_party(words, said) if _parties(words) & said.keys() else KEEP,
            number=anew({words.number}, said.get(words.number)),
            issued_on=anew(words.dates, issued_on),
            received_on=anew(words.dates, received_on),
            due_on=due_on if dues else KEEP,
            terms=KEEP if due_on or terms is None else terms,
            currency=asked.currency or KEEP,
            amount_minor=KEEP if sums is None else sums.total,
            tags=anew({"transaction_tags"}, tags_of(asked.transaction_tags)),
            body=body_of(asked, sums, {name: value for name, value in known.body.items() if name not in dues}),
        )
        await recorded(tx, [lambda _: command], side=words.side, fields=words.fields, named=charge_id)
        return await _one(tx, caller, words, shown_as, known.id)


async def void(
    services: Services, caller: Caller, business_id: BusinessId, words: Words, shown_as: type[C], charge_id: UUID
) -> C:
    """Void a charge that nothing touches. Raises TenancyError, DocumentNotFound, RefusedWrite."""
    async with write_tx(services.database, caller, business_id, f"void {words.noun}") as tx:
        await _undo(tx, words, charge_id, State.VOID)
        return await _one(tx, caller, words, shown_as, charge_id)


async def delete(services: Services, caller: Caller, business_id: BusinessId, words: Words, charge_id: UUID) -> None:
    """Delete a charge that nothing touches: nobody finds it any more.

    Raises TenancyError, DocumentNotFound, RefusedWrite.
    """
    async with write_tx(services.database, caller, business_id, f"delete {words.noun}") as tx:
        await _undo(tx, words, charge_id, State.DELETED)


async def _undo(tx: WriteTx, words: Words, charge_id: UUID, state: Literal[State.VOID, State.DELETED]) -> None:
    command = UndoDocument(side=words.side, kind=Kind.CHARGE, document=DocumentId(charge_id), state=state)
    await recorded(tx, [lambda _: command], side=words.side, fields=words.fields, named=charge_id)


async def find(
    services: Services, caller: Caller, business_id: BusinessId, words: Words, shown_as: type[C], charge_id: UUID
) -> C:
    """One charge. Raises TenancyError, DocumentNotFound."""
    async with read_tx(services.database, caller, business_id) as tx:
        return await _one(tx, caller, words, shown_as, charge_id)


async def _one(tx: Tx, caller: Caller, words: Words, shown_as: type[C], charge_id: UUID) -> C:
    view = await views.document(tx, words.side, Kind.CHARGE, DocumentId(charge_id))
    (one,) = await described(tx, words, caller.wire_profile, [view], shown_as)
    return one


def _checked(asked: ChargeChanges) -> dict[str, Any]:
    """What is said, by field. Raises BadInput for what can be told to be wrong without the books."""
    check_free("", asked)
    said = {name: getattr(asked, name) for name in mentioned(asked)}
    for name in _STAMPS & said.keys():
        stamp(name, said[name])
    try:
        exponent(said.get("currency", "USD"))
    except UnknownCurrency as error:
        raise BadInput("currency", shown(error.currency), "is the code of a currency (ISO 4217, such as USD)") from None
    return said


def _days(tx: Tx, words: Words, said: Mapping[str, Any], otherwise: date) -> tuple[date, date | None]:
    """The day of issue, and that of a bill's receipt, which is the same if nothing is said of it."""
    issued_on = next((day for name in words.issued if (day := _day(tx, said, name))), otherwise)
    return issued_on, (_day(tx, said, words.received) or issued_on) if words.received else None


def _day(tx: Tx, said: Mapping[str, Any], name: str) -> date | None:
    return day_of(stamp(name, said[name]), tx.business.zone) if name in said else None


def _parties(words: Words) -> frozenset[str]:
    noun = NOUNS[words.side]
    return frozenset({f"{noun}_id", f"{noun}_external_id"})


def _party(words: Words, said: Mapping[str, Any]) -> PartyRef:
    noun = NOUNS[words.side]
    return party_ref(words.side, said.get(f"{noun}_id"), said.get(f"{noun}_external_id"))
