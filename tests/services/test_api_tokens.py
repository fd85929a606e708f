"""Tokens: shown once, kept as a fingerprint, worth nothing once revoked."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from calsync.db.models import ApiToken
from calsync.errors import UserError
from calsync.services import people
from calsync.services.api_tokens import (
    MOST_TOKENS,
    create_token,
    find_live_token,
    list_live_tokens,
    revoke,
)
from calsync.services.tools import Tools
from tests.cast import Person
from tests.clocks import FakeClock


def test_a_token_stands_for_its_user_until_it_is_revoked(tools: Tools, dana: Person, sam: Person):
    secret = create_token(tools, dana.who, " PSA ")
    assert secret.startswith("cs_")
    live = find_live_token(tools, secret)
    assert live
    assert live.who == dana.who
    [listed] = list_live_tokens(tools, dana.who)
    assert listed.name == "PSA"
    assert list_live_tokens(tools, sam.who) == []
    assert not revoke(tools, sam.who, listed.id)
    assert revoke(tools, dana.who, listed.id)
    assert not revoke(tools, dana.who, listed.id)
    assert find_live_token(tools, secret) is None
    assert list_live_tokens(tools, dana.who) == []


def test_the_secret_is_stored_nowhere(tools: Tools, dana: Person):
    secret = create_token(tools, dana.who, "PSA")
    with tools.db.read() as session:
        row = session.scalars(select(ApiToken)).one()
        assert secret not in repr(vars(row))
        assert len(row.fingerprint) == 64


def test_whoever_is_shut_out_has_no_token_either(tools: Tools, dana: Person):
    secret = create_token(tools, dana.who, "PSA")
    people.set_disabled(tools, dana.tenant, dana.email, is_disabled=True)
    assert find_live_token(tools, secret) is None
    assert find_live_token(tools, "cs_unknown") is None


def test_the_last_use_is_noted_at_most_once_a_minute(tools: Tools, dana: Person, clock: FakeClock):
    secret = create_token(tools, dana.who, "PSA")
    find_live_token(tools, secret)
    first = list_live_tokens(tools, dana.who)[0].last_used_at
    assert first == clock.now()
    clock.move(timedelta(seconds=59))
    find_live_token(tools, secret)
    assert list_live_tokens(tools, dana.who)[0].last_used_at == first
    clock.move(timedelta(seconds=1))
    find_live_token(tools, secret)
    assert list_live_tokens(tools, dana.who)[0].last_used_at == clock.now()


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_token_has_a_name_that_says_what_uses_it(tools: Tools, dana: Person, name: str):
    with pytest.raises(UserError):
        create_token(tools, dana.who, name)


def test_nobody_hoards_tokens(tools: Tools, dana: Person):
    for number in range(MOST_TOKENS):
        create_token(tools, dana.who, f"PSA {number}")
    with pytest.raises(UserError):
        create_token(tools, dana.who, "one more")
