"""Language, time zone and the forms of dates, as the user who asks has chosen."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from babel.lists import format_list
from flask import Flask, current_app, request
from flask_babel import (
    Babel,
    force_locale,
    format_datetime,
    get_locale,
    gettext,
    lazy_gettext,
    ngettext,
)
from flask_login import current_user

LANGUAGES = ["en"]


def _(text: str, **values: object) -> str:
    """Return a text in the language of the user who asks, with ``values`` put in."""
    return str(gettext(text, **values))


def _n(one: str, many: str, count: int, **values: object) -> str:
    """Return the text for one or for many, with ``count`` put in as ``num``."""
    return str(ngettext(one, many, count, **values))


def _l(text: str) -> str:
    """Return a text whose language is found when it is shown, for what is made at import."""
    return lazy_gettext(text)  # type: ignore[no-any-return]  # a str to everybody who formats it


def join_list(parts: Sequence[str]) -> str:
    """Return several things told one after the other, as the reader's language divides them."""
    return str(format_list(parts, "unit", get_locale() or "en"))


def keep_language() -> Callable[[], AbstractContextManager[None]]:
    """Return what speaks the reader's language once more when their request is over.

    For what is sent while it is made.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    locale = get_locale()

    @contextmanager
    def speak() -> Iterator[None]:
        with app.app_context(), force_locale(locale):
            yield

    return speak


def register_languages(app: Flask) -> None:
    """Set up Flask-Babel and the filters that templates format with."""
    Babel(app, locale_selector=_select_locale, timezone_selector=_select_time_zone)
    app.jinja_env.globals["get_locale"] = get_locale

    @app.template_filter("at")
    def at(moment: datetime) -> str:
        """Return date and time in full, in the user's zone."""
        return str(format_datetime(moment, "d MMM yyyy, HH:mm"))

    @app.template_filter("shorten")
    def shorten(text: str, longest: int = 120) -> str:
        """Return a foreign text at a length that a page can bear."""
        return text if len(text) <= longest else text[: longest - 1] + "…"


def _select_locale() -> str | None:
    if current_user.is_authenticated:
        return str(current_user.login.user.locale)
    return request.accept_languages.best_match(LANGUAGES)


def _select_time_zone() -> str:
    return str(current_user.login.user.time_zone) if current_user.is_authenticated else "UTC"
