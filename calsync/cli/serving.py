"""`calsync serve`: the web server, with the loop over due work beside it."""

import signal
from types import FrameType

import click
import waitress
from flask import Flask

from calsync.app import LARGEST_BODY, is_schema_current, start_loop
from calsync.cli.installation import open_app, plain_errors
from calsync.errors import SettingsError
from calsync.logs import Log, configure_logging

_THREADS = 8

log = Log("calsync.serving")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", envvar="PORT", default=5000, show_default=True)
@plain_errors
def serve(host: str, port: int) -> None:
    """Serve this installation. Stops at SIGTERM, within ten seconds, after the work in hand."""
    configure_logging()
    app = open_app()
    if not is_schema_current(app):
        raise SettingsError(
            "The database's schema is not of this version. Run `calsync db upgrade`."
        )
    serve_until_stopped(app, host, port)


def serve_until_stopped(app: Flask, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C, then let the work in hand end."""
    # Waitress ends its own loop when it meets a SystemExit.
    signal.signal(signal.SIGTERM, _raise_exit)
    server = waitress.create_server(
        app,
        host=host,
        port=port,
        threads=_THREADS,
        ident=None,
        # The application looks at them itself, and believes as many as the settings say.
        clear_untrusted_proxy_headers=False,
        # The application refuses large bodies itself, with a page; this only bounds it.
        max_request_body_size=20 * LARGEST_BODY,
    )
    loop = start_loop(app)
    log.info("serving", host=host, port=port)
    try:
        server.run()
    finally:
        loop.stop()


def _raise_exit(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
