"""Tokens of an outside issuer that is trusted: its key set, and what its tokens say.

Holds: a key that is published fixes the one algorithm it verifies, an asymmetric one; a key set is asked for neither
more often than it may have changed nor more than now and then for keys that it does not have; nothing but a token of
this issuer waits for it, and while it cannot be had, the one read last holds for a day.
Source: RFC 7517; docs/reference/tokens.md, "Tokens of another issuer".
"""

import asyncio
import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.request import HTTPRedirectHandler, build_opener
from uuid import UUID

import jwt
import msgspec
from jwt import PyJWK
from msgspec import Meta

from duebook.oauth.claims import LEEWAY_SECONDS
from duebook.oauth.errors import BadToken
from duebook.tenancy.facts import BusinessId, Caller, PartnerId, Scope, WireProfile

_LOG: Final = logging.getLogger(__name__)

REFRESH_SECONDS: Final = 300.0
"""After so long a key set is read again, beside the requests."""

LATEST_SECONDS: Final = 600.0
"""After so long a token waits for it."""

UNKNOWN_SECONDS: Final = 10.0
"""How long after one try to read it the next one may be."""

TIMEOUT_SECONDS: Final = 5.0
TRUSTED_SECONDS: Final = 86_400.0
"""How long keys are trusted of which nobody can say whether they still are."""

VERIFIED_SECONDS: Final = 60.0
"""How long a token that was verified is not verified again."""

FULL: Final = "duebook:full"
"""The word in the claim `scope` without which a token only reads."""

_MOST_BYTES: Final = 2**20
_FAR: Final = datetime(9999, 1, 1, tzinfo=UTC)
_KEPT: Final = r"\A[^\x00\ud800-\udfff]*\Z"
"""Text that the database can keep: without NUL, and without half a surrogate pair."""

_OF_CURVE: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}
_OF_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """Who signs tokens beside us: what they name it, where its key set is (a path or a URL), and whom they are for."""

    issuer: str
    keys: str
    audience: str


class BadKeySet(ValueError):
    """A key set is JSON, and holds a public key with an id."""


class OutsideClaims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token of the issuer says, beside what every token says."""

    exp: int | float
    sub: Annotated[str, Meta(max_length=255, pattern=_KEPT)] | None = None
    partner_id: UUID
    business_id: UUID | None = None
    scope: str = ""
    wire_profile: WireProfile = WireProfile.PUBLISHED


class OutsideKeys:
    """The issuer's keys, as one process knows them."""

    def __init__(self, trusted: TrustedIssuer, clock: Callable[[], float] = time.monotonic) -> None:
        self.trusted: Final = trusted
        self._clock: Final = clock
        self._keys: dict[str, PyJWK] = {}
        self._read_at = self._tried_at = -math.inf
        self._reading: asyncio.Task[None] | None = None

    async def verified(self, token: str) -> tuple[Caller, float]:
        """Who a token of the issuer says that asks, and until when it need not be verified again.

        Raises BadToken and what jwt and msgspec raise of bad tokens.
        """
        header = jwt.get_unverified_header(token)
        key = await self._named(str(header.get("kid")))
        if key is None:
            raise BadToken("is not signed with a known key of its issuer")
        if "crit" in header:
            raise BadToken("is malformed")
        claims = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm_name],
            issuer=self.trusted.issuer,
            audience=self.trusted.audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "exp"], "enforce_minimum_key_length": True},
        )
        said = msgspec.convert(claims, OutsideClaims)
        caller = Caller(
            PartnerId(said.partner_id),
            None,
            BusinessId(said.business_id) if said.business_id else None,
            said.wire_profile,
            Scope.FULL if FULL in said.scope.split() else Scope.READ,
            subject=said.sub,
            ends_at=datetime.fromtimestamp(min(said.exp, _FAR.timestamp()), UTC),
        )
        return caller, min(said.exp + LEEWAY_SECONDS, time.time() + VERIFIED_SECONDS)

    async def _named(self, key_id: str) -> PyJWK | None:
        age = self._clock() - self._read_at
        if key_id not in self._keys or age >= LATEST_SECONDS:
            reading = self._begun()
            if reading is not None:
                await asyncio.shield(reading)
        elif age >= REFRESH_SECONDS:
            self._begun()
        if self._clock() - self._read_at >= TRUSTED_SECONDS:
            return None
        return self._keys.get(key_id)

    def _begun(self) -> asyncio.Task[None] | None:
        """The reading that is under way, begun now if it is time for another; None if it is not."""
        if self._reading is not None and not self._reading.done():
            return self._reading
        if self._clock() - self._tried_at < UNKNOWN_SECONDS:
            return None
        self._tried_at = self._clock()
        self._reading = asyncio.create_task(self._read())
        return self._reading

    async def _read(self) -> None:
        try:
            self._keys = keys_of(await asyncio.to_thread(_fetched, self.trusted.keys))
        except (OSError, HTTPException, ValueError) as error:
            _LOG.warning("the key set of %s could not be read: %s", self.trusted.issuer, error)
        else:
            self._read_at = self._clock()


def keys_of(raw: bytes) -> dict[str, PyJWK]:
    """The keys of a set that can verify a token, by id. Raises BadKeySet."""
    try:
        listed = json.loads(raw)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadKeySet("it is not a JWK set: a JSON object with a list `keys`") from None
    usable = [key for one in (listed if isinstance(listed, list) else []) if (key := _key_of(one))]
    if not usable:
        raise BadKeySet("it holds no public key with a `kid`: RSA, P-256, P-384, P-521 or Ed25519")
    return {str(key.key_id): key for key in reversed(usable)}


def _key_of(one: Any) -> PyJWK | None:
    """A member of a set as a key, if it is public, meant for signatures, and fixes an algorithm that we take."""
    if not isinstance(one, dict) or "d" in one or not isinstance(one.get("kid"), str):
        return None
    operations = one.get("key_ops", ["verify"])
    if one.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return None
    if one.get("kty") == "RSA":
        algorithm = one.get("alg", _OF_RSA[0])
        fits = algorithm in _OF_RSA
    else:
        algorithm = _OF_CURVE.get(str(one.get("crv")))
        fits = algorithm is not None and one.get("alg", algorithm) == algorithm
    try:
        return PyJWK(one, algorithm) if fits else None
    except jwt.PyJWTError:
        return None


class _NoRedirect(HTTPRedirectHandler):
    """The address that is trusted is the one that is asked."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none: a 3xx is an error like others."""


def _fetched(where: str) -> bytes:
    if "://" not in where:
        return Path(where).read_bytes()
    with build_opener(_NoRedirect).open(where, timeout=TIMEOUT_SECONDS) as answer:
        raw: bytes = answer.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise BadKeySet(f"it is larger than {_MOST_BYTES} bytes")
    return raw
