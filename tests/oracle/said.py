"""What writers say, in words of the tests' own: the oracle listens to these, and so does the ledger, through `told`.

Units: amounts are minor units; a document, a party and an allocation are named by a text.
Holds: nothing here comes from the ledger.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

BASE_CURRENCY = "USD"


@dataclass(frozen=True, kw_only=True)
class Who:
    """A party by its external id; `new_name` is what to call it if it is not there, None that it must be there."""

    party: str
    new_name: str | None


@dataclass(frozen=True, kw_only=True)
class Meet:
    """A party is made, or renamed, or gets other terms."""

    side: str
    party: str
    name: str
    net_days: int | None = None
    end_of_month: bool = False


@dataclass(frozen=True, kw_only=True)
class Leave:
    """A party is archived, or is so no more."""

    side: str
    party: str
    back: bool = False


@dataclass(frozen=True, kw_only=True)
class Merge:
    """All documents of a party become another's."""

    side: str
    party: str
    into: str


@dataclass(frozen=True, kw_only=True)
class Share:
    """Part of a payment or credit for a charge, on a stated day or not; `name` is the allocation's own.

    `amount` is in the charge's currency, `paid` in that of the payment or credit; one of them may be left out.
    """

    name: str
    charge: str
    amount: int | None
    paid: int | None = None
    on: date | None = None
    part: int | None = None
    by_id: bool = True


@dataclass(frozen=True, kw_only=True)
class Settle:
    """A payment or a credit. A name that begins with # is the test's own: the ledger is given no external id."""

    side: str
    kind: str
    document: str
    who: Who | None
    on: date
    currency: str
    amount: int
    base: int | None = None
    shares: tuple[Share, ...] = ()
    across: bool = False
    status: str = "completed"
    returned: date | None = None
    opening: bool = False
    memo: str = ""


@dataclass(frozen=True)
class Part:
    """One due date of a charge, with its share."""

    due: date
    amount: int


@dataclass(frozen=True, kw_only=True)
class Charge:
    """An invoice or a bill, and the payments that came along."""

    side: str
    document: str
    who: Who
    state: str = "issued"
    on: date
    due: date | None = None
    net_days: int | None = None
    end_of_month: bool = False
    parts: tuple[Part, ...] = ()
    currency: str
    amount: int
    base: int | None = None
    opening: bool = False
    settles: tuple[Settle, ...] = ()
    memo: str = ""


@dataclass(frozen=True, kw_only=True)
class GiveUp:
    """A charge is written off, in part or, with no amount, as far as it can be."""

    side: str
    document: str
    charge: str
    on: date
    amount: int | None
    reason: str = "bad_debt"


@dataclass(frozen=True, kw_only=True)
class Recover:
    """A write-off is reversed on a day, in part or, with no amount, all that is left."""

    side: str
    document: str
    write_off: str
    on: date
    amount: int | None


@dataclass(frozen=True, kw_only=True)
class PayBack:
    """Money is refunded: unapplied money of a payment or credit, or what was paid of a charge."""

    side: str
    document: str
    of_kind: str
    of: str
    on: date
    amount: int
    status: str = "completed"
    returned: date | None = None


@dataclass(frozen=True, kw_only=True)
class Apply:
    """More of a payment or credit is allocated."""

    side: str
    kind: str
    document: str
    shares: tuple[Share, ...]
    across: bool = False


@dataclass(frozen=True, kw_only=True)
class TakeBack:
    """An allocation never was, or ends on a day."""

    side: str
    share: str
    on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Move:
    """An allocation is taken back and its money goes elsewhere."""

    side: str
    share: str
    to: Share
    on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What a document says is replaced, part by part; `parts` are `Part`s, `terms` days and whether from month end."""

    side: str
    kind: str
    document: str
    changes: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class Postpone:
    """From a day on, what is open of a part (counted from 1) falls due on another day."""

    side: str
    charge: str
    from_on: date
    due: date
    part: int = 1


@dataclass(frozen=True, kw_only=True)
class Undo:
    """A document is made void or deleted."""

    side: str
    kind: str
    document: str
    state: str


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A payment or refund comes further, or comes back."""

    side: str
    kind: str
    document: str
    status: str
    returned: date | None = None


@dataclass(frozen=True)
class Quote:
    """Rates: currency, day, and what one unit is worth in base currency."""

    rates: tuple[tuple[str, date, Decimal], ...]


@dataclass(frozen=True)
class Begin:
    """The books start on a day."""

    on: date


@dataclass(frozen=True)
class Close:
    """The books are closed through a day; later changes before it are refused, or shifted to the day after."""

    through: date | None
    late: str = "refuse"


Saying = (
    Meet
    | Leave
    | Merge
    | Charge
    | Settle
    | GiveUp
    | Recover
    | PayBack
    | Apply
    | TakeBack
    | Move
    | Edit
    | Postpone
    | Undo
    | Progress
    | Quote
    | Begin
    | Close
)
Write = tuple[Saying, ...]
History = tuple[Write, ...]
