"""One round trip may normalise; the next changes nothing (docs/simulation.md, I11)."""

from functools import reduce

from hypothesis import assume, given
from hypothesis import strategies as st

from calsync.core.content import ALL_PARTS, Content, Part, find_differing
from calsync.core.entry import Entry
from calsync.core.event import LONGEST_TEXT, LONGEST_TITLE, Event
from calsync.core.footer import ItemLink, find_item_links, item_url, text_room
from calsync.core.item import LONGEST_SUBJECT, ItemFields, Kind, find_faults
from calsync.core.mapping import (
    NotShown,
    accepted_parts,
    content_of_event,
    draft_of,
    item_changes,
    item_of_event,
    shown_content,
)
from tests.core.entries import (
    BASE,
    ITEM,
    NOW,
    Loss,
    as_read,
    entries,
    events,
    losses,
    short_events,
)
from tests.core.rules import LIMITS

ROOM = text_room(item_url(BASE, ITEM))


def shown(entry: Entry) -> Content:
    content = shown_content(entry, BASE)
    assume(not isinstance(content, NotShown))
    assert isinstance(content, Content)
    return content


def read(event: Event) -> Content:
    content = content_of_event(event, BASE)
    assert content is not None
    return content


@LIMITS
@given(entry=entries, lost=losses)
def test_an_untouched_copy_never_looks_edited(entry: Entry, lost: list[Loss]) -> None:
    content = shown(entry)
    draft = draft_of(entry, "id-1", BASE, content, creating=True, now=NOW)
    event = reduce(lambda event, lose: lose(event), lost, as_read(draft))
    assert find_differing(content, read(event)) == frozenset()


@LIMITS
@given(entry=entries, lost=losses)
def test_a_copy_that_is_taken_in_whole_changes_nothing_that_is_sent(
    entry: Entry, lost: list[Loss]
) -> None:
    content = shown(entry)
    draft = draft_of(entry, "id-1", BASE, content, creating=False, now=NOW)
    event = reduce(lambda event, lose: lose(event), lost, as_read(draft))
    after = Entry(
        ITEM,
        item_changes(entry.fields, ALL_PARTS, read(event)),
        entry.key,
        None,
        entry.assignee_count,
    )
    kept = ALL_PARTS - accepted_parts(entry, BASE)
    too_long = {Part.TITLE} if len(content.title) > LONGEST_SUBJECT else set()
    # Written as HTML, a text may have become longer than there is room for.
    too_long |= {Part.TEXT} if len(read(event).text) > ROOM - 40 else set()
    assert find_differing(shown(after), content) <= kept | too_long


@LIMITS
@given(entry=entries)
def test_whatever_an_item_holds_its_copy_is_one_that_cronofy_takes(entry: Entry) -> None:
    draft = draft_of(entry, "id-1", BASE, shown(entry), creating=True, now=NOW)
    assert 0 < len(draft.title) <= LONGEST_TITLE
    assert len(draft.text) <= LONGEST_TEXT
    for text in (draft.title, draft.text, draft.place):
        assert text == text.encode("utf-8", "ignore").decode()
        assert not set(text) & set(map(chr, (*range(9), 11, 12, *range(13, 32))))
    assert "\n" not in draft.title + draft.place
    assert find_item_links(draft.text, BASE)[-1] == ItemLink(ITEM, entry.key)
    assert draft.free is not None


@LIMITS
@given(event=events)
def test_whatever_an_event_holds_it_makes_an_item_that_can_be_kept(event: Event) -> None:
    fields = item_of_event(event, "Europe/London", BASE)
    assert fields is not None
    assert find_faults(fields) == ()
    assert fields.subject.strip()


@LIMITS
@given(event=events)
def test_an_event_that_was_just_brought_in_has_nothing_to_tell_either_side(event: Event) -> None:
    fields = item_of_event(event, "Europe/London", BASE)
    assert fields is not None
    mine = shown_content(Entry(ITEM, fields), BASE, is_copy=False)
    assert isinstance(mine, Content)
    theirs = read(event)
    limits = {Part.TITLE: LONGEST_SUBJECT, Part.TEXT: LONGEST_TEXT}
    too_long = {part for part, most in limits.items() if len(str(theirs.get(part))) > most}
    assert find_differing(mine, theirs) == too_long


@LIMITS
@given(entry=entries, event=short_events, chosen=st.frozensets(st.sampled_from(Part)))
def test_what_was_taken_over_is_then_shown_and_nothing_else_was_touched(
    entry: Entry, event: Event, chosen: frozenset[Part]
) -> None:
    theirs = read(event)
    before = shown_content(entry, BASE)
    parts = accepted_parts(entry, BASE) & chosen
    fields = item_changes(entry.fields, parts, theirs)
    after = shown(Entry(ITEM, fields, entry.key, None, entry.assignee_count))
    # A todo that moves from a whole day to an hour of it is no longer free by its nature.
    free = {Part.FREE} if entry.kind in {Kind.TASK, Kind.TODO} else set()
    assert not find_differing(after, theirs) & parts
    if isinstance(before, Content):
        assert find_differing(after, before) - free <= parts
    assert _untouched(fields) == _untouched(entry.fields)


def _untouched(fields: ItemFields) -> tuple[object, ...]:
    return (
        fields.kind,
        fields.rule,
        fields.status,
        fields.due_on,
        fields.reminder_minutes,
        fields.ticket_id,
    )
