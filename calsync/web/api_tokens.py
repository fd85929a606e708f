"""The tokens by which a user's programs use the JSON API."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import login_required
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from calsync.errors import UserError
from calsync.logs import Log
from calsync.services.api_tokens import (
    LONGEST_NAME,
    MOST_TOKENS,
    create_token,
    list_live_tokens,
    revoke,
)
from calsync.web.current import tools, who
from calsync.web.i18n import _, _l

bp = Blueprint("api_tokens", __name__, url_prefix="/account/tokens")
log = Log("calsync.account")


class TokenForm(FlaskForm):
    """A token to be made."""

    name = StringField(
        _l("Name"),
        [
            DataRequired(_l("Enter a name, such as that of the program")),
            Length(max=LONGEST_NAME, message=_l("Use a shorter name")),
        ],
    )


@bp.get("")
@login_required
def show() -> str:
    """List the user's tokens, and offer another one."""
    return _page(TokenForm(formdata=None))


@bp.post("")
@login_required
def make() -> str | tuple[str, int]:
    """Make a token and show its secret: in this answer, and in no other."""
    form = TokenForm()
    if not form.validate():
        return _page(form), 422
    try:
        secret = create_token(tools(), who(), form.name.data)
    except UserError:
        text = _("You have %(count)d tokens. Revoke one first", count=MOST_TOKENS)
        form.name.errors = [text]
        return _page(form), 422
    log.info("token made", tenant_id=who().tenant_id, user_id=who().user_id)
    return _page(TokenForm(formdata=None), secret)


@bp.post("/<token_id>/revoke")
@login_required
def end(token_id: str) -> Response:
    """End a token for good."""
    if not revoke(tools(), who(), token_id):
        abort(404)
    log.info("token revoked", tenant_id=who().tenant_id, user_id=who().user_id)
    flash(_("The token is revoked. Nothing can use it any more."), "good")
    return redirect(url_for("api_tokens.show"), 303)


def _page(form: TokenForm, secret: str = "") -> str:
    return render_template(
        "account/tokens.html", form=form, secret=secret, tokens=list_live_tokens(tools(), who())
    )
