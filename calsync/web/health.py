"""Whether the process lives, whether it can serve, and its figures."""

import hmac
import ipaddress

from flask import Blueprint, Response, abort, request

from calsync.metrics import render
from calsync.services.health import find_trouble, measure
from calsync.web.current import has_loop, settings, tools

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """Say that the process is up; asks nobody else."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> Response:
    """Say whether requests can be served: 200 or 503, without details."""
    if find_trouble(tools(), needs_loop=has_loop()):
        return Response("not ready\n", status=503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


@bp.get("/metrics")
def metrics() -> Response:
    """Give the figures to this machine itself, or to whoever has the token."""
    if not _may_read_metrics():
        abort(404)
    measure(tools())
    return Response(render(), mimetype="text/plain; version=0.0.4")


def _may_read_metrics() -> bool:
    expected = settings().metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if expected and hmac.compare_digest(given.encode(), expected.encode()):
        return True
    if settings().is_https:
        return False  # Whoever asks comes through the proxy that speaks TLS.
    # Another proxy on this machine would make every visitor look local, and says so.
    is_forwarded = any(name.lower().startswith("x-forwarded") for name, _value in request.headers)
    try:
        is_local = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        is_local = False
    return is_local and not is_forwarded and "Forwarded" not in request.headers
