"""An integration over real HTTP: the product's services and the sandbox, on one clock."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from calsync.services.tools import Tools
from tests.cast import Person
from tests.sandbox_server import RunningSandbox
from tests.services.sync.moving_clock import MovingClock
from tests.services.sync.office import MakeOffice, Office, open_office


@pytest.fixture
def clock(sandbox: RunningSandbox) -> MovingClock:
    """Return a clock that the sandbox's goes along with."""
    return MovingClock(sandbox)


@pytest.fixture
def make_office(
    tools: Tools,
    sandbox: RunningSandbox,
    clock: MovingClock,
    dana: Person,
    link: Callable[..., str],
) -> MakeOffice:
    """Return a function that links a calendar, Dana's at Google if nothing else is said."""

    def make(person: Person = dana, mailbox: str = "dana@google.example", **chosen: Any) -> Office:
        account_id = link(mailbox, person)
        # What stands in the calendar already is older than its integration.
        clock.move(timedelta(seconds=2))
        office = open_office(tools, sandbox, clock, person, account_id, **chosen)
        office.run_once()
        return office

    return make


@pytest.fixture
def office(make_office: MakeOffice) -> Office:
    """Return Dana's integration with everything ticked, after its first sync."""
    return make_office()
