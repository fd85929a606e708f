"""What the request at hand works with: the tools, the settings, and who asks."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from flask import current_app, request
from flask_login import UserMixin, current_user

from calsync.config import Settings
from calsync.db.models import Role
from calsync.services.login import Login
from calsync.services.tools import Tools, Who
from calsync.web.guesses import GuessLimit

P = ParamSpec("P")
R = TypeVar("R")


class Browser(UserMixin):
    """A logged-in browser, as Flask-Login wants it: its id is the session's secret."""

    def __init__(self, login: Login, secret: str) -> None:
        self.login = login
        self._secret = secret

    def get_id(self) -> str:
        return self._secret


def tools() -> Tools:
    """Return the tools of this application."""
    return cast("Tools", current_app.extensions["calsync_tools"])


def settings() -> Settings:
    """Return the settings of this application."""
    return cast("Settings", current_app.extensions["calsync_settings"])


def guess_limit() -> GuessLimit:
    """Return the count of wrong passwords."""
    return cast("GuessLimit", current_app.extensions["calsync_guesses"])


def has_loop() -> bool:
    """Whether this process is one that should see due work being done."""
    return bool(current_app.extensions.get("calsync_loop"))


def current_login() -> Login:
    """Return the login of the browser that asks, which has to be logged in."""
    return cast("Login", current_user.login)


def who() -> Who:
    """Return on whose behalf the browser asks."""
    return current_login().who


def may_change_clients() -> bool:
    """Tell whether the reader is a dispatcher, who looks after clients and contacts."""
    return current_login().user.role is not Role.MEMBER


def polled(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that pages ask for by themselves: it does not keep a login alive."""
    view.is_polled = True  # type: ignore[attr-defined]
    return view


def is_polled() -> bool:
    """Whether a page asks by itself, and not a person."""
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, "is_polled", False))
