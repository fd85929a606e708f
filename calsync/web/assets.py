"""Files that browsers keep, ours and installed packages', at addresses that change with them."""

import hashlib
import re
from functools import cache
from importlib.resources import files

from flask import Blueprint, Flask, Response, abort, url_for

from calsync import find_folder
from calsync.web.grid_css import grid_css

#: Every icon that a page uses; the sprite holds no others.
ICONS = (
    "arrow-repeat",
    "box-arrow-up-right",
    "calendar-event",
    "calendar3",
    "check2-square",
    "check-circle",
    "chevron-left",
    "chevron-right",
    "exclamation-triangle",
    "hourglass-split",
    "info-circle",
    "link-45deg",
    "list-check",
    "lock",
    "person-circle",
    "plus-lg",
    "search",
    "telephone",
    "tools",
    "x-circle",
)
_YEAR = 365 * 24 * 3600

#: Our own files; the rest comes from installed packages.
_OWN = (
    "alert.js",
    "calendar.js",
    "calsync.css",
    "favicon.svg",
    "home.css",
    "plan.css",
    "wizard.css",
    "wizard.js",
)
_KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

bp = Blueprint("assets", __name__)


@bp.get("/static/<version>/<name>")
def serve(version: str, name: str) -> Response:
    """Serve a file for good: its address changes when it does."""
    content = _load().get(name)
    if content is None or version != _mark(content):
        abort(404)
    response = Response(content, mimetype=_KINDS[name.rpartition(".")[2]])
    response.cache_control.public = True
    response.cache_control.immutable = True
    response.cache_control.max_age = _YEAR
    return response


def register_assets(app: Flask) -> None:
    """Give templates ``asset_url``, and serve what it names."""
    app.register_blueprint(bp)
    # Read now: a missing package is noticed at the start and not by a visitor.
    _load()

    @app.template_global()
    def asset_url(name: str) -> str:
        return url_for("assets.serve", name=name, version=_mark(_load()[name]))


@cache
def _load() -> dict[str, bytes]:
    bootstrap = files("flask_bootstrap") / "static" / "bootstrap5"
    css = (bootstrap / "css" / "bootstrap.min.css").read_bytes()
    own = {name: (find_folder("static") / name).read_bytes() for name in _OWN}
    own["home.css"] += grid_css().encode()
    return {
        # The map is for developers of Bootstrap; a browser would ask for it in vain.
        "bootstrap.css": css.partition(b"/*# sourceMappingURL")[0],
        "htmx.js": (files("js_lib_htmx") / "static" / "htmx" / "htmx.min.js").read_bytes(),
        "icons.svg": _sprite((bootstrap / "icons" / "bootstrap-icons.svg").read_text()),
        **own,
    }


def _sprite(all_icons: str) -> bytes:
    """Return an SVG with the symbols of ICONS alone."""
    symbols = []
    for icon in ICONS:
        found = re.search(rf'<symbol[^>]* id="{icon}"[^>]*>.*?</symbol>', all_icons, re.DOTALL)
        if found is None:
            raise LookupError(f"The installed Bootstrap Icons have no {icon}.")
        symbols.append(found.group())
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'.encode()


@cache
def _mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
