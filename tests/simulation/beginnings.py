"""A point between two steps, from which many histories go on that differ only in what follows.

What was before is carried out once. The database is copied as a file, and everything else in
memory, but for what has no state of its own.
"""

import copy
import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from calsync.services.tools import Tools
from tests.simulation.engines import open_engine
from tests.simulation.scenario import History
from tests.simulation.tape import put_in


@dataclass(frozen=True)
class Beginning:
    """A history at rest, with its database; nobody may go on with the history itself."""

    history: History
    path: Path

    def go_on(self) -> History:
        """Return the history as it was at this point, to go on with until the next is asked for."""
        self.history.office.engine.dispose()
        own = self.path.with_name("going-on.sqlite3")
        shutil.copy(self.path, own)
        open_engine(own)
        return self._copy()

    def _copy(self) -> History:
        office = self.history.office
        tools = object.__new__(Tools)
        shared = [office.engine, self.history.plan, *self.history.tape.records]
        shared += [office.clock.lock, office.scheduler.hub]
        memo: dict[int, Any] = {id(each): each for each in shared} | {id(office.tools): tools}
        history = copy.deepcopy(self.history, memo)
        # The tools have closures and sessions, which cannot be copied and are made anew.
        made = history.office.make_tools()
        for each in fields(Tools):
            object.__setattr__(tools, each.name, getattr(made, each.name))
        put_in(history.tape)
        return history
