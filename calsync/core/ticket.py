"""Tickets: pieces of work for clients."""

from enum import StrEnum

#: A list of tickets has no more; whoever misses one finds it by its number or title.
MOST_LISTED = 200


class TicketStatus(StrEnum):
    """How far a ticket is."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    DONE = "done"


def ticket_reference(number: int) -> str:
    """Return what people call a ticket."""
    return f"T-{number}"


def call_subject(number: int, title: str, client: str) -> str:
    """Return the title of a ticket's service call, which is the ticket's own."""
    reference = f"{ticket_reference(number)} {title}"
    return f"{reference} ({client})" if client else reference
