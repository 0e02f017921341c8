"""Requests that are no good HTTP, or that two readers of them might read differently: answered with 4xx, or not at all.

Nothing of another tenant comes out of them, nothing hangs, and no request is hidden in the body of another.
Source: RFC 9112, sections 6.3 and 11.2; docs/reference/settings.md.
"""

import gzip
import re
from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from duebook.db.embedded import Urls
from tests.attacks.raw import exchange, request, statuses
from tests.attacks.tally import Attack
from tests.attacks.tenants import Tenant, books_of, new_tenant
from tests.http.world import Platform, bearer, new_business, partner_token

BODIES: Final = {
    "no end": b'{"company_name": "x"',
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "huge number": b'{"company_name": "x", "metadata": {"n": ' + b"9" * 100_000 + b"}}",
    "huge exponent": b'{"company_name": "x", "metadata": {"n": 1e999999999}}',
    "not a number": b'{"company_name": NaN, "metadata": Infinity}',
    "entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>',
    "external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "aliases": b"a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
    "gzip": gzip.compress(b'{"company_name": "' + b"a" * 5_000_000 + b'"}'),
    "UTF-16": '{"company_name": "x"}'.encode("utf-16"),
    "UTF-7": b"+AHsAIg-",
    "overlong": b'{"company_name": "\xc0\xaf\xe0\x80\xaf"}',
    "half a pair": b'{"company_name": "\\ud800"}',
    "nul": b'{"company_name": "\\u0000"}',
    "mark": b'\xef\xbb\xbf{"company_name": "x"}',
    "pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94\x8c\x06system\x94\x93\x94.",
    "prototype": b'{"company_name": 7, "__proto__": {"admin": true}, "constructor": {"prototype": {}}}',
    "many parts": b"".join(b'--x\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n\r\n' % n for n in range(9_000)),
    "many fields": b"&".join(b"a%d=" % n for n in range(50_000)),
    "empty": b"",
    "blank": b" \r\n\t" * 1_000,
    "list": b"[]",
    "null": b"null",
}
KINDS: Final = (
    *("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
    *("application/xml", "application/json; charset=utf-16", "application/octet-stream", "", "application/JSON\tx"),
    *("application/problem+json", "x" * 5_000, "multipart/form-data", "multipart/form-data; boundary=" + "x" * 5_000),
)

TARGETS: Final = (
    *("{mine}/../{theirs}/invoices", "{mine}/%2e%2e/{theirs}/invoices", "{mine}/..%2f{theirs}/invoices"),
    *("{mine}%2f..%2f{theirs}/invoices", "{mine}/%252e%252e/{theirs}/invoices", "{mine}/..;/{theirs}/invoices"),
    *("{mine}/..\\{theirs}/invoices", "{mine}/%5c..%5c{theirs}/invoices", "{mine}/./../{theirs}/invoices"),
    *("//{theirs}/invoices", "/{mine}//{theirs}/invoices", "{mine};/{theirs}/invoices", "{theirs};x={mine}/invoices"),
    *("{theirs}%00{mine}/invoices", "{mine}%00/../{theirs}/invoices", "{theirs}?/{mine}/invoices", "{theirs}#{mine}"),
    *(
        "{theirs}./invoices",
        "{theirs}%20/invoices",
        "%20{theirs}/invoices",
        "{theirs}%0a/invoices",
        "{theirs}/invoices/.",
    ),
    *(
        "{theirs},{mine}/invoices",
        "{mine},{theirs}/invoices",
        "{theirs}%2finvoices",
        "{theirs}/invoices%3f",
        "*/invoices",
    ),
    *(
        "{theirs}/invoices/..",
        "{theirs}/invoices/../invoices",
        "{mine}/%c0%ae%c0%ae/{theirs}/invoices",
        "%7b{theirs}%7d",
    ),
    *(
        "{mine}/invoices/../../{theirs}/invoices",
        "{mine}/invoices/%2e%2e/%2e%2e/{theirs}/invoices",
        "{theirs}/invoices",
    ),
)
"""Where paths may lead that are tidied up before they are followed, or after."""

PREFIXES: Final = (
    "/v1/businesses/",
    "/v1/platform/businesses/",
    "/api/v1/businesses/",
    "http://localhost/v1/businesses/",
)

OVERRIDES: Final = (
    *("X-HTTP-Method-Override: DELETE", "X-Method-Override: PUT", "X-HTTP-Method: DELETE", "X-Original-URL: {path}"),
    *("X-Rewrite-URL: {path}", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: x"),
    *("Forwarded: for=127.0.0.1;host=evil.example;proto=https", "X-Real-IP: 127.0.0.1", "X-Client-Cert: x", "Via: x"),
    *("X-Forwarded-Prefix: {path}", "X-Forwarded-Uri: {path}", "X-Original-Host: evil.example", "Destination: {path}"),
    *("X-Remote-User: admin", "X-Forwarded-User: admin", "X-Auth-Request-User: admin", "X-Envoy-Original-Path: {path}"),
    *("X-Request-ID: \x7f{path}", "X-Request-ID: " + "x" * 5_000, "Origin: \x7f", "Cookie: " + "a=b; " * 2_000),
    *("Range: bytes=0-1", "If-Match: *", "If-Unmodified-Since: x", "TE: trailers", "Upgrade: h2c", "Max-Forwards: 0"),
    *("Expect: 100-continue", "Expect: other", "Accept: ../../etc/passwd", "Accept-Encoding: gzip;q=1e9", "Host;: x"),
)


@pytest.fixture(scope="module")
def victim(client: httpx.Client, other_platform: Platform, database_urls: Urls) -> Iterator[Tenant]:
    """A business of another partner, whose books are as they were when all is over."""
    victim = new_tenant(client, other_platform, database_urls)
    before = books_of(database_urls, victim.business)
    yield victim
    assert books_of(database_urls, victim.business) == before


@pytest.fixture(scope="module")
def own(client: httpx.Client, platform: Platform) -> tuple[str, str]:
    """A business of the attacker's, and the line that says who asks."""
    header = bearer(partner_token(client, platform))
    return new_business(client, platform), f"Authorization: {header['Authorization']}"


def got(victim: Tenant, answer: bytes, *allowed: int) -> list[str]:
    """What an answer should not have been: of the victim's, or of a status that is not allowed or a failure."""
    found = statuses(answer)
    odd = [f"{one} {answer[-100:]!r}" for one in found if one >= 500 or (allowed and one not in allowed)]
    return odd + ([] if found else ["no answer"]) + victim.seen_in(answer.decode("utf-8", "replace"), [victim.business])


def test_no_path_leads_around(server: str, victim: Tenant, own: tuple[str, str], attack: Attack) -> None:
    """Given a good token, when a path takes turns on its way to another's business, then it leads to nothing."""
    mine, authorization = own
    for prefix in PREFIXES:
        for target in TARGETS:
            path = prefix + target.format(mine=mine, theirs=victim.business)
            answer = exchange(server, request("GET", path, authorization))
            attack.tried(path, *got(victim, answer, 400, 404))
    for odd in (
        "/" * 5_000,
        "/v1/" * 2_000,
        "/..",
        "/%",
        "/%zz",
        "/%ff",
        "*",
        "/v1/businesses/" + "a" * 60_000,
        "/\x7f",
    ):
        attack.tried(odd[:50], *got(victim, exchange(server, request("GET", odd, authorization)), 302, 400, 404))
    attack.failed(at_least=4 * len(TARGETS))


def test_no_header_leads_around(server: str, victim: Tenant, own: tuple[str, str], attack: Attack) -> None:
    """Given a good token, when a header asks for another method, path, host or user, then it is not listened to."""
    mine, authorization = own
    for line in OVERRIDES:
        told = line.format(path=f"/v1/businesses/{victim.business}/invoices")
        for method in ("GET", "POST"):
            path = f"/v1/businesses/{mine}/invoices"
            answer = exchange(server, request(method, path, authorization, told))
            allowed = (200, 206) if method == "GET" else (100, 400)
            attack.tried(f"{method} {line[:60]}", *got(victim, answer, 400, *allowed))
            assert b"evil.example" not in answer
    for host in ("evil.example", "localhost:99999", "a" * 5_000, "[::1", "evil.example@localhost", ""):
        answer = exchange(server, request("GET", "/", host=host))
        location = re.search(rb"location: ([^\r\n]*)", answer)
        attack.tried(host[:50], *([] if location is None or location[1] == b"/openapi" else [location[1].decode()]))
    attack.failed(at_least=2 * len(OVERRIDES))


def test_a_line_cannot_be_broken(client: httpx.Client, server: str, own: tuple[str, str], attack: Attack) -> None:
    """Given line ends in what an answer gives back, when asked, then no header of an answer is the asker's own."""
    mine, authorization = own
    for broken in (
        "%0d%0aX-Evil:%201",
        "%0aX-Evil:%201",
        "%0d%0a%0d%0a<script>",
        "%E5%98%8D%E5%98%8AX-Evil:1",
        "%c4%8d%c4%8aX",
    ):
        for path in (
            f"/v1/businesses/{mine}/{broken}",
            f"/v1/businesses/{mine}/invoices?cursor={broken}",
            f"/{broken}",
        ):
            answer = exchange(server, request("GET", path, authorization, f"X-Request-ID: {broken}"))
            head = answer.partition(b"\r\n\r\n")[0].lower()
            attack.tried(path, *(["a header"] if b"x-evil" in head else []), *([path] if b"<script>" in head else []))
    attack.failed(at_least=15)


def smuggled(path: str, authorization: str, hidden: str) -> dict[str, str]:
    """Requests with another one in them, for a reader that measures bodies in another way."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\n{authorization}\r\nContent-Type: application/json\r\n"
    inner = f"GET {hidden} HTTP/1.1\r\nHost: x\r\n{authorization}\r\nConnection: close\r\n\r\n"
    chunked = "Transfer-Encoding: chunked"
    many = [f"X-{number}: a\r\n" for number in range(900)]
    return {
        "two lengths": f"{head}Content-Length: 2\r\nContent-Length: {len(inner)}\r\n\r\n{{}}{inner}",
        "lengths in one": f"{head}Content-Length: 2, {len(inner)}\r\n\r\n{{}}{inner}",
        "length, then chunks": f"{head}Content-Length: 4\r\n{chunked}\r\n\r\n0\r\n\r\n{inner}",
        "chunks, then length": f"{head}{chunked}\r\nContent-Length: {len(inner)}\r\n\r\n0\r\n\r\n{inner}",
        "chunks twice": f"{head}{chunked}\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{inner}",
        "identity": f"{head}Transfer-Encoding: identity\r\n\r\n{inner}",
        "almost chunked": f"{head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{inner}",
        "blank before colon": f"{head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{inner}",
        "odd blank": f"{head}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n{inner}",
        "folded": f"{head}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n{inner}",
        "bare return": f"{head}X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}",
        "negative length": f"{head}Content-Length: -1\r\n\r\n{inner}",
        "signed length": f"{head}Content-Length: +2\r\n\r\n{{}}{inner}",
        "hexadecimal length": f"{head}Content-Length: 0x2\r\n\r\n{{}}{inner}",
        "length beyond numbers": f"{head}Content-Length: 18446744073709551617\r\n\r\n{{}}{inner}",
        "negative chunk": f"{head}{chunked}\r\n\r\n-2\r\n{{}}\r\n0\r\n\r\n{inner}",
        "chunk beyond numbers": f"{head}{chunked}\r\n\r\nfffffffffffffffff2\r\n{{}}\r\n0\r\n\r\n{inner}",
        "chunk with bare feed": f"{head}{chunked}\r\n\r\n2\n{{}}\n0\n\n{inner}",
        "unfinished": f"{head}Content-Length: 9999\r\n\r\n{{}}",
        "two hosts": f"GET {path} HTTP/1.1\r\nHost: x\r\nHost: y\r\n{authorization}\r\nConnection: close\r\n\r\n",
        "folded header": f"GET {path} HTTP/1.1\r\nHost: x\r\nX: a\r\n {authorization}\r\nConnection: close\r\n\r\n",
        "NUL in a header": f"GET {path} HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n{authorization}\r\nConnection: close\r\n\r\n",
        "NUL in the target": f"GET {path}\0 HTTP/1.1\r\nHost: x\r\n{authorization}\r\nConnection: close\r\n\r\n",
        "blank in the target": f"GET {path} x HTTP/1.1\r\nHost: x\r\n{authorization}\r\nConnection: close\r\n\r\n",
        "no version": f"GET {path}\r\n\r\n",
        "another version": f"GET {path} HTTP/3.0\r\nHost: x\r\n\r\n",
        "another protocol": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "no name": f"GET {path} HTTP/1.1\r\nHost: x\r\n: a\r\nConnection: close\r\n\r\n",
        "many headers": f"GET {path} HTTP/1.1\r\nHost: x\r\n{''.join(many)}\r\n",
        "long header": f"GET {path} HTTP/1.1\r\nHost: x\r\nX: {'a' * 900_000}\r\n\r\n",
    }


def test_no_request_is_hidden_in_another(server: str, victim: Tenant, own: tuple[str, str], attack: Attack) -> None:
    """Given a body whose length can be read in two ways, when it holds a request, then that one is not answered."""
    mine, authorization = own
    path = f"/v1/businesses/{mine}/customers"
    for name, sent in smuggled(path, authorization, "/healthz").items():
        answer = exchange(server, sent.encode("latin-1"))
        hidden = [answer[-100:].decode("latin-1")] if b"200 OK" in answer else []
        attack.tried(name, *hidden, *got(victim, answer, 400, 413, 422, 431))
    attack.failed(at_least=30)


def test_no_body_breaks_anything(server: str, victim: Tenant, own: tuple[str, str], attack: Attack) -> None:
    """Given a body that is not what it says, when sent to either dialect or ours, then it is refused."""
    mine, authorization = own
    doors = (
        f"/v1/businesses/{mine}/customers",
        f"/v1/platform/businesses/{mine}/customers/",
        f"/api/v1/businesses/{mine}/commands",
        "/oauth2/token",
    )
    for name, body in BODIES.items():
        for place, kind in enumerate(KINDS):
            path = doors[place % len(doors)] if len(body) > 20_000 else doors[(place + len(name)) % len(doors)]
            lines = [f"Content-Type: {kind}", *(["Content-Encoding: gzip"] if name == "gzip" else [])]
            answer = exchange(server, request("POST", path, authorization, *lines, body=body))
            attack.tried(f"{name} as {kind[:40]} to {path}", *got(victim, answer, *range(400, 500)))
    attack.failed(at_least=len(BODIES) * len(KINDS))
