"""The sandbox as a Flask application."""

import importlib.util
from importlib import import_module
from pathlib import Path

from flask import Flask

from calsync import find_folder
from calsync.sandbox import (
    channels_api,
    control,
    events_api,
    identity_api,
    ids,
    oauth_api,
    scheduling_api,
)
from calsync.sandbox.api import register_rules
from calsync.sandbox.breakage import Breakage
from calsync.sandbox.world import attach_world, open_world

#: A body beyond this is answered with 413.
LARGEST_BODY = 1_000_000
#: The pages for people.
PAGES = ("portal", "mailbox_pages", "dashboard")


def create_sandbox(database: Path, *, rate_limit: bool | None = None) -> Flask:
    """Return the sandbox on this SQLite file, which is made and seeded if it is new.

    ``rate_limit`` turns Cronofy's limits on or off; None leaves them as they
    were last set. ``get_world(app).close()`` ends its threads.
    """
    world = open_world(database)
    if rate_limit is not None:
        world.store.change_settings(rate_limit=rate_limit)
    app = Flask(
        "calsync.sandbox",
        template_folder=str(find_folder("templates")),
        static_folder=str(find_folder("static")),
    )
    app.config["SECRET_KEY"] = ids.new_token()
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask types the base class
    attach_world(app, world)
    for module in (
        oauth_api,
        identity_api,
        events_api,
        ids,
        channels_api,
        scheduling_api,
        control,
    ):
        app.register_blueprint(module.bp)
    for name in PAGES:
        if importlib.util.find_spec(f"calsync.sandbox.{name}"):
            app.register_blueprint(import_module(f"calsync.sandbox.{name}").bp)
    register_rules(app)
    app.wsgi_app = Breakage(app.wsgi_app, world.faults, world.traffic)  # type: ignore[method-assign]
    return app
