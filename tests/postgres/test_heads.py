"""Signed heads: what was signed is found again, and whatever else is said is refused."""

import base64
import json
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from duebook.db.pool import Database
from duebook.ledger.head_keys import (
    BadHeadKey,
    is_open_to_others,
    key_id,
    made_once,
    make_key,
    private_key,
    public_key,
    public_pem,
)
from duebook.ledger.heads import BadHeads, BookHead, Heads, proved, read_heads, sign, signed_head, signed_heads
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx
from tests.postgres.worlds import Books, invoice

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOON = datetime(2025, 1, 31, 12, tzinfo=UTC)


async def test_all_heads_are_signed_at_one_moment(database: Database, business_id: BusinessId) -> None:
    """Given books with two versions, when all heads are signed, then the books' head and the partner's are in them."""
    books = Books(database, business_id)
    await books.write(invoice("A-1", 100, "2025-01-10"))
    await books.write(invoice("A-2", 100, "2025-01-10"))
    async with database.readers.connection() as connection:
        heads = await signed_heads(connection, KEY, NOON)
        seen = await (await connection.execute("SELECT count(*) FROM book")).fetchone()
    assert seen == (0,)
    assert proved(heads, KEY.public_key()) == Heads(NOON, heads.businesses, heads.partners)
    [head] = [one for one in heads.businesses if one.business_id == business_id]
    assert head.version == 2
    async with read_tx(database, OPERATOR, business_id) as tx:
        alone = await signed_head(tx, KEY)
        assert alone.businesses == [head]
        [partner] = [one for one in heads.partners if one.partner_id == tx.business.partner_id]
    assert partner.sequence == 2
    assert alone.key_id == key_id(KEY.public_key())


def test_any_reader_of_json_web_signatures_can_check_heads() -> None:
    """Given signed heads, when their JWS is read by its standard alone, then it says them, and what it is."""
    heads = sign(Heads(NOON, [BookHead(UUID(int=1), 3, "ab")], []), KEY)
    header, payload, signature = (base64.urlsafe_b64decode(f"{part}==") for part in heads.jws.split("."))
    KEY.public_key().verify(signature, heads.jws.rpartition(".")[0].encode())
    assert json.loads(header) == {"alg": "EdDSA", "typ": "duebook-heads+json", "kid": heads.key_id}
    assert json.loads(payload) == {
        "signed_at": "2025-01-31T12:00:00Z",
        "businesses": [{"business_id": str(UUID(int=1)), "version": 3, "hash": "ab"}],
        "partners": [],
    }


def test_other_heads_than_were_signed_are_refused() -> None:
    """Given signed heads, when they or their signature are changed, or another key is asked, then they are refused."""
    heads = sign(Heads(NOON, [BookHead(UUID(int=1), 3, "ab")], []), KEY)
    assert read_heads(msgspec.json.encode(heads)) == heads
    said = msgspec.structs.replace(heads, businesses=[BookHead(UUID(int=1), 4, "ab")])
    with pytest.raises(BadHeads, match="are not those that were signed"):
        proved(said, KEY.public_key())
    with pytest.raises(BadHeads, match="not signed with the key"):
        proved(heads, Ed25519PrivateKey.generate().public_key())
    payload = msgspec.json.encode(Heads(heads.signed_at, heads.businesses, []))
    for wrong, rule in (
        (jwt.PyJWS().encode(payload, KEY, "EdDSA", headers={"typ": "JWT"}), "made for something else"),
        (jwt.PyJWS().encode(payload, "", "none", headers={"typ": "duebook-heads+json"}), "not signed"),
        (jwt.PyJWS().encode(payload, bytes(32), "HS256", headers={"typ": "duebook-heads+json"}), "not signed"),
        (jwt.PyJWS().encode(b"[]", KEY, "EdDSA", headers={"typ": "duebook-heads+json"}), "not signed"),
        ("", "not signed"),
    ):
        with pytest.raises(BadHeads, match=rule):
            proved(msgspec.structs.replace(heads, jws=wrong), KEY.public_key())
    with pytest.raises(BadHeads, match="not those that were signed"):
        proved(msgspec.structs.replace(heads, key_id="another"), KEY.public_key())
    late = datetime.max.replace(tzinfo=timezone(-timedelta(hours=14)))
    never = msgspec.json.encode(msgspec.structs.replace(heads, signed_at=late))
    for text in (b"", b"[]", b"{}", b"\xff", never):
        with pytest.raises(BadHeads, match="cannot be read"):
            read_heads(text)


def test_a_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    """Given a new key file, when it is made again or opened to others, then it is kept, and refused."""
    file, public = tmp_path / "head.pem", tmp_path / "public.pem"
    key = made_once(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["head.pem"]
    with pytest.raises(FileExistsError):
        make_key(file)
    assert key_id(made_once(file).public_key()) == key_id(key.public_key())
    public.write_text(public_pem(key.public_key()))
    assert key_id(public_key(public)) == key_id(key.public_key())
    file.chmod(0o640)
    with pytest.raises(BadHeadKey, match="chmod 600"):
        private_key(file)


@pytest.mark.parametrize(
    ("mode", "owner", "reader", "is_open"),
    [
        (0o600, 1000, 1000, False),
        (0o400, 1000, 1000, False),
        (0o640, 1000, 1000, True),
        (0o604, 1000, 1000, True),
        (0o440, 0, 1000, False),
        (0o640, 0, 1000, False),
        (0o660, 0, 1000, True),
        (0o644, 0, 1000, True),
        (0o640, 0, 0, True),
        (0o600, 0, 0, False),
    ],
)
def test_who_reaches_a_key(mode: int, owner: int, reader: int, is_open: bool) -> None:
    """Given a file's mode, its owner and who reads it, when it is asked who else reaches it, then a group may that root
    has handed it to."""
    assert is_open_to_others(os.stat_result((mode, 0, 0, 1, owner, 0, 0, 0, 0, 0)), reader) == is_open


def test_what_is_no_head_key_is_refused_with_its_reason(tmp_path: Path) -> None:
    """Given a missing file, a file of something else and a key of another kind, when read, then each is told."""
    file = tmp_path / "head.pem"
    with pytest.raises(BadHeadKey, match="cannot be read: No such file"):
        private_key(file)
    with pytest.raises(BadHeadKey, match="cannot be made: No such file"):
        make_key(tmp_path / "none" / "head.pem")
    file.write_text("secret")
    file.chmod(0o600)
    with pytest.raises(BadHeadKey, match="not a private key"):
        private_key(file)
    with pytest.raises(BadHeadKey, match="not a public key"):
        public_key(file)
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(other)
    with pytest.raises(BadHeadKey, match="another kind than Ed25519"):
        private_key(file)
