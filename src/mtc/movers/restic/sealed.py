"""What restic encrypts: opened with the repository's password.

A file `keys/<id>` holds the repository's own keys, encrypted with a key made from the password (scrypt). Everything else is a
nonce, the text in AES-256-CTR, and a Poly1305-AES tag. Source: restic's design document, "Keys, Encryption and MAC".
"""

import base64
import functools
import hashlib
import threading
from dataclasses import dataclass, field
from typing import Any

import orjson
import zstandard
from cryptography import exceptions
from cryptography.hazmat.primitives import poly1305
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from mtc.movers import errors

_NONCE_BYTES = _TAG_BYTES = 16
#: What sealing adds to a text.
OVERHEAD_BYTES = _NONCE_BYTES + _TAG_BYTES
#: First byte of a compressed file; one that is not compressed begins with a bracket.
_COMPRESSED = b"\x02"
#: restic's own keys take 32 MiB; what asks for far more is no key of restic's.
_MOST_SCRYPT_BYTES = 2**30


# The volumes of a namespace share a repository, and each derivation takes half a second and 64 MiB: the first one serves the others.
_deriving = threading.Lock()
_KEPT_KEYS = 64


class NotOpened(errors.RepositoryDamaged):
    """It was encrypted with other keys, or is damaged."""


@dataclass(frozen=True)
class Keys:
    """The keys of a repository, or those made from a password.

    Attributes:
        cipher: of the text.
        tag_k, tag_r: of the tag.
    """

    cipher: bytes = field(repr=False)
    tag_k: bytes = field(repr=False)
    tag_r: bytes = field(repr=False)

    def open(self, sealed: bytes) -> bytes:
        """The text. Raises NotOpened."""
        nonce, body, tag = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:-_TAG_BYTES], sealed[-_TAG_BYTES:]
        # One block only, by which Poly1305-AES makes a key that is used once.
        once = Cipher(algorithms.AES(self.tag_k), modes.ECB()).encryptor().update(nonce) if len(nonce) == _NONCE_BYTES else b""  # noqa: S305
        try:
            poly1305.Poly1305.verify_tag(self.tag_r + once, body, tag)
        except (exceptions.InvalidSignature, ValueError) as error:
            msg = "A file of the restic repository was encrypted with other keys, or is damaged."
            raise NotOpened(msg) from error
        return Cipher(algorithms.AES(self.cipher), modes.CTR(nonce)).decryptor().update(body)

    def open_file(self, sealed: bytes) -> Any:
        """The document in a file of its own: index, snapshot. Raises NotOpened."""
        text = self.open(sealed)
        return orjson.loads(expanded(text[1:]) if text[:1] == _COMPRESSED else text)


def expanded(data: bytes) -> bytes:
    """What was compressed."""
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


def keys_of(key_file: bytes, password: bytes) -> Keys:
    """The repository's keys out of a file of `keys/`. Raises NotOpened when it belongs to another password."""
    with _deriving:
        return _derived(key_file, password)


@functools.lru_cache(maxsize=_KEPT_KEYS)
def _derived(key_file: bytes, password: bytes) -> Keys:
    try:
        return _opened(key_file, password)
    except (ValueError, LookupError, TypeError) as error:
        msg = "A file among the keys of the restic repository is no key."
        raise NotOpened(msg) from error


def _opened(key_file: bytes, password: bytes) -> Keys:
    document = orjson.loads(key_file)
    n, r, p = (int(document[name]) for name in ("N", "r", "p"))
    needed = 128 * r * (n + p + 2)
    if document.get("kdf") != "scrypt" or needed > _MOST_SCRYPT_BYTES:
        msg = "A key of the restic repository is of a kind that is not known here."
        raise NotOpened(msg)
    salt = base64.b64decode(document["salt"])
    made = hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=needed + 2**20, dklen=64)
    own = orjson.loads(Keys(made[:32], made[32:48], made[48:]).open(base64.b64decode(document["data"])))
    return Keys(*(base64.b64decode(text) for text in (own["encrypt"], own["mac"]["k"], own["mac"]["r"])))
