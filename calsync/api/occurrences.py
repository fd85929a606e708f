"""/api/v1/items/{id}/occurrences: the single times that a series takes place."""

from datetime import timedelta
from typing import Any

from flask import Response, jsonify

from calsync.api import queries, schemas
from calsync.api.access import tools, who
from calsync.api.conditions import expected_version, with_tag
from calsync.api.item_form import read_fields, values_of, write_item, write_occurrence
from calsync.api.once import change_once
from calsync.api.parsing import JsonBlueprint
from calsync.api.problems import FieldError, Problem
from calsync.api.retries import retried
from calsync.core.item import LONGEST_DAYS, Fault, UnfitItem
from calsync.errors import NotAllowed, StaleVersion
from calsync.services.item_access import find_item_view
from calsync.services.item_edits import means_same
from calsync.services.items import delete_item
from calsync.services.occurrences import change_occurrence, list_occurrences
from calsync.services.tools import Tools

bp = JsonBlueprint(
    "api_occurrences",
    __name__,
    url_prefix="/api/v1/items/<item_id>/occurrences",
    description="The single times that a series takes place.",
)
_LONGEST_RANGE = timedelta(days=LONGEST_DAYS)


@bp.get("")
@bp.arguments(queries.RangeQuery, location="query")
@bp.response(200, schemas.OccurrenceList)
def find_occurrences(query: dict[str, Any], item_id: str) -> Response:
    """List what takes place of a series in a range of at most 366 days.

    Removed ones are left out; they stand in the item's exceptions. An item that does not
    repeat has none.
    """
    start, end = query["start"], query["end"]
    if end < start or end - start > _LONGEST_RANGE:
        code = "before_start" if end < start else "too_far"
        raise Problem(422, errors=[FieldError("?to", code)])
    views = list_occurrences(tools(), who(), item_id, start, end)
    return jsonify(occurrences=[write_occurrence(view) for view in views])


@bp.get("/<key>")
@bp.response(200, schemas.Occurrence)
@bp.alt_response(304, description="You have this version already.")
def show_occurrence(item_id: str, key: str) -> Response:
    """Get one occurrence."""
    view = find_item_view(tools(), who(), item_id, key)
    return with_tag(jsonify(write_occurrence(view)), view.version)


@bp.patch("/<key>")
@bp.arguments(queries.ScopeQuery, location="query")
@bp.arguments(schemas.ItemPatch(partial=True))
@bp.response(200, schemas.Item)
def patch_occurrence(
    query: dict[str, Any], values: dict[str, Any], item_id: str, key: str
) -> Response:
    """Change some values of one occurrence, of it and the following ones, or of all.

    The answer is the item that has them now: with scope=following, one of its own,
    unless it was the first. A new start or end is that of the named occurrence; with the
    other scopes, the others move as far.
    """

    def change(tools_: Tools) -> dict[str, Any]:
        return _change(tools_, query, values, item_id, key)

    return retried(lambda: change_once(change))


@bp.delete("/<key>")
@bp.arguments(queries.ScopeQuery, location="query")
@bp.response(204)
def remove_occurrence(query: dict[str, Any], item_id: str, key: str) -> Response:
    """Remove one occurrence, or it and the following ones.

    An item of which nothing would be left goes into the bin, as it does with scope=all.
    """
    version = expected_version(lambda: find_item_view(tools(), who(), item_id, key).version)
    find_item_view(tools(), who(), item_id, key)
    delete_item(tools(), who(), item_id, version=version, scope=query["scope"], key=key)
    return Response(status=204)


def _change(
    tools_: Tools, query: dict[str, Any], values: dict[str, Any], item_id: str, key: str
) -> dict[str, Any]:
    whole = find_item_view(tools_, who(), item_id)
    shown = find_item_view(tools_, who(), item_id, key)
    if shown.is_hidden:
        raise NotAllowed
    if shown.version != whole.version or expected_version(lambda: whole.version) not in (
        None,
        whole.version,
    ):
        raise StaleVersion(whole.version)
    if values.get("kind", whole.fields.kind) is not whole.fields.kind:
        raise UnfitItem((Fault("kind", "fixed"),))
    present = whole.fields.rule
    changed_id = change_occurrence(
        tools_,
        who(),
        whole,
        shown,
        read_fields({**values_of(shown), **values}, whole.fields.time_zone),
        scope=query["scope"],
        assignees=values.get("assignees"),
        keeps_rule=means_same(values.get("rule", present), present, whole.fields.times),
    )
    return write_item(find_item_view(tools_, who(), changed_id))
