"""The keys that tokens are signed with, as one process knows them: read again every few seconds, and kept in turn.

Holds: a key that another process made or retired is noticed within REFRESH_SECONDS; then tokens of a key that is gone
are not known any more. Unknown keys cost no more than one look into the database a second.
Source: docs/reference/tokens.md, "Signing keys".
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm

from duebook.db.pool import Database
from duebook.db.queries import load
from duebook.oauth.claims import ALGORITHM
from duebook.oauth.known import Known
from duebook.oauth.outside import OutsideKeys, TrustedIssuer
from duebook.oauth.rotation import State, Turn, is_due, keep_up, states
from duebook.tenancy.facts import Caller

_QUERIES: Final = load("duebook.oauth")
_LOG: Final = logging.getLogger(__name__)

REFRESH_SECONDS: Final = 5.0
UNKNOWN_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair on the curve P-256, and the id that a token names it by."""

    id: str
    private: EllipticCurvePrivateKey

    @property
    def published(self) -> dict[str, Any]:
        """The public half, as it stands in a key set (RFC 7517)."""
        public = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.id, "use": "sig", "alg": ALGORITHM}


class Keyring:
    """The keys in use, those of the outside issuer if one is trusted, and tokens that were found good."""

    def __init__(
        self, database: Database, trusted: TrustedIssuer | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.database: Final = database
        self.outside: Final = OutsideKeys(trusted) if trusted else None
        self.verified: Final[Known[str, Caller]] = Known()
        self._clock: Final = clock
        self._keys: dict[str, SigningKey] = {}
        self._signs: SigningKey | None = None
        self._read_at = self._looked_at = -math.inf
        self._reading: asyncio.Task[None] | None = None

    async def to_sign(self) -> SigningKey:
        """The key whose turn it is, made now if there is none at all."""
        await self.refresh()
        if self._signs is None:
            await keep_up(self.database)
            await self._read()
        if self._signs is None:
            raise RuntimeError("a signing key was made, and is not there")
        return self._signs

    async def named(self, key_id: str) -> SigningKey | None:
        """The key in use with this id; looks again in the database for one that another process has just made."""
        await self.refresh()
        if key_id not in self._keys and self._clock() - self._looked_at >= UNKNOWN_SECONDS:
            self._looked_at = self._clock()
            await self._read()
        return self._keys.get(key_id)

    async def published(self) -> list[dict[str, Any]]:
        """The public halves of the keys in use, and of the one that signs next."""
        await self.refresh()
        return [key.published for key in self._keys.values()]

    async def refresh(self) -> None:
        """Read the keys again if it is long since; all who ask meanwhile wait for the same answer."""
        if self._clock() - self._read_at < REFRESH_SECONDS:
            return
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        await asyncio.shield(self._reading)

    async def _read(self) -> None:
        rows = await self._rows()
        if rows and is_due(_turns(rows), rows[0].now):
            try:
                await keep_up(self.database)
                rows = await self._rows()
            except psycopg.Error as error:
                _LOG.warning("signing keys could not be kept in turn: %s", " ".join(str(error).split()))
        found = dict(zip((row.id for row in rows), states(_turns(rows), rows[0].now) if rows else (), strict=True))
        pems = {row.id: row.private_pem for row in rows if found[row.id] is not State.RETIRED}
        if self._keys.keys() - pems.keys():
            self.verified.forget()
        self._keys = {key_id: self._keys.get(key_id) or _from_pem(key_id, pem) for key_id, pem in pems.items()}
        self._signs = next((key for key in self._keys.values() if found[key.id] is State.SIGNS), None)
        self._read_at = self._clock()

    async def _rows(self) -> list[Any]:
        async with self.database.readers.connection() as connection:
            return await (await connection.execute(_QUERIES.signing_keys)).fetchall()


def _turns(rows: list[Any]) -> list[Turn]:
    return [Turn(row.id, row.created_at, row.signs_from) for row in rows]


def _from_pem(key_id: str, private_pem: str) -> SigningKey:
    private = load_pem_private_key(private_pem.encode(), password=None)
    if not isinstance(private, EllipticCurvePrivateKey):
        raise TypeError(f"signing key {key_id} is not on an elliptic curve")
    return SigningKey(key_id, private)
