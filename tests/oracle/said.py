"""What writers say, in words of the tests' own: the oracle listens to these, and so does the ledger, through `told`.

Units: amounts are minor units; a document and a party are named by a text.
Holds: nothing here comes from the ledger.
"""

from dataclasses import dataclass
from datetime import date


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
    """A party is archived."""

    side: str
    party: str


@dataclass(frozen=True, kw_only=True)
class Share:
    """Part of a payment or credit for a charge, on a stated day or not."""

    charge: str
    amount: int
    on: date | None = None
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
    memo: str = ""


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
    currency: str
    amount: int
    base: int | None = None
    settles: tuple[Settle, ...] = ()
    memo: str = ""


Saying = Meet | Leave | Settle | Charge
Write = tuple[Saying, ...]
History = tuple[Write, ...]
BASE_CURRENCY = "USD"
