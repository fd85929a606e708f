"""Real time from the linked calendar: the sandbox notifies the served product, over HTTP."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask

from calsync.app import tools_of
from calsync.clock import SystemClock
from calsync.config import Settings
from calsync.core.integration import SHORTEST_POLL
from calsync.db.channels import wake_keeper
from calsync.db.due_rows import Claim
from calsync.db.models import DueKind, Integration, PushChannel
from calsync.jobs.inprocess import DueLoop
from calsync.jobs.performers import PERFORMERS
from calsync.services.channels import PATH, is_channel_proven
from calsync.services.tools import Tools
from tests.browser.serving import serve
from tests.cast import Person
from tests.processes import free_port, start_serving, wait_for_page, wait_until
from tests.sandbox_server import RunningSandbox
from tests.services.hearing import (
    add_channel,
    add_integration,
    load,
    notification,
    sign,
    standing,
)
from tests.services.test_channels import change, opened

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Product:
    """A served product whose runs do nothing but note what they were asked to look at."""

    def __init__(self, app: Flask, port: int) -> None:
        self.tools = tools_of(app)
        #: The earliest change that each look was to cover.
        self.looks: list[datetime | None] = []
        self._app, self._port = app, port
        self._served = ExitStack()
        self._loop = DueLoop(self.tools, {**PERFORMERS, DueKind.SYNC: self._look})
        app.extensions["calsync_loop"] = self._loop
        self.come_back()
        self._loop.start()

    def come_back(self) -> None:
        """Be reachable."""
        self._served.enter_context(serve(self._app, port=self._port))

    def go_away(self) -> None:
        """Be unreachable, while the work goes on."""
        self._served.close()

    def stop(self) -> None:
        self._loop.stop()
        self._served.close()

    def _look(self, tools: Tools, claim: Claim) -> datetime:
        now = tools.clock.now()
        with tools.db.begin() as session:
            integration = session.get_one(Integration, claim.subject_id)
            last = integration.checked_at
            if last is not None and now < last + SHORTEST_POLL:
                return last + SHORTEST_POLL
            self.looks.append(integration.changes_since)
            integration.changes_since, integration.checked_at = None, now
        return now + timedelta(minutes=5)


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def product(settings: Settings, make_app: Callable[..., Flask]) -> Iterator[Product]:
    port = free_port()
    running = Product(make_app(replace(settings, public_url=f"http://127.0.0.1:{port}")), port)
    yield running
    running.stop()


@pytest.fixture
def integration(
    product: Product, dana: Person, link: Callable[..., str], sandbox: RunningSandbox
) -> Integration:
    """Return an integration that was just made."""
    made = add_integration(product.tools, dana, link(), sandbox.calendars()["Work"])
    with product.tools.db.begin() as session:
        wake_keeper(session, made, product.tools.clock.now())
    product.tools.wake()
    return made


def is_proven(product: Product, integration: Integration) -> bool:
    with product.tools.db.read() as session:
        return is_channel_proven(session, integration)


def wait_for_silence(sandbox: RunningSandbox) -> None:
    """Wait until Cronofy has nothing more to deliver."""
    wait_until(
        lambda: all(each["outcome"] for each in sandbox.control("GET", "/state")["deliveries"])
    )


def make_event(sandbox: RunningSandbox, integration: Integration, summary: str) -> str:
    start = SystemClock().now() + timedelta(days=1)
    body: dict[str, Any] = {
        "calendar_id": integration.calendar_id,
        "summary": summary,
        "start": f"{start:%Y-%m-%dT%H:00:00Z}",
        "end": f"{start + timedelta(hours=1):%Y-%m-%dT%H:00:00Z}",
    }
    uid: str = sandbox.control("POST", "/events", body)["event_uid"]
    return uid


def test_an_event_that_somebody_makes_there_is_looked_at_within_seconds(
    product: Product, integration: Integration, sandbox: RunningSandbox
) -> None:
    wait_until(lambda: is_proven(product, integration))
    assert product.looks == []
    made_at = product.tools.clock.now().replace(microsecond=0)
    make_event(sandbox, integration, "Lunch")
    wait_until(lambda: product.looks, 5)
    [since] = product.looks
    assert since
    assert abs(since - made_at) <= timedelta(seconds=1)


@ONE_DATABASE
def test_a_burst_of_changes_is_a_look_or_two(
    product: Product, integration: Integration, sandbox: RunningSandbox
) -> None:
    wait_until(lambda: is_proven(product, integration))
    sandbox.fault("notification_duplicate", times=99)
    for number in range(12):
        make_event(sandbox, integration, f"Visit {number}")
    wait_for_silence(sandbox)
    # One when the first came, and at most one more, five seconds later.
    assert 1 <= len(product.looks) <= 2


@ONE_DATABASE
def test_after_a_long_absence_the_channel_is_opened_again_and_everything_is_read(
    product: Product, integration: Integration, sandbox: RunningSandbox
) -> None:
    wait_until(lambda: is_proven(product, integration))
    [before] = opened(sandbox)
    # A day of failed deliveries, in two seconds.
    sandbox.control("PATCH", "/settings", {"retry_scale": 2 / 86_400})
    product.go_away()
    make_event(sandbox, integration, "Unheard of")
    wait_until(lambda: opened(sandbox) == [])
    sandbox.control("PATCH", "/settings", {"retry_scale": 1.0})
    assert product.looks == []
    product.come_back()
    change(product.tools, integration)
    product.tools.wake()
    wait_until(lambda: product.looks)
    wait_until(lambda: is_proven(product, integration))
    assert load(product.tools, integration).swept_at is None
    [after] = opened(sandbox)
    assert after["callback_url"] == before["callback_url"]
    assert after["channel_id"] != before["channel_id"]


@ONE_DATABASE
def test_what_is_not_active_is_told_nothing_more(
    product: Product, integration: Integration, sandbox: RunningSandbox
) -> None:
    wait_until(lambda: is_proven(product, integration))
    change(product.tools, integration, is_active=False)
    product.tools.wake()
    wait_until(lambda: opened(sandbox) == [])
    wait_until(lambda: standing(product.tools, integration) is None)
    make_event(sandbox, integration, "None of our business")
    wait_for_silence(sandbox)
    assert product.looks == []


@ONE_DATABASE
def test_what_was_answered_before_a_stop_is_not_forgotten(
    tools: Tools, dana: Person, settings: Settings, tmp_path: Path
) -> None:
    tokens = {}
    for number in range(16):
        integration = add_integration(tools, dana, calendar_id=f"cal_{number}")
        tokens[integration.id] = add_channel(tools, integration)
    port, body = free_port(), notification()
    process = start_serving(settings, tmp_path, port)
    address = f"http://127.0.0.1:{port}"
    wait_for_page(f"{address}/healthz", process)
    answered: list[str] = []

    def send(integration_id: str) -> None:
        headers = {"Content-Type": "application/json", "Cronofy-HMAC-SHA256": sign(body)}
        url = f"{address}{PATH}{tokens[integration_id]}"
        try:
            answer = requests.post(url, data=body, headers=headers, timeout=10)
        except requests.ConnectionError:
            return
        if answer.status_code == 200:
            answered.append(integration_id)

    threads = [threading.Thread(target=send, args=[each]) for each in tokens]
    for number, thread in enumerate(threads):
        thread.start()
        if number == len(threads) // 2:
            wait_until(lambda: answered)
            process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0, output
    assert answered
    with tools.db.read() as session:
        noted = {
            row.integration_id for row in session.query(PushChannel) if row.verified_at is not None
        }
    assert set(answered) <= noted
