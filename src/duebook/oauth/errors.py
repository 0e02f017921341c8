"""Why credentials are refused.

AuthError
|-- NoCredentials: none are given
|-- BadToken: the bearer token is not one of ours, or not any more
|-- BadSecret: no live key belongs to this partner id and secret
`-- PartnerOnly: a business token asks for what only its partner may do
"""

from typing import Literal

Scheme = Literal["Bearer", "Basic"]


class AuthError(Exception):
    """Credentials are refused. `scheme` is the kind that would do."""

    scheme: Scheme = "Bearer"


class NoCredentials(AuthError):
    """A request says who asks, in its Authorization header, in one of the ways that are named."""

    def __init__(self, *schemes: Scheme) -> None:
        self.scheme = schemes[0]
        wanted = {"Bearer": "a token (Bearer)", "Basic": "the partner id and API key (Basic)"}
        super().__init__(f"there is no Authorization header with {' or '.join(wanted[one] for one in schemes)}")


class BadToken(AuthError):
    """A bearer token is one of ours, unchanged and in its time; `reason` says which of these it is not."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the token {reason}")


class BadSecret(AuthError):
    """Basic credentials are a partner's id and one of its live keys."""

    scheme = "Basic"

    def __init__(self) -> None:
        super().__init__("the partner id and key do not belong together, or the key is revoked or expired")


class PartnerOnly(AuthError):
    """A business token opens its business; it makes neither tokens nor businesses."""

    def __init__(self) -> None:
        super().__init__("a business token is not enough here: use the partner's own credentials")
