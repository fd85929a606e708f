"""Changing the keys that seal tokens, while the product runs."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask

from calsync.app import tools_of
from calsync.config import Settings
from calsync.cronofy.limiter import Lane
from calsync.keys import SealBroken
from calsync.services.accounts import check_account, disconnect, find_linked
from calsync.services.key_rotation import rotate_keys
from calsync.services.tools import Tools
from tests.cast import Person
from tests.installations import KEYS, with_keys
from tests.sandbox_server import RunningSandbox

NEW = ("k2", b"\x02" * 32)


@pytest.fixture
def with_new_key(settings: Settings, make_app: Callable[..., Flask]) -> Tools:
    """Return the tools of an installation whose first key is new."""
    return tools_of(make_app(with_keys(settings, NEW, *KEYS)))


@pytest.fixture
def without_old_key(settings: Settings, make_app: Callable[..., Flask]) -> Tools:
    """Return the tools of an installation that has the new key alone."""
    return tools_of(make_app(with_keys(settings, NEW)))


def test_after_a_rotation_the_old_key_is_needed_no_more(
    tools: Tools,
    with_new_key: Tools,
    without_old_key: Tools,
    dana: Person,
    sam: Person,
    link: Callable[..., str],
) -> None:
    account_id = link()
    disconnect(tools, sam.who, link("sam@google.example", sam))
    with pytest.raises(SealBroken):
        check_account(without_old_key, dana.who.tenant_id, account_id, Lane.USER)
    # Two tokens of the account and one of the revocation that waits.
    assert rotate_keys(with_new_key) == 3
    assert rotate_keys(with_new_key) == 0
    check_account(without_old_key, dana.who.tenant_id, account_id, Lane.USER)
    linked = find_linked(tools, dana.who, account_id)
    assert linked
    assert linked.is_connected


def test_a_rotation_loses_no_token_that_is_renewed_meanwhile(
    with_new_key: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> None:
    account_id, stop = link(), threading.Event()
    failures: list[BaseException] = []

    def keep_renewing() -> None:
        try:
            while not stop.is_set():
                sandbox.control("POST", "/tokens/expire")
                check_account(with_new_key, dana.who.tenant_id, account_id, Lane.USER)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=keep_renewing)
    thread.start()
    for _ in range(15):
        rotate_keys(with_new_key)
    stop.set()
    thread.join()
    assert failures == []
    linked = find_linked(with_new_key, dana.who, account_id)
    assert linked
    assert linked.is_connected
    assert with_new_key.keyring.is_current(linked.account.refresh_token)
