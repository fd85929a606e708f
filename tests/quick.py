"""What a worker makes once or with less work for all of its tests, where only its cost differs."""

from argon2 import PasswordHasher
from jinja2.bccache import Bucket, BytecodeCache

from calsync.services import passwords

#: As the product hashes.
REAL_HASHER = passwords._hasher
#: Nearly every test logs somebody in, and 26 ms are much of it.
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class KeptTemplates(BytecodeCache):
    """Compiles each template once, and not once for each application."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            # What was compiled from another source is left alone.
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = KeptTemplates()
