"""/api/v1/items: what stands on people's calendars."""

from typing import Any

from flask import Response, jsonify, request

from calsync.api import queries, schemas
from calsync.api.access import live_token, tools, who
from calsync.api.conditions import expected_version, with_tag
from calsync.api.cursors import read_position, write_ends
from calsync.api.item_form import read_fields, values_of, write_item
from calsync.api.once import make_once
from calsync.api.parsing import JsonBlueprint, known_as
from calsync.api.retries import retried
from calsync.core.item import Fault, UnfitItem
from calsync.errors import NotAllowed, StaleVersion
from calsync.services.item_access import ItemView, find_item_view, find_view_by_external_id
from calsync.services.item_upsert import put_item
from calsync.services.items import change_item, create_item, delete_item, restore_item
from calsync.services.listing import ItemFilter, page_items
from calsync.services.tools import Tools

bp = JsonBlueprint(
    "api_items",
    __name__,
    url_prefix="/api/v1/items",
    description="Appointments, CRM activities, service calls, tasks and todos.",
)


@bp.get("")
@bp.arguments(queries.ItemQuery, location="query")
@bp.response(200, schemas.ItemPage)
def list_items(query: dict[str, Any]) -> Response:
    """List the items that you may see.

    Those that were changed longest ago come first. With updated_since, the list also
    has what was deleted since, and what you may not see any more: this is how to keep a
    copy up to date. Begin with a time long ago, and go on with the resume_cursor.
    """
    wanted = {name: query[name] for name in ItemFilter.__dataclass_fields__ if name in query}
    after = read_position(query.get("cursor"))
    page = page_items(tools(), who(), ItemFilter(**wanted), after=after, limit=query["limit"])
    return jsonify(
        items=[write_item(view) for view in page.views],
        **write_ends(page.position, has_more=page.has_more, is_of_changes="updated_since" in query),
    )


@bp.post("")
@bp.arguments(schemas.ItemIn)
@bp.response(201, schemas.Item)
def add_item(values: dict[str, Any]) -> Response:
    """Make an item.

    With an Idempotency-Key, sending the request again makes nothing more and gives the
    same answer for a day.
    """

    def make(tools_: Tools) -> dict[str, Any]:
        fields = read_fields(values, live_token().user.time_zone)
        item_id = create_item(tools_, who(), fields, values.get("assignees"))
        return write_item(find_item_view(tools_, who(), item_id))

    return make_once("api_items.show_item", make, item_id="id")


@bp.get("/<item_id>")
@bp.response(200, schemas.Item)
@bp.alt_response(304, description="You have this version already.")
def show_item(item_id: str) -> Response:
    """Get an item. Of somebody else's private one you learn only when it is."""
    return _answer(find_item_view(tools(), who(), item_id))


@bp.put("/<item_id>")
@bp.arguments(schemas.ItemIn)
@bp.response(200, schemas.Item)
def replace_item(values: dict[str, Any], item_id: str) -> Response:
    """Put other values in place of an item's.

    A field that is not sent gets its first value; the assignees stay unless they are
    sent. Of a series, every occurrence changes.
    """
    view = find_item_view(tools(), who(), item_id)
    version = expected_version(lambda: view.version)
    return _change(view, values, version)


@bp.patch("/<item_id>")
@bp.arguments(schemas.ItemPatch(partial=True))
@bp.response(200, schemas.Item)
def patch_item(values: dict[str, Any], item_id: str) -> Response:
    """Change some values of an item, and leave the others as they are."""
    return retried(lambda: _patch_once(values, item_id))


@bp.delete("/<item_id>")
@bp.response(204)
def remove_item(item_id: str) -> Response:
    """Put an item in the bin, from which people can restore it for 30 days."""
    version = expected_version(lambda: find_item_view(tools(), who(), item_id).version)
    delete_item(tools(), who(), item_id, version=version)
    return Response(status=204)


@bp.post("/<item_id>/restore")
@bp.response(200, schemas.Item)
def restore(item_id: str) -> Response:
    """Take an item out of the bin. One that is not in there is given as it is."""
    expected = expected_version(
        lambda: find_item_view(tools(), who(), item_id, in_bin=True).version
    )
    view = find_item_view(tools(), who(), item_id, in_bin=True)
    if view.deleted_at is not None:
        restore_item(tools(), who(), item_id, version=expected)
        view = find_item_view(tools(), who(), item_id)
    elif expected not in (None, view.version):
        raise StaleVersion(view.version)
    return _answer(view)


@bp.put("/by-external-id/<anything:external_id>", merge_slashes=False)
@bp.arguments(schemas.ItemIn)
@bp.response(200, schemas.Item)
@bp.alt_response(201, schema=schemas.Item, description="There was none, so it was made.")
def upsert_item(values: dict[str, Any], external_id: str) -> Response:
    """Make the item that you know by an id of your own, or put other values in its place.

    One that is in the bin is restored.
    """
    known_as(values, external_id)
    fields = read_fields(values, live_token().user.time_zone)
    is_asked = "If-Match" in request.headers
    version = expected_version(lambda: _present_version(external_id))
    item_id, is_new = put_item(
        tools(),
        who(),
        fields,
        assignees=values.get("assignees"),
        version=version,
        must_exist=is_asked,
    )
    response = _answer(find_item_view(tools(), who(), item_id))
    response.status_code = 201 if is_new else 200
    return response


def _patch_once(values: dict[str, Any], item_id: str) -> Response:
    view = find_item_view(tools(), who(), item_id)
    if view.is_hidden:
        raise NotAllowed
    version = expected_version(lambda: view.version)
    if version not in (None, view.version):
        raise StaleVersion(view.version)
    return _change(view, {**values_of(view), **values}, view.version)


def _change(view: ItemView, values: dict[str, Any], version: int | None) -> Response:
    if values["kind"] is not view.fields.kind:
        raise UnfitItem((Fault("kind", "fixed"),))
    fields = read_fields(values, view.fields.time_zone)
    change_item(tools(), who(), view.id, fields, assignees=values.get("assignees"), version=version)
    return _answer(find_item_view(tools(), who(), view.id))


def _present_version(external_id: str) -> int:
    view = find_view_by_external_id(tools(), who(), external_id)
    return view.version if view else 0


def _answer(view: ItemView) -> Response:
    return with_tag(jsonify(write_item(view)), view.version)
