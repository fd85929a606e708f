"""What histories begin with outside of pytest: a database with the cast, and quiet."""

import logging
from pathlib import Path

from calsync.services import passwords
from tests.installations import fill_database
from tests.quick import QUICK_HASHER


def make_template(folder: Path) -> Path:
    """Return a SQLite database that has the cast and nothing else, made in ``folder``."""
    be_quiet()
    path = folder / "template.sqlite3"
    fill_database(f"sqlite:///{path}", folder)
    return path


def be_quiet() -> None:
    """Log nothing, and hash passwords with the least work."""
    logging.disable(logging.CRITICAL)
    passwords._hasher = QUICK_HASHER
    passwords._nobodys_hash = QUICK_HASHER.hash("nobody has this password")
