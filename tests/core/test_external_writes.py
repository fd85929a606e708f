"""Writes to events of the user's own: what they leave alone, and whether they do."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.core.actions import Write
from calsync.core.content import ALL_PARTS, Content, Part, find_differing
from calsync.core.landing import SETTLES_IN
from calsync.core.link import Link, Origin, Seen
from calsync.core.recognition import observe, was_altered
from calsync.core.settle import begin_writing, note_accepted
from tests.core.one_pair import FIRST, NOON, OnePair, contents, in_step

SECOND = timedelta(seconds=1)


def write(parts: frozenset[Part], sent: Content, origin: Origin = Origin.BROUGHT) -> Link:
    """Return the link of a write that was accepted at noon."""
    return note_accepted(begin_writing(in_step(FIRST, origin), sent, parts, sent, NOON), NOON)


def read(link: Link, shown: Content, after: timedelta = SECOND, **seen: bool) -> bool:
    """Tell whether a read that shows this says that more was altered than was meant."""
    event = Seen(shown, updated=NOON + after, **seen)
    return was_altered(link, observe(link, event, NOON + after))


@given(contents, contents)
def test_whatever_else_was_altered_by_our_write_is_noticed(meant: Content, shown: Content):
    parts = frozenset({Part.TITLE})
    sent = FIRST.taking(meant, parts)
    shown = shown.taking(sent, parts)
    assert read(write(parts, sent), shown) == bool(find_differing(FIRST, shown) - parts)


def test_our_own_copies_are_ours_to_write():
    sent = replace(FIRST, title="Dinner")
    shown = replace(sent, place="Pub")
    assert not read(write(ALL_PARTS, sent, Origin.SENT), shown)


def test_what_is_changed_there_long_after_we_wrote_is_somebody_elses_doing():
    sent = replace(FIRST, title="Dinner")
    shown = replace(sent, place="Pub")
    link = write(frozenset({Part.TITLE}), sent)
    assert read(link, shown)
    assert not read(link, shown, SETTLES_IN + SECOND)


def test_guests_that_are_gone_with_our_write_are_noticed():
    sent = replace(FIRST, title="Dinner")
    assert read(write(frozenset({Part.TITLE}), sent), sent, has_guests=True)


def test_a_read_that_shows_nothing_of_our_write_says_nothing():
    sent = replace(FIRST, title="Dinner")
    assert not read(write(frozenset({Part.TITLE}), sent), replace(FIRST, place="Pub"))


@pytest.mark.parametrize(
    ("here", "there", "written"),
    [
        ({"private": True}, {}, set()),
        ({"private": True, "title": "Dinner"}, {}, {Part.TITLE}),
        ({"text": "Short"}, {"text": "x" * 4096}, set()),
        ({"text": "Short"}, {"text": "x" * 4095}, {Part.TEXT}),
        ({"title": "Dinner"}, {"text": "x" * 4096}, {Part.TITLE}),
    ],
)
def test_private_and_a_text_that_may_be_cut_are_never_written_to_the_users_own_event(
    here: dict[str, object], there: dict[str, object], written: set[Part]
):
    both = replace(FIRST, **there)
    world = OnePair(link=in_step(both, Origin.BROUGHT), entry=both, event=both)
    world.edit_here(replace(both, **here))
    writes = [action for action in world.sync() if isinstance(action, Write)]
    assert [set(action.parts) for action in writes] == ([written] if written else [])
    for part in set(here) - {part.value for part in written}:
        assert world.link.declined[Part(part)].reason in ("private_there", "long_text_there")


@given(contents, st.booleans())
def test_of_the_users_own_event_only_what_was_changed_here_is_meant_to_change(
    edited: Content, is_later: bool
):
    world = OnePair(link=in_step(FIRST, Origin.BROUGHT))
    world.edit_here(edited)
    if is_later:
        world.edit_there(replace(FIRST, place="Pub"))
    for action in world.sync():
        if isinstance(action, Write):
            assert action.parts <= find_differing(FIRST, edited) - {Part.PRIVATE}
            untouched = ALL_PARTS - action.parts
            assert not find_differing(action.content, world.event) & untouched
