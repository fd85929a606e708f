"""Notifications of Cronofy's: believed if signed, noted at once, and never obeyed blindly."""

import io
import itertools
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry
from sqlalchemy import event, text

from calsync.app import tools_of
from calsync.config import Settings
from calsync.db import due_rows
from calsync.db.models import DueKind, Integration
from calsync.logs import JsonLines
from calsync.metrics import REGISTRY
from calsync.services.channels import is_channel_proven
from calsync.services.tools import Tools
from tests.cast import Person
from tests.clocks import FakeClock
from tests.services.hearing import (
    CHANNEL_ID,
    add_channel,
    add_integration,
    at,
    deliver,
    find_due,
    load,
    notification,
    sign,
    standing,
)
from tests.services.makings import at_once
from tests.web.test_every_route import dump

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OTHER_SECRET = "CRN_the-other-secret"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings with both active secrets of the application."""
    return replace(settings, cronofy=replace(settings.cronofy, other_client_secret=OTHER_SECRET))


@pytest.fixture
def integration(tools: Tools, dana: Person) -> Integration:
    return add_integration(tools, dana)


@pytest.fixture
def token(tools: Tools, integration: Integration) -> str:
    return add_channel(tools, integration)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Give every log line of every library, at the level that says the most."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def counted(kind: str, result: str, registry: CollectorRegistry = REGISTRY) -> float:
    labels = {"type": kind, "result": result}
    return registry.get_sample_value("webhook_total", labels) or 0.0


def run_reading(tools: Tools, integration: Integration) -> None:
    """Do as the worker does: read what was asked for, and wait for more."""
    now = tools.clock.now()
    with tools.db.begin() as session:
        [claim] = due_rows.claim_due(
            session, owner="test", now=now, until=now + timedelta(minutes=5), limit=9
        )
        assert (claim.kind, claim.subject_id) == (DueKind.SYNC, integration.id)
    with tools.db.begin() as session:
        found = session.get_one(Integration, integration.id)
        found.cursor = found.checked_at = found.swept_at = now
        found.changes_since = None
        due_rows.release(session, claim, due_at=now + timedelta(minutes=5))


def test_a_change_there_is_looked_at_at_once(
    tools: Tools, client: FlaskClient, integration: Integration, token: str, clock: FakeClock
):
    changed = clock.now() - timedelta(seconds=3)
    before = counted("change", "woken")
    answer = deliver(client, token, notification(changes_since=at(changed)))
    assert answer.status_code == 200
    assert load(tools, integration).changes_since == changed
    due = find_due(tools, DueKind.SYNC, integration.id)
    assert due
    assert due.due_at == clock.now()
    assert counted("change", "woken") == before + 1


class Loop:
    """Counts how often it is woken."""

    def __init__(self, app: Flask) -> None:
        self.wakes = 0
        app.extensions["calsync_loop"] = self

    def wake(self) -> None:
        self.wakes += 1


def test_a_hundred_notifications_are_one_wake(
    tools: Tools, client: FlaskClient, integration: Integration, token: str, clock: FakeClock
):
    loop = Loop(client.application)
    body = notification(changes_since=at(clock.now()))
    deliver(client, token, body)
    before = dump(client.application)
    for _ in range(99):
        assert deliver(client, token, body).status_code == 200
    assert dump(client.application) == before
    assert loop.wakes == 1
    run_reading(tools, integration)
    due = find_due(tools, DueKind.SYNC, integration.id)
    assert due
    assert due.due_at > clock.now()


def test_what_is_told_during_a_run_is_looked_at_after_it(
    tools: Tools, client: FlaskClient, integration: Integration, token: str, clock: FakeClock
):
    now = clock.now()
    deliver(client, token, notification(changes_since=at(now - timedelta(minutes=2))))
    with tools.db.begin() as session:
        [claim] = due_rows.claim_due(
            session, owner="test", now=now, until=now + timedelta(minutes=5), limit=9
        )
    deliver(client, token, notification(changes_since=at(now)))
    assert load(tools, integration).changes_since == now - timedelta(minutes=2)
    with tools.db.begin() as session:
        due_rows.release(session, claim, due_at=now + timedelta(hours=1))
    due = find_due(tools, DueKind.SYNC, integration.id)
    assert due
    assert due.due_at == now


def test_two_looks_are_five_seconds_apart(
    tools: Tools, client: FlaskClient, integration: Integration, token: str, clock: FakeClock
):
    body = notification(changes_since=at(clock.now()))
    deliver(client, token, body)
    run_reading(tools, integration)
    clock.move(timedelta(seconds=2))
    deliver(client, token, body)
    due = find_due(tools, DueKind.SYNC, integration.id)
    assert due
    assert due.due_at == clock.now() + timedelta(seconds=3)


def test_whatever_order_they_come_in_the_earliest_change_is_read(
    tools: Tools, client: FlaskClient, integration: Integration, token: str, clock: FakeClock
):
    moments = [clock.now() - timedelta(minutes=minutes) for minutes in (1, 5, 9)]
    for order in itertools.permutations(moments):
        with tools.db.begin() as session:
            session.get_one(Integration, integration.id).changes_since = None
        for moment in order:
            deliver(client, token, notification(changes_since=at(moment)))
        assert load(tools, integration).changes_since == moments[-1]


def test_a_replay_after_a_week_is_one_more_look_and_nothing_else(
    tools: Tools, client: FlaskClient, integration: Integration, token: str, clock: FakeClock
):
    body, signature = notification(changes_since=at(clock.now())), None
    signature = sign(body)
    changed = clock.now()
    deliver(client, token, body)
    run_reading(tools, integration)
    clock.move(timedelta(days=7))
    before = load(tools, integration)
    for _ in range(5):
        answer = deliver(client, token, body, Cronofy_HMAC_SHA256=signature)
        assert answer.status_code == 200
    after = load(tools, integration)
    assert after.changes_since == changed
    assert (after.cursor, after.swept_at) == (before.cursor, before.swept_at)
    run_reading(tools, integration)


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
@ONE_DATABASE
def test_no_time_makes_us_read_further_back_than_there_is_anything(
    tools: Tools,
    client: FlaskClient,
    integration: Integration,
    token: str,
    clock: FakeClock,
    since: str,
):
    deliver(client, token, notification(changes_since=since))
    assert load(tools, integration).changes_since == clock.now() - timedelta(days=42)


@pytest.mark.parametrize("since", [None, "", "yesterday", 12, "0000-00-00T00:00:00Z", {}])
@ONE_DATABASE
def test_a_change_without_a_time_is_looked_for_from_where_we_were(
    tools: Tools, client: FlaskClient, integration: Integration, token: str, since: object
):
    assert deliver(client, token, notification(changes_since=since)).status_code == 200
    assert load(tools, integration).changes_since is None
    assert find_due(tools, DueKind.SYNC, integration.id)


def test_nobody_is_believed_without_cronofys_signature(
    app: Flask, client: FlaskClient, token: str, clock: FakeClock
):
    body = notification(changes_since=at(clock.now()))
    right = sign(body)
    reserialised = json.dumps(json.loads(body), separators=(",", ":")).encode()
    forgeries = [
        (body, ""),
        (body, "nonsense"),
        (body, "é" * 44),
        (body, sign(body, "another secret")),
        (body, ",".join(["x"] * 10_000)),
        (body, right.rstrip("=")),
        (body, right.replace("+", "-").replace("/", "_").swapcase()),
        (body + b" ", right),
        (reserialised, right),
        (b"", right),
    ]
    before, count = dump(app), counted("unproven", "forged")
    for forged, signature in forgeries:
        answer = deliver(client, token, forged, Cronofy_HMAC_SHA256=signature)
        assert answer.status_code == 401, (forged, signature[:50])
        assert "Set-Cookie" not in answer.headers
    without = client.post(f"/hooks/cronofy/{token}", json={})
    assert without.status_code == 401
    assert dump(app) == before
    assert counted("unproven", "forged") == count + len(forgeries) + 1


def test_either_active_secret_is_enough(
    tools: Tools, client: FlaskClient, integration: Integration, token: str
):
    body = notification()
    for secrets in (
        ("sandbox-secret",),
        (OTHER_SECRET,),
        ("sandbox-secret", OTHER_SECRET),
        ("retired", OTHER_SECRET),
    ):
        header = sign(body, *secrets).replace(",", " , ")
        answer = deliver(client, token, body, Cronofy_HMAC_SHA256=header)
        assert answer.status_code == 200, secrets
    assert find_due(tools, DueKind.SYNC, integration.id)


@ONE_DATABASE
def test_a_thousand_forgeries_ask_the_database_nothing(
    app: Flask, client: FlaskClient, token: str, clock: FakeClock
):
    statements: list[str] = []
    engine = tools_of(app).db.engine

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    body = notification(changes_since=at(clock.now()))
    for number in range(1000):
        answer = deliver(client, token, body, Cronofy_HMAC_SHA256=sign(body, str(number)))
        assert answer.status_code == 401
    assert statements == []
    # The listener does notice a genuine one.
    deliver(client, token, body)
    assert statements


@ONE_DATABASE
def test_only_json_of_a_modest_size_is_read(
    app: Flask, client: FlaskClient, token: str, integration: Integration
):
    before, path = dump(app), f"/hooks/cronofy/{token}"
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert client.open(path, method=method).status_code == 405, method
    body = notification()
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""):
        assert deliver(client, token, body, Content_Type=kind).status_code == 415, kind
    padded = notification(padding="x" * (64 * 1024 - len(notification(padding=""))))
    assert deliver(client, token, padded + b" ").status_code == 413
    assert dump(app) == before
    assert deliver(client, token, padded).status_code == 200
    assert find_due(tools_of(app), DueKind.SYNC, integration.id)


@ONE_DATABASE
def test_a_type_that_is_not_known_yet_is_taken_and_does_nothing(
    tools: Tools, client: FlaskClient, integration: Integration, token: str
):
    for kind in ("conferencing_profile_disconnected", "smart_invite", "x" * 500):
        assert deliver(client, token, notification(kind)).status_code == 200
    with tools.db.read() as session:
        assert due_rows.count_due(session) == {}


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b"\xff\xfe", b"[" * 10_000, b'{"a":'])
@ONE_DATABASE
def test_what_cronofy_signs_and_nobody_can_read_does_nothing(
    app: Flask, client: FlaskClient, token: str, body: bytes
):
    before = dump(app)
    assert deliver(client, token, body).status_code == 200
    assert dump(app) == before


def test_an_address_that_nobody_knows_is_answered_and_nothing_is_done(
    app: Flask, client: FlaskClient, token: str
):
    before = dump(app)
    for unknown in ("x", token[:-1], token + "x", token.swapcase(), "é", "%00", "'--"):
        answer = deliver(client, unknown, notification())
        assert answer.status_code in (200, 400), unknown
    assert dump(app) == before


@pytest.mark.parametrize("state", ["closing", "another channel", "not active", "deleted", "gone"])
def test_a_channel_that_should_be_closed_is_closed_and_not_listened_to(
    tools: Tools, client: FlaskClient, dana: Person, clock: FakeClock, state: str
):
    now = clock.now()
    integration = add_integration(
        tools,
        dana,
        is_active=state != "not active",
        deleted_at=now if state == "deleted" else None,
    )
    token = add_channel(tools, integration, closing_at=now if state == "closing" else None)
    if state == "gone":
        with tools.db.begin() as session:
            session.delete(session.get_one(Integration, integration.id))
    channel_id = "chn_another" if state == "another channel" else CHANNEL_ID
    for kind in ("change", "verification", "profile_disconnected"):
        assert deliver(client, token, notification(kind, channel_id)).status_code == 200
    assert find_due(tools, DueKind.SYNC, integration.id) is None
    assert find_due(tools, DueKind.CHECK_ACCOUNT, integration.account_id) is None
    due = find_due(tools, DueKind.KEEP_CHANNEL, integration.id)
    assert due
    assert now < due.due_at <= now + timedelta(minutes=1)
    assert due.wakes == 0


def test_a_channel_is_proven_by_what_comes_through_it(
    tools: Tools, client: FlaskClient, integration: Integration, token: str, clock: FakeClock
):
    def is_proven() -> bool:
        with tools.db.read() as session:
            return is_channel_proven(session, integration)

    assert not is_proven()
    deliver(client, token, notification("verification"))
    assert not is_proven(), "Cronofy has not listed it yet."
    with tools.db.begin() as session:
        channel = standing(tools, integration)
        assert channel
        session.merge(channel).listed_at = clock.now()
    assert is_proven()
    assert find_due(tools, DueKind.SYNC, integration.id) is None


@pytest.mark.parametrize("kind", ["profile_disconnected", "profile_initial_sync_completed"])
def test_news_of_the_mailbox_has_the_account_asked_and_everything_read(
    tools: Tools,
    client: FlaskClient,
    integration: Integration,
    token: str,
    clock: FakeClock,
    kind: str,
):
    assert deliver(client, token, notification(kind)).status_code == 200
    due = find_due(tools, DueKind.CHECK_ACCOUNT, integration.account_id)
    assert due
    assert due.due_at == clock.now()
    assert load(tools, integration).swept_at is None
    # A disconnected mailbox is not read before somebody has looked how it is.
    is_read = find_due(tools, DueKind.SYNC, integration.id) is not None
    assert is_read is (kind == "profile_initial_sync_completed")


def test_a_wish_to_be_forgotten_is_noted_even_where_nothing_else_is_listened_to(
    tools: Tools, client: FlaskClient, dana: Person
):
    integration = add_integration(tools, dana, is_active=False)
    token = add_channel(tools, integration)
    assert deliver(client, token, notification("gdpr_requested")).status_code == 200
    assert find_due(tools, DueKind.ERASE_ACCOUNT, integration.account_id)


def test_a_notification_wakes_nothing_of_anybody_elses(
    tools: Tools, client: FlaskClient, token: str, sam: Person, mallory: Person
):
    others = [add_integration(tools, person) for person in (sam, mallory)]
    for other in others:
        add_channel(tools, other)
    for kind in ("change", "profile_disconnected", "gdpr_requested"):
        deliver(client, token, notification(kind))
    for other in others:
        assert load(tools, other).swept_at is not None
        for kind in DueKind:
            assert find_due(tools, kind, other.id) is None
            assert find_due(tools, kind, other.account_id) is None


def test_many_at_one_moment_are_all_taken(
    app: Flask, tools: Tools, integration: Integration, token: str
):
    bodies = [notification(kind) for kind in ("change", "profile_disconnected")] * 4
    answers = at_once(
        *[lambda body=body: deliver(app.test_client(), token, body).status_code for body in bodies]
    )
    assert answers == [200] * 8
    assert find_due(tools, DueKind.SYNC, integration.id)
    assert find_due(tools, DueKind.CHECK_ACCOUNT, integration.account_id)


def test_a_run_that_notes_its_progress_stands_in_nobodys_way(
    app: Flask, tools: Tools, integration: Integration, token: str, clock: FakeClock
):
    deliver(app.test_client(), token, notification())
    until = clock.now() + timedelta(minutes=5)
    with tools.db.begin() as session:
        [claim] = due_rows.claim_due(session, owner="test", now=clock.now(), until=until, limit=9)

    def run() -> str:
        for number in range(40):
            with tools.db.begin() as session:
                assert due_rows.extend(session, claim, clock.now(), until)
                found = session.get_one(Integration, integration.id)
                found.cursor, found.changes_since = clock.now(), None
                found.poll_seconds = number
        return "done"

    def tell() -> set[int]:
        moments = [clock.now() - timedelta(seconds=second) for second in range(40)]
        bodies = [notification(changes_since=at(moment)) for moment in moments]
        return {deliver(app.test_client(), token, body).status_code for body in bodies}

    assert at_once(run, tell, tell) == ["done", {200}, {200}]


def test_cronofy_is_asked_to_come_again_while_the_database_fails(
    tools: Tools, client: FlaskClient, token: str
):
    with tools.db.begin() as session:
        session.execute(text("DROP TABLE channels"))
    answer = deliver(client, token, notification())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert answer.mimetype == "text/plain"


@ONE_DATABASE
def test_neither_token_nor_signature_is_written_anywhere(
    app: Flask,
    tools: Tools,
    client: FlaskClient,
    integration: Integration,
    token: str,
    log: io.StringIO,
):
    body = notification("change", changes_since=at(datetime(2026, 3, 2, 9, tzinfo=UTC)))
    answers = [
        deliver(client, token, body),
        deliver(client, token, body, Cronofy_HMAC_SHA256="forged"),
        deliver(client, token, b"{}"),
        deliver(client, token, b"x" * 70_000),
        client.get(f"/hooks/cronofy/{token}"),
    ]
    with tools.db.begin() as session:
        session.execute(text("DROP TABLE integrations"))
    answers.append(deliver(client, token, body))
    assert [answer.status_code for answer in answers] == [200, 401, 200, 413, 405, 503]
    lines = log.getvalue()
    assert "notification taken" in lines
    assert "/hooks/cronofy/<token>" in lines
    for secret in (token, sign(body), "sandbox-secret"):
        assert secret not in lines
        assert all(secret not in answer.text for answer in answers)
    assert all("Set-Cookie" not in answer.headers for answer in answers)
