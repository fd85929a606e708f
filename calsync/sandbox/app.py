"""The sandbox as a Flask application."""

from pathlib import Path

from flask import Flask

from calsync import find_folder
from calsync.sandbox import (
    channels_api,
    control,
    control_events,
    dashboard,
    events_api,
    identity_api,
    ids,
    mailbox_pages,
    oauth_api,
    portal,
    scheduling_api,
)
from calsync.sandbox.api import register_rules
from calsync.sandbox.breakage import Breakage
from calsync.sandbox.world import attach_world, open_world

#: A body beyond this is answered with 413.
LARGEST_BODY = 1_000_000
BLUEPRINTS = [
    module.bp
    for module in (
        oauth_api,
        identity_api,
        events_api,
        channels_api,
        scheduling_api,
        control,
        control_events,
        portal,
        mailbox_pages,
        dashboard,
    )
]


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
    attach_world(app, world)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    register_rules(app)
    app.wsgi_app = Breakage(app.wsgi_app, world.faults, world.traffic)  # type: ignore[method-assign]
    return app
