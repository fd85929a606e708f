"""The dashboard: what was called and sent, and the switches that make trouble."""

from flask import Blueprint

from calsync.sandbox import screens

bp = Blueprint("sandbox_dashboard", __name__)
screens.protect(bp)


@bp.get("/dashboard")
def show() -> str:
    return "x"
