"""Files that browsers keep, ours and installed packages', at addresses that change with them."""

import hashlib
import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, send_file, url_for

#: Every icon that a page uses; the sprite holds no others.
ICONS = (
    "arrow-repeat",
    "box-arrow-up-right",
    "calendar3",
    "check-circle",
    "exclamation-triangle",
    "hourglass-split",
    "info-circle",
    "link-45deg",
    "lock",
    "person-circle",
    "plus-lg",
    "x-circle",
)
_YEAR = 365 * 24 * 3600

bp = Blueprint("assets", __name__)


@bp.get("/static/vendor/<version>/<name>")
def vendor(version: str, name: str) -> Response:
    """Serve one of the packages' files; its version is part of the address."""
    content = _vendor_files().get(name)
    if content is None or version != _mark(content):
        abort(404)
    kind = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    response = Response(content, mimetype=kind[name.rpartition(".")[2]])
    response.cache_control.public = True
    response.cache_control.immutable = True
    response.cache_control.max_age = _YEAR
    return response


def register_assets(app: Flask) -> None:
    """Give templates ``vendor_url`` and ``asset_url``, and serve what they name."""
    app.register_blueprint(bp)
    # Read now: a missing package is noticed at the start and not by a visitor.
    _vendor_files()

    @app.template_global()
    def vendor_url(name: str) -> str:
        return url_for("assets.vendor", name=name, version=_mark(_vendor_files()[name]))

    @app.template_global()
    def asset_url(name: str) -> str:
        folder = Path(app.static_folder or "")
        return url_for("assets.own", name=name, version=_mark(_read(folder / name)))

    @app.get("/static/own/<version>/<path:name>", endpoint="assets.own")
    def own(version: str, name: str) -> Response:
        path = Path(app.static_folder or "") / name
        if name not in ("calsync.css", "favicon.svg") or version != _mark(_read(path)):
            abort(404)
        return send_file(path, max_age=_YEAR)


@cache
def _vendor_files() -> dict[str, bytes]:
    bootstrap = files("flask_bootstrap") / "static" / "bootstrap5"
    css = (bootstrap / "css" / "bootstrap.min.css").read_bytes()
    return {
        # The map is for developers of Bootstrap; a browser would ask for it in vain.
        "bootstrap.css": css.partition(b"/*# sourceMappingURL")[0],
        "htmx.js": (files("js_lib_htmx") / "static" / "htmx" / "htmx.min.js").read_bytes(),
        "icons.svg": _sprite((bootstrap / "icons" / "bootstrap-icons.svg").read_text()),
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
def _read(path: Path) -> bytes:
    return path.read_bytes()


@cache
def _mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
