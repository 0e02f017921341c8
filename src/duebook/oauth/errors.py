"""Why credentials are refused.

AuthError
|-- NoCredentials: none are given
|-- BadToken: the bearer token is not one of ours, or not any more
|-- BadSecret: no live key belongs to this partner id and secret
`-- PartnerOnly: a business token asks for what only its partner may do
"""


class AuthError(Exception):
    """Credentials are refused."""


class NoCredentials(AuthError):
    """A request says who asks: a bearer token, or Basic with partner id and key."""

    def __init__(self) -> None:
        super().__init__("no credentials are given: send a bearer token in the Authorization header")


class BadToken(AuthError):
    """A bearer token is one of ours, unchanged and in its time; `reason` says which of these it is not."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the token {reason}")


class BadSecret(AuthError):
    """Basic credentials are a partner's id and one of its live keys."""

    def __init__(self) -> None:
        super().__init__("the partner id and key do not belong together, or the key is revoked")


class PartnerOnly(AuthError):
    """A business token opens its business; it makes neither tokens nor businesses."""

    def __init__(self) -> None:
        super().__init__("a business token is not enough here: use the partner's own credentials")
