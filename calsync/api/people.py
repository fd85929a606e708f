"""/api/v1/users: whom work is given to."""

from typing import Any

from flask import Response, jsonify

from calsync.api import queries, schemas
from calsync.api.access import tools, who
from calsync.api.cursors import read_id, write_id
from calsync.api.parsing import JsonBlueprint
from calsync.db.models import User
from calsync.services.listing import page_users

bp = JsonBlueprint("api_people", __name__, url_prefix="/api/v1", description="Your colleagues.")


@bp.get("/users")
@bp.arguments(queries.PageQuery, location="query")
@bp.response(200, schemas.UserPage)
def list_users(query: dict[str, Any]) -> Response:
    """List the people of your tenant who can be assigned."""
    users, has_more = page_users(
        tools(), who(), after=read_id(query.get("cursor")), limit=query["limit"]
    )
    cursor = write_id(users[-1].id) if has_more else None
    return jsonify(users=[_write_user(user) for user in users], next_cursor=cursor)


def _write_user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "role": user.role.value,
        "time_zone": user.time_zone,
    }
