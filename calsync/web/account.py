"""What users change about themselves: password, look, time zone, where they are logged in."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import login_required
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, RadioField, SelectField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, EqualTo

from calsync.db.models import Theme
from calsync.logs import Log
from calsync.services.login import (
    WrongPassword,
    change_password,
    end_one_login,
    list_live_logins,
)
from calsync.services.passwords import LONGEST, SHORTEST, WeakPassword
from calsync.services.people import TIME_ZONES, save_preferences
from calsync.web.current import current_login, guess_limit, tools, who
from calsync.web.guesses import show_wait
from calsync.web.i18n import _, _l

bp = Blueprint("account", __name__, url_prefix="/account")
log = Log("calsync.account")


class PreferencesForm(FlaskForm):
    """How the pages look, and in which zone times are shown."""

    theme = RadioField(
        _l("Appearance"),
        validate_choice=False,
        choices=[
            SelectChoice(Theme.SYSTEM.value, _l("System")),
            SelectChoice(Theme.LIGHT.value, _l("Light")),
            SelectChoice(Theme.DARK.value, _l("Dark")),
        ],
    )
    time_zone = SelectField(
        _l("Time zone"),
        validate_choice=False,
        choices=[SelectChoice(zone, zone) for zone in sorted(TIME_ZONES)],
    )


class PasswordForm(FlaskForm):
    """A new password, and the present one to confirm it."""

    current = PasswordField(
        _l("Current password"), [DataRequired(_l("Enter your current password"))]
    )
    new = PasswordField(_l("New password"), [DataRequired(_l("Enter a new password"))])
    again = PasswordField(
        _l("New password again"), [EqualTo("new", _l("Enter the same new password twice"))]
    )


@bp.get("")
@login_required
def show() -> str:
    """Show everything that can be changed."""
    return _page(_preferences(), PasswordForm(formdata=None))


@bp.post("/preferences")
@login_required
def save() -> Response | tuple[str, int]:
    """Store look and time zone."""
    form = PreferencesForm()
    if not form.validate() or not _is_choice(form):
        return _page(form, PasswordForm(formdata=None)), 422
    save_preferences(tools(), who(), time_zone=form.time_zone.data, theme=form.theme.data)
    flash(_("Saved."), "good")
    return redirect(url_for("account.show"), 303)


@bp.post("/password")
@login_required
def save_password() -> Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Change the password and end every other login."""
    form = PasswordForm()
    user = current_login().user
    wait = guess_limit().seconds_to_wait(who().tenant_id, user.email, request.remote_addr or "")
    if wait:
        return show_wait(wait)
    if form.validate() and _change(form):
        log.info("password changed", tenant_id=who().tenant_id, user_id=who().user_id)
        flash(_("Your password is changed. You are logged out everywhere else."), "good")
        return redirect(url_for("account.show"), 303)
    return _page(_preferences(), form), 422


@bp.post("/logins/<session_id>/end")
@login_required
def end_login(session_id: str) -> Response:
    """Log the user out in another browser."""
    if not end_one_login(tools(), who(), session_id):
        abort(404)
    flash(_("That browser is logged out."), "good")
    return redirect(url_for("account.show"), 303)


def _is_choice(form: PreferencesForm) -> bool:
    if form.theme.data not in list(Theme):
        form.theme.errors = [_("Choose how the pages should look")]
    if form.time_zone.data not in TIME_ZONES:
        form.time_zone.errors = [_("Choose your time zone from the list")]
    return not form.errors


def _change(form: PasswordForm) -> bool:
    try:
        change_password(tools(), who(), current=form.current.data, new=form.new.data)
    except WrongPassword:
        address = request.remote_addr or ""
        guess_limit().note_failure(who().tenant_id, current_login().user.email, address)
        form.current.errors = [_("That is not your current password")]
    except WeakPassword as error:
        form.new.errors = [_weakness(str(error))]
    else:
        return True
    return False


def _weakness(kind: str) -> str:
    if kind == "short":
        return _("Use at least %(count)d characters; 15 or more are better", count=SHORTEST)
    if kind == "long":
        return _("Use at most %(count)d characters", count=LONGEST)
    if kind == "same":
        return _("Use another password than your current one")
    return _("That is easy to guess. Use several words that have nothing to do with you")


def _preferences() -> PreferencesForm:
    user = current_login().user
    return PreferencesForm(formdata=None, theme=user.theme.value, time_zone=user.time_zone)


def _page(preferences: PreferencesForm, password: PasswordForm) -> str:
    return render_template(
        "account/account.html",
        preferences=preferences,
        password=password,
        logins=list_live_logins(tools(), who()),
        shortest=SHORTEST,
    )
