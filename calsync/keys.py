"""Encryption of what must not be readable in the database."""

import base64
import binascii
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from calsync.errors import CalsyncError

_NONCE_BYTES = 12


class SealBroken(CalsyncError):
    """The sealed text was altered, belongs to another place, or its key is not here."""


class Keyring:
    """Seals and opens texts with AES-256-GCM under keys that have ids.

    The first key seals; all of them open, so that keys can be changed while
    the product runs. ``place`` names where the sealed text lives (tenant, row
    and column): a sealed text copied to another place does not open there.
    """

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        self._ciphers = {name: AESGCM(key) for name, key in keys}
        self.active_id = keys[0][0]
        self.ids = frozenset(self._ciphers)

    def seal(self, text: str, place: Sequence[str]) -> str:
        """Return ``text`` as ``keyid.base64``, to be opened only for the same ``place``."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self.active_id].encrypt(
            nonce, text.encode(), _binding(self.active_id, place)
        )
        return f"{self.active_id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, place: Sequence[str]) -> str:
        """Return the text that ``seal`` was given. Raises SealBroken where that cannot be."""
        key_id, _, encoded = sealed.partition(".")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SealBroken(f"The key {key_id[:20]!r} is not in CALSYNC_TOKEN_KEYS.")
        try:
            raw = base64.urlsafe_b64decode(encoded)
            text = cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _binding(key_id, place))
        except (InvalidTag, binascii.Error, ValueError):
            raise SealBroken("A sealed text does not open here: altered or moved.") from None
        return text.decode()

    def is_current(self, sealed: str) -> bool:
        """Whether ``sealed`` was made with the key that seals today."""
        return sealed.partition(".")[0] == self.active_id


def new_key() -> str:
    """Return 32 random bytes in the form that CALSYNC_TOKEN_KEYS wants behind an id."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")


def _binding(key_id: str, place: Sequence[str]) -> bytes:
    # Lengths stand before the parts, so that no two places read alike.
    return "".join(f"{len(part)}:{part}" for part in (key_id, *place)).encode()
