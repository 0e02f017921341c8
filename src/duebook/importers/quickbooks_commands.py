"""Turn what QuickBooks Online holds into what a ledger is asked to record.

Units: amounts are minor units (int) of the currency of their entity; an exchange rate is base units for one unit.
Holds: an entity is recorded under its own id, void or gone where QuickBooks says so, or is a problem with its line.
Source: docs/howto/import-quickbooks.md; docs/rule.md, T5, T9.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, NoReturn
from uuid import NAMESPACE_URL, uuid5

from duebook.importers.commands import Ask, Plan, base_amount
from duebook.importers.located import Located
from duebook.importers.names import name_problem
from duebook.importers.quickbooks import CHARGES, CREDITS, PAYMENTS, Bodies, Entity
from duebook.importers.rows import Problem
from duebook.ledger.commands import AddCharge, AddSettlement, Allocate, NewAllocation, NewParty, UndoDocument
from duebook.ledger.facts import AllocationId, Kind, Side, State
from duebook.money import BadAmount, UnknownCurrency, exponent, format_minor, parse_minor

_SIDES: Final = CHARGES | CREDITS | PAYMENTS
_KINDS: Final = (
    dict.fromkeys(CHARGES, Kind.CHARGE) | dict.fromkeys(CREDITS, Kind.CREDIT) | dict.fromkeys(PAYMENTS, Kind.PAYMENT)
)
_PARTY: Final = {Side.RECEIVABLE: "CustomerRef", Side.PAYABLE: "VendorRef"}


def plan_quickbooks(bodies: Bodies, *, base_currency: str) -> Plan:
    """Charges, credits and payments of both sides, voids and deletions first of all, each with its line.

    Raises UnknownCurrency for the base currency.
    """
    exponent(base_currency)
    planner = _Planner(bodies, base_currency)
    documents = [entity for kinds in (PAYMENTS, CREDITS, CHARGES) for entity in bodies.of(kinds)]
    undone = [entity for entity in documents if entity.is_deleted or entity.is_void]
    asks = [ask for entity in undone for ask in planner.tried(entity, planner.undone)]
    asks += [ask for entity in bodies.of(CHARGES) for ask in planner.tried(entity, planner.charge)]
    payments = [ask for entity in bodies.of(PAYMENTS) for ask in planner.tried(entity, planner.payment)]
    asks += [ask for entity in bodies.of(CREDITS) for ask in planner.tried(entity, planner.credit)]
    asks += [*payments, *planner.loose_uses()]
    problems = sorted((*bodies.problems, *planner.problems), key=lambda each: (each.file or "", each.line or 0))
    return Plan(tuple(asks), tuple(problems), tuple(bodies.notices()))


class _BadEntity(Exception):
    """The entity has a problem, which is noted."""


@dataclass(frozen=True, slots=True)
class _Use:
    """Part of a credit that a payment applies to a charge."""

    by: Entity
    charge_id: str
    amount_minor: int
    on: date


@dataclass(slots=True)
class _Planner:
    bodies: Bodies
    base_currency: str
    problems: list[Problem] = field(default_factory=list)
    uses: dict[tuple[Side, str], list[_Use]] = field(default_factory=dict)

    def tried(self, entity: Entity, asked: Any) -> list[Ask]:
        """What an entity asks of the ledger, or nothing after adding its problem."""
        try:
            return list(asked(entity))
        except _BadEntity:
            return []

    def undone(self, entity: Entity) -> Iterator[Ask]:
        """A voided or deleted document, which may never have been recorded."""
        kind, side = _KINDS[entity.kind], _SIDES[entity.kind]
        state: Literal[State.VOID, State.DELETED] = State.DELETED if entity.is_deleted else State.VOID
        yield self._ask(entity, UndoDocument(side=side, kind=kind, document=entity.id, state=state))

    def charge(self, entity: Entity) -> Iterator[Ask]:
        """An invoice or a bill."""
        if entity.is_deleted or entity.is_void:
            return
        currency, amount_minor = self._amount(entity)
        command = AddCharge(
            side=_SIDES[entity.kind],
            external_id=entity.id,
            party=self._party(entity),
            number=self._number(entity),
            issued_on=self._day(entity, "TxnDate"),
            due_on=self._day(entity, "DueDate") if entity.fields.get("DueDate") else None,
            currency=currency,
            amount_minor=amount_minor,
            base_minor=self._base_minor(entity, currency, amount_minor),
        )
        yield self._ask(entity, command)

    def credit(self, entity: Entity) -> Iterator[Ask]:
        """A credit memo or a vendor credit, with what payments apply of it."""
        if entity.is_deleted or entity.is_void:
            return
        uses = self.uses.pop((_SIDES[entity.kind], entity.id), [])
        issued_on = self._day(entity, "TxnDate")
        yield self._settlement(entity, Kind.CREDIT, tuple(self._allocation(use, issued_on) for use in uses))

    def payment(self, entity: Entity) -> Iterator[Ask]:
        """A payment of a customer or to a vendor; what it applies of credits is kept for them."""
        if entity.is_deleted or entity.is_void:
            return
        currency, amount_minor = self._amount(entity)
        side, paid_on = _SIDES[entity.kind], self._day(entity, "TxnDate")
        charges, credits = self._lines(entity, currency)
        left: dict[str, int] = {}
        for charge_id, minor in charges:
            left[charge_id] = left.get(charge_id, 0) + minor
        uses: list[tuple[str, _Use]] = []
        for credit_id, credit_minor in credits:
            for charge_id in left:
                part_minor = min(credit_minor, left[charge_id])
                if part_minor:
                    uses.append((credit_id, _Use(entity, charge_id, part_minor, paid_on)))
                    left[charge_id] -= part_minor
                    credit_minor -= part_minor
        own_minor = sum(left.values())
        if own_minor > amount_minor:
            given, own = (format_minor(each, currency) for each in (amount_minor, own_minor))
            self._problem(entity, "TotalAmt", f"is {given}, and its lines apply {own} of it")
        for credit_id, use in uses:
            self.uses.setdefault((side, credit_id), []).append(use)
        if amount_minor:
            allocations = [
                NewAllocation(charge=charge_id, amount_minor=minor) for charge_id, minor in left.items() if minor
            ]
            yield self._settlement(entity, Kind.PAYMENT, tuple(allocations))

    def loose_uses(self) -> Iterator[Ask]:
        """What payments apply of credits that are not in these bodies, but in the books."""
        for (side, credit_id), uses in self.uses.items():
            for use in uses:
                allocation_id = AllocationId(
                    uuid5(NAMESPACE_URL, f"{use.by.kind}/{use.by.id}/{credit_id}/{use.charge_id}")
                )
                allocation = NewAllocation(charge=use.charge_id, amount_minor=use.amount_minor, id=allocation_id)
                command = Allocate(side=side, kind=Kind.CREDIT, source=credit_id, allocations=(allocation,))
                yield self._ask(use.by, command)

    def _settlement(
        self, entity: Entity, kind: Literal[Kind.PAYMENT, Kind.CREDIT], allocations: tuple[NewAllocation, ...]
    ) -> Ask:
        currency, amount_minor = self._amount(entity)
        command = AddSettlement(
            side=_SIDES[entity.kind],
            kind=kind,
            external_id=entity.id,
            party=self._party(entity),
            number=self._number(entity),
            settled_on=self._day(entity, "TxnDate"),
            currency=currency,
            amount_minor=amount_minor,
            base_minor=self._base_minor(entity, currency, amount_minor),
            allocations=allocations,
        )
        return self._ask(entity, command)

    def _allocation(self, use: _Use, credit_on: date) -> NewAllocation:
        """On the day of the payment that applied it, if both documents count by then."""
        charge_kind = "Invoice" if _SIDES[use.by.kind] is Side.RECEIVABLE else "Bill"
        charge = self.bodies.entities.get((charge_kind, use.charge_id))
        charge_on = str(charge.fields.get("TxnDate", "")) if charge else "9999"
        fits = max(charge_on, credit_on.isoformat()) <= use.on.isoformat()
        return NewAllocation(charge=use.charge_id, amount_minor=use.amount_minor, effective_on=use.on if fits else None)

    def _lines(self, entity: Entity, currency: str) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
        """What a payment's lines are for: charges and credits, each with an amount."""
        charge_kind, credit_kind = ("Invoice", "CreditMemo") if entity.kind == "Payment" else ("Bill", "VendorCredit")
        charges: list[tuple[str, int]] = []
        credits: list[tuple[str, int]] = []
        for line in entity.fields.get("Line", ()):
            amount_minor = self._minor(entity, line, "Amount", currency)
            linked = [each for each in line.get("LinkedTxn", ()) if each.get("TxnType") != "Deposit"]
            for each in linked:
                kind, external_id = str(each.get("TxnType", "")), str(each.get("TxnId", ""))
                if kind not in (charge_kind, credit_kind):
                    self._problem(entity, "Line", f"applies it to {kind} {external_id}, which these books do not have")
                if len(linked) > 1:
                    self._problem(
                        entity, "Line", "is for several documents in one line, and does not say how much for each"
                    )
                (charges if kind == charge_kind else credits).append((external_id, amount_minor))
        return charges, credits

    def _amount(self, entity: Entity) -> tuple[str, int]:
        currency = str(_object(entity.fields, "CurrencyRef").get("value") or self.base_currency)
        try:
            exponent(currency)
        except UnknownCurrency:
            self._problem(entity, "CurrencyRef", f"{currency!r} is not the code of a currency")
        return currency, self._minor(entity, entity.fields, "TotalAmt", currency)

    def _minor(self, entity: Entity, fields: Located, name: str, currency: str) -> int:
        value = fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self._problem(entity, name, "is not an amount")
        try:
            amount_minor = parse_minor(f"{value:f}" if isinstance(value, Decimal) else str(value), currency)
        except BadAmount as error:
            self._problem(entity, name, f"is not an amount of {currency}: {error.rule}")
        if amount_minor < 0:
            self._problem(entity, name, "is below zero")
        return amount_minor

    def _base_minor(self, entity: Entity, currency: str, amount_minor: int) -> int | None:
        rate = entity.fields.get("ExchangeRate")
        if rate is None or currency == self.base_currency:
            return amount_minor if currency == self.base_currency else None
        if isinstance(rate, bool) or not isinstance(rate, int | Decimal) or rate <= 0:
            self._problem(entity, "ExchangeRate", "is not a rate: a number above zero")
        return base_amount(amount_minor, currency, self.base_currency, {currency: Decimal(rate)})

    def _party(self, entity: Entity) -> NewParty:
        name = _PARTY[_SIDES[entity.kind]]
        ref = _object(entity.fields, name)
        external_id = str(ref.get("value") or "")
        if not external_id:
            self._problem(entity, name, "is missing")
        called = " ".join(str(ref.get("name") or external_id).split())
        if rule := name_problem(called) or name_problem(external_id):
            self._problem(entity, name, rule)
        return NewParty(external_id, called)

    def _number(self, entity: Entity) -> str | None:
        number = str(entity.fields.get("DocNumber") or entity.fields.get("PaymentRefNum") or "")
        if rule := name_problem(number):
            self._problem(entity, "DocNumber", rule)
        return number or None

    def _day(self, entity: Entity, name: str) -> date:
        value = entity.fields.get(name)
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self._problem(
                entity, name, "is missing" if value is None else f"{value!r} is not a day, such as 2025-03-31"
            )

    def _ask(self, entity: Entity, command: AddCharge | AddSettlement | Allocate | UndoDocument) -> Ask:
        currency = str(_object(entity.fields, "CurrencyRef").get("value") or self.base_currency)
        named = (entity.kind, self._number(entity) or entity.id)
        return Ask(entity.fields.line, command, named, ("CurrencyRef", currency), file=entity.file)

    def _problem(self, entity: Entity, name: str, rule: str) -> NoReturn:
        """Note the problem and leave the entity."""
        where = f"{entity.kind} {entity.id}, {name}"
        self.problems.append(Problem(entity.fields.line, where, None, rule, entity.file))
        raise _BadEntity


def _object(fields: Located, name: str) -> Located:
    value = fields.get(name)
    return value if isinstance(value, Located) else Located()
