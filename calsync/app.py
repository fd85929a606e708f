"""The composition root: everything is made here, once, and handed down."""

import re
from collections.abc import Callable
from pathlib import Path

import flask_migrate
from alembic.config import Config
from flask import Flask, Response, g, request
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from calsync import find_folder
from calsync.api import register_api
from calsync.clock import Clock, SystemClock
from calsync.config import Settings
from calsync.cronofy.calls import TokenSource
from calsync.cronofy.client import CronofyClient
from calsync.cronofy.limiter import Lane, Limiter
from calsync.cronofy.oauth import CronofyOAuth
from calsync.cronofy.transport import Answer, Transport
from calsync.db import health, migrations
from calsync.db.base import Base
from calsync.db.database import (
    Database,
    engine_options,
    is_in_transaction,
    prepare_engine,
    protect_file,
    translated_errors,
)
from calsync.delivery.sender import Sender
from calsync.errors import SettingsError, StorageUnavailable
from calsync.ids import new_id
from calsync.jobs.inprocess import DueLoop
from calsync.jobs.performers import PERFORMERS
from calsync.keys import Keyring
from calsync.logs import Log, current_request
from calsync.services.tools import Tools
from calsync.web import hooks, register_pages

log = Log("calsync.requests")

LARGEST_BODY = 1_000_000
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class TransportOutsideTransactions(Transport):
    """The real network, closed to whoever holds a transaction open."""

    def guard(self, call: Callable[[float], Answer]) -> Answer:
        if is_in_transaction():
            raise RuntimeError("Nobody waits for the network inside a transaction.")
        return super().guard(call)


def create_app(settings: Settings, *, clock: Clock | None = None) -> Flask:
    """Return the application, ready to serve, on the database that is there.

    It does no due work by itself; see ``start_loop``.
    """
    clock = clock or SystemClock()
    app = create_pageless_app(settings, clock)
    csrf = CSRFProtect(app)
    if settings.proxies:
        # Only whom they speak for is believed; host and scheme are settings.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0
        )
    _number_requests(app, clock)
    register_pages(app, settings)
    for blueprint in register_api(app):
        # A token in a header is nothing that another site can make a browser send.
        csrf.exempt(blueprint)
    # Nor is a signature.
    csrf.exempt(hooks.bp)
    return app


def create_pageless_app(settings: Settings, clock: Clock) -> Flask:
    """Return an application that answers nothing yet: its services, and the way to its database."""
    app = Flask(
        "calsync",
        template_folder=str(find_folder("templates")),
        static_folder=None,  # Files have addresses that change with them; see web.assets.
    )
    app.config.from_mapping(_flask_settings(settings))
    app.extensions["calsync_settings"] = settings
    app.extensions["calsync_tools"] = _make_tools(app, settings, clock)
    return app


def upgrade_schema(app: Flask) -> None:
    """Bring the database's schema up to this version.

    Raises StorageUnavailable or StorageBroken where the database cannot do it.
    """
    with app.app_context(), translated_errors():
        flask_migrate.upgrade()


def downgrade_schema(app: Flask, revision: str) -> None:
    """Take the database's schema back to ``revision``."""
    with app.app_context(), translated_errors():
        flask_migrate.downgrade(revision=revision)


def is_schema_current(app: Flask) -> bool:
    """Whether the database's schema is the one that this version was made for."""
    with tools_of(app).db.read() as session:
        return health.is_schema_current(session)


def refuse_other_schema(app: Flask) -> None:
    """Raise SettingsError unless the database is there and its schema is of this version."""
    try:
        is_current = is_schema_current(app)
    except StorageUnavailable as error:
        raise SettingsError(
            f"The database of CALSYNC_DATABASE_URL cannot be reached. {error}"
        ) from None
    if not is_current:
        raise SettingsError(
            "The database's schema is not of this version. Run `calsync db upgrade`."
        )


def refuse_newer_schema(app: Flask) -> None:
    """Raise SettingsError where the database's schema is none that this version knows."""
    with tools_of(app).db.read() as session:
        is_known = health.is_schema_known(session)
    if not is_known:
        raise SettingsError(
            "The backup is of a newer calsync than this one. Install that version, and restore "
            "with it."
        )


def start_loop(app: Flask) -> DueLoop:
    """Begin to do due work in this process, unless another one does; see ``jobs.inprocess``."""
    loop = DueLoop(tools_of(app), PERFORMERS)
    app.extensions["calsync_loop"] = loop
    loop.start()
    return loop


def tools_of(app: Flask) -> Tools:
    """Return the tools that the application's services work with."""
    tools: Tools = app.extensions["calsync_tools"]
    return tools


def _make_tools(app: Flask, settings: Settings, clock: Clock) -> Tools:
    make_folder(settings.instance)
    protect_file(settings.database_url)
    flask_db = SQLAlchemy(model_class=Base)
    flask_db.init_app(app)
    with app.app_context():
        engine = flask_db.engine
    prepare_engine(engine)
    migrate = Migrate(app, flask_db, directory=str(migrations.FOLDER))

    def hand_over_engine(config: Config) -> Config:
        config.attributes["engine"] = engine
        return config

    migrate.configure(hand_over_engine)
    transport = TransportOutsideTransactions(clock)
    # Somebody waits at a page, and holds one of the few threads that serve pages.
    quick = TransportOutsideTransactions(clock, read=10, total=15)
    cronofy = settings.cronofy
    limiter = Limiter(clock, per_second=cronofy.per_second, per_minute=cronofy.per_minute)

    def client(tokens: TokenSource, lane: Lane, tenant: str) -> CronofyClient:
        return CronofyClient(
            cronofy.api_url,
            quick if lane is Lane.USER else transport,
            limiter,
            tokens,
            clock,
            lane=lane,
            tenant=tenant,
        )

    def wake() -> None:
        loop: DueLoop | None = app.extensions.get("calsync_loop")
        if loop:
            loop.wake()

    def is_stopping() -> bool:
        loop: DueLoop | None = app.extensions.get("calsync_loop")
        return loop is not None and loop.is_stopping

    return Tools(
        db=Database(engine),
        clock=clock,
        keyring=Keyring(settings.token_keys),
        oauth=CronofyOAuth(
            cronofy.client_id,
            cronofy.client_secret,
            cronofy.api_url,
            cronofy.app_url,
            settings.redirect_uri,
            clock,
            transport=transport,
            limiter=limiter,
        ),
        cronofy=client,
        sender=Sender(clock, allow_private=settings.webhooks_allow_private),
        wake=wake,
        public_url=settings.public_url,
        is_stopping=is_stopping,
    )


def make_folder(instance: Path) -> None:
    """Make the data folder. Raises SettingsError where that cannot be."""
    try:
        instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingsError(
            f"The data folder {instance} cannot be made: {error.strerror}. CALSYNC_INSTANCE "
            "names another one."
        ) from None


def _flask_settings(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.database_url),
        # `__Host-` makes a browser insist on TLS, on this very host and on no other path.
        "SESSION_COOKIE_NAME": "__Host-calsync" if settings.is_https else "calsync_session",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        # Lax and not Strict: the way back from Cronofy has to arrive logged in.
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": LARGEST_BODY,
        "MAX_FORM_PARTS": 200,
        "TRUSTED_HOSTS": _trusted_hosts(settings),
        "WTF_CSRF_TIME_LIMIT": None,  # The login's own limits bound it.
    }


def _trusted_hosts(settings: Settings) -> list[str]:
    # Whoever asks this machine itself, as a health check does, may use its own names.
    return [settings.host, "localhost", "127.0.0.1", "[::1]"]


def _number_requests(app: Flask, clock: Clock) -> None:
    @app.before_request
    def number() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else new_id()
        current_request.set(g.request_id)
        g.began = clock.monotonic()

    @app.after_request
    def note(response: Response) -> Response:
        # The route and not the path: a path may hold what only its reader should see.
        if "began" not in g:  # turned away before it had a number
            return response
        log.info(
            "request served",
            method=request.method,
            route=str(request.url_rule or ""),
            status=response.status_code,
            ms=round((clock.monotonic() - g.began) * 1000),
        )
        return response
