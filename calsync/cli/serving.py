"""`calsync serve`: the web server, with the loop over due work beside it."""

import logging
import os
import signal
from types import FrameType
from typing import Any

import click
import waitress
from flask import Flask

from calsync.app import LARGEST_BODY, refuse_other_schema, start_loop
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
    refuse_other_schema(app)
    leave(is_clean=serve_until_stopped(app, host, port))


def leave(*, is_clean: bool) -> None:
    """End the process with status 0, also while a worker still waits for the network.

    Python would wait for its thread. Its row is found again at the end of its lease.
    """
    if not is_clean:
        logging.shutdown()
        os._exit(0)


def serve_until_stopped(app: Flask, host: str, port: int) -> bool:
    """Serve until SIGTERM or Ctrl-C; say whether the work in hand ended within seconds.

    Raises SettingsError where the port cannot be had.
    """
    # Waitress ends its own loop when it meets a SystemExit.
    signal.signal(signal.SIGTERM, _raise_exit)
    try:
        server = listen(app, host, port)
    except (OSError, OverflowError) as error:
        raise SettingsError(f"Port {port} on {host} cannot be had: {error}.") from None
    loop = start_loop(app)
    log.info("serving", host=host, port=port)
    try:
        server.run()
    finally:
        is_clean = loop.stop()
    return is_clean


def listen(app: Flask, host: str, port: int) -> Any:
    """Return Waitress's server, bound to the port and ready to run."""
    return waitress.create_server(
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


def _raise_exit(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
