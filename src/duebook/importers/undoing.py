"""Fit voids and deletions to what is recorded: what is in the books is undone, what never was is not.

Holds: a plan that was carried out asks for nothing new when it is carried out again.
Source: docs/rule.md, T9.
"""

from dataclasses import replace

from duebook.importers.commands import Ask, Plan
from duebook.ledger.commands import AddCharge, Allocate, Command, UndoDocument
from duebook.ledger.facts import Kind, State
from duebook.ledger.working import Known


def concerned(plan: Plan) -> list[Command]:
    """The commands that must be fitted to what the books hold."""
    return [
        command
        for command in plan.commands
        if isinstance(command, UndoDocument | Allocate)
        or (isinstance(command, AddCharge) and command.state is State.VOID)
    ]


def fitted(plan: Plan, known: Known) -> Plan:
    """The plan for books of which this is known: what the commands concerned name.

    A charge that is recorded and now comes as void is undone; a document to be undone that is not there is passed over,
    and told; an allocation that is there already is not made twice.
    """
    states = {(one.side, one.kind, one.external_id): one.state for one in known.documents}
    allocated = {one.id for one in known.allocations}
    asks: list[Ask] = []
    notices: list[str] = []
    for ask in plan.asks:
        match ask.command:
            case AddCharge(side=side, state=State.VOID, external_id=str(external_id)):
                undo = UndoDocument(side=side, kind=Kind.CHARGE, document=external_id, state=State.VOID)
                state = states.get((side, Kind.CHARGE, external_id))
                if state is None:
                    asks.append(ask)
                elif state is not State.DELETED:
                    asks.append(replace(ask, command=undo))
            case UndoDocument(side=side, kind=kind, document=str(external_id), state=wanted):
                state = states.get((side, kind, external_id))
                if state is None:
                    where = f"line {ask.line}" if ask.file is None else f"{ask.file} line {ask.line}"
                    notices.append(f"{where}: {ask.named[1]} is {wanted}, and was never recorded: nothing to undo")
                elif state is not State.DELETED:
                    asks.append(ask)
            case Allocate(allocations=(allocation,)) if allocation.id in allocated:
                continue
            case _:
                asks.append(ask)
    return replace(plan, asks=tuple(asks), notices=(*plan.notices, *notices))
