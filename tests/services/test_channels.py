"""The keeper of channels: one for each active integration at Cronofy, and no other of ours."""

import io
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from calsync.app import tools_of
from calsync.config import Settings
from calsync.core.integration import POLL_EVERY, SWITCH_DELAY, next_poll
from calsync.core.item import Kind
from calsync.core.options import Options
from calsync.cronofy.client import CronofyClient
from calsync.cronofy.limiter import Lane
from calsync.cronofy.notifications import Notification, NotificationKind
from calsync.db import due_rows
from calsync.db.channels import wake_keeper
from calsync.db.models import DueKind, Integration, PushChannel
from calsync.db.sealed import place_of
from calsync.errors import TemporaryError, Unreachable
from calsync.ids import fingerprint
from calsync.logs import JsonLines
from calsync.metrics import CHANNELS
from calsync.services.accounts import check_account, client_for, disconnect, list_linked
from calsync.services.channels import (
    KEEP_EVERY,
    PROVES_ITSELF_WITHIN,
    is_channel_proven,
    keep_channel,
)
from calsync.services.health import measure
from calsync.services.integration_end import delete_integration
from calsync.services.integrations import activate, create_integration, deactivate
from calsync.services.key_rotation import rotate_keys
from calsync.services.notifications import take_notification
from calsync.services.revocations import revoke
from calsync.services.tools import Tools
from tests.cast import Person
from tests.clocks import FakeClock
from tests.installations import KEYS, with_keys
from tests.sandbox_server import RunningSandbox
from tests.services.hearing import add_integration, find_due, load, standing
from tests.services.test_accounts import count_calls, waiting_revocations
from tests.services.test_linking import profile_of

GOOGLE = "dana@google.example"
HERE = "http://127.0.0.1:5000/hooks/cronofy/"
Listen = Callable[..., Integration]


@pytest.fixture
def listen(tools: Tools, sandbox: RunningSandbox, link: Callable[..., str], dana: Person) -> Listen:
    """Return a function that makes an integration with a channel that stands open."""

    def make(calendar: str = "Work", person: Person = dana) -> Integration:
        calendar_id = sandbox.calendars(GOOGLE)[calendar]
        integration = add_integration(tools, person, link(GOOGLE, person), calendar_id)
        keep(tools, integration)
        return integration

    return make


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.getLogger("calsync").addHandler(handler)
    yield stream
    logging.getLogger("calsync").removeHandler(handler)


def keep(tools: Tools, integration: Integration) -> datetime | None:
    return keep_channel(tools, integration.tenant_id, integration.id)


def opened(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    """Return the channels that Cronofy has open."""
    found: list[dict[str, Any]] = sandbox.control("GET", "/state")["channels"]
    return found


def addresses(sandbox: RunningSandbox) -> set[str]:
    return {each["callback_url"] for each in opened(sandbox)}


def change(tools: Tools, integration: Integration, **fields: Any) -> None:
    """Change an integration as a page does."""
    with tools.db.begin() as session:
        found = session.get_one(Integration, integration.id)
        for name, value in fields.items():
            setattr(found, name, value)
        wake_keeper(session, found, tools.clock.now())


def verify(tools: Tools, sandbox: RunningSandbox, kind: str = "verification") -> None:
    """Have a notification come through the only channel."""
    [channel] = opened(sandbox)
    token = channel["callback_url"].removeprefix(HERE)
    take_notification(
        tools, token, Notification(NotificationKind(kind), channel_id=channel["channel_id"])
    )


def is_proven(tools: Tools, integration: Integration) -> bool:
    with tools.db.read() as session:
        return is_channel_proven(session, integration)


def close_at_cronofy(tools: Tools, integration: Integration) -> None:
    """Do as Cronofy does after a day in which nothing came through."""
    channel = standing(tools, integration)
    assert channel
    assert channel.channel_id
    speak(tools, integration).close_channel(channel.channel_id)


def speak(tools: Tools, integration: Integration) -> CronofyClient:
    return client_for(tools, integration.tenant_id, integration.account_id or "", Lane.USER)


def test_an_integration_gets_one_channel_for_its_calendar(
    tools: Tools, listen: Listen, sandbox: RunningSandbox, dana: Person, clock: FakeClock
) -> None:
    integration = listen()
    [channel] = opened(sandbox)
    assert channel["filters"] == f'{{"calendar_ids": ["{integration.calendar_id}"]}}'
    token = channel["callback_url"].removeprefix(HERE)
    assert len(token) >= 22, "128 bits at least"
    row = standing(tools, integration)
    assert row
    assert row.channel_id == channel["channel_id"]
    assert row.fingerprint == fingerprint(token)
    place = place_of(PushChannel, row.tenant_id, row.id, "token")
    assert tools.keyring.open(row.token, place) == token
    for _ in range(3):
        keep(tools, integration)
    assert opened(sandbox) == [channel]
    assert count_calls(sandbox, "/v1/channels") == 5, "Made once, listed four times."


def test_a_channel_is_looked_after_every_six_hours(
    tools: Tools, listen: Listen, sandbox: RunningSandbox, clock: FakeClock
) -> None:
    integration = listen()
    assert keep(tools, integration) == clock.now() + PROVES_ITSELF_WITHIN
    verify(tools, sandbox)
    again_at = keep(tools, integration)
    assert again_at
    assert 0.9 * KEEP_EVERY <= again_at - clock.now() <= 1.1 * KEEP_EVERY


def test_a_crash_between_opening_and_noting_it_opens_no_second_one(
    tools: Tools, listen: Listen, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = CronofyClient.create_channel

    def die(self: CronofyClient, *args: Any, **options: Any) -> None:
        create(self, *args, **options)
        raise Unreachable("the answer was lost", maybe_sent=True)

    monkeypatch.setattr(CronofyClient, "create_channel", die)
    with pytest.raises(TemporaryError):
        listen()
    monkeypatch.undo()
    with tools.db.read() as session:
        integration = session.query(Integration).one()
    before = opened(sandbox)
    assert len(before) == 1
    verify(tools, sandbox)
    keep(tools, integration)
    assert opened(sandbox) == before
    assert is_proven(tools, integration), "What came through meanwhile counts."
    assert find_due(tools, DueKind.SYNC, integration.id) is None


def test_a_channel_that_cronofy_closed_is_opened_again_and_everything_is_read(
    tools: Tools, listen: Listen, sandbox: RunningSandbox, clock: FakeClock
) -> None:
    integration = listen()
    verify(tools, sandbox)
    assert is_proven(tools, integration)
    before = addresses(sandbox)
    close_at_cronofy(tools, integration)
    clock.move(timedelta(hours=6))
    keep(tools, integration)
    assert addresses(sandbox) == before, "The same address, so that nothing on the way is lost."
    assert load(tools, integration).swept_at is None
    due = find_due(tools, DueKind.SYNC, integration.id)
    assert due
    assert due.due_at == clock.now()
    assert not is_proven(tools, integration), "It has to prove itself anew."
    verify(tools, sandbox)
    assert is_proven(tools, integration)


def test_a_channel_under_another_id_is_taken_over_and_everything_is_read(
    tools: Tools, listen: Listen, sandbox: RunningSandbox
) -> None:
    integration = listen()
    with tools.db.begin() as session:
        session.query(PushChannel).update({"channel_id": "chn_of_an_older_backup"})
    keep(tools, integration)
    row = standing(tools, integration)
    assert row
    assert row.channel_id == opened(sandbox)[0]["channel_id"]
    assert load(tools, integration).swept_at is None


def test_only_our_own_extra_channels_are_closed(
    tools: Tools, listen: Listen, sandbox: RunningSandbox
) -> None:
    integration = listen()
    [kept] = opened(sandbox)
    client = speak(tools, integration)
    elsewhere = "http://127.0.0.1:9/hooks/cronofy/of-another-installation"
    calendars = list(sandbox.calendars(GOOGLE).values())
    client.create_channel(elsewhere, calendars[:1])
    client.create_channel(f"{HERE}a-token-that-nobody-remembers")
    client.create_channel(kept["callback_url"])
    assert len(opened(sandbox)) == 4
    keep(tools, integration)
    assert addresses(sandbox) == {kept["callback_url"], elsewhere}
    assert kept["channel_id"] in {each["channel_id"] for each in opened(sandbox)}


def test_two_integrations_of_one_mailbox_leave_each_other_alone(
    tools: Tools, listen: Listen, sandbox: RunningSandbox, sam: Person
) -> None:
    integrations = [listen("Work"), listen("Personal"), listen("Work", sam)]
    before = opened(sandbox)
    assert len(before) == 3
    for integration in integrations:
        keep(tools, integration)
    assert opened(sandbox) == before


def test_whatever_is_done_to_an_integration_its_channel_follows(
    tools: Tools, sandbox: RunningSandbox, link: Callable[..., str], dana: Person
) -> None:
    def follow(expected: int, delay: timedelta = timedelta(0)) -> None:
        due = find_due(tools, DueKind.KEEP_CHANNEL, integration_id)
        assert due
        assert due.due_at == tools.clock.now() + delay
        keep_channel(tools, dana.who.tenant_id, integration_id)
        assert len(opened(sandbox)) == expected
        with tools.db.begin() as session:
            due_rows.drop(session, dana.who.tenant_id, DueKind.KEEP_CHANNEL, integration_id)

    integration_id = create_integration(
        tools,
        dana.who,
        account_id=link(),
        calendar_id=sandbox.calendars(GOOGLE)["Work"],
        options=Options(kinds=frozenset({Kind.APPOINTMENT})),
    )
    follow(1)
    deactivate(tools, dana.who, integration_id)
    follow(0, SWITCH_DELAY)
    activate(tools, dana.who, integration_id)
    follow(1, SWITCH_DELAY)
    # With the last integration the account goes too, and with it the channel.
    delete_integration(tools, dana.who, integration_id)
    assert keep_channel(tools, dana.who.tenant_id, integration_id) is None
    [revocation_id] = waiting_revocations(tools, dana)
    revoke(tools, dana.who.tenant_id, revocation_id)
    assert opened(sandbox) == []


def test_an_integration_that_gets_its_mailbox_back_is_told_of_changes_again(
    tools: Tools, sandbox: RunningSandbox, link: Callable[..., str], dana: Person
) -> None:
    integration_id = create_integration(
        tools,
        dana.who,
        account_id=link(),
        calendar_id=sandbox.calendars(GOOGLE)["Work"],
        options=Options(kinds=frozenset({Kind.APPOINTMENT})),
    )
    keep_channel(tools, dana.who.tenant_id, integration_id)
    [linked] = list_linked(tools, dana.who)
    disconnect(tools, dana.who, linked.account.id)
    assert keep_channel(tools, dana.who.tenant_id, integration_id) is None
    with tools.db.begin() as session:
        due_rows.drop(session, dana.who.tenant_id, DueKind.KEEP_CHANNEL, integration_id)
    link()
    assert find_due(tools, DueKind.KEEP_CHANNEL, integration_id)
    keep_channel(tools, dana.who.tenant_id, integration_id)
    assert len(opened(sandbox)) == 1


@pytest.mark.parametrize("fields", [{"is_active": False}, {"deleted_at": "now"}])
def test_an_integration_that_rests_or_ends_has_its_channel_closed_until_it_is(
    tools: Tools,
    listen: Listen,
    sandbox: RunningSandbox,
    clock: FakeClock,
    fields: dict[str, Any],
) -> None:
    integration = listen()
    changes = {name: clock.now() if value == "now" else value for name, value in fields.items()}
    change(tools, integration, **changes)
    due = find_due(tools, DueKind.KEEP_CHANNEL, integration.id)
    assert due
    assert due.due_at == clock.now()
    fault = sandbox.fault("server_error", path="/v1/channels", times=99)
    with pytest.raises(TemporaryError):
        keep(tools, integration)
    assert sandbox.fired(fault)
    assert not is_proven(tools, integration)
    sandbox.control("DELETE", "/faults")
    assert keep(tools, integration) is None
    assert opened(sandbox) == []
    with tools.db.read() as session:
        assert session.query(PushChannel).all() == []
    change(tools, integration, is_active=True, deleted_at=None)
    keep(tools, integration)
    assert len(opened(sandbox)) == 1


def test_a_channel_outlives_its_integration_until_it_is_closed(
    tools: Tools, listen: Listen, sandbox: RunningSandbox
) -> None:
    integration = listen()
    with tools.db.begin() as session:
        session.delete(session.get_one(Integration, integration.id))
    assert keep(tools, integration) is None
    assert opened(sandbox) == []


def test_another_calendar_is_another_channel(
    tools: Tools, listen: Listen, sandbox: RunningSandbox
) -> None:
    integration = listen()
    before = addresses(sandbox)
    personal = sandbox.calendars(GOOGLE)["Personal"]
    change(tools, integration, calendar_id=personal)
    keep(tools, integration)
    [channel] = opened(sandbox)
    assert personal in channel["filters"]
    assert channel["callback_url"] not in before


def test_a_dead_account_keeps_nothing_from_being_deleted(
    tools: Tools, listen: Listen, sandbox: RunningSandbox, dana: Person
) -> None:
    integration = listen()
    sandbox.fault("token_revoked")
    assert keep(tools, integration)
    change(tools, integration, is_active=False)
    calls = count_calls(sandbox, "/v1/channels")
    assert keep(tools, integration), "It is closed should the account be connected again."
    assert count_calls(sandbox, "/v1/channels") == calls
    disconnect(tools, dana.who, integration.account_id or "")
    assert keep(tools, integration) is None


def test_connecting_again_has_the_channel_looked_after_at_once(
    tools: Tools,
    listen: Listen,
    sandbox: RunningSandbox,
    link: Callable[..., str],
    clock: FakeClock,
) -> None:
    integration = listen()
    sandbox.fault("token_revoked")
    keep(tools, integration)
    sandbox.control("DELETE", "/faults")
    assert link() == integration.account_id
    due = find_due(tools, DueKind.KEEP_CHANNEL, integration.id)
    assert due
    assert due.due_at == clock.now()
    keep(tools, integration)
    assert len(opened(sandbox)) == 1


def test_a_mailbox_that_works_again_has_its_channel_looked_after_at_once(
    tools: Tools, listen: Listen, sandbox: RunningSandbox, clock: FakeClock
) -> None:
    integration, profile = listen(), profile_of(sandbox, GOOGLE)
    for action, is_woken in (("disconnect", False), ("reconnect", True)):
        sandbox.control("POST", f"/profiles/{profile}/{action}")
        with tools.db.begin() as session:
            due_rows.drop(session, integration.tenant_id, DueKind.KEEP_CHANNEL, integration.id)
        check_account(tools, integration.tenant_id, integration.account_id or "", Lane.USER)
        due = find_due(tools, DueKind.KEEP_CHANNEL, integration.id)
        assert (due is not None) is is_woken, action


def test_disconnecting_leaves_no_channel_behind(
    tools: Tools, listen: Listen, sandbox: RunningSandbox, dana: Person
) -> None:
    integration = listen()
    disconnect(tools, dana.who, integration.account_id or "")
    assert find_due(tools, DueKind.KEEP_CHANNEL, integration.id)
    assert keep(tools, integration) is None
    [revocation_id] = waiting_revocations(tools, dana)
    revoke(tools, dana.who.tenant_id, revocation_id)
    # With its authorisation Cronofy ends the channel.
    assert opened(sandbox) == []


def test_a_mailbox_that_a_colleague_shares_is_tidied_through_the_colleague(
    tools: Tools, listen: Listen, sandbox: RunningSandbox, dana: Person, sam: Person
) -> None:
    mine, theirs = listen(), listen("Work", sam)
    channel = standing(tools, theirs)
    assert channel
    disconnect(tools, dana.who, mine.account_id or "")
    assert keep(tools, mine) is None
    assert [each["channel_id"] for each in opened(sandbox)] == [channel.channel_id]


def test_a_channel_through_which_nothing_comes_is_warned_of_once(
    tools: Tools, listen: Listen, sandbox: RunningSandbox, clock: FakeClock, log: io.StringIO
) -> None:
    integration = listen()
    clock.move(PROVES_ITSELF_WITHIN)
    for _ in range(3):
        again_at = keep(tools, integration)
        assert again_at
        assert again_at - clock.now() > timedelta(hours=5)
        clock.move(timedelta(hours=6))
        # Cronofy closes what it cannot reach, and we open it again.
        close_at_cronofy(tools, integration)
    assert log.getvalue().count("is CALSYNC_PUBLIC_URL reachable") == 1
    assert not is_proven(tools, integration)
    wait = next_poll(timedelta(hours=9), has_changed=False, is_channel_proven=False)
    assert wait == POLL_EVERY
    keep(tools, integration)
    verify(tools, sandbox)
    assert is_proven(tools, integration)


def test_an_address_that_cronofy_refuses_is_warned_of_once_and_polling_goes_on(
    tools: Tools, listen: Listen, sandbox: RunningSandbox, log: io.StringIO
) -> None:
    integration = listen()
    verify(tools, sandbox)
    far = replace(tools, public_url="https://calsync.example")
    for _ in range(2):
        assert keep(far, integration)
    assert log.getvalue().count("channel refused") == 1
    assert not is_proven(tools, integration)
    assert find_due(tools, DueKind.SYNC, integration.id)


def test_under_another_public_address_the_channels_move_there(
    tools: Tools, listen: Listen, sandbox: RunningSandbox
) -> None:
    integration = listen()
    moved = replace(tools, public_url="http://127.0.0.1:5999")
    keep(moved, integration)
    [address] = addresses(sandbox)
    assert address.startswith("http://127.0.0.1:5999/hooks/cronofy/")


def test_after_a_change_of_keys_the_same_address_is_made_again(
    tools: Tools,
    listen: Listen,
    sandbox: RunningSandbox,
    settings: Settings,
    make_app: Callable[..., Flask],
) -> None:
    integration, new = listen(), ("k2", b"\x02" * 32)
    before = opened(sandbox)
    assert rotate_keys(tools_of(make_app(with_keys(settings, new, *KEYS)))) == 3
    keep(tools_of(make_app(with_keys(settings, new))), integration)
    assert opened(sandbox) == before


def test_figures_tell_how_many_channels_prove_themselves(
    tools: Tools, listen: Listen, sandbox: RunningSandbox
) -> None:
    def count(state: str) -> float:
        measure(tools)
        [sample] = [
            each
            for metric in CHANNELS.collect()
            for each in metric.samples
            if each.labels["state"] == state
        ]
        return sample.value

    integration = listen()
    assert (count("proven"), count("waiting"), count("closing")) == (0, 1, 0)
    verify(tools, sandbox)
    assert (count("proven"), count("waiting")) == (1, 0)
    change(tools, integration, is_active=False)
    keep(tools, integration)
    assert count("proven") == 0
