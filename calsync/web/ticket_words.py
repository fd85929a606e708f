"""The words for how far and how urgent a ticket is."""

from flask import Blueprint

from calsync.core.item import ItemStatus, Priority
from calsync.core.ticket import TicketStatus, ticket_reference
from calsync.web.i18n import _


def register_ticket_words(bp: Blueprint) -> None:
    """Give templates the words."""
    bp.add_app_template_filter(ticket_reference)
    bp.add_app_template_filter(name_ticket_status)
    bp.add_app_template_filter(name_priority)
    bp.add_app_template_filter(name_call_status)


def name_ticket_status(status: str) -> str:
    """Return what people call how far a ticket is."""
    names = {
        TicketStatus.NEW: _("New"),
        TicketStatus.IN_PROGRESS: _("In progress"),
        TicketStatus.WAITING: _("Waiting"),
        TicketStatus.DONE: _("Done"),
    }
    return names[TicketStatus(status)]


def name_priority(priority: str) -> str:
    """Return what people call how urgent something is."""
    names = {
        Priority.LOW: _("Low"),
        Priority.NORMAL: _("Normal"),
        Priority.HIGH: _("High"),
        Priority.URGENT: _("Urgent"),
    }
    return names[Priority(priority)]


def name_call_status(status: str) -> str:
    """Return what people call how far a service call is."""
    names = {
        ItemStatus.OPEN: _("Open"),
        ItemStatus.DONE: _("Done"),
        ItemStatus.CANCELLED: _("Cancelled"),
    }
    return names[ItemStatus(status)]
