"""Tickets: the list, one ticket with its service calls, and who does which of them."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response as AnyResponse

from calsync.core.item import Kind, UnfitItem
from calsync.errors import NotAllowed, NotThere, StaleVersion
from calsync.services.item_access import ItemView, find_item_view, list_colleagues
from calsync.services.items import change_item
from calsync.services.tickets import (
    TicketView,
    change_ticket,
    create_ticket,
    get_ticket_view,
    list_ticket_views,
)
from calsync.web.current import current_login, tools, who
from calsync.web.i18n import _
from calsync.web.ticket_calls import list_call_lines
from calsync.web.ticket_form import TicketForm, find_or_create_client, list_client_choices
from calsync.web.ticket_words import register_ticket_words

LONGEST_SEARCH = 200

bp = Blueprint("tickets", __name__, url_prefix="/tickets")
register_ticket_words(bp)

Answer = AnyResponse | tuple[str, int]


@bp.get("")
@login_required
def listing() -> str:
    """Show the tickets that are asked for, the newest first."""
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    with_done = bool(request.args.get("done"))
    views = list_ticket_views(tools(), who(), with_done=with_done, text=text)
    return render_template("tickets/listing.html", views=views, text=text, with_done=with_done)


@bp.get("/new")
@login_required
def new() -> str:
    """Show an empty form."""
    form = TicketForm(formdata=None)
    list_client_choices(form)
    return render_template("tickets/form.html", form=form, view=None)


@bp.post("/new")
@login_required
def create() -> Answer:
    """Make a ticket, or show the form again with what is wrong."""
    form = TicketForm()
    list_client_choices(form)
    if form.validate() and find_or_create_client(form):
        try:
            ticket_id = create_ticket(tools(), who(), form.read())
        except UnfitItem as error:
            form.show_faults(error.faults)
        else:
            flash(_("Ticket created."), "good")
            return redirect(url_for(".show", ticket_id=ticket_id), 303)
    return render_template("tickets/form.html", form=form, view=None), 422


@bp.get("/<ticket_id>")
@login_required
def show(ticket_id: str) -> str:
    """Show a ticket with its service calls."""
    return _page(_find(ticket_id))


@bp.get("/<ticket_id>/edit")
@login_required
def edit(ticket_id: str) -> str:
    """Show the form with what the ticket has."""
    view = _find(ticket_id)
    ticket = view.ticket
    form = TicketForm(
        formdata=None,
        title=ticket.title,
        client=ticket.client_id or "",
        status=ticket.status.value,
        priority=ticket.priority.value,
        version=ticket.version,
    )
    list_client_choices(form)
    return render_template("tickets/form.html", form=form, view=view)


@bp.post("/<ticket_id>/edit")
@login_required
def save(ticket_id: str) -> Answer:
    """Change the ticket, unless somebody else did so meanwhile."""
    view = _find(ticket_id)
    form = TicketForm()
    list_client_choices(form)
    if form.validate() and find_or_create_client(form):
        try:
            fields = form.read(view.ticket.external_id)
            change_ticket(tools(), who(), ticket_id, fields, version=form.version.data)
        except NotThere:
            abort(404)
        except UnfitItem as error:
            form.show_faults(error.faults)
        except StaleVersion as error:
            form.show_newer(error.version)
        else:
            flash(_("Saved."), "good")
            return redirect(url_for(".show", ticket_id=ticket_id), 303)
    return render_template("tickets/form.html", form=form, view=view), 422


@bp.post("/<ticket_id>/calls/<item_id>/resources")
@login_required
def assign(ticket_id: str, item_id: str) -> Answer:
    """Give a service call to the people who are ticked, and to nobody else."""
    view, call = _find(ticket_id), _find_call(ticket_id, item_id)
    chosen = request.form.getlist("resource")
    # What else the call has is stored anew as well: it must still be as it was read.
    version = request.form.get("version", call.version, type=int)
    try:
        change_item(tools(), who(), item_id, call.fields, assignees=chosen, version=version)
    except NotThere:
        abort(404)
    except NotAllowed:
        raise Forbidden from None
    except StaleVersion:
        text = _("Somebody changed this service call meanwhile. Check the people and save again")
        return _page(view, item_id, text, chosen), 422
    except UnfitItem as error:
        return _page(view, item_id, _describe_faults(error), chosen), 422
    flash(_("Resources saved."), "good")
    return redirect(url_for(".show", ticket_id=ticket_id), 303)


def _find(ticket_id: str) -> TicketView:
    try:
        return get_ticket_view(tools(), who(), ticket_id)
    except NotThere:
        raise NotFound from None


def _find_call(ticket_id: str, item_id: str) -> ItemView:
    try:
        call = find_item_view(tools(), who(), item_id)
    except NotThere:
        raise NotFound from None
    if call.fields.kind is not Kind.SERVICE_CALL or call.fields.ticket_id != ticket_id:
        raise NotFound
    return call


def _describe_faults(error: UnfitItem) -> str:
    codes = {(fault.field, fault.code) for fault in error.faults}
    if ("assignees", "missing") in codes:
        return _("Choose at least one person")
    if ("assignees", "unknown") in codes:
        return _("Choose people from the list")
    return _("This service call has to be put right first. Open it to see what is wrong")


def _page(
    view: TicketView, item_id: str = "", error: str = "", chosen: list[str] | None = None
) -> str:
    colleagues = list_colleagues(tools(), who())
    names: dict[str, Any] = {person.id: person.name for person in colleagues}
    lines = list_call_lines(view, current_login().user, names)
    return render_template(
        "tickets/ticket.html",
        view=view,
        lines=lines,
        colleagues=colleagues,
        wrong_id=item_id,
        error=error,
        chosen=chosen or [],
    )
