"""An issuer of the test's own: keys of several kinds, tokens that they sign, and a server of its key set."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER, AUDIENCE = "https://login.example", "duebook-api"

KEYS: dict[str, tuple[str, Any]] = {
    "ec": ("ES256", ec.generate_private_key(ec.SECP256R1())),
    "ec-384": ("ES384", ec.generate_private_key(ec.SECP384R1())),
    "rsa": ("RS256", rsa.generate_private_key(65537, 2048)),
    "ed": ("EdDSA", ed25519.Ed25519PrivateKey.generate()),
}
"""The algorithm and the key of each id."""


def jwk(kid: str, /, **changes: Any) -> dict[str, Any]:
    """The public half of a key as it stands in a key set."""
    algorithm, key = KEYS[kid]
    kinds: dict[str, Any] = {"ES": ECAlgorithm, "RS": RSAAlgorithm, "Ed": OKPAlgorithm}
    made: dict[str, Any] = kinds[algorithm[:2]].to_jwk(key.public_key(), as_dict=True)
    return {name: value for name, value in (made | {"kid": kid} | changes).items() if value is not None}


def key_set(*kids: str) -> bytes:
    """A key set of these keys."""
    return json.dumps({"keys": [jwk(kid) for kid in kids]}).encode()


def signed(kid: str, /, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token of the issuer for this service, for ten minutes; what is None is left out."""
    algorithm, key = KEYS[kid]
    now = int(time.time())
    said = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600} | claims
    kept = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(kept, key, algorithm, headers={"kid": kid} | (header or {}))


class KeyServer:
    """What it serves, how often it was asked, and where."""

    def __init__(self) -> None:
        self.body: bytes = key_set("ec")
        self.status = 200
        self.location = ""
        self.asked = 0
        self.address = ""


@contextmanager
def serving() -> Iterator[KeyServer]:
    """A key server on this machine; after the block nobody answers at its address."""
    state = KeyServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked += 1
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(state.body)))
            if state.location:
                self.send_header("Location", state.location)
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        state.address = f"http://127.0.0.1:{server.server_port}/keys"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
