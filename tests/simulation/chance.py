"""The product's chance, drawn from a seed: the same seed makes the same ids."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from unittest.mock import patch

from calsync import ids


class SeededSecrets:
    """Stands in for the module that the product's ids and secrets are drawn by."""

    def __init__(self, seed: object) -> None:
        self._stream = random.Random(f"{seed}:ids")

    def choice(self, letters: Sequence[str]) -> str:
        """Return one of the letters."""
        return self._stream.choice(letters)

    def token_urlsafe(self, size: int) -> str:
        """Return so many bytes in hex, which is safe in a URL too."""
        return self._stream.randbytes(size).hex()


@contextmanager
def repeated_ids() -> Iterator[None]:
    """Let what is drawn in the block be drawn once more by whatever comes after it."""
    secrets, stream = deepcopy((ids.secrets, ids.random))
    with patch.object(ids, "secrets", secrets), patch.object(ids, "random", stream):
        yield


@contextmanager
def seeded_ids(seed: object) -> Iterator[None]:
    """Let every id and every jitter be drawn from the seed, until the end of the block."""
    stream = random.Random(f"{seed}:jitter")
    with patch.object(ids, "secrets", SeededSecrets(seed)), patch.object(ids, "random", stream):
        yield
