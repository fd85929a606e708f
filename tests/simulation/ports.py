"""The product's doors and its client, standing on the provider."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

import requests
from requests.adapters import BaseAdapter

from calsync.clock import Clock
from calsync.cronofy.calls import TokenSource
from calsync.cronofy.client import CronofyClient
from calsync.cronofy.limiter import Lane, Limiter
from calsync.cronofy.oauth import CronofyOAuth
from calsync.cronofy.transport import Answer, Transport
from calsync.db.database import is_in_transaction
from calsync.services.tools import Tools
from tests.simulation.provider import API_URL, CLIENT_ID, CLIENT_SECRET, Provider

APP_URL = "https://app.cronofy.test"
REDIRECT = "http://127.0.0.1:5000/calendar-sync/callback"


class ProviderTransport(Transport):
    """The product's transport, whose network is a provider in memory.

    As in the product, nobody waits for the network inside a transaction.
    """

    def __init__(self, provider: Provider, clock: Clock) -> None:
        super().__init__(clock)
        self.provider = provider

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: object | None = None,
    ) -> Answer:
        refuse_inside_transaction()
        return self.provider.send(method, url, headers=headers, json=json)

    def guard(self, call: Callable[[float], Answer]) -> Answer:
        """Return what the token endpoint answers; a mistake of the provider stays visible."""
        refuse_inside_transaction()
        return call(self.clock.monotonic() + self.total)

    def harden(self, session: requests.Session) -> None:
        """Let a session speak with the provider instead of the network."""
        session.mount("https://", _Adapter(self.provider))


class _Adapter(BaseAdapter):
    """Carries what Authlib sends to the provider."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self._provider = provider

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        text = request.body if isinstance(request.body, str) else (request.body or b"").decode()
        form = dict(parse_qsl(text))
        headers = {name: str(value) for name, value in request.headers.items()}
        answer = self._provider.send(
            str(request.method), str(request.url), headers=headers, json=form
        )
        response = requests.Response()
        response.status_code = answer.status
        response.headers.update(answer.headers)
        response.raw = BytesIO(answer.body)
        return response

    def close(self) -> None:
        """Close nothing: there is no connection."""


def refuse_inside_transaction() -> None:
    """Raise where a transaction is open."""
    if is_in_transaction():
        raise RuntimeError("Nobody waits for the network inside a transaction.")


def stand_on(tools: Tools, provider: Provider, clock: Clock | None = None) -> Tools:
    """Return the product's tools with this provider for their Cronofy, one limiter for all.

    ``clock`` is the product's where that is not the tools' own.
    """
    clock = clock or tools.clock
    limiter = Limiter(clock)
    return replace(
        tools,
        clock=clock,
        oauth=make_oauth(provider, clock, limiter),
        cronofy=make_clients(provider, clock, limiter),
    )


def make_oauth(
    provider: Provider,
    clock: Clock,
    limiter: Limiter,
    *,
    redirect_uri: str = REDIRECT,
    secret: str = CLIENT_SECRET,
) -> CronofyOAuth:
    """Return the product's side of consents and tokens."""
    return CronofyOAuth(
        CLIENT_ID,
        secret,
        API_URL,
        APP_URL,
        redirect_uri,
        clock,
        transport=ProviderTransport(provider, clock),
        limiter=limiter,
        jitter=lambda: 0.5,
    )


def make_clients(
    provider: Provider, clock: Clock, limiter: Limiter
) -> Callable[[TokenSource, Lane, str], CronofyClient]:
    """Return what makes the product's clients: the ``cronofy`` of its tools."""
    transport = ProviderTransport(provider, clock)

    def client(tokens: TokenSource, lane: Lane, tenant: str) -> CronofyClient:
        return CronofyClient(
            API_URL,
            transport,
            limiter,
            tokens,
            clock,
            lane=lane,
            tenant=tenant,
            jitter=lambda: 0.5,
        )

    return client
