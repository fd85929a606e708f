"""Integrations: what is kept in step with what, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from calsync.core.holds import Held
from calsync.core.integration import Caution, Stop
from calsync.core.link import LinkState, Origin, Side, Wish
from calsync.core.run import Result, RunState, Trigger
from calsync.db.base import ID, Base, choice, fresh_id


class Integration(Base):
    """My Calendar of one user kept in step with one calendar of a linked account.

    Deleted ones stay without their options: what was brought in, judged or deleted there
    is known again when the same calendar is linked once more (docs/sync.md 5).
    """

    __tablename__ = "integrations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "user_id", "calendar_id"),
        Index(None, "account_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID)
    user_id: Mapped[str] = mapped_column(ID)
    #: None once the account was disconnected.
    account_id: Mapped[str | None] = mapped_column(
        ID, ForeignKey("linked_accounts.id", ondelete="SET NULL")
    )
    #: Cronofy's id of the calendar, and its name as last listed.
    calendar_id: Mapped[str] = mapped_column(Text)
    calendar_name: Mapped[str] = mapped_column(Text)
    #: The mailbox that it is in, by which it is known again when it was disconnected.
    service: Mapped[str] = mapped_column(Text)
    profile_name: Mapped[str] = mapped_column(Text)
    is_active: Mapped[bool]
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: Since when each kind has been ticked, and since when new events are brought in.
    kinds_since: Mapped[dict[str, str]] = mapped_column(JSON)
    create_since: Mapped[datetime | None]
    #: Whether a complete read has noted what was there before then.
    has_baseline: Mapped[bool] = mapped_column(default=False)
    #: Raised by each change of the options, so that a run notices it.
    version: Mapped[int] = mapped_column(default=1)
    #: Provider time up to which every change was applied; None before the first read.
    cursor: Mapped[datetime | None]
    #: The earliest change that a notification told of and no read has covered yet.
    changes_since: Mapped[datetime | None]
    #: When the last sweep of the window began, and the last read of all our copies.
    swept_at: Mapped[datetime | None]
    copies_read_at: Mapped[datetime | None]
    #: Removals are held until a full read after a long absence was looked at.
    absent_since: Mapped[datetime | None]
    poll_seconds: Mapped[int] = mapped_column(default=300)
    stop: Mapped[Stop | None] = mapped_column(choice(Stop, "stop"))
    #: Why events of the user's own are left alone.
    caution: Mapped[Caution | None] = mapped_column(choice(Caution, "caution"))
    created_at: Mapped[datetime]
    #: When an item was last synced.
    synced_at: Mapped[datetime | None]
    #: When a sync was last begun that reached its end.
    checked_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class LinkRow(Base):
    """One entry tied to one event of one integration; ``record`` is the core's Link."""

    __tablename__ = "links"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "integration_id"],
            ["integrations.tenant_id", "integrations.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "event_id"),
        # Of one entry and calendar at most one link is the present one, and of one event.
        Index(
            "uq_links_present_entry",
            "integration_id",
            "item_id",
            "key",
            unique=True,
            sqlite_where=text("is_present = 1"),
            postgresql_where=text("is_present"),
        ),
        Index(
            "uq_links_present_event",
            "integration_id",
            "event_uid",
            unique=True,
            sqlite_where=text("is_present = 1 AND event_uid IS NOT NULL"),
            postgresql_where=text("is_present AND event_uid IS NOT NULL"),
        ),
        # With the tenant, so that those of a state are counted without looking at any row.
        Index(None, "integration_id", "state", "tenant_id"),
        # Of the user's own events in whose place a copy has come.
        Index(
            "ix_links_earlier_event",
            "integration_id",
            "event_uid",
            sqlite_where=text("is_present = 0 AND event_uid IS NOT NULL"),
            postgresql_where=text("NOT is_present AND event_uid IS NOT NULL"),
        ),
        Index(
            "ix_links_to_look_at",
            "integration_id",
            "id",
            sqlite_where=text("looks > 0"),
            postgresql_where=text("looks > 0"),
        ),
        Index(
            "ix_links_in_flight",
            "integration_id",
            "flight_at",
            sqlite_where=text("flight_at IS NOT NULL"),
            postgresql_where=text("flight_at IS NOT NULL"),
        ),
        Index(
            "ix_links_series",
            "integration_id",
            "series",
            sqlite_where=text("series IS NOT NULL"),
            postgresql_where=text("series IS NOT NULL"),
        ),
        Index(None, "tenant_id", "item_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID)
    integration_id: Mapped[str] = mapped_column(ID)
    #: The item may be purged long before this row, so it is no foreign key.
    item_id: Mapped[str] = mapped_column(ID)
    #: The occurrence of a series; empty for an item that does not repeat.
    key: Mapped[str] = mapped_column(String(20))
    #: Ours, for a copy; told apart by generation, and never used again.
    event_id: Mapped[str | None] = mapped_column(String(80))
    event_uid: Mapped[str | None] = mapped_column(Text)
    #: The series there that the event is an instance of.
    series: Mapped[str | None] = mapped_column(Text)
    generation: Mapped[int] = mapped_column(default=1)
    origin: Mapped[Origin] = mapped_column(choice(Origin, "origin"))
    #: The item was made of this event; else it was here before they were tied.
    is_source: Mapped[bool] = mapped_column(default=False)
    state: Mapped[LinkState] = mapped_column(choice(LinkState, "state"))
    #: What waits for the user's word while it is held, and why.
    held_as: Mapped[Held | None] = mapped_column(choice(Held, "held_as"))
    held_for: Mapped[str | None] = mapped_column(String(40))
    #: What the user asked to be done with a link; the engine does it and forgets it.
    wish: Mapped[Wish | None] = mapped_column(choice(Wish, "wish"))
    is_present: Mapped[bool] = mapped_column(default=True)
    #: How often it was asked to be looked at since it was.
    looks: Mapped[int] = mapped_column(default=0)
    #: When the write in flight was decided.
    flight_at: Mapped[datetime | None]
    record: Mapped[dict[str, Any]] = mapped_column(JSON)


class ItemLook(Base):
    """An item that an integration is to look at, and what people did to it since."""

    __tablename__ = "item_looks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "integration_id"],
            ["integrations.tenant_id", "integrations.id"],
            ondelete="CASCADE",
        ),
    )

    tenant_id: Mapped[str] = mapped_column(ID)
    integration_id: Mapped[str] = mapped_column(ID, primary_key=True)
    item_id: Mapped[str] = mapped_column(ID, primary_key=True)
    #: The acts of people since it was last looked at; none where only a rule touched it.
    acts: Mapped[list[str]] = mapped_column(JSON)
    wakes: Mapped[int] = mapped_column(default=1)
    marked_at: Mapped[datetime]


class JudgedEvent(Base):
    """An event that was not brought in, and why; or that was there before we came."""

    __tablename__ = "judged_events"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "integration_id"],
            ["integrations.tenant_id", "integrations.id"],
            ondelete="CASCADE",
        ),
        Index(
            "ix_judged_events_likeness",
            "integration_id",
            "likeness",
            sqlite_where=text("likeness IS NOT NULL"),
            postgresql_where=text("likeness IS NOT NULL"),
        ),
    )

    tenant_id: Mapped[str] = mapped_column(ID)
    integration_id: Mapped[str] = mapped_column(ID, primary_key=True)
    event_uid: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(String(40))
    #: Its title and time as a code, by which an entry that is to be sent is known as the same.
    likeness: Mapped[str | None] = mapped_column(String(64))
    #: The event's ``updated`` when it was last read.
    shown_at: Mapped[datetime | None]
    judged_at: Mapped[datetime]


class Run(Base):
    """One sync that did or declined something, or that somebody asked for."""

    __tablename__ = "runs"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "integration_id"],
            ["integrations.tenant_id", "integrations.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("tenant_id", "id"),
        Index(None, "tenant_id", "integration_id", "began_at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID)
    integration_id: Mapped[str] = mapped_column(ID)
    trigger: Mapped[Trigger] = mapped_column(choice(Trigger, "trigger"))
    state: Mapped[RunState] = mapped_column(choice(RunState, "state"))
    #: What a manual sync was asked for besides: Retrieve and Send.
    bulk: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: How many of the deletions that the user confirmed with it were not begun, by direction.
    confirmed: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    #: How far it is, in things done, of how many; None until all was read.
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    #: When the user asked for its end: it finishes what is in hand.
    cancelled_at: Mapped[datetime | None]
    #: The kind of what ended it early; never its words.
    error: Mapped[str | None] = mapped_column(String(100))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class LogEntry(Base):
    """One thing that a run did or declined to do, with the reason."""

    __tablename__ = "log_entries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"], ondelete="CASCADE"
        ),
        Index(None, "tenant_id", "run_id", "at", "id"),
        Index(None, "tenant_id", "integration_id", "at", "id"),
        Index("ix_log_entries_trigger", "tenant_id", "integration_id", "trigger", "at", "id"),
        Index(
            "ix_log_entries_result", "tenant_id", "integration_id", "result", "action", "at", "id"
        ),
        Index(None, "tenant_id", "item_id", "at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID)
    integration_id: Mapped[str] = mapped_column(ID)
    run_id: Mapped[str] = mapped_column(ID)
    link_id: Mapped[str | None] = mapped_column(ID)
    item_id: Mapped[str | None] = mapped_column(ID)
    event_uid: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
    #: Its run's, by which a log is read.
    trigger: Mapped[Trigger] = mapped_column(choice(Trigger, "trigger"))
    side: Mapped[Side] = mapped_column(choice(Side, "side"))
    #: create, update, delete, restore or none; a code as the actions of the core are named.
    action: Mapped[str] = mapped_column(String(20))
    result: Mapped[Result] = mapped_column(choice(Result, "result"))
    reason: Mapped[str | None] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(Text)
    #: Both sides before it and after, as far as it touched them.
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
