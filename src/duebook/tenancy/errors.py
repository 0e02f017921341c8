"""Why a caller is turned away.

TenancyError
|-- PartnerNotFound: there is no such partner
|-- KeyNotFound: there is no such key
|-- KeyRevoked: the key behind credentials is not live any more
|-- NotYourBusiness: the token is bound to another business
|-- ReadOnly: the key or token is for reading alone
|-- BusinessNotFound: absent, or another partner's, and nothing tells which
|-- BusinessConflict: the external id is taken with other content
|-- UnknownTimeZone: no zone of the IANA database
`-- Busy: too much is waiting; come again
"""

from typing import Final
from uuid import UUID


class TenancyError(Exception):
    """A caller is turned away."""


class PartnerNotFound(TenancyError):
    """There is no such partner."""

    def __init__(self, partner_id: UUID) -> None:
        self.partner_id = partner_id
        super().__init__(f"no partner {partner_id}")


class KeyNotFound(TenancyError):
    """There is no such key."""

    def __init__(self, key_id: UUID) -> None:
        self.key_id = key_id
        super().__init__(f"no key {key_id}")


class KeyRevoked(TenancyError):
    """The key behind these credentials is live."""

    def __init__(self) -> None:
        super().__init__("the key behind these credentials is revoked, expired or unknown")


class NotYourBusiness(TenancyError):
    """A token that is bound to one business opens no other."""

    def __init__(self, business_id: UUID) -> None:
        self.business_id = business_id
        super().__init__(f"this token is not for business {business_id}")


class ReadOnly(TenancyError):
    """A key or a token that only reads changes nothing."""

    def __init__(self) -> None:
        super().__init__("this key or token only reads: it changes nothing")


class BusinessNotFound(TenancyError):
    """There is no such business for this caller."""

    def __init__(self, business_id: UUID | str) -> None:
        self.business_id = business_id
        super().__init__(f"no business {business_id}")


class BusinessConflict(TenancyError):
    """A business with this external id stands already, with other content."""

    def __init__(self, external_id: str, differing: str) -> None:
        self.external_id, self.differing = external_id, differing
        super().__init__(f"business with external id {external_id!r} is already there with another {differing}")


class UnknownTimeZone(TenancyError):
    """A time zone is one of the IANA database."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name!r} is not a time zone; one is Europe/Berlin")


class Busy(TenancyError):
    """More is being asked of these books than they can take now."""

    RETRY_AFTER_SECONDS: Final = 1

    def __init__(self) -> None:
        super().__init__("too much is being asked of these books; try again in a second")
