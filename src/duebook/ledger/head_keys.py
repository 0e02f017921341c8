"""The keys that heads are signed with, and checked with: PEM files of Ed25519 keys, kept outside the database.

Holds: a private key is read only from a file that is closed to all others, and no file is ever overwritten.
Source: docs/decisions/0014-heads-are-signed-outside-the-database.md; RFC 8032 (Ed25519), RFC 7638 (a key's id).
"""

import base64
import hashlib
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

HEAD_KEY: Final = "DUEBOOK_HEAD_KEY"
"""Names the file of the private key that heads are signed with."""


class BadHeadKey(Exception):
    """A head key is an Ed25519 key in a PEM file, and a private one is closed to all others."""

    def __init__(self, path: Path, rule: str) -> None:
        self.path, self.rule = path, rule
        super().__init__(f"{str(path)!r} {rule}")


class NoHeadKey(Exception):
    """Heads are signed where a key is named for it."""

    def __init__(self) -> None:
        super().__init__(
            f"there is no key for heads: make one with `duebook heads new-key FILE`, and name the file in {HEAD_KEY}"
        )


def private_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a file. Raises BadHeadKey."""
    try:
        with path.open("rb") as file:
            if is_open_to_others(os.fstat(file.fileno()), os.geteuid()):
                raise BadHeadKey(path, "is open to other users than its owner: close it with chmod 600")
            found = load_pem_private_key(file.read(), password=None)
    except OSError as refused:
        raise BadHeadKey(path, f"cannot be read: {refused.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadHeadKey(path, "is not a private key in PEM without a password") from None
    if not isinstance(found, Ed25519PrivateKey):
        raise BadHeadKey(path, "is a key of another kind than Ed25519: make one with `duebook heads new-key`")
    return found


def is_open_to_others(file: os.stat_result, reader: int) -> bool:
    """Whether other users than the owner reach a file, or others than root and a group if it is root's and not ours.

    The latter is how systemd and Kubernetes hand a secret to a service, and what libpq asks of a private key.
    """
    is_handed_out = file.st_uid == 0 and reader != 0
    return bool(stat.S_IMODE(file.st_mode) & (0o037 if is_handed_out else 0o077))


def public_key(path: Path) -> Ed25519PublicKey:
    """The public key in a file. Raises BadHeadKey."""
    try:
        found = load_pem_public_key(path.read_bytes())
    except OSError as refused:
        raise BadHeadKey(path, f"cannot be read: {refused.strerror}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise BadHeadKey(path, "is not a public key in PEM, as `duebook heads public-key` prints it") from None
    if not isinstance(found, Ed25519PublicKey):
        raise BadHeadKey(path, "is a key of another kind than Ed25519")
    return found


def make_key(path: Path) -> Ed25519PrivateKey:
    """A new key in a new file, all of it or none, on the disk. Raises FileExistsError, BadHeadKey."""
    key = Ed25519PrivateKey.generate()
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            os.fsync(descriptor)
            os.link(scratch, path)
        finally:
            os.close(descriptor)
            scratch.unlink()
    except FileExistsError:
        raise
    except OSError as refused:
        raise BadHeadKey(path, f"cannot be made: {refused.strerror}") from None
    return key


def made_once(path: Path) -> Ed25519PrivateKey:
    """The key in the file, made now if there is no such file. Raises BadHeadKey."""
    try:
        return private_key(path) if path.exists() else make_key(path)
    except FileExistsError:  # another process was first
        return private_key(path)


def public_pem(key: Ed25519PublicKey) -> str:
    """The public key as text, to be kept where heads are checked."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def key_id(key: Ed25519PublicKey) -> str:
    """The key's name: the thumbprint of its JSON Web Key, 43 characters."""
    x = _base64(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    return _base64(hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
