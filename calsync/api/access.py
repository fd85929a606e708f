"""Who asks: the program's token says, and never a cookie."""

from typing import cast

from flask import Flask, Response, current_app, g, request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from calsync.api.problems import Problem
from calsync.services.api_tokens import LiveToken, find_live_token
from calsync.services.tools import Tools, Who

#: Generous to a program that works, and an end to one that runs wild.
RATE = parse("600 per 1 minute")
_LONGEST_SECRET = 200


class CallLimit:
    """Counts each token's calls in this process's memory."""

    def __init__(self, rate: RateLimitItem = RATE) -> None:
        self._rate = rate
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, token_id: str) -> int:
        """Count a call; return 0, or after how many seconds at most another one is welcome."""
        if self._limiter.hit(self._rate, token_id):
            return 0
        return self._rate.get_expiry()


def register_limit(app: Flask, limit: CallLimit | None = None) -> None:
    """Give the application its count of calls."""
    app.extensions["calsync_calls"] = limit or CallLimit()


def admit() -> None:
    """Let the request in whose token counts; anything else is a problem."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise Problem(401, "Send a token: Authorization: Bearer …", headers=[_challenge()])
    live = find_live_token(tools(), secret) if len(secret) <= _LONGEST_SECRET else None
    if live is None:
        wrong = _challenge('error="invalid_token"')
        raise Problem(401, "The token is unknown or was revoked.", headers=[wrong])
    limit = cast("CallLimit", current_app.extensions["calsync_calls"])
    if wait := limit.hit(live.token.id):
        headers = [("Retry-After", str(wait))]
        raise Problem(429, "That were too many requests at once.", headers=headers)
    g.calsync_token = live


def vary(response: Response) -> Response:
    """Say that an answer is for the holder of the token alone."""
    response.vary.add("Authorization")
    return response


def tools() -> Tools:
    """Return the tools of this application."""
    return cast("Tools", current_app.extensions["calsync_tools"])


def live_token() -> LiveToken:
    """Return the token by which the program asks."""
    return cast("LiveToken", g.calsync_token)


def who() -> Who:
    """Return on whose behalf the program asks."""
    return live_token().who


def _challenge(*parameters: str) -> tuple[str, str]:
    return "WWW-Authenticate", ", ".join(('Bearer realm="calsync"', *parameters))
