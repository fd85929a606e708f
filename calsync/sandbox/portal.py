"""The pages where a person lets an application use a calendar: choose, sign in, allow."""

from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug import Response

from calsync.sandbox import calendars, grants, mailboxes, permissions, screens
from calsync.sandbox.errors import SignInRefused
from calsync.sandbox.ids import new_token
from calsync.sandbox.mailboxes import OFFERED, Mailbox, Service
from calsync.sandbox.store import Transaction
from calsync.sandbox.wishes import SCOPES, Wish, WishRefused, add_query, is_loopback_url

bp = Blueprint("sandbox_portal", __name__)
screens.protect(bp)

#: How the sandbox calls its only client in front of people.
CLIENT_NAME = "calsync"
#: The account that the browser used last: by it a second mailbox joins the first one's account.
LINKING_COOKIE = "sandbox_account"
#: How long a person may think about the consent page, in seconds.
PATIENCE = 3600
#: Hands a sign-in on to the consent page. Its key lasts as long as this process: whoever was
#: between the two pages meanwhile signs in again.
SIGNER = URLSafeTimedSerializer(new_token(), salt="consent")

#: What a person is asked at the sign-in, and what is said to an empty answer.
QUESTIONS = (
    ("email", "Enter the e-mail address of your mailbox"),
    ("server", "Enter the address of your Exchange server, like mail.firm.example"),
    ("password", "Enter the password"),
)

Answer = Response | str | tuple[str, int]


@bp.errorhandler(WishRefused)
def show_refused_wish(refusal: WishRefused) -> Answer:
    """Tell the person, as a redirect URI that is not trusted is never followed."""
    return screens.show_message(
        "This link does not work",
        str(refusal),
        "The application that sent you here made a mistake. Nothing was changed.",
        status=400,
    )


@bp.get("/portal")
def show_help() -> str:
    """Explain the authorize page to developers."""
    settings = screens.get_store().settings
    wish = Wish(
        client_id=settings.client_id,
        redirect_uri=url_for("sandbox_mailboxes.show_start", _external=True),
        response_type="code",
        scope="read_events create_event delete_event",
        state="anything",
        avoid_linking="true",
    )
    return render_template(
        "sandbox/portal/help.html",
        client_id=settings.client_id,
        client_secret=settings.client_secrets[0],
        scopes=SCOPES,
        providers=[service.request_name for service in OFFERED],
        example=_authorize_url(wish, ""),
    )


@bp.get("/oauth/authorize")
def show_authorize() -> Answer:
    """Show the choice of providers, or the sign-in of the one that is chosen."""
    wish = _read_wish()
    error = wish.find_error()
    if error:
        return redirect(wish.answer_url(error=error))
    service = mailboxes.find_service(wish.provider_name)
    if service is None:
        return render_template(
            "sandbox/portal/providers.html",
            client_name=CLIENT_NAME,
            choices=[(each, _authorize_url(wish, each.request_name)) for each in OFFERED],
            refusal=wish.answer_url(error="access_denied"),
        )
    return _show_sign_in(service, back=_authorize_url(wish, ""))


@bp.post("/oauth/authorize")
def sign_in() -> Answer:
    """Check the credentials; go on to the consent page, or say what is wrong."""
    wish = _read_wish()
    service = mailboxes.find_service(wish.provider_name)
    if service is None or wish.find_error():
        return show_authorize()
    mailbox, errors = _check_credentials(service)
    if mailbox is None:
        back = _authorize_url(wish, "")
        return _show_sign_in(service, errors, back=back)
    signed = SIGNER.dumps([wish.asdict(), mailbox.address])
    return redirect(url_for(".show_consent", signed=signed), 303)


@bp.get("/oauth/consent")
def show_consent() -> Answer:
    """Name what the application could do, for the person to allow or deny."""
    wish, address = _read_signed()
    with screens.get_store().read() as tx:
        mailbox = mailboxes.get_mailbox(tx, address)
    return render_template(
        "sandbox/portal/consent.html",
        client_name=CLIENT_NAME,
        mailbox=mailbox,
        sentences=wish.list_sentences(),
    )


@bp.post("/oauth/consent")
def answer_consent() -> Answer:
    """Send the browser back to the application, with a code or with the refusal.

    A second press makes a second code and changes nothing else.
    """
    wish, address = _read_signed()
    if request.form.get("answer") != "allow":
        return redirect(wish.answer_url(error="access_denied"))
    with screens.get_store().begin() as tx:
        mailbox = mailboxes.get_mailbox(tx, address)
        code = grants.create_code(
            tx,
            mailbox,
            redirect_uri=wish.redirect_uri,
            scope=" ".join(wish.scope.split()),
            linked_to=_find_account_to_join(tx, wish),
        )
        sub = grants.find_sub_of_code(tx, code) or ""
    answer = redirect(wish.answer_url(code=code))
    answer.set_cookie(
        LINKING_COOKIE, sub, max_age=365 * 86_400, httponly=True, samesite="Lax", path="/oauth"
    )
    return answer


@bp.get("/permissions/<request_id>")
def show_permissions(request_id: str) -> str:
    """Name the calendars in which the application wants to change everything."""
    with screens.get_store().read() as tx:
        asked = permissions.get_request(tx, request_id)
        wanted = [
            (calendars.get_calendar(tx, calendar_id), level)
            for calendar_id, level in asked.wanted.items()
        ]
    return render_template(
        "sandbox/portal/permissions.html",
        client_name=CLIENT_NAME,
        raised=[row for row, level in wanted if level == "unrestricted"],
        lowered=[row for row, level in wanted if level != "unrestricted"],
    )


@bp.post("/permissions/<request_id>")
def answer_permissions(request_id: str) -> Response:
    """Give the application what it asked for, or not, and send the browser back.

    What the redirect carries is not documented; a refusal says so as OAuth would.
    """
    with screens.get_store().begin() as tx:
        asked = permissions.get_request(tx, request_id)
        if not is_loopback_url(asked.redirect_uri):
            raise WishRefused(f"The redirect_uri “{asked.redirect_uri}” is not on this machine.")
        if request.form.get("answer") == "allow":
            permissions.accept(tx, request_id)
            return redirect(asked.redirect_uri)
        permissions.decline(tx, request_id)
    return redirect(add_query(asked.redirect_uri, {"error": "access_denied"}))


@bp.get("/relink/<request_name>")
def show_relink(request_name: str) -> Answer:
    """Ask the person to sign in again, so that Cronofy reaches the mailbox again."""
    service = mailboxes.find_service(request_name)
    if service is None:
        return screens.show_message(
            "This link does not work", "No provider has this name.", status=404
        )
    return _show_sign_in(service, is_relink=True)


@bp.post("/relink/<request_name>")
def relink(request_name: str) -> Answer:
    """Connect the profile again if the credentials are right."""
    service = mailboxes.find_service(request_name)
    if service is None:
        return show_relink(request_name)
    mailbox, errors = _check_credentials(service)
    if mailbox is None:
        return _show_sign_in(service, errors, is_relink=True)
    with screens.get_store().begin() as tx:
        mailboxes.reconnect(tx, mailbox.profile_id)
    return redirect(url_for(".show_relinked", email=mailbox.address), 303)


@bp.get("/relinked")
def show_relinked() -> Answer:
    """Say that it worked; the real page leads nowhere from here either."""
    with screens.get_store().read() as tx:
        mailbox = mailboxes.get_mailbox(tx, request.args.get("email", ""))
    if not mailbox.is_connected:
        return redirect(
            url_for(
                ".show_relink", request_name=mailbox.service.request_name, email=mailbox.address
            )
        )
    return screens.show_message(
        "Your calendar is connected again",
        f"{mailbox.service.title} accepts {mailbox.address} again. You can close this page and go"
        " back to the application.",
    )


def _read_wish() -> Wish:
    wish = Wish.read(request.args)
    wish.check_client(screens.get_store().settings.client_id)
    return wish


def _authorize_url(wish: Wish, provider_name: str) -> str:
    """Return the address of the same wish with the provider chosen; empty: not chosen yet."""
    return f"{url_for('.show_authorize')}?{urlencode(wish.pick(provider_name))}"


def _read_signed() -> tuple[Wish, str]:
    """Return what the sign-in handed on in the address, where Back finds it again too."""
    try:
        parameters, address = SIGNER.loads(request.args.get("signed", ""), max_age=PATIENCE)
    except BadSignature as error:
        raise WishRefused("This page was made for another visit, or too long ago.") from error
    return Wish.read(parameters), address


def _check_credentials(service: Service) -> tuple[Mailbox | None, dict[str, str]]:
    typed = {name: request.form.get(name, "").strip() for name, _ in QUESTIONS}
    errors = {
        name: complaint
        for name, complaint in QUESTIONS
        if not typed[name] and (name != "server" or service.key == "exchange")
    }
    if errors:
        return None, errors
    with screens.get_store().read() as tx:
        known = mailboxes.find_mailbox(tx, typed["email"])
        try:
            found = mailboxes.sign_in(
                tx, service.key, typed["email"], typed["password"], typed["server"]
            )
        except SignInRefused as refusal:
            is_theirs = known is not None and known.service == service
            return None, {"password" if is_theirs else "email": str(refusal)}
    return found, {}


def _show_sign_in(
    service: Service,
    errors: dict[str, str] | None = None,
    *,
    back: str = "",
    is_relink: bool = False,
) -> Answer:
    page = render_template(
        "sandbox/portal/sign_in.html",
        service=service,
        errors=errors or {},
        email=request.form.get("email", request.args.get("email", "")),
        server=request.form.get("server", ""),
        back=back,
        is_relink=is_relink,
    )
    return page, 422 if errors else 200


def _find_account_to_join(tx: Transaction, wish: Wish) -> str | None:
    if wish.link_token:
        return grants.find_sub_of_link_token(tx, wish.link_token)
    return request.cookies.get(LINKING_COOKIE) if wish.is_linking else None
