"""What the page of a sync says that ended before its end, whatever ended it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from calsync.db.models import DueKind
from calsync.jobs.inprocess import DueLoop
from calsync.jobs.performers import PERFORMERS
from calsync.services.runs import request_sync
from tests.cast import Person
from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import ON_SQLITE, Office

pytestmark = ON_SQLITE
AGAIN = re.compile(r"The rest (will be tried again in \d+ minutes?|is tried again now)\.")
WAITS = "The rest waits until that is mended."


def follow(office: Office, browser: FlaskClient) -> str:
    """Ask for a sync, let it be done as a server does, and return the words of its page."""
    ids = office.tools, office.person.who, office.integration_id
    run_id = request_sync(*ids, bulk=True)
    loop = DueLoop(office.tools, PERFORMERS)
    assert loop.perform_at_once(office.person.who.tenant_id, DueKind.SYNC, office.integration_id)
    page = browser.get(f"/calendar-sync/{office.integration_id}/runs/{run_id}").text
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


@pytest.mark.parametrize(
    ("fault", "options", "words"),
    [
        ("rate_limited", {}, "asked us to slow down"),
        ("invalid_json", {}, "an answer that we could not read"),
        ("html_error", {}, "has a problem at the moment"),
        ("server_error", {"status": 500}, "has a problem at the moment"),
        ("reset_before", {}, "could not reach the calendar service"),
    ],
)
def test_what_ends_a_sync_early_is_told_in_plain_words_with_the_time_of_the_next_try(
    office: Office,
    sandbox: RunningSandbox,
    dana: Person,
    logged_in: Callable[[Person], FlaskClient],
    fault: str,
    options: dict[str, Any],
    words: str,
):
    browser = logged_in(dana)
    office.add("Lunch")
    fired = sandbox.fault(fault, path="/v1/events", times=5, **options)
    page = follow(office, browser)
    assert sandbox.fired(fired)
    assert re.search(rf"Sync stopped\. [^.]*{words}[^.]*\. 0 items were done\.", page), page
    assert AGAIN.search(page), page
    assert "Reconnect" not in page


def test_a_sync_that_loses_its_access_says_how_to_get_it_back(
    office: Office,
    sandbox: RunningSandbox,
    dana: Person,
    logged_in: Callable[[Person], FlaskClient],
):
    browser = logged_in(dana)
    sandbox.fault("token_revoked")
    page = follow(office, browser)
    assert "Sync stopped." in page
    assert WAITS in page
    assert "Reconnect" in page
    assert not AGAIN.search(page)
