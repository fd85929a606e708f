"""Items of My Calendar, and what they belong to."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from calsync.core.item import ActivityType, ItemStatus, Kind, Priority
from calsync.core.ticket import TicketStatus
from calsync.db.base import ID, Base, Stamped, choice, fresh_id


class Client(Base):
    """A customer of the tenant."""

    __tablename__ = "clients"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "name"),
        UniqueConstraint("tenant_id", "external_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID, ForeignKey("tenants.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    external_id: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1)


class Contact(Base):
    """A person at a client."""

    __tablename__ = "contacts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "client_id"], ["clients.tenant_id", "clients.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "external_id"),
        Index(None, "tenant_id", "client_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID)
    client_id: Mapped[str] = mapped_column(ID)
    name: Mapped[str] = mapped_column(String(200))
    external_id: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1)


class Ticket(Stamped, Base):
    """A piece of work for a client, with service calls."""

    __tablename__ = "tickets"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "client_id"], ["clients.tenant_id", "clients.id"]),
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "external_id"),
        Index(None, "tenant_id", "updated_at", "id"),
        Index(None, "tenant_id", "client_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID, ForeignKey("tenants.id", ondelete="CASCADE"))
    #: Shown as T-1043; counted for each tenant.
    number: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    client_id: Mapped[str | None] = mapped_column(ID)
    status: Mapped[TicketStatus] = mapped_column(choice(TicketStatus, "status"))
    priority: Mapped[Priority] = mapped_column(choice(Priority, "priority"))
    external_id: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    #: Nobody works with it any more since then; its number is never given again.
    deleted_at: Mapped[datetime | None]


class Item(Stamped, Base):
    """One entry of My Calendar, or a series of them, on the calendars of its assignees."""

    __tablename__ = "items"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["tickets.tenant_id", "tickets.id"]),
        ForeignKeyConstraint(["tenant_id", "client_id"], ["clients.tenant_id", "clients.id"]),
        ForeignKeyConstraint(["tenant_id", "contact_id"], ["contacts.tenant_id", "contacts.id"]),
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "external_id"),
        Index(None, "tenant_id", "ticket_id", "updated_at", "id"),
        Index(None, "tenant_id", "client_id"),
        Index(None, "tenant_id", "contact_id"),
        Index(None, "tenant_id", "updated_at", "id"),
        # The time first: an entry is looked for among those of a user, and not the other way.
        Index(None, "reach_from", "tenant_id", "id"),
        CheckConstraint(
            "(starts_at IS NULL) = (ends_at IS NULL) AND (starts_on IS NULL) = (ends_on IS NULL)"
            " AND (starts_at IS NULL OR starts_on IS NULL)",
            name="times_are_instants_or_dates_or_none",
        ),
        CheckConstraint("starts_at <= ends_at", name="instants_in_order"),
        CheckConstraint("starts_on < ends_on", name="dates_in_order"),
        CheckConstraint("rule IS NULL OR kind = 'appointment'", name="only_appointments_repeat"),
        CheckConstraint(
            "(kind = 'service_call') = (ticket_id IS NOT NULL)", name="calls_have_tickets"
        ),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID, ForeignKey("tenants.id", ondelete="CASCADE"))
    kind: Mapped[Kind] = mapped_column(choice(Kind, "kind"))
    subject: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    location: Mapped[str] = mapped_column(Text)
    #: Instants, or dates with the day after the last; neither where nobody scheduled it.
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    #: The first and the last moment at which any of its occurrences may stand in any zone;
    #: no last one where a series has no end.
    reach_from: Mapped[datetime | None]
    reach_until: Mapped[datetime | None] = mapped_column(index=True)
    time_zone: Mapped[str] = mapped_column(String(64))
    is_private: Mapped[bool]
    is_busy: Mapped[bool]
    reminder_minutes: Mapped[int | None]
    rule: Mapped[str | None] = mapped_column(Text)
    status: Mapped[ItemStatus] = mapped_column(choice(ItemStatus, "status"))
    priority: Mapped[Priority] = mapped_column(choice(Priority, "priority"))
    percent_done: Mapped[int]
    due_on: Mapped[date | None]
    project: Mapped[str] = mapped_column(Text)
    activity_type: Mapped[ActivityType] = mapped_column(choice(ActivityType, "activity_type"))
    client_id: Mapped[str | None] = mapped_column(ID)
    contact_id: Mapped[str | None] = mapped_column(ID)
    outcome: Mapped[str] = mapped_column(Text)
    ticket_id: Mapped[str | None] = mapped_column(ID)
    site: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    #: In the bin since then.
    deleted_at: Mapped[datetime | None]


class Assignment(Base):
    """An item stands on a user's My Calendar."""

    __tablename__ = "assignments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["items.tenant_id", "items.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
        ),
        Index(None, "tenant_id", "user_id", "item_id"),
    )

    # Of the key, or SQLite would find the people of many items among all that the tenant has.
    tenant_id: Mapped[str] = mapped_column(ID, primary_key=True)
    item_id: Mapped[str] = mapped_column(ID, primary_key=True)
    user_id: Mapped[str] = mapped_column(ID, primary_key=True)
    assigned_at: Mapped[datetime]


class Departure(Stamped, Base):
    """An item stands on a user's calendar no longer, or may not be seen by them any more.

    Kept until it does again, so that a copy somewhere else can follow.
    """

    __tablename__ = "departures"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["items.tenant_id", "items.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
        ),
        Index(None, "tenant_id", "user_id", "updated_at", "item_id"),
    )

    tenant_id: Mapped[str] = mapped_column(ID)
    item_id: Mapped[str] = mapped_column(ID, primary_key=True)
    user_id: Mapped[str] = mapped_column(ID, primary_key=True)
    #: The version of the item that they have not seen.
    version: Mapped[int]
    updated_at: Mapped[datetime]


class ItemException(Base):
    """One occurrence of a series that was changed or removed by hand."""

    __tablename__ = "item_exceptions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["items.tenant_id", "items.id"], ondelete="CASCADE"
        ),
    )

    tenant_id: Mapped[str] = mapped_column(ID)
    item_id: Mapped[str] = mapped_column(ID, primary_key=True)
    #: Its original start in the series' own zone.
    key: Mapped[str] = mapped_column(String(20), primary_key=True)
    is_removed: Mapped[bool]
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)


class ItemChange(Base):
    """What somebody did to an item: the history, never changed afterwards."""

    __tablename__ = "item_changes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "item_id"], ["items.tenant_id", "items.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("tenant_id", "item_id", "version"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=fresh_id)
    tenant_id: Mapped[str] = mapped_column(ID)
    item_id: Mapped[str] = mapped_column(ID)
    #: The version of the item that the change made.
    version: Mapped[int]
    at: Mapped[datetime]
    #: The user who did it; their name stays where they are gone.
    user_id: Mapped[str | None] = mapped_column(ID)
    user_name: Mapped[str] = mapped_column(String(200))
    #: The integration that carried it over from a linked calendar, and when somebody
    #: made it there; neither where a person made it here.
    carried_by: Mapped[str | None] = mapped_column(ID)
    said_at: Mapped[datetime | None]
    #: created, changed, deleted or restored.
    action: Mapped[str] = mapped_column(String(20))
    #: Only the fields that the change touched.
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
