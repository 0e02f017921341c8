"""The keys that tokens are signed with: made on first need, kept in the database, read once per process.

Holds: however many processes need a first key at the same moment, one key is made.
Source: docs/reference/tokens.md.
"""

import secrets
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from duebook.db.pool import Database
from duebook.db.queries import load
from duebook.oauth.claims import Claims

_QUERIES: Final = load("duebook.oauth")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair on the curve P-256, and the id that a token names it by."""

    id: str
    private: EllipticCurvePrivateKey


class Keyring:
    """The keys in use, and tokens that were found good. A key is retired for good at the next start of each process."""

    def __init__(self, database: Database) -> None:
        self.database: Final = database
        self.verified: Final[dict[str, Claims]] = {}
        self._keys: dict[str, SigningKey] = {}

    async def to_sign(self) -> SigningKey:
        """The oldest key in use, made now if there is none."""
        if not self._keys:
            await self._read()
        if not self._keys:
            await self._make()
            await self._read()
        return next(iter(self._keys.values()))

    async def named(self, key_id: str) -> SigningKey | None:
        """The key in use with this id; looks again in the database for one that another process made."""
        if key_id not in self._keys:
            await self._read()
        return self._keys.get(key_id)

    async def _read(self) -> None:
        async with self.database.readers.connection() as connection:
            rows: list[Any] = await (await connection.execute(_QUERIES.signing_keys)).fetchall()
        self._keys = {row.id: self._keys.get(row.id) or _from_pem(row.id, row.private_pem) for row in rows}

    async def _make(self) -> None:
        pem = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        values = {"id": secrets.token_hex(8), "private_pem": pem.decode()}
        async with self.database.writers.connection() as connection:
            await connection.execute(_QUERIES.lock_signing_keys)
            await connection.execute(_QUERIES.add_first_signing_key, values)


def _from_pem(key_id: str, private_pem: str) -> SigningKey:
    private = load_pem_private_key(private_pem.encode(), password=None)
    if not isinstance(private, EllipticCurvePrivateKey):
        raise TypeError(f"signing key {key_id} is not on an elliptic curve")
    return SigningKey(key_id, private)
