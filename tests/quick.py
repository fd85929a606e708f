"""What a worker makes once or with less work for all of its tests, where only its cost differs."""

from collections.abc import Callable

from argon2 import PasswordHasher
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine
from werkzeug.routing import Rule

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

_compile_builder = Rule._compile_builder
_BUILDERS: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}


def build_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """Return what makes addresses of a rule; it is compiled once, not for each application."""
    if rule.defaults:  # They stand in what is compiled.
        return _compile_builder(rule, append_unknown)
    key = (rule.rule, tuple(rule._trace), append_unknown)
    if key not in _BUILDERS:
        _BUILDERS[key] = _compile_builder(rule, append_unknown)
    return _BUILDERS[key]


#: The engine of each kind of database that has compiled the statements so far.
_COMPILERS: dict[str, Engine] = {}


def share_statements(engine: Engine) -> None:
    """Compile no statement for this engine that another one of its kind has compiled here.

    What a statement becomes is the same in each database of a kind; a process that
    serves for days compiles it once, and not for each of its databases.
    """
    known = _COMPILERS.get(engine.dialect.name)
    if known is None:
        # A dialect is complete once it has met its server.
        with engine.connect():
            _COMPILERS[engine.dialect.name] = engine
    else:
        engine.dialect = known.dialect
        engine._compiled_cache = known._compiled_cache
