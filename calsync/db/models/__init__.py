"""The tables. Every row carries its tenant; foreign keys carry it along."""

from calsync.db.models.api import ApiToken, IdempotencyKey
from calsync.db.models.channels import PushChannel
from calsync.db.models.drafts import Draft
from calsync.db.models.due import DueKind, DueRow, Lease
from calsync.db.models.files import Feed
from calsync.db.models.items import (
    Assignment,
    Client,
    Contact,
    Departure,
    Item,
    ItemChange,
    ItemException,
    Ticket,
)
from calsync.db.models.linking import ConnectState, LinkedAccount, LinkedCalendar, Revocation
from calsync.db.models.people import LoginSession, Role, Tenant, Theme, User
from calsync.db.models.plans import PlannedAction, StoredPlan
from calsync.db.models.sync import (
    Integration,
    ItemLook,
    JudgedEvent,
    LinkRow,
    LogEntry,
    Run,
)
from calsync.db.models.webhooks import (
    DeliveryResult,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookMessage,
)

__all__ = [
    "ApiToken",
    "Assignment",
    "Client",
    "ConnectState",
    "Contact",
    "DeliveryResult",
    "Departure",
    "Draft",
    "DueKind",
    "DueRow",
    "Feed",
    "IdempotencyKey",
    "Integration",
    "Item",
    "ItemChange",
    "ItemException",
    "ItemLook",
    "JudgedEvent",
    "Lease",
    "LinkRow",
    "LinkedAccount",
    "LinkedCalendar",
    "LogEntry",
    "LoginSession",
    "PlannedAction",
    "PushChannel",
    "Revocation",
    "Role",
    "Run",
    "StoredPlan",
    "Tenant",
    "Theme",
    "Ticket",
    "User",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookMessage",
]
