"""Make tokens, and tell from an Authorization header who asks.

Holds: a token is accepted only if one of our keys signed it, with the one algorithm we sign with, for us, and now; of
its header the key's id alone is read. That the partner's key behind it is still live is asked where books are opened
(duebook.tenancy.gate) or by `live`.
Source: RFC 7519 (claims), RFC 6750 (bearer), RFC 7617 (Basic), RFC 8725; docs/reference/tokens.md.
"""

import base64
import time
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import jwt
import msgspec

from duebook.oauth.claims import ALGORITHM, AUDIENCE, ISSUER, LEEWAY_SECONDS, LIFETIME_SECONDS, Claims
from duebook.oauth.errors import BadToken, NoCredentials
from duebook.oauth.keys import Keyring
from duebook.tenancy.errors import KeyRevoked
from duebook.tenancy.facts import BusinessId, Caller, KeyId, PartnerId, Scope, WireProfile
from duebook.tenancy.keys import as_it_stands

_REQUIRED: Final = ["iss", "aud", "sub", "iat", "exp"]


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token and how long it lasts."""

    access_token: str
    expires_in: int


async def issue(
    keyring: Keyring,
    caller: Caller,
    *,
    business_id: BusinessId | None = None,
    wire_profile: WireProfile | None = None,
    scope: Scope = Scope.FULL,
    seconds: int = LIFETIME_SECONDS,
) -> Issued:
    """A token for the caller, bound to one business if one is named; the caller's wire profile unless another is.

    It is good for no more than the caller is, and ends no later than the caller's credentials do.
    """
    now = int(time.time())
    if caller.ends_at is not None:
        seconds = max(0, min(seconds, int(caller.ends_at.timestamp()) - now))
    claims = Claims(
        sub=caller.partner_id,
        partner_id=caller.partner_id,
        iat=now,
        nbf=now,
        exp=now + seconds,
        key=caller.key_id,
        wire_profile=wire_profile or caller.wire_profile,
        scope=Scope.READ if Scope.READ in (scope, caller.scope) else Scope.FULL,
        business_id=business_id or caller.business_id,
    )
    key = await keyring.to_sign()
    token = jwt.encode(msgspec.to_builtins(claims), key.private, ALGORITHM, headers={"kid": key.id})
    return Issued(token, seconds)


async def caller_of(keyring: Keyring, authorization: str | None) -> Caller:
    """Who asks, by a bearer token. Raises NoCredentials, BadToken."""
    scheme, _, credentials = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise NoCredentials
    token = credentials.strip()
    await keyring.refresh()
    caller = keyring.verified.get(token)
    if caller is None:
        caller, exp = await _verified(keyring, token)
        keyring.verified.put(token, caller, exp + LEEWAY_SECONDS)
    return caller


@dataclass(frozen=True, slots=True)
class Login:
    """A partner's id, if it is one, and a key, as a client says them."""

    partner_id: PartnerId | None
    secret: str = field(repr=False)


def login_of(authorization: str | None) -> Login | None:
    """What Basic credentials say; None for a header with others or none."""
    scheme, _, credentials = (authorization or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        partner_id, _, secret = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except ValueError:
        return Login(None, "")
    return login(partner_id, secret)


def login(partner_id: str, secret: str) -> Login:
    """What a client says that names its partner and key."""
    try:
        return Login(PartnerId(UUID(partner_id)), secret)
    except ValueError:
        return Login(None, secret)


async def live(keyring: Keyring, caller: Caller) -> Caller:
    """The caller as its key stands now, for what no gate guards. Raises KeyRevoked."""
    found = await as_it_stands(keyring.database, caller)
    if found is None:
        raise KeyRevoked
    return found


async def _verified(keyring: Keyring, token: str) -> tuple[Caller, int]:
    """Who a token says that asks, and until when. Raises BadToken."""
    try:
        header = jwt.get_unverified_header(token)
        key = await keyring.named(str(header.get("kid")))
        if key is None:
            raise BadToken("is not signed with one of our keys")
        if "crit" in header:  # it would have to be understood, and there is nothing that we do
            raise BadToken("is malformed")
        claims = jwt.decode(
            token,
            key.private.public_key(),
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
        said = msgspec.convert(claims, Claims)
    except jwt.ExpiredSignatureError:
        raise BadToken("has expired") from None
    except jwt.ImmatureSignatureError:
        raise BadToken("is not valid yet") from None
    except (jwt.InvalidAudienceError, jwt.InvalidIssuerError):
        raise BadToken("is meant for another service") from None
    except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
        raise BadToken("is not signed with one of our keys") from None
    except (jwt.PyJWTError, msgspec.ValidationError, RecursionError):
        raise BadToken("is malformed") from None
    return _caller(said), said.exp


def _caller(said: Claims) -> Caller:
    if said.key is None:
        raise BadToken("is malformed")
    business_id = BusinessId(said.business_id) if said.business_id else None
    return Caller(PartnerId(said.partner_id), KeyId(said.key), business_id, said.wire_profile, said.scope)
