"""/api/v1/tickets: pieces of work, which service calls belong to."""

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify, request

from calsync.api import queries, schemas
from calsync.api.access import tools, who
from calsync.api.conditions import expected_version, with_tag
from calsync.api.cursors import read_position, write_ends
from calsync.api.fields import format_moment
from calsync.api.once import make_once
from calsync.api.parsing import JsonBlueprint, known_as
from calsync.api.retries import retried
from calsync.core.ticket import ticket_reference
from calsync.db.models import Ticket
from calsync.errors import StaleVersion
from calsync.services.listing import page_tickets
from calsync.services.tickets import (
    TicketFields,
    change_ticket,
    create_ticket,
    delete_ticket,
    find_version_known_as,
    get_ticket_view,
    put_ticket,
    restore_ticket,
)
from calsync.services.tools import Tools

bp = JsonBlueprint(
    "api_tickets", __name__, url_prefix="/api/v1/tickets", description="Pieces of work."
)
_NAMES = ("title", "status", "priority", "external_id")


@bp.get("")
@bp.arguments(queries.TicketQuery, location="query")
@bp.response(200, schemas.TicketPage)
def list_tickets(query: dict[str, Any]) -> Response:
    """List the tickets of your tenant. Those that were changed longest ago come first."""
    after = read_position(query.get("cursor"))
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


@bp.put("/<ticket_id>")
@bp.arguments(schemas.TicketIn)
@bp.response(200, schemas.Ticket)
def replace_ticket(values: dict[str, Any], ticket_id: str) -> Response:
    """Put other values in place of a ticket's; one that is not sent gets its first value."""
    return retried(lambda: _change(ticket_id, lambda _: values))


@bp.patch("/<ticket_id>")
@bp.arguments(schemas.TicketPatch(partial=True))
@bp.response(200, schemas.Ticket)
def patch_ticket(values: dict[str, Any], ticket_id: str) -> Response:
    """Change some values of a ticket, and the subjects of its service calls with them."""
    return retried(lambda: _change(ticket_id, lambda present: {**present, **values}))


@bp.delete("/<ticket_id>")
@bp.response(204)
def remove_ticket(ticket_id: str) -> Response:
    """Delete a ticket that has no open service calls (else 409), as a dispatcher.

    Calls that are done or cancelled stay on the calendars. Lists with updated_since have
    it as deleted; its number is never given again.
    """
    version = expected_version(lambda: _find(ticket_id).version)
    delete_ticket(tools(), who(), ticket_id, version=version)
    return Response(status=204)


@bp.post("/<ticket_id>/restore")
@bp.response(200, schemas.Ticket)
def restore(ticket_id: str) -> Response:
    """Take the deletion of a ticket back, as a dispatcher. Another one is given as it is."""
    version = expected_version(lambda: _find(ticket_id, with_deleted=True).version)
    restore_ticket(tools(), who(), ticket_id, version=version)
    return _answer(ticket_id)


@bp.put("/by-external-id/<anything:external_id>", merge_slashes=False)
@bp.arguments(schemas.TicketIn)
@bp.response(200, schemas.Ticket)
@bp.alt_response(201, schema=schemas.Ticket, description="There was none, so it was made.")
def upsert_ticket(values: dict[str, Any], external_id: str) -> Response:
    """Make the ticket that you know by an id of your own, or put other values in its place.

    One that was deleted is restored, by a dispatcher.
    """
    known_as(values, external_id)
    ticket_id, is_new = put_ticket(
        tools(),
        who(),
        _fields(values),
        version=expected_version(lambda: find_version_known_as(tools(), who(), external_id)),
        must_exist="If-Match" in request.headers,
    )
    response = _answer(ticket_id)
    response.status_code = 201 if is_new else 200
    return response


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
        "deleted": ticket.deleted_at is not None,
    }


def _change(ticket_id: str, choose: Callable[[dict[str, Any]], dict[str, Any]]) -> Response:
    """Change a ticket to the values that are chosen, given those that it has."""
    ticket = _find(ticket_id)
    version = expected_version(lambda: ticket.version)
    if version not in (None, ticket.version):
        raise StaleVersion(ticket.version)
    present = {name: getattr(ticket, name) for name in _NAMES}
    fields = _fields(choose({**present, "client": ticket.client_id}))
    change_ticket(tools(), who(), ticket_id, fields, version=ticket.version)
    return _answer(ticket_id)


def _find(ticket_id: str, *, with_deleted: bool = False) -> Ticket:
    return get_ticket_view(tools(), who(), ticket_id, with_deleted=with_deleted).ticket


def _fields(values: dict[str, Any]) -> TicketFields:
    chosen = {name: values[name] for name in _NAMES if name in values}
    return TicketFields(client_id=values.get("client"), **chosen)


def _answer(ticket_id: str) -> Response:
    ticket = _find(ticket_id)
    return with_tag(jsonify(write_ticket(ticket)), ticket.version)
