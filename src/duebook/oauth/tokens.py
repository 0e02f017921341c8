"""Make tokens, and tell from an Authorization header who asks.

Units: lifetimes are whole seconds.
Holds: a token is accepted only if one of our keys signed it, with the one algorithm we sign with, for us, and now.
That the partner's key behind it is still live is asked where books are opened (duebook.tenancy.gate) or by `live`.
Source: RFC 7519 (claims), RFC 6750 (bearer), RFC 7617 (Basic); docs/reference/tokens.md.
"""

import base64
import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import jwt
import msgspec

from duebook.oauth.claims import AUDIENCE, ISSUER, Claims
from duebook.oauth.errors import BadSecret, BadToken, NoCredentials
from duebook.oauth.keys import Keyring
from duebook.tenancy.errors import KeyRevoked
from duebook.tenancy.facts import BusinessId, Caller, KeyId, PartnerId, Scope, WireProfile
from duebook.tenancy.keys import as_it_stands, caller_of_secret

ALGORITHM: Final = "ES256"
LIFETIME_SECONDS: Final = 3600
LONGEST_SECONDS: Final = 86_400
LEEWAY_SECONDS: Final = 5
"""How far the clocks of two servers may be apart."""

REMEMBERED_TOKENS: Final = 4096
"""How many tokens a process takes as verified without working the signature out again, until they expire."""


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
    """Who asks, by a bearer token or by Basic with partner id and key. Raises NoCredentials, BadToken, BadSecret."""
    scheme, _, credentials = (authorization or "").strip().partition(" ")
    match scheme.lower():
        case "bearer":
            return await _caller_of_token(keyring, credentials.strip())
        case "basic":
            return await _caller_of_basic(keyring, credentials.strip())
        case _:
            raise NoCredentials


async def live(keyring: Keyring, caller: Caller) -> Caller:
    """The caller as its key stands now, for what no gate guards. Raises KeyRevoked."""
    found = await as_it_stands(keyring.database, caller)
    if found is None:
        raise KeyRevoked
    return found


async def _caller_of_token(keyring: Keyring, token: str) -> Caller:
    said = keyring.verified.get(token)
    if said is None or said.exp + LEEWAY_SECONDS <= time.time():
        said = await _verified(keyring, token)
        if len(keyring.verified) >= REMEMBERED_TOKENS:
            keyring.verified.clear()
        keyring.verified[token] = said
    business_id = BusinessId(said.business_id) if said.business_id else None
    key_id = KeyId(said.key) if said.key else None
    return Caller(PartnerId(said.partner_id), key_id, business_id, said.wire_profile, said.scope)


async def _verified(keyring: Keyring, token: str) -> Claims:
    try:
        header = jwt.get_unverified_header(token)
        key = await keyring.named(str(header.get("kid")))
        if key is None:
            raise BadToken("is not signed with one of our keys")
        claims = jwt.decode(
            token,
            key.private.public_key(),
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "sub", "iat", "exp"]},
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
    if said.key is None:
        raise BadToken("is malformed")
    return said


async def _caller_of_basic(keyring: Keyring, credentials: str) -> Caller:
    try:
        partner_id, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
        partner = PartnerId(UUID(partner_id))
    except ValueError:
        raise BadSecret from None
    caller = await caller_of_secret(keyring.database, partner, secret)
    if caller is None:
        raise BadSecret
    return caller
