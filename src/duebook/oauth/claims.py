"""What a token says.

Units: instants are whole seconds since 1970.
Source: RFC 7519; docs/reference/tokens.md.
"""

from typing import Final
from uuid import UUID

import msgspec

from duebook.tenancy.facts import Scope, WireProfile

ISSUER: Final = "duebook"
AUDIENCE: Final = "duebook"


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a token says: whose it is, made with which of the partner's keys, for which business if for one only."""

    iss: str = msgspec.field(default_factory=lambda: ISSUER)
    aud: str = msgspec.field(default_factory=lambda: AUDIENCE)
    sub: UUID
    partner_id: UUID
    iat: int
    nbf: int | None = None
    exp: int
    key: UUID | None = None
    wire_profile: WireProfile
    scope: Scope = Scope.FULL
    business_id: UUID | None = None
