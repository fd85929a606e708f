"""The JSON API for other software: it parses, calls one service, and writes."""

from flask import Blueprint, Flask
from werkzeug.exceptions import HTTPException

from calsync.api import (
    access,
    clients,
    contacts,
    description,
    integrations,
    items,
    occurrences,
    people,
    runs,
    tickets,
)
from calsync.api.parsing import AnyPath
from calsync.api.problems import Problem, register_problems, show_problem
from calsync.core.item import UnfitItem
from calsync.errors import CalsyncError

__all__ = ["register_api"]

_GUARDED = (
    items.bp,
    occurrences.bp,
    tickets.bp,
    clients.bp,
    contacts.bp,
    people.bp,
    integrations.bp,
    runs.bp,
)


def register_api(app: Flask) -> list[Blueprint]:
    """Give the application the API, and return its blueprints: they take no cookie and no form.

    To be called after the pages: errors of addresses that nobody has are theirs
    otherwise.
    """
    access.register_limit(app)
    register_problems(app)
    app.url_map.converters["anything"] = AnyPath
    blueprints: list[Blueprint] = [*_GUARDED, description.bp]
    for bp in blueprints:
        app.register_blueprint(bp)
    app.extensions["calsync_api"] = description.Description(app, _GUARDED)
    return blueprints


for _bp in _GUARDED:
    _bp.before_request(access.admit)
    _bp.after_request(access.vary)
    for _kind in (Problem, CalsyncError, UnfitItem, HTTPException):
        _bp.register_error_handler(_kind, show_problem)
