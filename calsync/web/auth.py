"""Logging in and out."""

from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import LoginManager, current_user, login_required, login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse
from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Length

from calsync.ids import fingerprint
from calsync.logs import Log
from calsync.metrics import LOGINS
from calsync.services.login import find_live_login, log_in, log_out
from calsync.web.current import Browser, guess_limit, is_polled, tools, who
from calsync.web.guesses import GuessLimit, show_wait
from calsync.web.htmx import is_from_htmx
from calsync.web.i18n import _, _l

bp = Blueprint("auth", __name__)
log = Log("calsync.auth")
_TOO_LONG = _l("Use at most %(max)d characters")


class LoginForm(FlaskForm):
    """Who somebody says they are."""

    tenant = StringField(
        _l("Tenant"), [DataRequired(_l("Enter your tenant")), Length(max=200, message=_TOO_LONG)]
    )
    email = EmailField(
        _l("E-mail"),
        [DataRequired(_l("Enter your e-mail address")), Length(max=300, message=_TOO_LONG)],
    )
    password = PasswordField(_l("Password"), [DataRequired(_l("Enter your password"))])
    next = HiddenField()


def register_login(app: Flask) -> None:
    """Teach the application who is logged in, and where to send those who are not."""
    manager = LoginManager(app)
    manager.session_protection = None  # The row decides, not the address or the browser's name.
    manager.user_loader(_load_browser)
    manager.unauthorized_handler(_ask_to_log_in)
    app.extensions["calsync_guesses"] = GuessLimit()
    app.register_blueprint(bp)


@bp.get("/login")
def login() -> AnyResponse | str:
    """Show the form, or go on where somebody is logged in already."""
    if current_user.is_authenticated:
        return redirect(safe_next(request.args.get("next", "")))
    form = LoginForm(next=safe_next(request.args.get("next", "")))
    return render_template("auth/login.html", form=form)


@bp.post("/login")
def submit_login() -> AnyResponse | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Log in, or show the form again with what is wrong."""
    form = LoginForm()
    if not form.validate():
        return render_template("auth/login.html", form=form), 422
    tenant, email = form.tenant.data.strip(), form.email.data.strip()
    address = request.remote_addr or ""
    wait = guess_limit().seconds_to_wait(tenant, email, address)
    if wait:
        LOGINS.labels("limited").inc()
        return show_wait(wait)
    secret = log_in(
        tools(),
        tenant_slug=tenant,
        email=email,
        password=form.password.data,
        browser=request.user_agent.string,
    )
    live = find_live_login(tools(), secret, extend=False) if secret else None
    if secret is None or live is None:
        guess_limit().note_failure(tenant, email, address)
        LOGINS.labels("refused").inc()
        log.warning("login refused", address=address, account=fingerprint(tenant + email)[:12])
        form.password.errors = [_("Tenant, e-mail or password is not right")]
        return render_template("auth/login.html", form=form), 422
    # A new session for a new login: nothing that was set before it lives on.
    session.clear()
    login_user(Browser(live, secret))
    LOGINS.labels("accepted").inc()
    log.info("logged in", tenant_id=live.tenant.id, user_id=live.user.id, address=address)
    return redirect(safe_next(form.next.data or ""), 303)


@bp.post("/logout")
@login_required
def logout() -> AnyResponse:
    """End this login; its cookie is worth nothing from now on."""
    log.info("logged out", tenant_id=who().tenant_id, user_id=who().user_id)
    log_out(tools(), who())
    logout_user()
    session.clear()
    return redirect(url_for("auth.login"), 303)


def safe_next(target: str) -> str:
    """Return ``target`` if it is a path of ours, else the start page."""
    start = url_for("home.start")
    try:
        parts = urlsplit(target)
    except ValueError:
        return start
    if not target.startswith("/") or target.startswith("//") or not target.isprintable():
        return start
    if "\\" in target or parts.netloc or len(target) > 2000:
        return start
    return target


def _load_browser(secret: str) -> Browser | None:
    # What a page asks for by itself must not keep a login alive.
    live = find_live_login(tools(), secret, extend=not is_polled())
    return Browser(live, secret) if live else None


def _ask_to_log_in() -> AnyResponse:
    # Whom the browser was is still in its cookie where a login ended by itself: said once.
    if session.pop("_user_id", None):
        flash(_("Your login has ended. Log in to go on where you were."), "info")
    if is_from_htmx():
        # The page that holds the fragment, as the browser itself names it.
        shown = _path_of(request.headers.get("HX-Current-URL", ""))
        response = Response(status=401)
        response.headers["HX-Redirect"] = url_for("auth.login", next=safe_next(shown))
        return response
    # What Cronofy sent back is for the login that asked for it, and for no other.
    leads_back = _can_be_read() and request.endpoint != "calendar_sync.callback"
    back_to = request.full_path.rstrip("?") if leads_back else None
    return redirect(url_for("auth.login", next=back_to))


def _can_be_read() -> bool:
    """Tell whether the address shows a page, also where a form was sent to it."""
    address = current_app.create_url_adapter(request)
    return address is not None and address.test(method="GET")


def _path_of(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
