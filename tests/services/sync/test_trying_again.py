"""What the linked calendar refused three times is tried again when the user says so."""

from dataclasses import replace

from calsync.core.link import LinkState
from calsync.core.run import Result
from calsync.db.links import link_of, put_link
from calsync.db.log_entries import LogFilter
from calsync.db.models import LinkRow
from calsync.services.sync_logs import LogPage, page_log, try_again
from tests.services.sync.office import ON_SQLITE, Office
from tests.services.sync.test_poisoned import refusals, sync_often, too_far

pytestmark = ON_SQLITE


def read(office: Office) -> LogPage:
    return page_log(office.tools, office.person.who, office.integration_id, LogFilter())


def again(office: Office, entry_id: str) -> bool:
    return try_again(office.tools, office.person.who, office.integration_id, entry_id)


def test_what_was_refused_three_times_is_tried_again_as_often_and_no_more(office: Office):
    bad = office.add("Bad", times=too_far(office))
    sync_often(office)
    failed = sorted(read(office).failed)
    assert len(failed) == refusals(office, bad) == 3
    assert again(office, failed[0])
    assert again(office, failed[1])
    sync_often(office)
    assert refusals(office, bad) == 6
    assert office.links_of(bad)[0].state is LinkState.SET_ASIDE


def test_what_can_be_sent_by_now_is_sent_once(office: Office):
    item_id = office.add("Lunch", times=too_far(office))
    sync_often(office)
    entry_id = next(iter(read(office).failed))
    office.change(item_id, times=office.at(0))
    with office.tools.db.begin() as session:
        row = session.query(LinkRow).one()
        put_link(row, replace(link_of(row), state=LinkState.SET_ASIDE, acts=frozenset(), tries=3))
    assert again(office, entry_id)
    sync_often(office, 2)
    assert office.summaries() == ["Lunch"]
    page, before = read(office), office.writes()
    assert page.failed == frozenset()
    assert any(v.entry.result is Result.FAILED for each in page.runs for v in each.views)
    assert not again(office, entry_id)
    sync_often(office, 2)
    assert office.writes() == before
