"""Make tokens, and tell from an Authorization header who asks.

Holds: a token is accepted only if one of our keys signed it, with the one algorithm we sign with, for us, and now; of
its header the key's id alone is read. That the partner's key behind it is still live is asked where books are opened
(duebook.tenancy.gate) or by `live`.
Source: RFC 7519 (claims), RFC 6750 (bearer), RFC 7617 (Basic), RFC 8725; docs/reference/tokens.md.
"""

import base64
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
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
        via=keyring.outside.trusted.issuer if caller.key_id is None and keyring.outside else None,
        subject=caller.subject,
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
        raise NoCredentials("Bearer", "Basic")
    token = credentials.strip()
    await keyring.refresh()
    caller = keyring.verified.get(token)
    if caller is None:
        caller, until = await _verified(keyring, token)
        keyring.verified.put(token, caller, until)
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


async def _verified(keyring: Keyring, token: str) -> tuple[Caller, float]:
    """Who a token says that asks, and until when it need not be verified again. Raises BadToken."""
    try:
        if keyring.outside is not None and _issuer(token) == keyring.outside.trusted.issuer:
            return await keyring.outside.verified(token)
        return await _verified_as_ours(keyring, token)
    except jwt.ExpiredSignatureError:
        raise BadToken("has expired") from None
    except jwt.ImmatureSignatureError:
        raise BadToken("is not valid yet") from None
    except (jwt.InvalidAudienceError, jwt.InvalidIssuerError):
        raise BadToken("is meant for another service") from None
    except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
        raise BadToken("is not signed with one of our keys") from None
    except (jwt.PyJWTError, msgspec.ValidationError, RecursionError, OverflowError):
        raise BadToken("is malformed") from None


def _issuer(token: str) -> object:
    """Whose token it says it is, which whoever is asked about it checks."""
    return jwt.decode(token, options={"verify_signature": False}).get("iss")


async def _verified_as_ours(keyring: Keyring, token: str) -> tuple[Caller, float]:
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
    return _caller(keyring, said), said.exp + LEEWAY_SECONDS


def _caller(keyring: Keyring, said: Claims) -> Caller:
    business_id = BusinessId(said.business_id) if said.business_id else None
    caller = Caller(PartnerId(said.partner_id), None, business_id, said.wire_profile, said.scope)
    if said.key is not None:
        return replace(caller, key_id=KeyId(said.key))
    if said.via is None:
        raise BadToken("is malformed")
    if keyring.outside is None or said.via != keyring.outside.trusted.issuer:
        raise BadToken("was made with one of an issuer that is not trusted")
    return replace(caller, subject=said.subject, ends_at=datetime.fromtimestamp(said.exp, UTC))
