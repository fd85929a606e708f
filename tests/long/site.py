"""One installation in two processes, whose Cronofy is a sandbox: they are killed and started."""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from calsync.app import create_app, tools_of
from calsync.clock import SystemClock
from calsync.db.models import (
    DueKind,
    DueRow,
    Integration,
    ItemLook,
    Lease,
    LinkedAccount,
    LinkRow,
    Run,
)
from calsync.services.tools import Tools
from tests.installations import make_settings
from tests.postgres import PROGRAMS
from tests.processes import (
    CALSYNC,
    environment_of,
    free_port,
    start_serving,
    wait_for_page,
    wait_until,
)
from tests.sandbox_server import RunningSandbox

#: SIGTERM ends a process within these, as docs/operating.md says.
STOPS_WITHIN = 10.0
_OPEN_RUNS = ("waiting", "running")


@dataclass
class Slot:
    """A place for one process: its port, and by which name it holds leases, once that is known."""

    port: int
    process: "subprocess.Popen[str] | None" = None
    owner: str | None = None


@dataclass
class Site:
    """Two processes on one database. ``tools`` looks into it as none of them does."""

    url: str
    folder: Path
    sandbox: RunningSandbox
    slots: list[Slot] = field(default_factory=lambda: [Slot(free_port()) for _ in range(2)])
    clock: SystemClock = field(default_factory=SystemClock)
    #: Makes another database, where one cannot be filled again.
    make_database: Callable[[], str] | None = None
    tools: Tools = field(init=False)

    def __post_init__(self) -> None:
        self.look_at(self.url)

    def look_at(self, url: str) -> None:
        """Work on this database from now on; no process runs."""
        self.url = url
        self.settings = make_settings(
            url,
            self.folder,
            cronofy_url=self.sandbox.url,
            public_url=f"http://127.0.0.1:{self.slots[0].port}",
        )
        self.tools = tools_of(create_app(self.settings))

    def command(self, *words: str) -> None:
        """Run a command of the installation as an administrator does."""
        done = subprocess.run(
            [CALSYNC, *words],
            env=environment_of(self.settings, self.folder, self.slots[0].port)
            | {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def kind(self) -> str:
        """Return which database it is on."""
        return self.tools.db.engine.dialect.name

    def start(self) -> None:
        """Start both processes; the first does the due work."""
        first, second = self.slots
        self.start_one(first)
        wait_until(lambda: self.find_holder() is first)
        self.start_one(second)

    def start_one(self, slot: Slot) -> None:
        """Start a process and wait until it serves."""
        with (self.folder / "processes.log").open("a") as output:
            slot.process = start_serving(
                self.settings,
                self.folder,
                slot.port,
                public_port=self.slots[0].port,
                output=output,
            )
        slot.owner = None
        wait_for_page(f"http://127.0.0.1:{slot.port}/healthz", slot.process)

    def find_holder(self) -> Slot | None:
        """Return who does the due work at present.

        Whose name is new is the one whose name was not known yet.
        """
        with self.tools.db.read() as session:
            lease = session.query(Lease).filter(Lease.until > self.clock.now()).one_or_none()
        if lease is None:
            return None
        known = next((slot for slot in self.slots if slot.owner == lease.owner), None)
        if known is None:
            living = (slot for slot in self.slots if slot.process and slot.owner is None)
            known = next(living, None)
            if known is not None:
                known.owner = lease.owner
        return known

    def count_in_hand(self, owner: str) -> int:
        """Return how many syncs a process has begun and not given back."""
        with self.tools.db.read() as session:
            return session.query(DueRow).filter_by(kind=DueKind.SYNC, lease_owner=owner).count()

    def count_flights(self) -> int:
        """Return over how many links a write is under way."""
        with self.tools.db.read() as session:
            return session.query(LinkRow).filter(LinkRow.flight_at.is_not(None)).count()

    def kill(self, slot: Slot) -> None:
        """End a process without its noticing."""
        assert slot.process
        slot.process.kill()
        slot.process.wait()
        slot.process = None

    def let_leases_end(self, owner: str) -> None:
        """Let what a dead process held end now, as it would by itself within ten minutes."""
        past = self.clock.now() - timedelta(seconds=1)
        with self.tools.db.begin() as session:
            session.query(Lease).filter_by(owner=owner).update({"until": past})
            session.query(DueRow).filter_by(lease_owner=owner).update({"lease_until": past})
            session.query(LinkedAccount).filter(LinkedAccount.renewal_until.is_not(None)).update(
                {"renewal_until": past}
            )

    def stop(self) -> list[str]:
        """End both processes by SIGTERM; return what was not as promised, a sentence each."""
        found = []
        for slot in self.slots:
            if slot.process is None:
                continue
            began = self.clock.monotonic()
            slot.process.send_signal(signal.SIGTERM)
            try:
                slot.process.wait(STOPS_WITHIN * 3)
            except subprocess.TimeoutExpired:
                slot.process.kill()
            took = self.clock.monotonic() - began
            if slot.process.wait() != 0 or took > STOPS_WITHIN:
                found.append(f"A stop took {took:.1f} s and gave {slot.process.returncode}.")
            slot.process = None
        return found

    def end(self) -> None:
        """Leave nothing behind that runs."""
        for slot in self.slots:
            if slot.process:
                self.kill(slot)
        self.tools.db.engine.dispose()

    def find_unsettled(self) -> list[str]:
        """Return what is still to come or is stuck, a sentence each."""
        now = self.clock.now()
        with self.tools.db.read() as session:
            questions: dict[str, Any] = {
                "calendars to be read in full": session.query(Integration).filter(
                    Integration.swept_at.is_(None)
                ),
                "writes in flight": session.query(LinkRow).filter(LinkRow.flight_at.is_not(None)),
                "links to look at": session.query(LinkRow).filter(LinkRow.looks > 0),
                "items to look at": session.query(ItemLook),
                "links that are held": session.query(LinkRow).filter(LinkRow.held_as.is_not(None)),
                "runs that are open": session.query(Run).filter(Run.state.in_(_OPEN_RUNS)),
                "syncs that are overdue": session.query(DueRow).filter(
                    DueRow.kind == DueKind.SYNC, DueRow.due_at < now - timedelta(minutes=1)
                ),
                "syncs that fail": session.query(DueRow).filter(
                    DueRow.kind == DueKind.SYNC, DueRow.attempts > 1
                ),
            }
            counts = {name: query.count() for name, query in questions.items()}
        return [f"There are {count} {name}." for name, count in counts.items() if count]

    def find_damage(self) -> list[str]:
        """Return what SQLite says is wrong with the file; PostgreSQL checks itself."""
        if not self.url.startswith("sqlite"):
            return []
        with self.tools.db.read() as session:
            whole = session.execute(text("PRAGMA integrity_check")).scalars().all()
            keys = session.execute(text("PRAGMA foreign_key_check")).all()
        return [f"integrity_check: {line}" for line in whole if line != "ok"] + [
            f"foreign_key_check: {row}" for row in keys
        ]


def wait_and_look(condition: Callable[[], bool], seconds: float) -> bool:
    """Tell whether a condition came to hold in time."""
    clock = SystemClock()
    end = clock.monotonic() + seconds
    while not condition():
        if clock.monotonic() > end:
            return False
        clock.sleep(1)
    return True
