"""The key set of an outside issuer: which keys are taken from it, and how often it is asked for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from duebook.http.settings import (
    TRUSTED_AUDIENCE,
    TRUSTED_ISSUER,
    TRUSTED_KEYS,
    BadSettings,
    settings_of,
)
from duebook.oauth.errors import BadToken
from duebook.oauth.outside import (
    LATEST_SECONDS,
    REFRESH_SECONDS,
    TRUSTED_SECONDS,
    UNKNOWN_SECONDS,
    BadKeySet,
    OutsideKeys,
    TrustedIssuer,
    keys_of,
)
from tests.http.key_server import AUDIENCE, ISSUER, KEYS, KeyServer, jwk, key_set, serving, signed


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time that it shows."""
        return self.now


@pytest.fixture
def issuer() -> Iterator[KeyServer]:
    """A key server with one key."""
    with serving() as state:
        yield state


async def opens(keys: OutsideKeys, kid: str) -> bool:
    """Whether a token with this key is taken."""
    try:
        await keys.verified(signed(kid, partner_id=str(uuid4())))
    except BadToken:
        return False
    return True


async def settled(keys: OutsideKeys) -> None:
    """Wait for the reading that is under way."""
    if keys._reading is not None:
        await keys._reading


async def test_unknown_keys_are_asked_for_now_and_then(issuer: KeyServer) -> None:
    """Given tokens with keys that are not in the set, when a hundred come at once, then the issuer is asked once; some
    seconds later once more, and a key that it has by then opens."""
    clock = Clock()
    keys = OutsideKeys(TrustedIssuer(ISSUER, issuer.address, AUDIENCE), clock)
    assert await opens(keys, "ec")
    assert [await opens(keys, "rsa") for _ in range(100)] == [False] * 100
    assert issuer.asked == 1
    issuer.body = key_set("ec", "rsa")
    assert not await opens(keys, "rsa")
    clock.now += UNKNOWN_SECONDS
    assert await opens(keys, "rsa")
    assert issuer.asked == 2


@pytest.mark.parametrize("sub", ["a\0", "\ud800", "a" * 256], ids=["NUL", "half a pair", "too long"])
async def test_whom_nobody_can_write_down_opens_nothing(issuer: KeyServer, sub: str) -> None:
    """Given a token for somebody whom the books could not name, when it is shown, then it is refused."""
    keys = OutsideKeys(TrustedIssuer(ISSUER, issuer.address, AUDIENCE))
    with pytest.raises(msgspec.ValidationError):
        await keys.verified(signed("ec", partner_id=str(uuid4()), sub=sub))


@pytest.mark.parametrize("address", ["https://login..example/keys", "http://127.0.0.1/schlüssel"])
async def test_an_address_that_cannot_be_asked_is_a_set_that_cannot_be_had(address: str) -> None:
    """Given an address that no request can be made for, when a token is shown, then it is refused."""
    assert not await opens(OutsideKeys(TrustedIssuer(ISSUER, address, AUDIENCE)), "ec")


async def test_a_key_that_is_taken_out_opens_no_more(issuer: KeyServer) -> None:
    """Given a key that the issuer takes out of its set, when minutes pass, then a token with it asks for the set beside
    it, and the next is refused; after a long pause, the first one is."""
    clock = Clock()
    keys = OutsideKeys(TrustedIssuer(ISSUER, issuer.address, AUDIENCE), clock)
    assert await opens(keys, "ec")
    issuer.body = key_set("rsa")
    clock.now += REFRESH_SECONDS
    assert await opens(keys, "ec")
    await settled(keys)
    assert not await opens(keys, "ec")
    assert await opens(keys, "rsa")
    issuer.body = key_set("ec")
    clock.now += LATEST_SECONDS
    assert not await opens(keys, "rsa")


@pytest.mark.parametrize("trouble", ["gone", "broken", "moved", "large"])
async def test_while_the_set_cannot_be_had_the_last_one_holds_for_a_day(issuer: KeyServer, trouble: str) -> None:
    """Given a set that was read, when the address answers with something else, then its keys go on for a day; a
    redirection is not followed, and what is too large is not read."""
    clock = Clock()
    keys = OutsideKeys(TrustedIssuer(ISSUER, issuer.address, AUDIENCE), clock)
    assert await opens(keys, "ec")
    match trouble:
        case "gone":
            issuer.status = 503
        case "broken":
            issuer.body = b'{"keys": []}'
        case "moved":
            issuer.status, issuer.location, issuer.body = 302, issuer.address, key_set("rsa")
        case "large":
            issuer.body = key_set("rsa") + b" " * 2**20
    clock.now += TRUSTED_SECONDS - 1
    assert await opens(keys, "ec")
    assert not await opens(keys, "rsa")
    assert 2 <= issuer.asked <= 3
    clock.now += UNKNOWN_SECONDS
    assert not await opens(keys, "ec")


@pytest.mark.parametrize(
    "one",
    [
        {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "a"},
        jwk("ec", kid=None),
        jwk("ec", kid=7),
        jwk("ec", use="enc"),
        jwk("ec", key_ops=["encrypt"]),
        jwk("ec", key_ops=7),
        jwk("ec", alg="HS256"),
        jwk("ec", alg="ES384"),
        jwk("ec", alg="none"),
        jwk("ec", crv="secp256k1"),
        jwk("ec", crv="P-384"),
        jwk("ec", x="AAAA"),
        jwk("ec", d="AAAA"),
        jwk("rsa", alg="HS256"),
        jwk("rsa", alg=["RS256"]),
        jwk("rsa", kty="EC"),
        jwk("rsa", n=7),
        "key",
        None,
    ],
    ids=lambda one: (
        "|".join(f"{name}={str(value)[:12]}" for name, value in one.items() if name not in "xyne")
        if isinstance(one, dict)
        else str(one)
    ),
)
def test_what_is_no_public_key_for_one_algorithm_is_left_out(one: Any) -> None:
    """Given a set with a member that is secret, for something else, or for no algorithm of its kind, when read, then it
    is left out, and a set of nothing else is refused."""
    assert list(keys_of(json.dumps({"keys": [one, jwk("ed")]}).encode())) == ["ed"]
    with pytest.raises(BadKeySet):
        keys_of(json.dumps({"keys": [one]}).encode())


def test_each_key_fixes_its_algorithm() -> None:
    """Given a set with keys of all kinds, when read, then each is for the one algorithm of its kind, or as it says."""
    found = keys_of(json.dumps({"keys": [*map(jwk, KEYS), jwk("rsa", kid="pss", alg="PS256")]}).encode())
    assert {kid: key.algorithm_name for kid, key in found.items()} == {
        kid: algorithm for kid, (algorithm, _) in KEYS.items()
    } | {"pss": "PS256"}


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"keys": {}}', b'{"keys": 7}', b"[" * 10_000, b"\xff"])
def test_what_is_no_key_set_is_refused(raw: bytes) -> None:
    """Given something else than a key set, when read, then it is refused."""
    with pytest.raises(BadKeySet):
        keys_of(raw)


def whole(keys: str) -> dict[str, str]:
    """The three settings of an issuer."""
    return {TRUSTED_ISSUER: ISSUER, TRUSTED_KEYS: keys, TRUSTED_AUDIENCE: AUDIENCE}


def test_an_issuer_is_set_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    """Given the three settings of an outside issuer, when one is missing, then the server is told which; with all it is
    trusted, and without any there is none."""
    file = tmp_path / "keys.json"
    file.write_bytes(key_set("ec"))
    for keys in (str(file), "https://login.example/keys", "http://127.0.0.1:8080/keys", "http://[::1]/keys"):
        assert settings_of(whole(keys)).outside == TrustedIssuer(ISSUER, keys, AUDIENCE)
    assert settings_of({}).outside is None
    for name in whole(""):
        with pytest.raises(BadSettings) as raised:
            settings_of({other: value for other, value in whole(str(file)).items() if other != name})
        assert [problem.name for problem in raised.value.problems] == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (TRUSTED_ISSUER, ""),
        (TRUSTED_ISSUER, "duebook"),
        (TRUSTED_AUDIENCE, " "),
        (TRUSTED_KEYS, ""),
        (TRUSTED_KEYS, "/nowhere/keys.json"),
        (TRUSTED_KEYS, __file__),
        (TRUSTED_KEYS, "http://login.example/keys"),
        (TRUSTED_KEYS, "ftp://login.example/keys"),
        (TRUSTED_KEYS, "https://"),
        (TRUSTED_KEYS, "https://user:secret@login.example/keys"),
        (TRUSTED_KEYS, "https://login.example:port/keys"),
        (TRUSTED_KEYS, "https://login..example/keys"),
        (TRUSTED_KEYS, "https://login.example/schlüssel"),
        (TRUSTED_KEYS, "https://login.example/the keys"),
    ],
)
def test_a_setting_of_an_issuer_that_cannot_be_meant_is_refused(name: str, value: str) -> None:
    """Given a setting that names no issuer, audience or key set, when a server is set to it, then it is named, and no
    password in it is."""
    with pytest.raises(BadSettings) as raised:
        settings_of(whole("https://login.example/keys") | {name: value})
    assert [problem.name for problem in raised.value.problems] == [name]
    assert "secret" not in str(raised.value)
