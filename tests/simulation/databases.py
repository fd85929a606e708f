"""The product's database under the scheduler: one writer at a time, crashes at commits."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from calsync.db.database import Database, Session
from calsync.errors import StorageUnavailable
from tests.simulation.faults import Crash, FaultKind, FaultPlan
from tests.simulation.scheduler import Scheduler

#: As long as the product's own patience with a lock.
_PATIENCE_SECONDS = 5.0
_LOOK_EVERY_SECONDS = 0.5
_BEFORE = (FaultKind.CRASH_BEFORE, FaultKind.TIMEOUT_BEFORE)
_CRASHES = (FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER)


class SimulatedDatabase(Database):
    """A real database, whose process or connection may end before or after any commit.

    Each process has a connection of its own while a transaction is open. Whoever wants to
    write while another one does waits in the time of the simulation, as a real wait would
    hang the one thread; after that the database says that it is busy.
    """

    def __init__(self, engine: Engine, faults: FaultPlan, scheduler: Scheduler) -> None:
        super().__init__(engine)
        self._faults = faults
        self._scheduler = scheduler
        self._is_writing = False
        # PostgreSQL's locks are its own; nobody is interrupted while holding any.
        self._can_be_held = engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Session]:
        self._scheduler.cross()
        self._wait_for_the_writer()
        with super().begin() as session:
            self._is_writing = True
            try:
                yield session
                fault = self._faults.cross()
                if fault is not None and fault.kind in _BEFORE:
                    raise _end_of(fault.kind)
                if self._can_be_held:
                    self._scheduler.cross()
            finally:
                self._is_writing = False
        if fault is not None:
            raise _end_of(fault.kind)
        self._scheduler.cross()

    def _wait_for_the_writer(self) -> None:
        waited = 0.0
        while self._is_writing and waited < _PATIENCE_SECONDS:
            if not self._scheduler.put_to_sleep(_LOOK_EVERY_SECONDS):
                return
            waited += _LOOK_EVERY_SECONDS


def _end_of(kind: FaultKind) -> BaseException:
    """Return what ends a unit of work: its process dies, or its connection breaks."""
    return Crash() if kind in _CRASHES else StorageUnavailable("The connection broke.")
