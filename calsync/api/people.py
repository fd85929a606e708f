"""/api/v1/users and /api/v1/clients: whom work is given to, and whom it is done for."""

from typing import Any

from flask import Response, jsonify

from calsync.api import schemas
from calsync.api.access import tools, who
from calsync.api.cursors import read_id, write_id
from calsync.api.once import make_once
from calsync.api.parsing import JsonBlueprint
from calsync.db.models import User
from calsync.services.listing import page_clients, page_users
from calsync.services.tickets import create_client
from calsync.services.tools import Tools

bp = JsonBlueprint(
    "api_people", __name__, url_prefix="/api/v1", description="Your colleagues, and clients."
)


@bp.get("/users")
@bp.arguments(schemas.PageQuery, location="query")
@bp.response(200, schemas.UserPage)
def list_users(query: dict[str, Any]) -> Response:
    """List the people of your tenant who can be assigned."""
    users, has_more = page_users(
        tools(), who(), after=read_id(query.get("cursor")), limit=query["limit"]
    )
    cursor = write_id(users[-1].id) if has_more else None
    return jsonify(users=[_write_user(user) for user in users], next_cursor=cursor)


@bp.get("/clients")
@bp.arguments(schemas.PageQuery, location="query")
@bp.response(200, schemas.ClientPage)
def list_clients(query: dict[str, Any]) -> Response:
    """List the clients of your tenant."""
    clients, has_more = page_clients(
        tools(), who(), after=read_id(query.get("cursor")), limit=query["limit"]
    )
    cursor = write_id(clients[-1].id) if has_more else None
    found = [{"id": client.id, "name": client.name} for client in clients]
    return jsonify(clients=found, next_cursor=cursor)


@bp.post("/clients")
@bp.arguments(schemas.ClientIn)
@bp.response(201, schemas.Client)
def add_client(values: dict[str, str]) -> Response:
    """Make a client. No two have the same name."""

    def make(tools_: Tools) -> dict[str, Any]:
        client_id = create_client(tools_, who(), values["name"])
        return {"id": client_id, "name": values["name"].strip()}

    return make_once("api_people.list_clients", make)


def _write_user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "role": user.role.value,
        "time_zone": user.time_zone,
    }
