"""The signed head of the books, of a server that was given a key for it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import msgspec
import pytest

from duebook.ledger.head_keys import HEAD_KEY, make_key, private_key
from duebook.ledger.heads import proved, read_heads
from tests.http.native_world import charge, new_books
from tests.http.world import Platform


@pytest.fixture(scope="module")
def key_file() -> Iterator[Path]:
    """A key to sign with."""
    with tempfile.TemporaryDirectory(prefix="duebook-test-") as folder:
        make_key(Path(folder, "head.pem"))
        yield Path(folder, "head.pem")


@pytest.fixture(scope="module")
def settings_of_server(settings_of_server: dict[str, str], key_file: Path) -> dict[str, str]:
    """The server has the key."""
    return settings_of_server | {HEAD_KEY: str(key_file)}


def test_the_head_is_that_of_the_latest_version(client: httpx.Client, platform: Platform, key_file: Path) -> None:
    """Given books of two versions, when their head is asked for, then it is signed, and verify passes through it."""
    books = new_books(client, platform)
    empty = read_heads(books.ask("GET", "head").content)
    books.do(charge("A-1"))
    books.do(charge("A-2"))
    answer = books.ask("GET", "head")
    heads = read_heads(answer.content)
    [head] = proved(heads, private_key(key_file).public_key()).businesses
    assert (str(head.business_id), head.version) == (books.business_id, 2)
    [before] = empty.businesses
    assert (before.version, before.hash) == (0, "0" * 64)
    assert heads.partners == []
    assert answer.headers["cache-control"] == "private, no-cache"
    assert msgspec.json.decode(answer.content).keys() == {"signed_at", "businesses", "partners", "key_id", "jws"}


def test_files_of_the_audit_carry_the_head(client: httpx.Client, platform: Platform, key_file: Path) -> None:
    """Given books with a head, when their audit is exported, then the file ends with it, and a header has its
    signature; the hash that it names is that of the last line."""
    books = new_books(client, platform)
    books.do(charge("A-1"))
    answer = books.ask("GET", "audit.ndjson")
    record, last = answer.text.splitlines()
    heads = read_heads(msgspec.json.encode(msgspec.json.decode(last)["head"]))
    [head] = proved(heads, private_key(key_file).public_key()).businesses
    assert (str(head.business_id), head.version) == (books.business_id, 1)
    assert head.hash == msgspec.json.decode(record)["hash"]
    assert answer.headers["duebook-head"] == heads.jws
    signed = jwt.PyJWS().decode(
        books.ask("GET", "audit.csv").headers["duebook-head"], private_key(key_file).public_key(), ["EdDSA"]
    )
    assert msgspec.json.decode(signed)["businesses"] == [msgspec.to_builtins(head)]


def test_a_head_is_for_those_who_may_read_the_books(client: httpx.Client, platform: Platform) -> None:
    """Given a server with a key, when a stranger, or somebody unknown, asks for a head, then there is none."""
    books = new_books(client, platform)
    stranger = f"/api/v1/businesses/{platform.partner_id}/head"
    assert client.get(stranger, auth=platform.basic).json()["code"] == "not_found"
    assert client.get(f"/api/v1/businesses/{books.business_id}/head").status_code == 401
