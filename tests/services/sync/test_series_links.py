"""The copies of a series that is edited go along with its occurrences (docs/sync.md 9)."""

from dataclasses import replace
from datetime import timedelta

from calsync.db.models import LinkRow
from calsync.services.items import Scope, change_item
from tests.services.sync.office import HOUR, ON_SQLITE, Office

pytestmark = ON_SQLITE
DAY = timedelta(days=1)


def copies(office: Office) -> dict[str, str]:
    """Return the start of each copy by its uid."""
    return {event["event_uid"]: event["start"] for event in office.events()}


def plus(starts: dict[str, str], office: Office, by: timedelta) -> dict[str, str]:
    moved = {}
    for uid, start in starts.items():
        days = round((office.now.fromisoformat(start) - office.day) / DAY)
        moved[uid] = office.wire(office.day + days * DAY + by)
    return moved


def test_moving_a_series_moves_its_copies_and_makes_none_anew(office: Office):
    item = office.add("Standup", rule="FREQ=DAILY;COUNT=4")
    office.sync()
    before, writes = copies(office), office.writes()
    office.change(item, times=office.at(3))
    office.sync()
    assert copies(office) == plus(before, office, 3 * HOUR)
    assert office.writes() == writes + 1


def test_a_series_that_is_moved_and_cut_short_loses_the_last_copies_alone(office: Office):
    item = office.add("Standup", rule="FREQ=DAILY;COUNT=5")
    office.sync()
    before = copies(office)
    office.change(item, times=office.at(24), rule="FREQ=DAILY;COUNT=3")
    office.sync()
    kept = dict(sorted(before.items(), key=lambda each: each[1])[:3])
    assert copies(office) == plus(kept, office, DAY)


def test_an_appointment_that_is_repeated_keeps_its_copy_as_the_first(office: Office):
    item = office.add("Standup")
    office.sync()
    [uid] = copies(office)
    office.change(item, rule="FREQ=DAILY;COUNT=3")
    office.sync()
    assert len(copies(office)) == 3
    assert copies(office)[uid] == office.wire(office.day)
    office.change(item, rule=None)
    office.sync()
    assert list(copies(office)) == [uid]


def test_this_and_following_takes_its_copies_along_to_the_new_series(office: Office):
    item = office.add("Standup", rule="FREQ=DAILY;COUNT=4")
    office.sync()
    before = copies(office)
    third = office.occurrences(item)[2]
    assert third.key
    change_item(
        office.tools,
        office.person.who,
        item,
        replace(office.fields(item), times=office.at(2 * 24 + 2)),
        scope=Scope.FOLLOWING,
        key=third.key,
    )
    office.sync()
    after = copies(office)
    assert after.keys() == before.keys()
    early = [uid for uid, start in before.items() if start < office.wire(office.day + 2 * DAY)]
    late = {uid: start for uid, start in before.items() if uid not in early}
    assert {uid: after[uid] for uid in late} == plus(late, office, 2 * HOUR)
    assert {uid: after[uid] for uid in early} == {uid: before[uid] for uid in early}


def test_no_copy_ever_gets_an_id_that_another_has_had(office: Office):
    item = office.add("Standup", rule="FREQ=DAILY;COUNT=3")
    office.sync()
    before = copies(office)
    office.change(item, times=office.at(24))
    office.sync()
    # The fourth is on the day after the third, whose copy is named after that very day.
    office.change(item, times=office.at(0), rule="FREQ=DAILY;COUNT=3")
    office.sync()
    office.change(item, times=office.at(-24), rule="FREQ=DAILY;COUNT=6")
    office.sync()
    after = copies(office)
    assert len(after) == 6
    assert before.keys() <= after.keys()
    with office.tools.db.read() as session:
        ids = [row.event_id for row in session.query(LinkRow)]
    assert len(ids) == len(set(ids)) == 6
