"""A database whose transactions are parts of one that is open already."""

from collections.abc import Iterator
from contextlib import contextmanager

from calsync.db.database import Database, Session, translated_errors
from calsync.db.stamps import stamp_changes


class JoinedDatabase(Database):
    """Gives the open session to services that would open one of their own.

    What they do is kept or lost together. Each part is a savepoint, so that one
    which fails can be tried again.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session.get_bind().engine)
        self._open = session

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with translated_errors(), self._open.begin_nested():
            yield self._open

    @contextmanager
    def read(self) -> Iterator[Session]:
        with translated_errors():
            # Whoever reads finds what will be there after the commit.
            stamp_changes(self._open)
            yield self._open
