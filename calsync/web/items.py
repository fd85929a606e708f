"""Items of My Calendar: adding, seeing, changing, moving, deleting and restoring them."""

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from calsync.core.item import ItemFields, Kind, UnfitItem
from calsync.core.permission import Right
from calsync.errors import NotAllowed, NotThere, StaleVersion
from calsync.services.item_access import find_item_view, list_deleted, list_history, list_undated
from calsync.services.item_places import list_places
from calsync.services.items import Scope, create_item, delete_item, restore_item
from calsync.web.auth import safe_next
from calsync.web.current import tools, who
from calsync.web.i18n import _
from calsync.web.item_choices import list_zones, load_offer, may_choose_people
from calsync.web.item_edits import change, find_edited
from calsync.web.item_form import DEFAULTS, ItemForm, MoveForm
from calsync.web.item_move import (
    describe_refused_drop,
    fill_move,
    read_move,
    show_faults_of_move,
)
from calsync.web.item_page import calendar_url, list_bin_lines, list_deeds, list_lines
from calsync.web.item_reading import fill_form, read_choices, read_item, show_faults
from calsync.web.item_requests import (
    begin_item,
    find_for,
    is_only_shown,
    load_offer_for,
    read_key,
    read_people,
    read_scope,
    read_version,
    reader_zone,
)
from calsync.web.item_shows import show_conflict, show_delete, show_form, show_move
from calsync.web.kinds import name_kind
from calsync.web.place_lines import list_place_lines
from calsync.web.repeats import Choices, make_rule
from calsync.web.time_fields import complain

bp = Blueprint("items", __name__, url_prefix="/calendar")

Page = str | tuple[str, int] | AnyResponse


@bp.get("/new")
@login_required
def new() -> Page:
    """Show the form for a new item, with what the address says already in it."""
    offer = load_offer(request.args.get("ticket"))
    person = request.args.get("person") or who().user_id
    if person not in {user.id for user in offer.people}:
        raise NotThere
    form = ItemForm(formdata=None, data=begin_item(person))
    return show_form(form, offer)


@bp.post("/new")
@login_required
def create() -> Page:
    """Make the item; or show the form for another kind, with what was typed."""
    form = ItemForm()
    offer = load_offer_for(form)
    if is_only_shown(form):
        return show_form(form, offer)
    if form.kind.data not in set(Kind):
        complain(form, "kind", _("Choose what to add"))
    kind = form.chosen_kind
    fields = read_item(form, kind, list_zones(), ItemFields(kind))
    choices = read_choices(form, Choices()) if kind is Kind.APPOINTMENT else Choices()
    item_id = None if form.errors else _create(form, offer.with_client(fields), choices)
    if item_id is None:
        return show_form(form, offer), 422
    flash(_("%(kind)s added.", kind=name_kind(kind)), "good")
    address = calendar_url(find_item_view(tools(), who(), item_id))
    return redirect(address or url_for("items.show", item_id=item_id), 303)


@bp.get("/item/<item_id>")
@login_required
def show(item_id: str) -> Page:
    """Show an item with its history; of a hidden one, that the time is taken."""
    edited = find_edited(item_id, read_key())
    view, whole = edited.shown, edited.whole.fields
    offer = load_offer(view.fields.ticket_id, with_done=True)
    deeds = [] if view.is_hidden else list_history(tools(), who(), item_id)
    places = [] if view.is_hidden else list_places(tools(), who(), view, view.key)
    return render_template(
        "items/item.html",
        view=view,
        lines=list_lines(view, whole, offer, reader_zone()),
        deeds_of=list_deeds(deeds, whole, offer),
        places=list_place_lines(places, view.id),
        calendar_url=calendar_url(view),
        rights=Right,
        kind=name_kind(view.fields.kind),
    )


@bp.get("/item/<item_id>/edit")
@login_required
def edit(item_id: str) -> Page:
    """Show the form with the item in it."""
    edited = find_for(item_id, Right.CHANGE)
    fields, whole = edited.shown.fields, edited.whole.fields
    filled = fill_form(fields, whole.rule, whole.times)
    people = list(edited.shown.assignees)
    begin = {**DEFAULTS, **filled, "assignees": people, "version": edited.shown.version}
    form = ItemForm(formdata=None, data=begin)
    return show_form(form, load_offer(fields.ticket_id), edited)


@bp.post("/item/<item_id>/edit")
@login_required
def save(item_id: str) -> Page:
    """Store the item as the form has it, or say what is wrong or who was faster."""
    edited = find_for(item_id, Right.CHANGE)
    kind = edited.shown.fields.kind
    form = ItemForm()
    form.kind.data = kind.value
    offer = load_offer_for(form)
    if is_only_shown(form):
        return show_form(form, offer, edited)
    fields = read_item(form, kind, list_zones(edited.shown.fields), edited.shown.fields)
    is_appointment = kind is Kind.APPOINTMENT
    choices = read_choices(form, edited.choices) if is_appointment else None
    scope = read_scope(form, edited)
    if form.errors:
        return show_form(form, offer, edited), 422
    try:
        changed = change(
            edited,
            offer.with_client(fields),
            scope=scope,
            choices=choices,
            version=read_version(form),
            assignees=read_people(form, kind, offer, edited.shown),
        )
    except UnfitItem as error:
        show_faults(form, error)
        return show_form(form, offer, edited), 422
    except StaleVersion as error:
        return show_conflict(form, offer, edited, error.version), 409
    flash(_("Saved."), "good")
    key = edited.shown.key if scope is Scope.THIS else None
    return redirect(_address_of(changed, key), 303)


@bp.get("/item/<item_id>/move")
@login_required
def ask_move(item_id: str) -> Page:
    """Show the form for another date and time."""
    edited = find_for(item_id, Right.CHANGE)
    begin = {**fill_move(edited.shown.fields), "version": edited.shown.version, "scope": "this"}
    return show_move(MoveForm(formdata=None, data=begin), edited)


@bp.post("/item/<item_id>/move")
@login_required
def move(item_id: str) -> Page:
    """Move the item as the form says, or as it was dragged: then one of many moves alone.

    What may not be moved as it was dragged is back where it is, and the calendar says why.
    """
    form = MoveForm()
    try:
        return _move(item_id, form)
    except (NotThere, NotAllowed, StaleVersion) as error:
        if not form.next.data:
            raise
        flash(describe_refused_drop(error), "bad")
        return redirect(safe_next(form.next.data), 303)


def _move(item_id: str, form: MoveForm) -> Page:
    edited = find_for(item_id, Right.CHANGE)
    if not form.scope.data and not form.zone.data:
        form.scope.data = Scope.THIS.value
    scope = read_scope(form, edited)
    fields = read_move(form, edited.shown.fields, reader_zone())
    if form.errors:
        return show_move(form, edited), 422
    # Its other fields are stored as they were read here.
    version = read_version(form) if form.version.data else edited.whole.version
    try:
        changed = change(edited, fields, scope=scope, version=version)
    except UnfitItem as error:
        show_faults_of_move(form, error)
        return show_move(form, edited), 422
    flash(_("Moved."), "good")
    key = edited.shown.key if scope is Scope.THIS else None
    address = safe_next(form.next.data) if form.next.data else _address_of(changed, key)
    return redirect(address, 303)


@bp.get("/item/<item_id>/delete")
@login_required
def ask_delete(item_id: str) -> Page:
    """Ask before an item is deleted."""
    edited = find_for(item_id, Right.DELETE)
    form = MoveForm(formdata=None, data={"version": edited.shown.version, "scope": "this"})
    return show_delete(form, edited)


@bp.post("/item/<item_id>/delete")
@login_required
def delete(item_id: str) -> Page:
    """Put the item in the bin, or take one or some of many out."""
    edited = find_for(item_id, Right.DELETE)
    form = MoveForm()
    scope = read_scope(form, edited)
    if form.errors:
        return show_delete(form, edited), 422
    version, key = read_version(form), edited.shown.key
    delete_item(tools(), who(), item_id, version=version, scope=scope, key=key)
    if scope is Scope.ALL:
        flash(_("Deleted. For 30 days you can restore it from the bin."), "good")
    else:
        flash(_("Deleted."), "good")
    return redirect(calendar_url(edited.shown) or url_for("home.start"), 303)


@bp.get("/undated")
@login_required
def show_undated() -> Page:
    """Show what has no date, and so stands on no day."""
    lines = list_bin_lines(list_undated(tools(), who()), reader_zone())
    return render_template("items/undated.html", lines=lines)


@bp.get("/bin")
@login_required
def show_bin() -> Page:
    """Show what was deleted and can be restored."""
    lines = list_bin_lines(list_deleted(tools(), who()), reader_zone())
    return render_template("items/bin.html", lines=lines)


@bp.post("/item/<item_id>/restore")
@login_required
def restore(item_id: str) -> Page:
    """Take the item out of the bin."""
    restore_item(tools(), who(), item_id)
    flash(_("Restored."), "good")
    return redirect(url_for("items.show", item_id=item_id), 303)


def _create(form: ItemForm, fields: ItemFields, choices: Choices) -> str | None:
    """Make the item and return its id, or say at the fields why not."""
    people = form.assignees.data if may_choose_people(fields.kind) else None
    try:
        if fields.times is not None:
            fields = replace(fields, rule=make_rule(choices, fields.times))
        return create_item(tools(), who(), fields, people)
    except UnfitItem as error:
        show_faults(form, error)
        return None


def _address_of(item_id: str, key: str | None) -> str:
    return url_for("items.show", item_id=item_id, key=key)
