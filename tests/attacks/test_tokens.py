"""Forged, confused and stale tokens: none opens anything, and none breaks anything.

Source: RFC 8725 (best practices for JSON Web Tokens); docs/reference/tokens.md.
"""

import base64
import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from duebook.db.embedded import Urls
from tests.attacks.tally import Attack
from tests.http.world import (
    Platform,
    bearer,
    business_token,
    new_business,
    new_platform,
    partner_token,
    rotated,
    signing_key,
)

ODD_KEY_IDS: Final[list[Any]] = [
    *("", " ", "none", "null", "undefined", "0", "*", "%", "_", "..", "/dev/null", "../../../../../../dev/null"),
    *("file:///dev/null", "https://evil.example/key", "C:\\Windows\\win.ini", "|cat /etc/passwd", "$(id)", "`id`"),
    *("' OR '1'='1", "' OR 1=1 --", "x' UNION SELECT id, private_pem FROM signing_key --", "'; SELECT pg_sleep(9) --"),
    *(
        "\0",
        "\ud7ff",
        "\u202e",
        "𝄞" * 50,
        "k" * 2_000,
        "%00",
        "\\x00",
        "\n",
        "\r\nX-Evil: 1",
        "{}",
        "[]",
        "${jndi:ldap://x}",
    ),
    *(None, True, 7, 1.5, [], ["x"], {}, {"kid": "x"}),
]
CURVES: Final = {"ES384": ec.SECP384R1(), "ES512": ec.SECP521R1(), "ES256K": ec.SECP256K1()}


def encoded(raw: bytes) -> str:
    """Base64 as tokens have it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(value: Any) -> str:
    """A part of a token that holds JSON."""
    return encoded(value if isinstance(value, bytes) else json.dumps(value).encode())


def signed(said: str, key: ec.EllipticCurvePrivateKey) -> str:
    """The signature under a header and claims, as ES256 has it."""
    algorithm = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
    return encoded(algorithm.sign(said.encode(), key))


@dataclass(frozen=True)
class Forger:
    """Somebody who has a good token of a partner and the public key, and knows how tokens are made."""

    token: str
    key_id: str
    private: ec.EllipticCurvePrivateKey
    other: Platform
    own_business: str
    other_business: str

    @property
    def parts(self) -> list[str]:
        """Header, claims and signature of the good token."""
        return self.token.split(".")

    @property
    def claims(self) -> dict[str, Any]:
        """What the good token says."""
        return jwt.decode(self.token, options={"verify_signature": False})

    def header(self, **changes: Any) -> dict[str, Any]:
        """The good token's header, changed."""
        return {"alg": "ES256", "kid": self.key_id, "typ": "JWT"} | changes

    def resigned(self, claims: Any, **header: Any) -> str:
        """What the server itself would have signed, had it said this; only to see that it is checked all the same."""
        said = f"{part(self.header(**header))}.{part(claims)}"
        return f"{said}.{signed(said, self.private)}"

    def by_secret(self, algorithm: str, digest: str, secret: bytes, **header: Any) -> str:
        """A token whose signature is a keyed digest."""
        said = f"{part(self.header(alg=algorithm, **header))}.{part(self.claims)}"
        return f"{said}.{encoded(hmac.new(secret, said.encode(), digest).digest())}"


@pytest.fixture(scope="module")
def forger(client: httpx.Client, database_url: str, platform: Platform, other_platform: Platform) -> Forger:
    """A forger with a token for one business, in a world with another partner."""
    own, other = new_business(client, platform), new_business(client, other_platform)
    token = business_token(client, platform, own)
    key_id, pem = signing_key(database_url)
    private = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return Forger(token, key_id, private, other_platform, own, other)


def unsigned(forger: Forger) -> Iterator[str]:
    """Tokens that say that they need no signature, or leave it away, or have a wrong one."""
    head, claims, signature = forger.parts
    algorithms: list[Any] = [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        " ",
        None,
        True,
        0,
        [],
        ["ES256"],
        {},
        "es256",
        "ES256 ",
    ]
    for algorithm in algorithms:
        for end in ("", signature, "AA"):
            yield f"{part(forger.header(alg=algorithm))}.{claims}.{end}"
    yield from (f"{part({'kid': forger.key_id})}.{claims}.{end}" for end in ("", signature))
    yield from (f"{head}.{claims}.", f"{head}.{claims}", f"{head}.{claims}.{signature}.", f"{head}..{signature}")
    yield from (f"{head}.{claims}.{signature}.{signature}.{signature}", f".{claims}.{signature}", "..", ".", "…")
    raw = base64.urlsafe_b64decode(signature + "==")
    for wrong in (
        *(b"\0" * 64, b"\0" * 32 + raw[32:], raw[:32] + b"\0" * 32, b"\xff" * 64, raw[:63], raw[:32], raw[::-1]),
        *(raw + b"\0", b"\0" + raw, raw + raw, b"\0" * 31 + b"\1" + b"\0" * 31 + b"\1", bytes([raw[0] ^ 1]) + raw[1:]),
        *(b"\x30\x06\x02\x01\x00\x02\x01\x00", raw[32:] + raw[:32], b"\0" * 72, b""),
    ):
        yield f"{head}.{claims}.{encoded(wrong)}"


def by_other_keys(forger: Forger) -> Iterator[str]:
    """Tokens signed with what is public, with other keys, and with keys that the token itself brings along."""
    public = forger.private.public_key()
    numbers = public.public_numbers()
    x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
    ours = {"kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y)}
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secrets = [
        *(
            pem,
            pem.strip(),
            pem.replace(b"\n", b"\r\n"),
            b"".join(pem.splitlines()[1:-1]),
            x + y,
            b"\4" + x + y,
            x,
            b"",
        ),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint),
        json.dumps(ours).encode(),
        json.dumps(ours | {"kid": forger.key_id, "alg": "ES256", "use": "sig"}, separators=(",", ":")).encode(),
        *(forger.key_id.encode(), b"secret", b"duebook", b"\0"),
    ]
    for algorithm, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512"), ("ES256", "sha256")):
        yield from (forger.by_secret(algorithm, digest, secret) for secret in secrets)
    stranger = ec.generate_private_key(ec.SECP256R1())
    point = stranger.public_key().public_numbers()
    jwk = ours | {"x": encoded(point.x.to_bytes(32, "big")), "y": encoded(point.y.to_bytes(32, "big"))}
    url = "https://evil.example/jwks.json"
    brought: list[dict[str, Any]] = [
        {"jwk": jwk}, {"jku": url}, {"x5u": url}, {"x5c": ["AA"]}, {"jwk": jwk | {"kid": forger.key_id}},
        {"crit": ["jwk"], "jwk": jwk}, {"b64": False, "crit": ["b64"]}, {"zip": "DEF"}, {"cty": "JWT"},
        {"enc": "A256GCM"},
    ]  # fmt: skip
    for more in [{}, *brought]:
        yield jwt.encode(forger.claims, stranger, "ES256", headers={"kid": forger.key_id, **more})
    for kid in ODD_KEY_IDS:
        said = f"{part(forger.header(kid=kid))}.{part(forger.claims)}"
        yield f"{said}.{signed(said, stranger)}"
        yield f"{said}.{forger.parts[2]}"
        yield forger.by_secret("HS256", "sha256", b"", kid=kid)
    for algorithm_name, curve in CURVES.items():
        yield jwt.encode(forger.claims, ec.generate_private_key(curve), algorithm_name, headers={"kid": forger.key_id})
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for algorithm_name in ("RS256", "RS512", "PS256"):
        yield jwt.encode(forger.claims, key, algorithm_name, headers={"kid": forger.key_id})
    yield jwt.encode(forger.claims, ed25519.Ed25519PrivateKey.generate(), "EdDSA", headers={"kid": forger.key_id})


def widened(forger: Forger) -> Iterator[str]:
    """Good tokens whose claims somebody has changed, but could not sign."""
    head, claims, signature = forger.parts
    text = base64.urlsafe_b64decode(claims + "==").decode()
    changes: list[dict[str, Any]] = [
        {"business_id": None}, {"business_id": forger.other_business}, {"business_id": ""}, {"business_id": "*"},
        {"business_id": [forger.own_business, forger.other_business]}, {"partner_id": str(forger.other.partner_id)},
        {"sub": str(forger.other.partner_id)}, {"scope": "full"}, {"scope": "duebook:write"}, {"exp": 2**53},
        {"key": str(uuid4())}, {"admin": True}, {"exp": None}, {"wire_profile": "live"},
    ]  # fmt: skip
    for one in changes:
        changed = {name: value for name, value in (forger.claims | one).items() if value is not None}
        yield f"{head}.{part(changed)}.{signature}"
        yield f"{part(forger.header(alg='none'))}.{part(changed)}."
    twice = text.replace("{", f'{{"partner_id":"{forger.other.partner_id}",', 1)
    yield from (
        f"{head}.{part(one.encode())}.{signature}" for one in (twice, text[:-1] + f',"exp":{2**53}}}', text + " ")
    )
    yield from (f"{head}.{claims}=.{signature}", f"{head}=.{claims}.{signature}", f"{claims}.{head}.{signature}")
    for odd in (b"", b"{}", b"[]", b"null", b"{", b"\xff", b"\xef\xbb\xbf{}", b"[" * 5_000, b'{"iss":' * 3_000, b"NaN"):
        yield from (f"{part(odd)}.{claims}.{signature}", f"{head}.{part(odd)}.{signature}")
    yield from (json.dumps({"payload": claims, "protected": head, "signature": signature}), forger.token[::-1])
    yield from ("A" * 60_000, "." * 5_000, f"{head}.{'A' * 50_000}.{signature}", "Bearer", forger.token[:-1], "null")


def stale_or_foreign(forger: Forger) -> Iterator[str]:
    """Tokens as the server signs them, but for another time, another service, or with claims of a wrong form."""
    now = int(time.time())
    changes: list[dict[str, Any]] = [
        {"exp": now - 60}, {"exp": 0}, {"exp": -1}, {"exp": "never"}, {"exp": None}, {"exp": [now + 60]},
        {"nbf": now + 600}, {"nbf": "soon"}, {"iat": now + 600}, {"iat": None}, {"iat": "x"}, {"iat": [now]},
        {"aud": "other"}, {"aud": ["other"]}, {"aud": ["other", "duebook"]}, {"aud": None}, {"aud": ""}, {"aud": {}},
        {"aud": "DUEBOOK"}, {"aud": "duebook "}, {"iss": "other"}, {"iss": ["duebook"]}, {"iss": None}, {"iss": ""},
        {"iss": "https://duebook"}, {"sub": None}, {"sub": 7}, {"partner_id": None}, {"partner_id": "' OR 1=1 --"},
        {"partner_id": ["x"]}, {"business_id": "x"}, {"business_id": 0}, {"business_id": False},
        {"wire_profile": "both"}, {"key": "x"}, {"key": str(uuid4())}, {"scope": "admin"}, {"scope": ["full"]},
        {"nbf": 10**400}, {"nbf": 1e308}, {"exp": -(10**400)}, {"exp": True},
    ]  # fmt: skip
    for one in changes:
        yield forger.resigned({name: value for name, value in (forger.claims | one).items() if value is not None})
    yield from (forger.resigned(raw) for raw in (b"[]", b"null", b"7", b'"x"', b"{", b"", b"NaN", b"\xff"))
    critical: list[dict[str, Any]] = [{"crit": ["x"]}, {"crit": []}, {"b64": False, "crit": ["b64"]}]
    yield from (forger.resigned(forger.claims, **more) for more in critical)


def readable(token: str) -> str:
    """A token's claims, if they can be read; else the token."""
    try:
        return base64.urlsafe_b64decode(token.split(".")[1] + "==").decode()[:300]
    except (ValueError, IndexError):
        return token[:100]


FORGERIES: Final = {
    "unsigned": (unsigned, 65),
    "signed with other keys": (by_other_keys, 200),
    "changed": (widened, 60),
    "stale or foreign": (stale_or_foreign, 50),
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_no_forged_token_opens_anything(client: httpx.Client, forger: Forger, attack: Attack, kind: str) -> None:
    """Given forgeries of a kind, when any door is tried with any of them, then 401, whatever the dialect."""
    doors = (
        f"/v1/platform/businesses/{forger.own_business}/insights/ar-aging/",
        f"/v1/businesses/{forger.own_business}/invoices",
        f"/api/v1/businesses/{forger.own_business}/books",
        "/whoami",
    )
    for door in doors[:3]:
        assert client.get(door, headers=bearer(forger.token)).status_code == 200
    made, at_least = FORGERIES[kind]
    for place, token in enumerate(made(forger)):
        door = doors[place % len(doors)]
        try:
            answer = client.get(door, headers=[(b"Authorization", f"Bearer {token}".encode())])
        except httpx.TransportError as error:
            attack.tried(f"{door} {readable(token)}", *([] if len(token) > 30_000 else [repr(error)]))
            continue
        got = [] if answer.status_code in (400, 401, 431) else [f"{answer.status_code}: {answer.text[:100]}"]
        attack.tried(f"{door} {readable(token)}", *got)
    attack.failed(at_least=at_least)


def test_a_signed_token_opens_no_more_than_its_key(client: httpx.Client, forger: Forger, attack: Attack) -> None:
    """Given tokens as the server would sign them, when they mix two partners, then no other's books are opened."""
    for change in ({"business_id": forger.other_business}, {"partner_id": str(forger.other.partner_id)}):
        mixed = {name: one for name, one in (forger.claims | change).items() if one is not None}
        for claims in (mixed, {name: one for name, one in mixed.items() if name != "business_id"}):
            for path in ("/v1/businesses/{}/invoices", "/v1/platform/businesses/{}/", "/api/v1/businesses/{}/books"):
                answer = client.get(path.format(forger.other_business), headers=bearer(forger.resigned(claims)))
                got = [] if answer.status_code in (401, 403, 404) else [answer.text]
                attack.tried(f"{path} {claims}", *got)
    attack.failed(at_least=12)


def test_an_ended_key_ends_its_tokens(
    client: httpx.Client, database_urls: Urls, forger: Forger, attack: Attack
) -> None:
    """Given tokens of a revoked and of an expired key, and one of a retired signing key, when used, then 401."""
    revoked, expired = new_platform(database_urls.serve), new_platform(database_urls.serve)
    tokens = [partner_token(client, one) for one in (revoked, expired)]
    rotated(database_urls.serve, revoked)
    retired = ec.generate_private_key(ec.SECP256R1())
    pem = retired.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with psycopg.connect(database_urls.superuser) as connection:
        connection.execute("UPDATE partner_key SET expires_at = now() WHERE partner_id = %s", [expired.partner_id])
        connection.execute(
            "INSERT INTO signing_key (id, private_pem, created_at, retired_at)"
            " VALUES ('retired', %s, now() - interval '1 day', now())",
            [pem],
        )
    tokens.append(jwt.encode(forger.claims, retired, "ES256", headers={"kid": "retired"}))
    for token in tokens:
        for path in ("/v1/platform/businesses/", "/whoami", f"/api/v1/businesses/{forger.own_business}/books"):
            answer = client.get(path, headers=bearer(token))
            attack.tried(path, *([] if answer.status_code == 401 else [answer.text]))
    for one in (revoked, expired):
        answer = client.get("/v1/platform/businesses/", auth=one.basic)
        attack.tried("Basic", *([] if answer.status_code == 401 else [answer.text]))
    attack.failed(at_least=11)


def test_the_header_is_one_and_in_its_form(server: str, forger: Forger, attack: Attack) -> None:
    """Given a good token, when the header comes twice or in another form, then it is not taken."""
    good = f"Bearer {forger.token}"
    address = urlsplit(server)
    cases: list[list[str]] = [
        [good, good], [good, "Bearer x"], ["Bearer x", good], ["Basic eDp5", good], [good, "Basic eDp5"], ["", good],
        [f"Bearer{forger.token}"], [f"Bearer:{forger.token}"], [f"Bearer={forger.token}"], [f"Token {forger.token}"],
        [forger.token], [f'Bearer "{forger.token}"'], [f"Bearer {forger.token},"], [f"Bearer {forger.token} x"],
        [f"Bearer x {forger.token}"], [f"Bearer,{forger.token}"], [f"Basic {forger.token}"],
        [f"Bearer Bearer {forger.token}"],
        [f"JWT {forger.token}"], [f"Bearer token={forger.token}"], [f"Bearer {forger.token}; x=y"],
        [f"Digest {forger.token}"],
        [f"Basic {base64.b64encode(forger.token.encode()).decode()}"], [f"Bearer {encoded(forger.token.encode())}"],
        [f"Bearer {hashlib.sha256(forger.token.encode()).hexdigest()}"], [good, "Bearer "], [f"Basic x, {good}"],
    ]  # fmt: skip
    for case in cases:
        for path in (
            f"/v1/businesses/{forger.own_business}/invoices",
            f"/api/v1/businesses/{forger.own_business}/books",
        ):
            connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
            connection.putrequest("GET", path)
            for one in case:
                connection.putheader("Authorization", one)
            connection.endheaders()
            answer = connection.getresponse()
            said = answer.read().decode()
            connection.close()
            attack.tried(
                f"{path} {case}", *([] if answer.status in (400, 401, 422) else [f"{answer.status} {said[:100]}"])
            )
    attack.failed(at_least=2 * len(cases))
