"""Syncs in processes of their own: several of them, and one that is told to stop."""

import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from calsync.clock import SystemClock
from calsync.config import Settings
from calsync.core.event import Timed
from calsync.core.item import ItemFields, Kind
from calsync.db.models import DueKind, DueRow, Item, LinkRow
from calsync.services.items import create_item
from calsync.services.tools import Tools
from tests.cast import Person
from tests.processes import free_port, start_serving, wait_for_page, wait_until
from tests.sandbox_server import RunningSandbox
from tests.services.integrating import calendar_of, integrate
from tests.services.sync.office import ON_SQLITE

HOUR = timedelta(hours=1)

Serve = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def serve(settings: Settings, tmp_path: Path) -> Iterator[Serve]:
    """Return a function that starts one more process of the installation."""
    first_port = free_port()
    processes: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        port = free_port() if processes else first_port
        process = start_serving(settings, tmp_path, port, public_port=first_port)
        processes.append(process)
        wait_for_page(f"http://127.0.0.1:{port}/healthz", process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def add_items(tools: Tools, person: Person, names: list[str]) -> None:
    start = tools.clock.now().replace(microsecond=0) + 24 * HOUR
    times = Timed(start, start + HOUR, "Europe/London")
    for name in names:
        create_item(tools, person.who, ItemFields(Kind.APPOINTMENT, name, times))


def put_events(sandbox: RunningSandbox, calendar_id: str, names: list[str]) -> None:
    start = SystemClock().now() + 48 * HOUR
    for name in names:
        body = {
            "calendar_id": calendar_id,
            "summary": name,
            "start": f"{start:%Y-%m-%dT%H:00:00Z}",
            "end": f"{start + HOUR:%Y-%m-%dT%H:00:00Z}",
        }
        sandbox.control("POST", "/events", body)


def count_events(sandbox: RunningSandbox, calendar_id: str) -> Counter[str]:
    found = sandbox.control("GET", f"/calendars/{calendar_id}/events")["events"]
    return Counter(event["summary"] for event in found if not event.get("deleted"))


def count_items(tools: Tools) -> Counter[str]:
    with tools.db.read() as session:
        return Counter(item.subject for item in session.query(Item) if item.deleted_at is None)


def is_flying(tools: Tools) -> bool:
    with tools.db.read() as session:
        return session.query(LinkRow).filter(LinkRow.flight_at.is_not(None)).first() is not None


def find_lease(tools: Tools) -> str | None:
    with tools.db.read() as session:
        return session.query(DueRow).filter_by(kind=DueKind.SYNC).one().lease_owner


def test_several_processes_started_by_mistake_bring_everything_over_once(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox, serve: Serve
):
    account_id = link()
    calendar_id = calendar_of(tools, dana, account_id)
    integrate(tools, dana, account_id)
    for _ in range(2):
        serve()
    here = [f"Visit {number}" for number in range(20)]
    there = [f"Meeting {number}" for number in range(5)]
    for number in range(5):
        add_items(tools, dana, here[number * 4 : number * 4 + 4])
        put_events(sandbox, calendar_id, there[number : number + 1])
    wanted = Counter([*here, *there])
    wait_until(lambda: count_events(sandbox, calendar_id) >= wanted, 30)
    wait_until(lambda: count_items(tools) >= wanted, 30)
    wait_until(lambda: not is_flying(tools), 30)
    assert count_events(sandbox, calendar_id) == wanted
    assert count_items(tools) == wanted


@ON_SQLITE
def test_a_process_that_is_told_to_stop_in_the_middle_of_a_sync_leaves_it_to_the_next(
    tools: Tools, dana: Person, link: Callable[..., str], sandbox: RunningSandbox, serve: Serve
):
    account_id = link()
    calendar_id = calendar_of(tools, dana, account_id)
    integrate(tools, dana, account_id)
    process = serve()
    names = [f"Visit {number}" for number in range(60)]
    slow = sandbox.fault("slow", path="/v1/batch", seconds=2, times=9)
    add_items(tools, dana, names)
    wait_until(lambda: sandbox.fired(slow))
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0, output
    assert '"loop stopped"' in output
    assert find_lease(tools) is None
    assert len(count_events(sandbox, calendar_id)) < len(names)
    sandbox.control("DELETE", "/faults")
    serve()
    wait_until(lambda: count_events(sandbox, calendar_id) >= Counter(names), 30)
    assert count_events(sandbox, calendar_id) == Counter(names)
