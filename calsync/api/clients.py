"""/api/v1/clients: whom work is done for."""

from typing import Any

from flask import Response, jsonify, request

from calsync.api import queries, schemas
from calsync.api.access import tools, who
from calsync.api.conditions import expected_version, with_tag
from calsync.api.cursors import read_id, write_id
from calsync.api.once import make_once
from calsync.api.parsing import JsonBlueprint, known_as
from calsync.api.retries import retried
from calsync.db.models import Client
from calsync.errors import StaleVersion
from calsync.services.clients import (
    change_client,
    create_client,
    delete_client,
    find_client_known_as,
    get_client_view,
    put_client,
)
from calsync.services.listing import page_clients
from calsync.services.tools import Tools

bp = JsonBlueprint(
    "api_clients", __name__, url_prefix="/api/v1/clients", description="Whom work is done for."
)


@bp.get("")
@bp.arguments(queries.PageQuery, location="query")
@bp.response(200, schemas.ClientPage)
def list_clients(query: dict[str, Any]) -> Response:
    """List the clients of your tenant."""
    clients, has_more = page_clients(
        tools(), who(), after=read_id(query.get("cursor")), limit=query["limit"]
    )
    cursor = write_id(clients[-1].id) if has_more else None
    return jsonify(clients=[_write(client) for client in clients], next_cursor=cursor)


@bp.post("")
@bp.arguments(schemas.ClientIn)
@bp.response(201, schemas.Client)
def add_client(values: dict[str, Any]) -> Response:
    """Make a client, as a dispatcher. No two have the same name."""

    def make(tools_: Tools) -> dict[str, Any]:
        client_id = create_client(tools_, who(), values["name"], values.get("external_id"))
        return _write(get_client_view(tools_, who(), client_id).client)

    return make_once("api_clients.show_client", make, client_id="id")


@bp.get("/<client_id>")
@bp.response(200, schemas.Client)
@bp.alt_response(304, description="You have this version already.")
def show_client(client_id: str) -> Response:
    """Get a client."""
    return _answer(client_id)


@bp.put("/<client_id>")
@bp.arguments(schemas.ClientIn)
@bp.response(200, schemas.Client)
def replace_client(values: dict[str, Any], client_id: str) -> Response:
    """Put other values in place of a client's; its service calls are called after it."""
    return retried(lambda: _change(client_id, {"external_id": None, **values}))


@bp.patch("/<client_id>")
@bp.arguments(schemas.ClientPatch(partial=True))
@bp.response(200, schemas.Client)
def patch_client(values: dict[str, Any], client_id: str) -> Response:
    """Change some values of a client."""
    return retried(lambda: _change(client_id, values))


@bp.delete("/<client_id>")
@bp.response(204)
def remove_client(client_id: str) -> Response:
    """Remove a client that no ticket and no item belongs to (else 409), with its contacts."""
    version = expected_version(lambda: get_client_view(tools(), who(), client_id).client.version)
    delete_client(tools(), who(), client_id, version=version)
    return Response(status=204)


@bp.put("/by-external-id/<anything:external_id>", merge_slashes=False)
@bp.arguments(schemas.ClientIn)
@bp.response(200, schemas.Client)
@bp.alt_response(201, schema=schemas.Client, description="There was none, so it was made.")
def upsert_client(values: dict[str, Any], external_id: str) -> Response:
    """Make the client that you know by an id of your own, or put other values in its place."""
    known_as(values, external_id)

    def find_version() -> int:
        found = find_client_known_as(tools(), who(), external_id)
        return found.version if found else 0

    client_id, is_new = put_client(
        tools(),
        who(),
        values["name"],
        external_id,
        version=expected_version(find_version),
        must_exist="If-Match" in request.headers,
    )
    response = _answer(client_id)
    response.status_code = 201 if is_new else 200
    return response


def _change(client_id: str, values: dict[str, Any]) -> Response:
    client = get_client_view(tools(), who(), client_id).client
    version = expected_version(lambda: client.version)
    if version not in (None, client.version):
        raise StaleVersion(client.version)
    name = values.get("name", client.name)
    external_id = values.get("external_id", client.external_id)
    change_client(tools(), who(), client_id, name, external_id, version=client.version)
    return _answer(client_id)


def _answer(client_id: str) -> Response:
    client = get_client_view(tools(), who(), client_id).client
    return with_tag(jsonify(_write(client)), client.version)


def _write(client: Client) -> dict[str, Any]:
    return {
        "id": client.id,
        "name": client.name,
        "external_id": client.external_id,
        "version": client.version,
    }
