"""Consent, code exchange, refresh and revoke (docs/cronofy-api.md 2), by Authlib.

Everything goes through the same door as the other calls: bounded, without redirects, and
with no secret in an error. Authlib's and requests' own exceptions may hold a whole request,
so errors of ours are raised after theirs were let go.
"""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from calsync import ids
from calsync.clock import Clock
from calsync.cronofy import wire
from calsync.cronofy.calls import NO_ANSWER
from calsync.cronofy.failures import error_keys, is_success, translate
from calsync.cronofy.grants import SCOPE, Grant, TokenPair, read_grant, read_tokens
from calsync.cronofy.limiter import Lane, Limiter
from calsync.cronofy.transport import Answer, Transport
from calsync.errors import (
    AccessRevoked,
    CronofyError,
    PermanentError,
    RateLimited,
    TemporaryError,
    Unreachable,
    UnreadableAnswer,
    WrongCredentials,
)
from calsync.metrics import CALLS

__all__ = ["SCOPE", "CronofyOAuth", "Grant", "TokenPair"]

_ATTEMPTS = 3
_PATIENCE = 30.0
_FIRST_BACK_OFF = 2.0
_POST = "client_secret_post"


class CronofyOAuth:
    """Speaks for the application at Cronofy's consent page and token endpoints."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        api_url: str,
        app_url: str,
        redirect_uri: str,
        clock: Clock,
        *,
        transport: Transport | None = None,
        limiter: Limiter | None = None,
        jitter: Callable[[], float] = ids.jitter,
    ) -> None:
        self.client_id = client_id
        self.redirect_uri = redirect_uri
        self._client_secret = client_secret
        self._api_url = api_url.rstrip("/")
        self._app_url = app_url.rstrip("/")
        self._clock = clock
        self._transport = transport or Transport(clock)
        self._limiter = limiter
        self._jitter = jitter

    def authorize_url(self, state: str, provider_name: str | None = None) -> str:
        """Return where a browser is sent for consent; ``provider_name`` skips the picker.

        Always with ``avoid_linking``: without it, two people who share a browser would
        share an account (docs/cronofy-api.md 2.6). An empty ``state`` is a ValueError.
        """
        if not state:
            raise ValueError("a consent without a state could be anybody's")
        extra = {"provider_name": provider_name} if provider_name else {}
        with self._session() as session:
            url, _ = session.create_authorization_url(
                f"{self._app_url}/oauth/authorize",
                state=state,
                scope=SCOPE,
                avoid_linking="true",
                **extra,
            )
        return str(url)

    def exchange(self, code: str) -> Grant:
        """Return what the user agreed to, for the code that came back; a code works once.

        Raises AccessRevoked for a code that is unknown, too old or used, WrongCredentials
        where Cronofy does not know the application, TemporaryError where it is away.
        """
        answer = self._ask(
            "exchange",
            lambda session: session.fetch_token(
                self._token_url, grant_type="authorization_code", code=code
            ),
        )
        return read_grant(answer, self._clock.now())

    def refresh(self, refresh_token: str) -> TokenPair:
        """Return new tokens; the refresh token in them may be new too and has to be kept.

        Raises AccessRevoked where the authorisation has ended, WrongCredentials and
        TemporaryError as ``exchange`` does. After an Unreachable that may have been sent
        the old refresh token may be spent; nothing but trying it again will tell.
        """
        answer = self._ask(
            "refresh",
            lambda session: session.refresh_token(self._token_url, refresh_token=refresh_token),
        )
        return read_tokens(answer, self._clock.now(), old=refresh_token)

    def revoke(self, token: str) -> None:
        """End an authorisation, by its refresh token; one that is unknown has ended already."""
        try:
            self._ask(
                "revoke",
                lambda session: session.revoke_token(f"{self._token_url}/revoke", token=token),
            )
        except AccessRevoked:
            return

    @property
    def _token_url(self) -> str:
        return f"{self._api_url}/oauth/token"

    def _session(self) -> "_TokenSession":
        return _TokenSession(
            self._transport,
            self._clock,
            client_id=self.client_id,
            client_secret=self._client_secret,
            redirect_uri=self.redirect_uri,
        )

    def _ask(self, call: str, ask: Callable[[OAuth2Session], Any]) -> Any:
        """Return the answer; repeat only what surely never left this machine."""
        for attempt in range(1, _ATTEMPTS + 1):
            if self._limiter:
                self._limiter.acquire(Lane.USER, "oauth", max_wait=_PATIENCE)
            outcome = self._ask_once(call, ask)
            if not isinstance(outcome, CronofyError):
                return outcome
            self._note_limit(outcome)
            unsent = isinstance(outcome, Unreachable) and not outcome.maybe_sent
            if not unsent or attempt == _ATTEMPTS:
                break
            self._clock.sleep(self._jitter() * 2 ** (attempt - 1))
        raise outcome

    def _ask_once(self, call: str, ask: Callable[[OAuth2Session], Any]) -> Any:
        """Return the answer or the error, which by then has let go of its cause."""
        try:
            with self._session() as session:
                return ask(session)
        except CronofyError as error:
            return error
        except OAuthError as error:
            return _refusal(call, error.error)
        except (requests.RequestException, ValueError, TypeError, AttributeError, RecursionError):
            return UnreadableAnswer(f"{call}: the answer of the token endpoint cannot be read.")

    def _note_limit(self, error: CronofyError) -> None:
        if isinstance(error, RateLimited) and self._limiter:
            wait = error.retry_after
            self._limiter.back_off(wait.total_seconds() if wait else _FIRST_BACK_OFF)


class _TokenSession(OAuth2Session):  # type: ignore[misc]
    """Authlib's session behind our door: what is no success never gets to its parser."""

    def __init__(self, transport: Transport, clock: Clock, **facts: str) -> None:
        super().__init__(
            token_endpoint_auth_method=_POST, revocation_endpoint_auth_method=_POST, **facts
        )
        self._transport = transport
        self._clock = clock
        transport.harden(self)

    def request(
        self, method: str, url: str, withhold_token: bool = False, auth: Any = None, **kwargs: Any
    ) -> requests.Response:
        send = super().request
        kwargs |= {"allow_redirects": False, "stream": True, "timeout": self._transport.timeout}
        code = NO_ANSWER
        try:
            answer = self._transport.guard(
                lambda ends_at: self._transport.read(
                    send(method, url, withhold_token, auth, **kwargs), ends_at
                )
            )
            code = str(answer.status)
        finally:
            CALLS.labels(url.rpartition("/")[2], code).inc()
        if not is_success(answer.status):
            raise _judge(answer, self._clock.now())
        response = requests.Response()
        response.status_code = answer.status
        response.raw = BytesIO(answer.body)
        return response


def _judge(answer: Answer, now: datetime) -> CronofyError:
    """Return what a refusal of a token endpoint means (docs/cronofy-api.md 2.4)."""
    error = _error_code(answer.body)
    if answer.status in (400, 401) and error is not None:
        return _refusal("token endpoint", error)
    if answer.status == 401:
        # Not AccessRevoked: it is the application that is refused, with all its users.
        return _refusal("token endpoint", "invalid_client")
    if answer.status == 400 and "errors.unknown_or_used" in sum(
        error_keys(answer.body).values(), ()
    ):
        return _refusal("token endpoint", "invalid_grant")
    return translate("token endpoint", answer, now)


def _error_code(body: bytes) -> str | None:
    try:
        return wire.find_text(wire.parse(body), "error")
    except (UnreadableAnswer, wire.UnreadableField):
        return None


def _refusal(call: str, error: object) -> CronofyError:
    """Return what an error code of RFC 6749, 5.2 means; codes unknown are not quoted."""
    if error in ("invalid_grant", "errors.unknown_or_used"):
        return AccessRevoked(f"{call}: the code or refresh token is unknown, used or revoked.")
    if error in ("invalid_client", "unauthorized_client"):
        return WrongCredentials(
            f"{call}: Cronofy does not know this application; check CRONOFY_CLIENT_ID, "
            "CRONOFY_CLIENT_SECRET and the data centre."
        )
    if error in ("temporarily_unavailable", "server_error"):
        return TemporaryError(f"{call}: Cronofy has a fault.")
    return PermanentError(f"{call}: refused.")
