"""The addresses at which a tenant's PSA hears of changes."""

from collections import defaultdict
from dataclasses import dataclass

from calsync.db.database import Session
from calsync.db.models import Role, WebhookDelivery, WebhookEndpoint
from calsync.db.sealed import place_of
from calsync.db.users import get_user
from calsync.db.webhooks import delete_endpoint, list_deliveries, list_endpoints, lock_endpoint
from calsync.delivery.addresses import check_url
from calsync.delivery.messages import MessageType, build_body
from calsync.delivery.signing import new_secret
from calsync.errors import AlreadyThere, NotAllowed, NotThere, UserError
from calsync.ids import new_id
from calsync.services.tools import Tools, Who
from calsync.services.webhooks import attempt, settle

MOST_ENDPOINTS = 20


@dataclass(frozen=True)
class EndpointView:
    """An address, and the last attempts to tell it something, the latest first."""

    endpoint: WebhookEndpoint
    deliveries: tuple[WebhookDelivery, ...]


class TooMany(UserError):
    """The tenant has as many addresses as it may have."""


class KnownAddress(UserError):
    """The tenant has that address already."""


def tenant_of_admin(tools: Tools, who: Who) -> str:
    """Return the tenant that somebody administers. Raises NotAllowed."""
    with tools.db.read() as session:
        if get_user(session, who.tenant_id, who.user_id).role is not Role.ADMIN:
            raise NotAllowed
    return who.tenant_id


def add_endpoint(tools: Tools, tenant_id: str, url: str) -> tuple[str, str]:
    """Have an address told of every change; return its id and the secret to check with.

    Raises UnfitAddress, KnownAddress or TooMany where that cannot be. The secret is
    shown once.
    """
    check_url(url, allow_private=tools.sender.allow_private)
    endpoint_id, secret = new_id(), new_secret()
    try:
        with tools.db.begin() as session:
            if len(list_endpoints(session, tenant_id)) >= MOST_ENDPOINTS:
                raise TooMany(f"There are {MOST_ENDPOINTS} addresses already. Remove one first.")
            session.add(
                WebhookEndpoint(
                    id=endpoint_id,
                    tenant_id=tenant_id,
                    url=url,
                    secret=tools.keyring.seal(
                        secret, place_of(WebhookEndpoint, tenant_id, endpoint_id, "secret")
                    ),
                    created_at=tools.clock.now(),
                )
            )
    except AlreadyThere:
        raise KnownAddress("That address is told of changes already.") from None
    return endpoint_id, secret


def list_endpoints_of(tools: Tools, tenant_id: str) -> list[EndpointView]:
    """Return the addresses that are told of changes, the oldest first, and those switched off."""
    with tools.db.read() as session:
        endpoints = list_endpoints(session, tenant_id)
        deliveries = defaultdict(list)
        for each in list_deliveries(session, tenant_id):
            deliveries[each.endpoint_id].append(each)
    return [EndpointView(each, tuple(deliveries[each.id])) for each in endpoints]


def switch_off(tools: Tools, tenant_id: str, endpoint_id: str) -> None:
    """Tell an address nothing for now, nor later what happened meanwhile. Raises NotThere."""
    with tools.db.begin() as session:
        endpoint = _get(session, tenant_id, endpoint_id)
        endpoint.disabled_at = endpoint.disabled_at or tools.clock.now()


def switch_on(tools: Tools, tenant_id: str, endpoint_id: str) -> None:
    """Tell an address of changes again, also one that said it was gone. Raises NotThere."""
    with tools.db.begin() as session:
        endpoint = _get(session, tenant_id, endpoint_id)
        endpoint.disabled_at = endpoint.gone_at = None


def remove_endpoint(tools: Tools, tenant_id: str, endpoint_id: str) -> None:
    """Tell an address nothing more. Raises NotThere where there is none of this id."""
    with tools.db.begin() as session:
        if not delete_endpoint(session, tenant_id, endpoint_id):
            raise NotThere


def send_test(tools: Tools, tenant_id: str, endpoint_id: str) -> WebhookDelivery:
    """Send a message that says nothing, once and now, and return what became of it.

    Takes as long as the address does, 15 seconds at most. Raises NotThere.
    """
    with tools.db.begin() as session:
        endpoint = _get(session, tenant_id, endpoint_id)
    body = build_body(MessageType.TEST, tools.clock.now(), {})
    delivery, _ = attempt(tools, endpoint, new_id(), body, 1)
    settle(tools, delivery, is_over=True)
    return delivery


def _get(session: Session, tenant_id: str, endpoint_id: str) -> WebhookEndpoint:
    endpoint = lock_endpoint(session, tenant_id, endpoint_id)
    if endpoint is None:
        raise NotThere
    return endpoint
