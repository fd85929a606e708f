"""Doing what a request asks for once, however often the request comes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from calsync.db.idempotency import add_key, find_key, forget_keys
from calsync.db.joined import JoinedDatabase
from calsync.db.models import IdempotencyKey
from calsync.errors import AlreadyThere, CalsyncError
from calsync.logs import logged_if_kept
from calsync.services.tools import Tools, Who

#: How long an answer is given again.
KEPT = timedelta(hours=24)


class KeyReused(CalsyncError):
    """The key was sent before, with another request."""


def answer_once(
    tools: Tools, who: Who, key: str, request: str, act: Callable[[Tools], tuple[int, str]]
) -> tuple[int, str]:
    """Return the answer of ``act``, or the one that it gave when the key came before.

    The key, what is done and the answer are one transaction: two requests at
    once do it once, and where ``act`` fails nothing is kept. Raises KeyReused.
    """
    known = _find_answer(tools, who, key, request)
    if known:
        return known
    try:
        return _act(tools, who, key, request, act)
    except AlreadyThere:
        # Either somebody else sent the same key meanwhile, or what is asked for is there.
        known = _find_answer(tools, who, key, request)
        if known is None:
            raise
        return known


def _act(
    tools: Tools, who: Who, key: str, request: str, act: Callable[[Tools], tuple[int, str]]
) -> tuple[int, str]:
    now = tools.clock.now()
    with logged_if_kept(), tools.db.begin() as session:
        forget_keys(session, who.tenant_id, who.user_id, now - KEPT)
        kept = IdempotencyKey(
            tenant_id=who.tenant_id,
            user_id=who.user_id,
            key=key,
            request=request,
            status=0,
            body="",
            created_at=now,
        )
        add_key(session, kept)
        kept.status, kept.body = act(replace(tools, db=JoinedDatabase(session)))
        return kept.status, kept.body


def _find_answer(tools: Tools, who: Who, key: str, request: str) -> tuple[int, str] | None:
    with tools.db.read() as session:
        kept = find_key(session, who.tenant_id, who.user_id, key)
    if kept is None or kept.created_at < tools.clock.now() - KEPT:
        return None
    if kept.request != request:
        raise KeyReused
    return kept.status, kept.body
