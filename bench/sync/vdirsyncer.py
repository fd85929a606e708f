"""vdirsyncer with the same work: a folder and a CalDAV collection in memory."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from bench.sync.contenders import Costs
from bench.sync.costs import Cost, measure_command
from bench.sync.many import HALF_AN_HOUR, start_of
from bench.sync.opening import BEGIN

_EVENT = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//bench//EN\r
BEGIN:VEVENT\r
UID:bench-{number:07}\r
DTSTAMP:20260101T000000Z\r
DTSTART:{start:%Y%m%dT%H%M%SZ}\r
DTEND:{end:%Y%m%dT%H%M%SZ}\r
SUMMARY:{summary}\r
DESCRIPTION:Agenda item {number} and a short line of text\r
LOCATION:Room {room}\r
END:VEVENT\r
END:VCALENDAR\r
"""
_SETTINGS = """[general]
status_path = "{folder}/status"
[pair calendars]
a = "local"
b = "remote"
collections = null
conflict_resolution = "a wins"
[storage local]
type = "filesystem"
path = "{folder}/items"
fileext = ".ics"
[storage remote]
type = "caldav"
url = "{url}"
"""


def is_installed() -> bool:
    """Tell whether there is a vdirsyncer to be measured beside."""
    return find_spec("vdirsyncer") is not None


@dataclass
class Replica:
    """A folder that is kept in step with the collection."""

    folder: Path
    url: str

    def __post_init__(self) -> None:
        (self.folder / "items").mkdir(parents=True)
        settings = _SETTINGS.format(folder=self.folder, url=self.url)
        (self.folder / "config").write_text(settings)
        self._call("discover")

    def sync(self) -> Cost:
        """Sync once, in a process of its own."""
        return self._call("sync")

    def write(self, number: int, summary: str) -> None:
        """Make an item here or change it."""
        self._path(number).write_text(_event(number, summary), newline="")

    def read(self, number: int) -> str:
        """Return an item as it is here."""
        return self._path(number).read_text()

    def count(self) -> int:
        """Return how many items there are here."""
        return len(list((self.folder / "items").iterdir()))

    def _path(self, number: int) -> Path:
        return self.folder / "items" / f"bench-{number:07}.ics"

    def _call(self, what: str) -> Cost:
        program = str(Path(sys.executable).parent / "vdirsyncer")
        return measure_command([program, "-c", f"{self.folder}/config", "-v", "ERROR", what])


@contextmanager
def open_replica(amount: int) -> Iterator[Replica]:
    """Give a folder that is in step with its collection, of so many items."""
    with TemporaryDirectory() as name, _serve() as url:
        replica = Replica(Path(name) / "one", url)
        for number in range(amount):
            replica.write(number, f"Event {number}")
        replica.sync()
        yield replica


def run_vdirsyncer(amount: int) -> Costs:
    """Return what each step costs vdirsyncer; ``start`` is what it costs to do nothing.

    Raises where it did not do it.
    """
    few, fewer = max(1, amount // 100), max(1, amount // 1000)
    program = str(Path(sys.executable).parent / "vdirsyncer")
    costs = {"start": measure_command([program, "--version"])}
    with TemporaryDirectory() as name, _serve() as url:
        here, other = Replica(Path(name) / "one", url), Replica(Path(name) / "two", url)
        for number in range(amount):
            here.write(number, f"Event {number}")
        costs["push"] = here.sync()
        costs["pull"] = other.sync()
        _demand(other.count() == amount, "Not everything was taken in.")
        costs["rest"] = here.sync()
        for number in range(few):
            here.write(number, "Edited here")
        costs["local"] = here.sync()
        _demand("Edited here" in _get(url, 0), "An edit was not sent.")
        for number in range(few, 2 * few):
            _put(url, number, "Edited there")
        costs["remote"] = here.sync()
        _demand("Edited there" in here.read(few), "An edit was not taken in.")
        costs["both"] = _run_both(here, url, few, fewer)
    return costs


def _run_both(here: Replica, url: str, few: int, fewer: int) -> Cost:
    for number in range(2 * few, 3 * few):
        here.write(number, "Both, here")
    for number in range(3 * few, 4 * few):
        _put(url, number, "Both, there")
    for number in range(4 * few, 4 * few + fewer):
        here.write(number, "Contested here")
        _put(url, number, "Contested there")
    cost = here.sync()
    _demand("Both, here" in _get(url, 2 * few), "An edit was not sent.")
    _demand("Both, there" in here.read(3 * few), "An edit was not taken in.")
    return cost


def _event(number: int, summary: str) -> str:
    start = start_of(number, BEGIN)
    end, room = start + HALF_AN_HOUR, number % 40
    return _EVENT.format(number=number, summary=summary, start=start, end=end, room=room)


def _put(url: str, number: int, summary: str) -> None:
    body = _event(number, summary).encode()
    requests.put(f"{url}bench-{number:07}.ics", data=body, timeout=30).raise_for_status()


def _get(url: str, number: int) -> str:
    return requests.get(f"{url}bench-{number:07}.ics", timeout=30).text


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise RuntimeError(otherwise)


@contextmanager
def _serve() -> Iterator[str]:
    """Give the address of an empty collection, served by a process of its own."""
    command = [sys.executable, "-m", "bench.sync.ram_caldav"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/bench/cal/"
        finally:
            process.kill()
