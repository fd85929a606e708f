"""Faults that are seen to strike, and deaths of the process in the middle of a sync."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from calsync.cronofy.client import CronofyClient
from calsync.errors import CronofyError
from tests.services.sync.office import Office


class Died(BaseException):
    """The process is gone: nothing in the product can catch it."""


@contextmanager
def striking(office: Office, kind: str, **options: Any) -> Iterator[None]:
    """Have Cronofy misbehave inside; it has to have struck by the end."""
    number = office.sandbox.fault(kind, **options)
    yield
    assert office.sandbox.fired(number)
    office.sandbox.control("DELETE", "/faults")


def fail_once(office: Office) -> None:
    """Run a sync that may break off at what Cronofy does."""
    with suppress(CronofyError):
        office.run_once()


def die_at_write(office: Office, *, sent: bool) -> None:
    """Run a sync whose process dies as it writes: before the call, or once it was ``sent``."""
    write = CronofyClient.batch

    def die(self: CronofyClient, writes: Any) -> Any:
        if sent:
            write(self, writes)
        raise Died

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Died):
        patch.setattr(CronofyClient, "batch", die)
        office.run_once()


@contextmanager
def writing_late(deed: Callable[[], object]) -> Iterator[None]:
    """Have something else done inside whenever a sync is about to write."""
    write = CronofyClient.batch

    def late(self: CronofyClient, writes: Any) -> Any:
        deed()
        return write(self, writes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CronofyClient, "batch", late)
        yield


def before_the_write(office: Office, deed: Callable[[], object]) -> None:
    """Run a sync in whose middle, as it is about to write, something else is done."""
    with writing_late(deed):
        fail_once(office)
