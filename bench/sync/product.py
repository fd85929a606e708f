"""The product with one calendar to keep in step, and the bench's hands on both sides."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, select, update

from bench.sync.many import link_row, make_items
from bench.sync.provider import Provider
from calsync.app import tools_of
from calsync.clock import Clock
from calsync.core.link import Act
from calsync.core.run import RunState, Trigger
from calsync.db import due_rows
from calsync.db.models import (
    Assignment,
    DueKind,
    Item,
    ItemChange,
    ItemLook,
    LinkRow,
    LogEntry,
    Run,
)
from calsync.ids import new_id
from calsync.jobs.performers import perform_sync
from calsync.services.tools import Tools, Who

#: Rows that are inserted with one statement.
_AT_ONCE = 5_000


@dataclass
class Product:
    """Dana's integration with one calendar, run as a worker does."""

    app: Flask
    who: Who
    clock: Clock
    provider: Provider
    folder: Path
    integration_id: str = field(default_factory=new_id)

    @property
    def address(self) -> tuple[str, str, str, str]:
        """Give by what another process opens the same."""
        now = self.clock.now().isoformat()
        return str(self.folder), self.provider.url, now, self.integration_id

    @property
    def tools(self) -> Tools:
        """Give what the product's services work with."""
        return tools_of(self.app)

    @property
    def url(self) -> str:
        """Give where the database is."""
        return f"sqlite:///{self.folder}/bench.sqlite3"

    def move(self, seconds: float) -> None:
        """Let time pass, here as there; where the clock is a real one, wait for it."""
        self.clock.sleep(seconds)
        self.provider.set(now=self.clock.now())

    def claim(self) -> due_rows.Claim:
        """Take the sync as a worker does."""
        now = self.clock.now()
        with self.tools.db.begin() as session:
            of = self.who.tenant_id, DueKind.SYNC, self.integration_id
            due_rows.wake(session, *of, now)
            until = now + timedelta(minutes=10)
            claim = due_rows.claim_one(session, *of, owner="bench", now=now, until=until)
        if claim is None:
            raise RuntimeError("The sync cannot be claimed.")
        return claim

    def perform(self, claim: due_rows.Claim) -> None:
        """Do one sync, and nothing else."""
        perform_sync(self.tools, claim)

    def release(self, claim: due_rows.Claim) -> None:
        """Give the sync back."""
        with self.tools.db.begin() as session:
            due_rows.release(session, claim, due_at=self.clock.now() + timedelta(hours=1))

    def sync(self) -> None:
        """Claim, do and release one sync."""
        claim = self.claim()
        self.perform(claim)
        self.release(claim)

    def settle(self) -> None:
        """Sync until nothing is in flight, and until no read shows it once more."""
        for _ in range(5):
            self.move(65)
            self.sync()
            if not self.count(LinkRow, LinkRow.flight_at.is_not(None) | (LinkRow.looks > 0)):
                self.move(65)
                return
        raise RuntimeError("The sync does not settle.")

    def ask_to_retrieve(self) -> None:
        """Ask for what stands there already to be brought in."""
        with self.tools.db.begin() as session:
            session.add(
                Run(
                    tenant_id=self.who.tenant_id,
                    integration_id=self.integration_id,
                    trigger=Trigger.MANUAL,
                    state=RunState.WAITING,
                    bulk={"retrieve": True},
                    counts={},
                    began_at=self.clock.now(),
                )
            )

    def add_items(self, amount: int, *, linked: bool = False) -> list[str]:
        """Put so many appointments here: to be sent, or in step with the calendar already."""
        items = make_items(self.who.tenant_id, amount, self.clock.now())
        owned = {"tenant_id": self.who.tenant_id, "user_id": self.who.user_id}
        since = self.clock.now() - timedelta(days=1)
        self._insert(Item, items)
        self._insert(
            Assignment, [{**owned, "item_id": i["id"], "assigned_at": since} for i in items]
        )
        if linked:
            of = self.who.tenant_id, self.integration_id
            self._insert(LinkRow, [link_row(*of, item, since) for item in items])
        else:
            self._look_at([item["id"] for item in items], Act.CREATED)
        return [item["id"] for item in items]

    def edit(self, item_ids: Sequence[str], subject: str) -> None:
        """Give items another subject, and have them looked at."""
        now = self.clock.now()
        changed = {"subject": subject, "version": Item.version + 1, "updated_at": now}
        with self.tools.db.begin() as session:
            for item_id in item_ids:
                session.execute(update(Item).where(Item.id == item_id).values(**changed))
                version = session.scalar(select(Item.version).where(Item.id == item_id))
                session.add(self._change_of(item_id, version or 1, subject))
        self._look_at(item_ids, Act.CHANGED)

    def event_ids(self, item_ids: Sequence[str]) -> list[str]:
        """Return the names of the copies of items."""
        with self.tools.db.read() as session:
            wanted = select(LinkRow.event_id).where(LinkRow.item_id.in_(item_ids))
            return [name for name in session.scalars(wanted) if name]

    def subjects(self) -> list[str]:
        """Return what stands here."""
        with self.tools.db.read() as session:
            return list(session.scalars(select(Item.subject).where(Item.deleted_at.is_(None))))

    def log(self) -> list[str | None]:
        """Return the reasons in the log, oldest first, None for what was simply done."""
        with self.tools.db.read() as session:
            return list(session.scalars(select(LogEntry.reason).order_by(LogEntry.at)))

    def count(self, table: type[Any], condition: Any) -> int:
        """Return how many rows of a table there are."""
        with self.tools.db.read() as session:
            return session.query(table).filter(condition).count()

    def _change_of(self, item_id: str, version: int, subject: str) -> ItemChange:
        """Return the history of an edit, by which it is known which of two is the newer."""
        return ItemChange(
            tenant_id=self.who.tenant_id,
            item_id=item_id,
            version=version,
            at=self.clock.now(),
            user_id=self.who.user_id,
            user_name="Dana Reyes",
            action="changed",
            before={"subject": ""},
            after={"subject": subject},
        )

    def _look_at(self, item_ids: Sequence[str], act: Act) -> None:
        of = {"tenant_id": self.who.tenant_id, "integration_id": self.integration_id}
        mark = {**of, "acts": [act.value], "marked_at": self.clock.now(), "wakes": 1}
        self._insert(ItemLook, [{**mark, "item_id": item_id} for item_id in item_ids])

    def _insert(self, table: type[Any], rows: list[dict[str, Any]]) -> None:
        for at in range(0, len(rows), _AT_ONCE):
            with self.tools.db.begin() as session:
                session.execute(insert(table), rows[at : at + _AT_ONCE])
