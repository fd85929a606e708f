"""Where a tenant's PSA hears of changes: a page for administrators."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import login_required
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired

from calsync.db.models import DeliveryResult
from calsync.delivery.addresses import UnfitAddress
from calsync.logs import Log
from calsync.services.tools import Tools
from calsync.services.webhook_endpoints import (
    MOST_ENDPOINTS,
    KnownAddress,
    TooMany,
    add_endpoint,
    list_endpoints_of,
    remove_endpoint,
    send_test,
    switch_off,
    switch_on,
    tenant_of_admin,
)
from calsync.web.current import tools, who
from calsync.web.i18n import _, _l
from calsync.web.webhook_words import describe_address, describe_delivery

bp = Blueprint("webhooks", __name__, url_prefix="/admin/webhooks")
log = Log("calsync.admin")


class EndpointForm(FlaskForm):
    """An address to be told of changes."""

    url = StringField(
        _l("Address"), [DataRequired(_l("Enter an address such as https://psa.example/hooks"))]
    )


@bp.get("")
@login_required
def show() -> str:
    """List the tenant's addresses with their last deliveries, and offer another one."""
    return _page(tenant_of_admin(tools(), who()), EndpointForm(formdata=None))


@bp.post("")
@login_required
def add() -> str | tuple[str, int]:
    """Add an address and show its secret: in this answer, and in no other."""
    tenant_id = tenant_of_admin(tools(), who())
    form = EndpointForm()
    if not form.validate():
        return _page(tenant_id, form), 422
    try:
        endpoint_id, secret = add_endpoint(tools(), tenant_id, form.url.data.strip())
    except UnfitAddress as error:
        form.url.errors = [describe_address(error.code)]
    except KnownAddress:
        form.url.errors = [_("That address is told of changes already")]
    except TooMany:
        text = _("There are %(count)d addresses. Remove one first", count=MOST_ENDPOINTS)
        form.url.errors = [text]
    else:
        _note("webhook added", endpoint_id)
        return _page(tenant_id, EndpointForm(formdata=None), secret)
    return _page(tenant_id, form), 422


@bp.post("/<endpoint_id>/test")
@login_required
def test(endpoint_id: str) -> Response:
    """Send a message that says nothing, and say what became of it."""
    delivery = send_test(tools(), tenant_of_admin(tools(), who()), endpoint_id)
    is_good = delivery.result is DeliveryResult.DELIVERED
    flash(describe_delivery(delivery), "good" if is_good else "bad")
    return redirect(url_for(".show"), 303)


@bp.post("/<endpoint_id>/switch-off")
@login_required
def disable(endpoint_id: str) -> Response:
    """Tell an address nothing for now."""
    return _change(switch_off, endpoint_id, _("Switched off. It is told nothing for now."))


@bp.post("/<endpoint_id>/switch-on")
@login_required
def enable(endpoint_id: str) -> Response:
    """Tell an address of changes again."""
    return _change(switch_on, endpoint_id, _("Switched on. It is told of changes from now on."))


@bp.post("/<endpoint_id>/remove")
@login_required
def remove(endpoint_id: str) -> Response:
    """Tell an address nothing more."""
    return _change(remove_endpoint, endpoint_id, _("Removed. It is told nothing more."))


def _change(act: Callable[[Tools, str, str], None], endpoint_id: str, said: str) -> Response:
    act(tools(), tenant_of_admin(tools(), who()), endpoint_id)
    _note(f"webhook {act.__name__}", endpoint_id)
    flash(said, "good")
    return redirect(url_for(".show"), 303)


def _note(what: str, endpoint_id: str) -> None:
    log.info(what, tenant_id=who().tenant_id, user_id=who().user_id, endpoint_id=endpoint_id)


def _page(tenant_id: str, form: EndpointForm, secret: str = "") -> str:
    return render_template(
        "webhooks/webhooks.html",
        form=form,
        secret=secret,
        views=list_endpoints_of(tools(), tenant_id),
        say=describe_delivery,
        good=DeliveryResult.DELIVERED,
    )
