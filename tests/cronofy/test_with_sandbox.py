"""The client against the sandbox, over real HTTP; neither shares code with the other."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from calsync.clock import SystemClock
from calsync.core.account import connection_status
from calsync.core.event import AllDay, Event, EventDraft, ExternalEdit, Timed
from calsync.cronofy.batch import Delete, Upsert
from calsync.cronofy.client import CronofyClient
from calsync.cronofy.limiter import Lane, Limiter
from calsync.cronofy.notifications import NotificationKind, is_genuine, read_notification
from calsync.cronofy.oauth import CronofyOAuth, TokenPair
from calsync.cronofy.queries import BusyQuery, EventQuery
from calsync.cronofy.transport import Transport
from calsync.errors import (
    AccessRevoked,
    CronofyError,
    IncompleteRead,
    NotFound,
    PageExpired,
    PermissionMissing,
    RateLimited,
    Refused,
    TemporaryError,
    Unreachable,
    UnreadableAnswer,
    UntrustedAnswer,
    WrongCredentials,
)
from tests.consent import consent
from tests.cronofy.stage import everything_said
from tests.sandbox.callers import Caller, Hook, at
from tests.sandbox_server import RunningSandbox

REDIRECT = "http://127.0.0.1:5000/calendar-sync/callback"
TOMORROW = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
TIMES = Timed(TOMORROW, TOMORROW + timedelta(hours=1), "Europe/London")
EVERYTHING = EventQuery(include_managed=True, include_deleted=True, include_moved=True)


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[RunningSandbox]:
    """One sandbox for all tests of a worker."""
    with RunningSandbox() as running:
        yield running


@pytest.fixture
def sandbox(running_sandbox: RunningSandbox) -> RunningSandbox:
    """A sandbox as fresh as on its first day."""
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def dana(sandbox: RunningSandbox) -> Caller:
    """An application that Dana authorised for her Google mailbox."""
    return Caller(sandbox, sandbox.authorise())


class OAuthTokens:
    """Tokens that are renewed at the sandbox, by one thread for all."""

    def __init__(self, oauth: CronofyOAuth, pair: TokenPair) -> None:
        self.oauth = oauth
        self.pair = pair
        self.renewals = 0
        self.lock = threading.Lock()

    def current(self) -> str:
        return self.pair.access_token

    def renew(self, stale: str) -> str:
        with self.lock:
            if self.pair.access_token == stale:
                self.pair = self.oauth.refresh(self.pair.refresh_token)
                self.renewals += 1
            return self.pair.access_token


def oauth_of(sandbox: RunningSandbox, secret: str = "") -> CronofyOAuth:
    secret = secret or sandbox.client_secret
    return CronofyOAuth(
        sandbox.client_id, secret, sandbox.url, sandbox.url, REDIRECT, SystemClock()
    )


def client_of(dana: Caller, *, patience: float = 5.0, **limits: float) -> CronofyClient:
    clock = SystemClock()
    pair = TokenPair(dana.tokens["access_token"], dana.tokens["refresh_token"], clock.now())
    tokens = OAuthTokens(oauth_of(dana.sandbox), pair)
    client = CronofyClient(
        dana.sandbox.url,
        Transport(clock, **{"read": 0.5, "total": 2.0, **limits}),
        Limiter(clock, per_second=1000, per_minute=10_000),
        tokens,
        clock,
        lane=Lane.USER,
        tenant="acme",
        jitter=lambda: 0.0,
        patience=patience,
    )
    client.tokens = tokens
    return client


def read(client: CronofyClient, query: EventQuery = EVERYTHING) -> list[Event]:
    """Return all events of a read, having seen that every one could be read."""
    found = [event for page in client.read_events(query) for event in page.events]
    assert all(isinstance(event, Event) for event in found)
    return found


def ours(client: CronofyClient) -> dict[str, Event]:
    return {event.event_id: event for event in read(client) if event.event_id}


@pytest.mark.parametrize("mailbox", ["google", "office365", "exchange", "outlook", "icloud"])
def test_a_mailbox_is_linked_as_a_person_does_it(sandbox, mailbox):
    oauth = oauth_of(sandbox)
    address = f"dana@{mailbox}.example"
    back = consent(oauth.authorize_url("state-1"), address)
    grant = oauth.exchange(back["code"])
    assert back["state"] == "state-1"
    assert grant.profile_name == address
    renewed = oauth.refresh(grant.tokens.refresh_token)
    assert renewed.access_token != grant.tokens.access_token
    oauth.revoke(renewed.refresh_token)
    oauth.revoke(renewed.refresh_token)
    with pytest.raises(AccessRevoked):
        oauth.refresh(renewed.refresh_token)


def test_a_code_works_once(sandbox):
    oauth = oauth_of(sandbox)
    code = consent(oauth.authorize_url("state-1"))["code"]
    oauth.exchange(code)
    with pytest.raises(AccessRevoked):
        oauth.exchange(code)


def test_a_wrong_secret_is_the_administrators_business(sandbox):
    with pytest.raises(WrongCredentials, match="CRONOFY_CLIENT_SECRET") as raised:
        oauth_of(sandbox, "canary-secret").refresh("any")
    assert "canary-secret" not in str(raised.value)


def test_the_account_is_read_in_every_way_alike(dana):
    client = client_of(dana)
    account = client.userinfo()
    (profile,) = account.profiles
    assert connection_status(account, profile.profile_id).is_connected
    assert account.account_id == client.account().account_id == dana.sub
    assert client.profiles()[0].profile_id == profile.profile_id
    listed = client.list_calendars()
    assert {c.calendar_id for c in listed} == {c.calendar_id for c in account.calendars}
    assert {c.calendar_id for c in listed} == set(dana.calendars.values())


def test_a_disconnected_profile_is_seen(dana):
    dana.sandbox.fault("profile_disconnected", profile_id=dana.profile_id)
    status = connection_status(client_of(dana).userinfo(), dana.profile_id)
    assert not status.is_connected


def test_an_event_goes_there_and_back(dana):
    client = client_of(dana)
    draft = EventDraft("item-1", "Visit", TIMES, "Bring the key", "High St 3", reminders=(15,))
    client.upsert_event(dana.calendar_id, draft)
    found = ours(client)["item-1"]
    assert (found.title, found.text, found.place) == ("Visit", "Bring the key", "High St 3")
    assert (found.times.start, found.times.end) == (TIMES.start, TIMES.end)
    client.delete_event(dana.calendar_id, event_id="item-1")
    client.delete_event(dana.calendar_id, event_id="item-1")
    assert ours(client)["item-1"].deleted


def test_an_all_day_event_stays_dates(dana):
    client = client_of(dana)
    days = AllDay(TOMORROW.date(), TOMORROW.date() + timedelta(days=2))
    client.upsert_event(dana.calendar_id, EventDraft("item-1", "Fair", days))
    assert ours(client)["item-1"].times == days
    localized = EventQuery(zone="Asia/Tokyo", only_managed=True, localized_times=True)
    assert read(client, localized)[0].times == days


def test_localized_times_are_the_same_moments(dana):
    client = client_of(dana)
    client.upsert_event(dana.calendar_id, EventDraft("item-1", "Visit", TIMES))
    (found,) = read(client, EventQuery(only_managed=True, localized_times=True))
    assert (found.times.start, found.times.end) == (TIMES.start, TIMES.end)


def test_the_users_own_event_is_changed_once_permission_was_given(dana):
    client = client_of(dana)
    uid = dana.owner_makes(summary="Dentist")
    edit = ExternalEdit(uid, "Dentist at last", TIMES)
    with pytest.raises(CronofyError):
        client.upsert_event(dana.calendar_id, edit)
    page = client.request_permissions([dana.calendar_id], REDIRECT)
    assert page.startswith(dana.sandbox.url)


def test_what_the_owner_does_is_read(dana):
    client = client_of(dana)
    uid = dana.owner_makes(summary="Dentist")
    (found,) = [event for event in read(client) if event.uid == uid]
    assert (found.title, found.is_managed) == ("Dentist", False)
    since = EventQuery(changed_since=found.updated, include_deleted=True)
    assert uid in {event.uid for event in read(client, since)}


def test_a_long_read_comes_in_pages(dana):
    dana.sandbox.control("PATCH", "/settings", {"page_size": 3})
    client = client_of(dana)
    writes = [
        Upsert(dana.calendar_id, EventDraft(f"item-{n}", f"Visit {n}", TIMES)) for n in range(10)
    ]
    assert all(written.is_accepted for written in client.batch(writes))
    assert len(ours(client)) == 10
    assert len(list(client.read_events(EventQuery(only_managed=True)))) == 4


def test_a_batch_goes_on_past_a_bad_entry(dana):
    client = client_of(dana)
    good = EventDraft("item-1", "Visit", TIMES)
    nowhere = Upsert("cal_none_none", good)
    written = client.batch(
        [Upsert(dana.calendar_id, good), nowhere, Delete(dana.calendar_id, event_id="item-9")]
    )
    assert [w.is_accepted for w in written] == [True, False, True]
    assert isinstance(written[1].error, NotFound)


def test_busy_times_are_read(dana):
    uid = dana.owner_makes(summary="Dentist", start=at(1, 9), end=at(1, 10))
    assert uid
    assert any(busy.status == "busy" for busy in client_of(dana).free_busy(BusyQuery()))


def test_a_bulk_deletion_takes_only_ours(dana):
    client = client_of(dana)
    uid = dana.owner_makes(summary="Dentist")
    client.upsert_event(dana.calendar_id, EventDraft("item-1", "Visit", TIMES))
    client.bulk_delete([dana.calendar_id])
    assert ours(client)["item-1"].deleted
    assert not next(event for event in read(client) if event.uid == uid).deleted


def test_a_change_there_is_notified_and_proven_genuine(dana):
    client = client_of(dana)
    with Hook() as hook:
        channel = client.create_channel(hook.url, [dana.calendar_id])
        assert client.create_channel(hook.url, [dana.calendar_id]) == channel
        assert [c.channel_id for c in client.list_channels()] == [channel.channel_id]
        dana.owner_makes(summary="Dentist")
        hook.wait_for("verification", "change")
        for body, headers in hook.received:
            signature = headers["Cronofy-HMAC-SHA256"]
            assert is_genuine(signature, body, ["retired", dana.sandbox.client_secret])
            assert not is_genuine(signature, body + b" ", [dana.sandbox.client_secret])
        notes = [read_notification(body) for body, _ in hook.received]
        assert {note.kind for note in notes} == {
            NotificationKind.VERIFICATION,
            NotificationKind.CHANGE,
        }
        assert {note.channel_id for note in notes} == {channel.channel_id}
        client.close_channel(channel.channel_id)
        client.close_channel(channel.channel_id)
        assert client.list_channels() == ()


def test_a_token_that_expires_is_renewed_in_the_middle_of_a_read(dana):
    dana.sandbox.control("PATCH", "/settings", {"page_size": 3})
    client = client_of(dana)
    for n in range(5):
        client.upsert_event(dana.calendar_id, EventDraft(f"item-{n}", "Visit", TIMES))
    reading = client.read_events(EventQuery(only_managed=True))
    next(reading)
    dana.sandbox.fault("clock_shift", seconds=4000)
    assert len(list(reading)) == 1
    assert client.tokens.renewals == 1


def test_an_authorisation_that_was_revoked_asks_for_linking_anew(dana):
    dana.sandbox.fault("token_revoked", sub=dana.sub)
    with pytest.raises(AccessRevoked):
        client_of(dana).userinfo()


def test_a_scope_that_is_missing_is_named_as_such(sandbox):
    reader = Caller(sandbox, sandbox.authorise(scope="read_events"))
    with pytest.raises(PermissionMissing):
        client_of(reader).upsert_event(reader.calendar_id, EventDraft("i", "Visit", TIMES))


def test_a_window_that_is_too_wide_is_refused_by_field(dana):
    query = EventQuery(start=(TOMORROW - timedelta(days=400)).date())
    with pytest.raises(Refused) as raised:
        read(client_of(dana), query)
    assert "from" in raised.value.fields


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("server_error", {"status": 503}),
        ("html_error", {}),
        ("reset_before", {}),
        ("reset_after", {}),
        ("timeout_before", {"seconds": 1.0}),
        ("timeout_after", {"seconds": 1.0}),
        ("rate_limited", {"retry_after": 1}),
        ("unauthorised", {}),
    ],
)
def test_a_fault_that_passes_makes_one_event_and_no_noise(dana, fault, options):
    client = client_of(dana)
    number = dana.sandbox.fault(fault, times=1, path="/v1/calendars", **options)
    client.upsert_event(dana.calendar_id, EventDraft("item-1", "Visit", TIMES))
    assert dana.sandbox.fired(number) == 1
    assert list(ours(client)) == ["item-1"]


@pytest.mark.parametrize(
    ("fault", "options", "error"),
    [
        ("server_error", {"status": 500}, TemporaryError),
        ("reset_before", {}, Unreachable),
        ("rate_limited", {}, RateLimited),
        ("rate_limited", {"retry_after": 100}, RateLimited),
        ("unauthorised", {}, AccessRevoked),
        ("invalid_json", {}, UnreadableAnswer),
        ("truncated_paging", {}, IncompleteRead),
        ("foreign_next_page", {}, UntrustedAnswer),
    ],
)
def test_a_fault_that_stays_is_an_error_and_gives_no_token_away(dana, fault, options, error):
    dana.sandbox.control("PATCH", "/settings", {"page_size": 1})
    client = client_of(dana, patience=3.0)
    for n in range(3):
        client.upsert_event(dana.calendar_id, EventDraft(f"item-{n}", "Visit", TIMES))
    number = dana.sandbox.fault(fault, times=None, path="/v1/events", **options)
    with pytest.raises(error) as raised:
        read(client)
    assert dana.sandbox.fired(number) >= 1
    assert client.tokens.current() not in everything_said(raised.value)


def test_a_page_that_is_too_old_asks_for_a_new_read(dana):
    dana.sandbox.control("PATCH", "/settings", {"page_size": 1, "page_lifetime": 0.0})
    client = client_of(dana)
    for n in range(3):
        client.upsert_event(dana.calendar_id, EventDraft(f"item-{n}", "Visit", TIMES))
    with pytest.raises(PageExpired):
        read(client)


def test_eight_threads_share_one_client(dana):
    client = client_of(dana)
    dana.sandbox.fault("clock_shift", seconds=4000)
    start = threading.Barrier(8)
    failures: list[CronofyError] = []

    def work(name: str) -> None:
        start.wait()
        try:
            for n in range(3):
                draft = EventDraft(f"{name}-{n}", "Visit", TIMES)
                client.upsert_event(dana.calendar_id, draft)
        except CronofyError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"thread-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert client.tokens.renewals == 1
    assert len(ours(client)) == 24
