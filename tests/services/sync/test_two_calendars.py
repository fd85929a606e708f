"""Two linked calendars of one user, and events that are moved between calendars."""

from dataclasses import replace
from urllib.parse import quote

import pytest

from tests.sandbox_server import RunningSandbox
from tests.services.sync.office import EVERYTHING, ON_SQLITE, MakeOffice, Office

pytestmark = ON_SQLITE
WITH_FOREIGN = replace(EVERYTHING, sends_foreign=True)
OTHER = "dana@office365.example"


class Two:
    """Dana's calendar at Google and hers at Microsoft, linked to the same My Calendar."""

    def __init__(self, make_office: MakeOffice, *, sends_foreign: bool) -> None:
        options = WITH_FOREIGN if sends_foreign else EVERYTHING
        self.one = make_office(options=options)
        self.other = make_office(mailbox=OTHER, options=options)

    def sync(self, rounds: int = 3) -> None:
        for _ in range(rounds):
            for office in (self.one, self.other):
                office.sync()

    def writes_while_idle(self) -> int:
        before = self.one.writes()
        self.sync()
        return self.one.writes() - before


@pytest.fixture(params=[False, True], ids=["box off", "box on"])
def sends_foreign(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def two(make_office: MakeOffice, sends_foreign: bool) -> Two:
    return Two(make_office, sends_foreign=sends_foreign)


def test_an_item_made_here_stands_in_both_calendars(two: Two):
    two.one.add("Lunch")
    two.sync()
    assert two.one.summaries() == two.other.summaries() == ["Lunch"]
    assert two.one.subjects() == ["Lunch"]
    assert two.writes_while_idle() == 0


def test_an_event_of_one_calendar_goes_to_the_other_only_with_the_box(
    two: Two, sends_foreign: bool
):
    uid = two.one.put("Dentist")
    two.sync()
    assert two.one.subjects() == ["Dentist"]
    assert two.other.summaries() == (["Dentist"] if sends_foreign else [])
    assert two.one.summaries() == ["Dentist"]
    two.one.edit(uid, summary="Surgery")
    two.sync()
    assert two.one.subjects() == ["Surgery"]
    assert two.other.summaries() == (["Surgery"] if sends_foreign else [])
    assert two.writes_while_idle() == 0
    two.one.remove(uid)
    two.sync()
    assert (two.one.subjects(), two.other.summaries()) == ([], [])
    assert two.writes_while_idle() == 0


def test_a_change_in_one_calendar_reaches_the_other_over_my_calendar(two: Two):
    two.one.add("Lunch")
    two.sync()
    two.other.edit(two.other.uid("Lunch"), summary="Dinner")
    two.sync()
    assert two.one.summaries() == two.other.summaries() == ["Dinner"]
    two.one.remove(two.one.uid("Dinner"))
    two.sync()
    assert (two.one.subjects(), two.one.summaries(), two.other.summaries()) == ([], [], [])
    assert two.writes_while_idle() == 0


def test_changes_in_both_calendars_at_once_end_alike_everywhere(two: Two):
    two.one.add("Lunch")
    two.sync()
    two.one.edit(two.one.uid("Lunch"), summary="Dinner")
    two.other.edit(two.other.uid("Lunch"), summary="Brunch")
    two.sync()
    (subject,) = two.one.subjects()
    assert subject in ("Dinner", "Brunch")
    assert two.one.summaries() == two.other.summaries() == [subject]
    assert two.writes_while_idle() == 0


def test_removed_in_one_calendar_and_edited_in_the_other_ends_alike(two: Two):
    two.one.add("Lunch")
    two.sync()
    two.one.remove(two.one.uid("Lunch"))
    two.other.edit(two.other.uid("Lunch"), summary="Brunch")
    two.sync()
    assert two.one.subjects() == two.other.summaries()
    assert two.one.summaries() in ([], two.one.subjects())
    assert two.writes_while_idle() == 0


def test_a_box_that_is_ticked_later_sends_nothing_that_nobody_touched(make_office: MakeOffice):
    two = Two(make_office, sends_foreign=False)
    two.one.put("Dentist")
    two.sync()
    two.other.options(sends_foreign=True)
    two.sync()
    assert two.other.summaries() == []
    (item,) = two.one.items()
    two.one.change(item.id, description="Bring the X-ray")
    two.sync()
    assert two.other.summaries() == ["Dentist"]


# --- an event moved to another calendar ---


@pytest.fixture
def both(make_office: MakeOffice, sandbox: RunningSandbox) -> tuple[Office, Office]:
    """Return two calendars of one mailbox, both linked."""
    work = make_office()
    return work, make_office(calendar="Personal")


def sync_both(both: tuple[Office, Office]) -> None:
    for _ in range(3):
        for office in both:
            office.sync()


def test_the_users_own_event_moved_to_another_linked_calendar_stays_one_item(
    both: tuple[Office, Office],
):
    work, personal = both
    uid = work.put("Dentist")
    sync_both(both)
    work.edit(uid, calendar_id=personal.calendar_id)
    sync_both(both)
    assert work.subjects() == ["Dentist"]
    assert work.summaries() == []


def test_a_copy_moved_to_another_linked_calendar_is_neither_deleted_nor_doubled(
    both: tuple[Office, Office],
):
    work, personal = both
    item = work.add("Lunch")
    sync_both(both)
    before = personal.summaries()
    work.edit(work.uid("Lunch"), calendar_id=personal.calendar_id)
    sync_both(both)
    assert work.subjects() == ["Lunch"]
    assert "moved" in work.why(item)
    # The one that was moved stands beside the copy that was there.
    assert personal.summaries() == sorted([*before, "Lunch"])


def test_a_copy_moved_to_another_linked_calendar_while_its_item_is_changed_makes_no_second_item(
    both: tuple[Office, Office],
):
    work, personal = both
    item = work.add("Lunch")
    sync_both(both)
    work.edit(work.uid("Lunch"), calendar_id=personal.calendar_id)
    work.change(item, subject="Late lunch", times=work.at(30))
    # It is sent to its own calendar anew before what was moved is read in the other.
    sync_both(both)
    assert work.subjects() == ["Late lunch"]
    assert work.summaries() == ["Late lunch"]


@pytest.mark.parametrize("first", [0, 1])
def test_a_copy_moved_to_another_linked_calendar_and_another_time_makes_no_second_item(
    both: tuple[Office, Office], first: int
):
    work, personal = both
    work.add("Lunch")
    sync_both(both)
    work.edit(work.uid("Lunch"), calendar_id=personal.calendar_id, **work.moved(48))
    both[first].sync()
    sync_both(both)
    assert work.subjects() == ["Lunch"]


def damaged(text: str) -> dict[str, str]:
    """Return the ways in which a footer is damaged on its way, by what does it."""
    body, _, link = text.rpartition("\n\n")
    name, _, address = link.partition(": ")
    redirected = f"https://safe.example/?url={quote(address, safe='')}"
    return {
        "wrapped": f"{body}\n\n{name}:\n{address}",
        "in html": f"<p>{body}</p><p><a href='{address}'>{name}</a></p>",
        "in angle brackets": f"{body}\n\n{name}: <{address}>",
        "quoted": f"> {body}\n> {name}: {address}",
        "in the middle": f"{name}: {address}\n\n{body} and more",
        "twice": f"{text}\n\n{link}",
        "through a redirector": f"{body}\n\n{redirected}",
        "gone": body,
    }


DAMAGES = list(damaged(""))


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_copy_with_a_damaged_footer_keeps_its_words_and_gets_no_second_footer_here(
    office: Office, damage: str
):
    item = office.add("Lunch", description="With Sam")
    office.sync()
    event = office.event("Lunch")
    text = damaged(event["description"])[damage]
    office.edit(event["event_uid"], description=text)
    office.sync()
    told = office.item(item).description
    assert "With Sam" in told
    assert "/calendar/item/" not in told
    writes = office.writes()
    office.sync()
    assert office.writes() == writes
    office.change(item, description="With Sam and Kim")
    office.sync()
    assert office.event("Lunch")["description"].count("/calendar/item/") == 1


@pytest.mark.parametrize("damage", [each for each in DAMAGES if each != "gone"])
def test_a_copy_that_is_copied_beside_itself_is_not_brought_in(office: Office, damage: str):
    office.add("Lunch", description="With Sam")
    office.sync()
    event = office.event("Lunch")
    text = damaged(event["description"])[damage]
    uid = office.put("Lunch", start=event["start"], end=event["end"], description=text)
    office.sync()
    assert office.subjects() == ["Lunch"]
    assert "look_alike" in office.why(uid)


def test_a_copy_that_was_copied_stays_out_when_its_item_moves(office: Office):
    item = office.add("Lunch")
    office.sync()
    event = office.event("Lunch")
    told = {name: event[name] for name in ("start", "end", "description")}
    office.put("Lunch", **told)
    office.sync()
    office.change(item, times=office.at(5))
    office.sync()
    office.sweep()
    assert office.subjects() == ["Lunch"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_copy_that_is_copied_to_another_time_is_a_new_item_without_the_footer(
    office: Office, damage: str
):
    first = office.add("Lunch", description="With Sam")
    office.sync()
    text = damaged(office.event("Lunch")["description"])[damage]
    office.put("Lunch", description=text, **office.moved(48))
    office.sync()
    assert office.subjects() == ["Lunch"] * 2
    (second,) = (item for item in office.items() if item.id != first)
    assert "/calendar/item/" not in second.description
    assert "With Sam" in second.description
