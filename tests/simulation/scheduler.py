"""Several processes in one thread: each is a greenlet, and they take turns at boundaries.

A boundary is a call to Cronofy, the beginning or end of a transaction, or a sleep. At each
one a stream may let somebody else go on, or have this one stall as a paused machine does.
Turns are numbered, and those that were taken can be written down and taken again.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from greenlet import getcurrent, greenlet

from tests.clocks import FakeClock
from tests.simulation.faults import Crash

#: A stall of so many seconds: unnoticed, past a lock's patience, past a lease.
_STALLS = (1, 30, 400, 1500)
_STALL_SHARE = 0.03
_MOST_TURNS = 100_000


@dataclass(eq=False)
class Task:
    """One process at work; ``wakes_at`` is set while it sleeps."""

    number: int
    name: str
    thread: greenlet = field(init=False)
    wakes_at: datetime | None = None
    has_crashed: bool = False


class SharedClock(FakeClock):
    """A clock on which a sleeping task lets the others go on."""

    scheduler: "Scheduler | None" = None

    def sleep(self, seconds: float) -> None:
        if self.scheduler is None or not self.scheduler.put_to_sleep(seconds):
            super().sleep(seconds)


class Scheduler:
    """Lets tasks take turns, as a seeded stream or a map of turns says.

    Whoever makes it, and calls ``run``, is the hub: the history itself. ``turns`` maps the
    numbers of turns to a pick among all that could go on, or to minus the seconds of a
    stall; without an entry a task goes on, and after its end the oldest one.
    """

    def __init__(
        self,
        clock: SharedClock,
        *,
        stream: random.Random | None = None,
        rate: float = 0.0,
        turns: Mapping[int, int] | None = None,
    ) -> None:
        self.number = 0
        self.taken: dict[int, int] = {}
        #: While this is set nobody is interrupted.
        self.off = False
        #: How many processes have ended in a crash.
        self.crashes = 0
        self.clock = clock
        self._stream = stream
        self._rate = rate
        self._turns = dict(turns or {})
        self.hub = getcurrent()
        self._tasks: list[Task] = []
        self._made = 0
        clock.scheduler = self

    # --- for the hub ---

    def spawn(self, name: str, do: Callable[[], object]) -> Task:
        """Have something done by a process of its own, which begins when it gets a turn."""
        self._made += 1
        task = Task(self._made, name)
        task.thread = greenlet(lambda: self._perform(task, do), parent=self.hub)
        self._tasks.append(task)
        return task

    def count(self, name: str) -> int:
        """Return how many tasks of a name there are, those that sleep too."""
        return sum(task.name == name for task in self._tasks)

    def run(self) -> None:
        """Let tasks go on until nobody can, or until the hub is given a turn."""
        chosen = self._choose_next()
        while chosen is not None:
            chosen = chosen.thread.switch()

    def finish(self) -> None:
        """Let every task come to its end undisturbed, however long it sleeps."""
        was_off, self.off = self.off, True
        for _ in range(_MOST_TURNS):
            self.run()
            wakes_at = self.next_wake()
            if wakes_at is None:
                break
            self.clock.move(max(wakes_at - self.clock.now(), timedelta()))
        else:
            raise RuntimeError("a task never ends")
        self.off = was_off

    def next_wake(self) -> datetime | None:
        """Return when the first sleeping task goes on."""
        return min((task.wakes_at for task in self._tasks if task.wakes_at), default=None)

    def kill(self) -> None:
        """End every task where it stands."""
        was_off, self.off = self.off, True
        while self._tasks:
            task = self._tasks[-1]
            task.has_crashed, task.wakes_at = True, None
            if task.thread:
                task.thread.throw(Crash)
            if task in self._tasks:
                self._tasks.remove(task)
        self.off = was_off

    # --- for tasks ---

    def current(self) -> Task | None:
        """Return the task that is at work, None for the hub."""
        thread = getcurrent()
        return next((task for task in self._tasks if task.thread is thread), None)

    def cross(self) -> None:
        """Cross a boundary: somebody else may go on here first."""
        task = self.current()
        if task is None:
            return
        if task.has_crashed:
            raise Crash
        pick = self._draw()
        if pick is None:
            return
        if pick < 0:
            self.put_to_sleep(-pick)
            return
        chosen = self._pick(pick)
        if chosen is not task:
            self.hub.switch(chosen)

    def put_to_sleep(self, seconds: float) -> bool:
        """Let the others go on until the time is over; False where the hub itself would sleep."""
        task = self.current()
        if task is None:
            return False
        if task.has_crashed:
            raise Crash
        task.wakes_at = self.clock.now() + timedelta(seconds=seconds)
        self.hub.switch(self._choose_next())
        return True

    # --- turns ---

    def _perform(self, task: Task, do: Callable[[], object]) -> Task | None:
        try:
            do()
        except Crash:
            self.crashes += 1
        finally:
            self._tasks.remove(task)
        return None if task.has_crashed else self._choose_next()

    def _draw(self) -> int | None:
        """Number the next turn and return what is to be picked there; None for what is usual."""
        if self.off:
            return None
        self.number += 1
        if self.number > _MOST_TURNS:
            raise RuntimeError("the tasks never come to an end")
        if (pick := self._turns.get(self.number)) is None:
            if self._stream is None or self._stream.random() >= self._rate:
                return None
            pick = self._stream.randrange(6)
            if self._stream.random() < _STALL_SHARE:
                pick = -self._stream.choice(_STALLS)
        self.taken[self.number] = pick
        return pick

    def _choose_next(self) -> Task | None:
        """Return who goes on where nobody is at work; None is the hub."""
        able = self._able()
        if not able:
            return None
        pick = self._draw()
        return able[0] if pick is None or pick < 0 else self._pick(pick)

    def _pick(self, pick: int) -> Task | None:
        choices: list[Task | None] = [*self._able(), None]
        return choices[pick % len(choices)]

    def _able(self) -> list[Task]:
        """Return the tasks that can go on, the oldest first."""
        now = self.clock.now()
        for task in self._tasks:
            if task.wakes_at is not None and task.wakes_at <= now:
                task.wakes_at = None
        return [task for task in self._tasks if task.wakes_at is None]
