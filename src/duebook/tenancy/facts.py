"""Who may see which books.

Source: docs/reference/tokens.md; docs/reference/storage.md, "Tenancy".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID
from zoneinfo import ZoneInfo

PartnerId = NewType("PartnerId", UUID)
BusinessId = NewType("BusinessId", UUID)
KeyId = NewType("KeyId", UUID)


class WireProfile(StrEnum):
    """Which of two published shapes a client reads: the reference pages', or the one that live clients expect."""

    PUBLISHED = "published"
    LIVE = "live"


class Scope(StrEnum):
    """What a key or a token is good for: everything that its holder may do, or reading alone."""

    FULL = "full"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Partner:
    """A platform that holds keys and owns businesses."""

    id: PartnerId
    name: str
    wire_profile: WireProfile
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Business:
    """One set of books. `profile` holds what its creator said beside the fields named here."""

    id: BusinessId
    partner_id: PartnerId
    external_id: str | None
    name: str
    base_currency: str
    zone: ZoneInfo
    profile: Mapping[str, Any]
    created_at: datetime

    def today(self, now: datetime) -> date:
        """The calendar day of an instant, where the business is."""
        return now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a key of a partner, or a token of an outside issuer; bound to one business if its token says so.

    `subject` is whom an outside issuer made its token for. `address` and `request_id` are those of the request that
    brought it, where there is one; `ends_at` is when its credentials end, if they do and it is known: what is made from
    them ends then too.
    """

    partner_id: PartnerId
    key_id: KeyId | None
    business_id: BusinessId | None
    wire_profile: WireProfile
    scope: Scope
    subject: str | None = None
    address: str | None = None
    request_id: str | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """Whoever runs a command on the server itself, and may open any books: which user of which machine."""

    user: str | None = None
    host: str | None = None
    command: str | None = None


OPERATOR = Operator()
"""An operator who only reads, so that nothing is recorded of who it is."""
