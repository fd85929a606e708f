"""/api/v1/contacts: the people at clients."""

from typing import Any

from flask import Response, jsonify, request

from calsync.api import queries, schemas
from calsync.api.access import tools, who
from calsync.api.conditions import expected_version, with_tag
from calsync.api.cursors import read_id, write_id
from calsync.api.once import make_once
from calsync.api.parsing import JsonBlueprint, known_as
from calsync.api.retries import retried
from calsync.db.models import Contact
from calsync.errors import StaleVersion
from calsync.services.contacts import (
    change_contact,
    create_contact,
    delete_contact,
    find_contact_known_as,
    get_contact,
    put_contact,
)
from calsync.services.listing import page_contacts
from calsync.services.tools import Tools

bp = JsonBlueprint(
    "api_contacts", __name__, url_prefix="/api/v1/contacts", description="The people at clients."
)


@bp.get("")
@bp.arguments(queries.ContactQuery, location="query")
@bp.response(200, schemas.ContactPage)
def list_contacts(query: dict[str, Any]) -> Response:
    """List the contacts at the clients of your tenant."""
    contacts, has_more = page_contacts(
        tools(),
        who(),
        client_id=query.get("client"),
        after=read_id(query.get("cursor")),
        limit=query["limit"],
    )
    cursor = write_id(contacts[-1].id) if has_more else None
    return jsonify(contacts=[_write(contact) for contact in contacts], next_cursor=cursor)


@bp.post("")
@bp.arguments(schemas.ContactIn)
@bp.response(201, schemas.Contact)
def add_contact(values: dict[str, Any]) -> Response:
    """Make a contact at a client, as a dispatcher."""

    def make(tools_: Tools) -> dict[str, Any]:
        external_id = values.get("external_id")
        contact_id = create_contact(tools_, who(), values["client"], values["name"], external_id)
        return _write(get_contact(tools_, who(), contact_id))

    return make_once("api_contacts.show_contact", make, contact_id="id")


@bp.get("/<contact_id>")
@bp.response(200, schemas.Contact)
@bp.alt_response(304, description="You have this version already.")
def show_contact(contact_id: str) -> Response:
    """Get a contact."""
    return _answer(contact_id)


@bp.put("/<contact_id>")
@bp.arguments(schemas.ContactIn)
@bp.response(200, schemas.Contact)
def replace_contact(values: dict[str, Any], contact_id: str) -> Response:
    """Put other values in place of a contact's.

    One that an item names stays at its client (else 409).
    """
    return retried(lambda: _change(contact_id, {"external_id": None, **values}))


@bp.patch("/<contact_id>")
@bp.arguments(schemas.ContactPatch(partial=True))
@bp.response(200, schemas.Contact)
def patch_contact(values: dict[str, Any], contact_id: str) -> Response:
    """Change some values of a contact. One that an item names stays at its client (else 409)."""
    return retried(lambda: _change(contact_id, values))


@bp.delete("/<contact_id>")
@bp.response(204)
def remove_contact(contact_id: str) -> Response:
    """Remove a contact that no item names (else 409)."""
    version = expected_version(lambda: get_contact(tools(), who(), contact_id).version)
    delete_contact(tools(), who(), contact_id, version=version)
    return Response(status=204)


@bp.put("/by-external-id/<anything:external_id>", merge_slashes=False)
@bp.arguments(schemas.ContactIn)
@bp.response(200, schemas.Contact)
@bp.alt_response(201, schema=schemas.Contact, description="There was none, so it was made.")
def upsert_contact(values: dict[str, Any], external_id: str) -> Response:
    """Make the contact that you know by an id of your own, or put other values in its place."""
    known_as(values, external_id)

    def find_version() -> int:
        found = find_contact_known_as(tools(), who(), external_id)
        return found.version if found else 0

    contact_id, is_new = put_contact(
        tools(),
        who(),
        values["client"],
        values["name"],
        external_id,
        version=expected_version(find_version),
        must_exist="If-Match" in request.headers,
    )
    response = _answer(contact_id)
    response.status_code = 201 if is_new else 200
    return response


def _change(contact_id: str, values: dict[str, Any]) -> Response:
    contact = get_contact(tools(), who(), contact_id)
    version = expected_version(lambda: contact.version)
    if version not in (None, contact.version):
        raise StaleVersion(contact.version)
    client_id = values.get("client", contact.client_id)
    name = values.get("name", contact.name)
    external_id = values.get("external_id", contact.external_id)
    change_contact(
        tools(), who(), contact_id, client_id, name, external_id, version=contact.version
    )
    return _answer(contact_id)


def _answer(contact_id: str) -> Response:
    contact = get_contact(tools(), who(), contact_id)
    return with_tag(jsonify(_write(contact)), contact.version)


def _write(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.id,
        "name": contact.name,
        "client": contact.client_id,
        "external_id": contact.external_id,
        "version": contact.version,
    }
