"""Clients and their contacts: everybody of the tenant reads them, dispatchers change them."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import login_required
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response as AnyResponse

from calsync.core.item import UnfitItem
from calsync.db.models import Contact
from calsync.errors import InUse, NotThere, StaleVersion
from calsync.services.clients import (
    ClientView,
    change_client,
    create_client,
    delete_client,
    get_client_view,
)
from calsync.services.contacts import change_contact, create_contact, delete_contact
from calsync.services.tickets import list_clients_of
from calsync.web.client_form import NameForm
from calsync.web.current import may_change_clients, tools, who
from calsync.web.i18n import _

bp = Blueprint("clients", __name__, url_prefix="/clients")

Answer = AnyResponse | tuple[str, int]


@bp.get("")
@login_required
def listing() -> str:
    """Show all clients by name."""
    clients = list_clients_of(tools(), who())
    return render_template("clients/listing.html", clients=clients, may_change=may_change_clients())


@bp.route("/new", methods=["GET", "POST"])
@login_required
def new() -> str | Answer:
    """Show an empty form, and make the client that is entered."""
    _refuse_others()
    form = NameForm()

    def save() -> str:
        return create_client(tools(), who(), form.name.data)

    if form.is_submitted() and (client_id := _try(form, save)):
        flash(_("Client added."), "good")
        return redirect(url_for(".show", client_id=client_id), 303)
    return _render(form, _("New client"), None)


@bp.get("/<client_id>")
@login_required
def show(client_id: str) -> str:
    """Show a client with its contacts."""
    view = _find(client_id)
    return render_template("clients/client.html", view=view, may_change=may_change_clients())


@bp.route("/<client_id>/edit", methods=["GET", "POST"])
@login_required
def edit(client_id: str) -> str | Answer:
    """Show the form of a client, and call it as it was entered there."""
    view = _find(client_id)
    _refuse_others()
    client = view.client
    form = NameForm(name=client.name, version=client.version)

    def save() -> str:
        name, version = form.name.data, form.version.data
        change_client(tools(), who(), client_id, name, client.external_id, version=version)
        return client_id

    if form.is_submitted() and _try(form, save):
        flash(_("Saved."), "good")
        return redirect(url_for(".show", client_id=client_id), 303)
    return _render(form, _("Edit client"), view)


@bp.route("/<client_id>/delete", methods=["GET", "POST"])
@login_required
def delete(client_id: str) -> str | Answer:
    """Ask whether to remove a client, and do so where nothing needs it."""
    view = _find(client_id)
    _refuse_others()
    return _delete(
        view, None, lambda: delete_client(tools(), who(), client_id), url_for(".listing")
    )


@bp.route("/<client_id>/contacts/new", methods=["GET", "POST"])
@login_required
def new_contact(client_id: str) -> str | Answer:
    """Show an empty form, and make the contact that is entered."""
    view = _find(client_id)
    _refuse_others()
    form = NameForm()

    def save() -> str:
        return create_contact(tools(), who(), client_id, form.name.data)

    if form.is_submitted() and _try(form, save):
        flash(_("Contact added."), "good")
        return redirect(url_for(".show", client_id=client_id), 303)
    return _render(form, _("New contact"), view)


@bp.route("/<client_id>/contacts/<contact_id>/edit", methods=["GET", "POST"])
@login_required
def edit_contact(client_id: str, contact_id: str) -> str | Answer:
    """Show the form of a contact, and call them as it was entered there."""
    view = _find(client_id)
    contact = _find_contact(view, contact_id)
    _refuse_others()
    form = NameForm(name=contact.name, version=contact.version)

    def save() -> str:
        change_contact(
            tools(),
            who(),
            contact_id,
            client_id,
            form.name.data,
            contact.external_id,
            version=form.version.data,
        )
        return contact_id

    if form.is_submitted() and _try(form, save):
        flash(_("Saved."), "good")
        return redirect(url_for(".show", client_id=client_id), 303)
    return _render(form, _("Edit contact"), view, contact)


@bp.route("/<client_id>/contacts/<contact_id>/delete", methods=["GET", "POST"])
@login_required
def delete_a_contact(client_id: str, contact_id: str) -> str | Answer:
    """Ask whether to remove a contact, and do so where nothing needs them."""
    view = _find(client_id)
    contact = _find_contact(view, contact_id)
    _refuse_others()
    back = url_for(".show", client_id=client_id)
    return _delete(view, contact, lambda: delete_contact(tools(), who(), contact_id), back)


def _find(client_id: str) -> ClientView:
    try:
        return get_client_view(tools(), who(), client_id)
    except NotThere:
        raise NotFound from None


def _find_contact(view: ClientView, contact_id: str) -> Contact:
    for contact in view.contacts:
        if contact.id == contact_id:
            return contact
    raise NotFound


def _refuse_others() -> None:
    if not may_change_clients():
        raise Forbidden


def _try(form: NameForm, save: Callable[[], str]) -> str | None:
    """Save what was entered, or say at its field what is wrong and return None."""
    if not form.validate():
        return None
    try:
        return save()
    except NotThere:
        abort(404)
    except UnfitItem as error:
        form.show_faults(error.faults)
    except StaleVersion as error:
        form.show_newer(error.version)
    return None


def _render(
    form: NameForm, heading: str, view: ClientView | None, contact: Contact | None = None
) -> Answer:
    page = render_template(
        "clients/form.html", form=form, heading=heading, view=view, contact=contact
    )
    return page, 422 if form.errors else 200


def _delete(
    view: ClientView, contact: Contact | None, remove: Callable[[], None], back: str
) -> Answer:
    form = NameForm(formdata=None)
    is_used = False
    if form.is_submitted():
        try:
            remove()
        except NotThere:
            abort(404)
        except InUse:
            is_used = True
        else:
            flash(_("Deleted."), "good")
            return redirect(back, 303)
    page = render_template("clients/delete.html", view=view, contact=contact, is_used=is_used)
    return page, 422 if is_used else 200
