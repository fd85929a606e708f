"""/api/v1/tickets: pieces of work, which service calls belong to."""

from typing import Any

from flask import Response, jsonify, request

from calsync.api import schemas
from calsync.api.access import tools, who
from calsync.api.conditions import expected_version, with_tag
from calsync.api.cursors import read_place, write_ends
from calsync.api.fields import format_moment
from calsync.api.once import make_once
from calsync.api.parsing import JsonBlueprint
from calsync.api.problems import Problem
from calsync.core.ticket import ticket_reference
from calsync.db.models import Ticket
from calsync.errors import StaleVersion
from calsync.services.listing import page_tickets
from calsync.services.tickets import TicketFields, change_ticket, create_ticket, get_ticket_view
from calsync.services.tools import Tools

bp = JsonBlueprint(
    "api_tickets", __name__, url_prefix="/api/v1/tickets", description="Pieces of work."
)
_TRIES = 5
_NAMES = ("title", "status", "priority", "external_id")


@bp.get("")
@bp.arguments(schemas.TicketQuery, location="query")
@bp.response(200, schemas.TicketPage)
def list_tickets(query: dict[str, Any]) -> Response:
    """List the tickets of your tenant. Those that were changed longest ago come first."""
    after = read_place(query.get("cursor"))
    tickets, has_more = page_tickets(
        tools(),
        who(),
        status=query.get("status"),
        updated_since=query.get("updated_since"),
        after=after,
        limit=query["limit"],
    )
    place = (tickets[-1].updated_at, tickets[-1].id) if tickets else after
    return jsonify(
        tickets=[write_ticket(ticket) for ticket in tickets],
        **write_ends(place, has_more=has_more, is_of_changes="updated_since" in query),
    )


@bp.post("")
@bp.arguments(schemas.TicketIn)
@bp.response(201, schemas.Ticket)
def add_ticket(values: dict[str, Any]) -> Response:
    """Make a ticket, which gets the next number."""

    def make(tools_: Tools) -> dict[str, Any]:
        ticket_id = create_ticket(tools_, who(), _fields(values))
        return write_ticket(get_ticket_view(tools_, who(), ticket_id).ticket)

    return make_once("api_tickets.show_ticket", make, ticket_id="id")


@bp.get("/<ticket_id>")
@bp.response(200, schemas.Ticket)
@bp.alt_response(304, description="You have this version already.")
def show_ticket(ticket_id: str) -> Response:
    """Get a ticket. Its service calls are the items with it as their ticket."""
    return _answer(ticket_id)


@bp.patch("/<ticket_id>")
@bp.arguments(schemas.TicketPatch(partial=True))
@bp.response(200, schemas.Ticket)
def patch_ticket(values: dict[str, Any], ticket_id: str) -> Response:
    """Change some values of a ticket, and the subjects of its service calls with them."""
    for _ in range(_TRIES):
        try:
            _patch_once(values, ticket_id)
        except StaleVersion:
            if "If-Match" in request.headers:
                raise
        else:
            return _answer(ticket_id)
    raise Problem(409, "It is being changed by others at the moment. Try again.")


def write_ticket(ticket: Ticket) -> dict[str, Any]:
    """Return a ticket as JSON has it."""
    return {
        "id": ticket.id,
        "number": ticket.number,
        "reference": ticket_reference(ticket.number),
        "title": ticket.title,
        "client": ticket.client_id,
        "status": ticket.status.value,
        "priority": ticket.priority.value,
        "external_id": ticket.external_id,
        "version": ticket.version,
        "created_at": format_moment(ticket.created_at),
        "updated_at": format_moment(ticket.updated_at),
    }


def _patch_once(values: dict[str, Any], ticket_id: str) -> None:
    ticket = get_ticket_view(tools(), who(), ticket_id).ticket
    version = expected_version(lambda: ticket.version)
    if version not in (None, ticket.version):
        raise StaleVersion(ticket.version)
    present = {name: getattr(ticket, name) for name in _NAMES}
    fields = _fields({**present, "client": ticket.client_id, **values})
    change_ticket(tools(), who(), ticket_id, fields, version=ticket.version)


def _fields(values: dict[str, Any]) -> TicketFields:
    chosen = {name: values[name] for name in _NAMES if name in values}
    return TicketFields(client_id=values.get("client"), **chosen)


def _answer(ticket_id: str) -> Response:
    ticket = get_ticket_view(tools(), who(), ticket_id).ticket
    return with_tag(jsonify(write_ticket(ticket)), ticket.version)
