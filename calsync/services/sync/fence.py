"""The right to run a sync, checked with each thing that it commits."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from calsync.db import due_rows
from calsync.db.database import Session
from calsync.db.due_rows import Claim
from calsync.errors import CalsyncError
from calsync.services.tools import Tools

#: How long nobody else begins this sync after the last sign of life of ours.
LEASE = timedelta(minutes=5)


class Overtaken(CalsyncError):
    """Somebody else runs this sync now, or we are to stop: nothing more may be committed."""


class Door(Protocol):
    """The way to what a sync commits: fenced, or of a rehearsal that is never committed."""

    @property
    def tools(self) -> Tools:
        """Give what is worked with."""

    def begin(self) -> AbstractContextManager[Session]:
        """Give a session that may write."""

    def is_untouched(self, session: Session) -> bool:
        """Tell whether nobody has asked for this sync since it began."""


@dataclass(frozen=True)
class Fence:
    """A claim on the due row of one integration."""

    tools: Tools
    claim: Claim

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Give a session whose commit counts only while the claim is ours.

        Raises Overtaken where it is not, and commits nothing then.
        """
        if self.tools.is_stopping():
            raise Overtaken
        with self.tools.db.begin() as session:
            now = self.tools.clock.now()
            if not due_rows.extend(session, self.claim, now, now + LEASE):
                raise Overtaken
            yield session

    def is_untouched(self, session: Session) -> bool:
        """Tell whether nobody has asked for this sync since it was claimed."""
        return due_rows.is_untouched(session, self.claim)
