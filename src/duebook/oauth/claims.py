"""What a token says.

Units: instants are whole seconds since 1970, lifetimes whole seconds.
Source: RFC 7519; docs/reference/tokens.md.
"""

from typing import Final
from uuid import UUID

import msgspec

from duebook.tenancy.facts import Scope, WireProfile

ISSUER: Final = "duebook"
AUDIENCE: Final = "duebook"

ALGORITHM: Final = "ES256"
"""The one algorithm that we sign with."""

LIFETIME_SECONDS: Final = 3600
"""How long a token lasts for which nothing else is asked."""

LONGEST_SECONDS: Final = 86_400
"""How long any token lasts at most."""

LEEWAY_SECONDS: Final = 5
"""How far the clocks of two servers may be apart."""


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a token says: whose it is, for which business if for one only, and what it was made with: one of the
    partner's keys, or a token of an outside issuer."""

    iss: str = msgspec.field(default_factory=lambda: ISSUER)
    aud: str = msgspec.field(default_factory=lambda: AUDIENCE)
    sub: UUID
    partner_id: UUID
    iat: int
    nbf: int | None = None
    exp: int
    key: UUID | None = None
    via: str | None = None
    subject: str | None = None
    wire_profile: WireProfile
    scope: Scope = Scope.FULL
    business_id: UUID | None = None
