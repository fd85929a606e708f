"""A link is read from its row as it was written."""

import json
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from calsync.core.content import Part
from calsync.core.link import (
    Act,
    Conflict,
    Declined,
    Deed,
    Flight,
    Link,
    LinkState,
    Origin,
    Seen,
    Side,
)
from calsync.core.link_record import dump_link, load_link
from tests.core.one_pair import NOON, contents, parts

moments = st.one_of(st.none(), st.integers(0, 10**6).map(lambda s: NOON + timedelta(seconds=s)))
seens = st.builds(
    Seen,
    content=st.none() | contents,
    is_deleted=st.booleans(),
    updated=moments,
    created=moments,
    can_update=st.booleans(),
    can_delete=st.booleans(),
    has_guests=st.booleans(),
    series=st.sampled_from([None, "series"]),
    is_off=st.booleans(),
    since=parts.map(lambda some: dict.fromkeys(some, NOON)),
)
flights = st.builds(
    Flight,
    sent=st.none() | contents,
    parts=parts,
    here=st.none() | contents,
    before=st.none() | seens,
    decided_at=st.just(NOON),
    answered_at=moments,
    came_from=st.sampled_from(LinkState),
)
links = st.builds(
    Link,
    origin=st.sampled_from(Origin),
    state=st.sampled_from(LinkState),
    here=st.none() | contents,
    there=st.none() | contents,
    seen=st.none() | seens,
    flight=st.none() | flights,
    late=st.none() | flights,
    older=st.none() | flights,
    deleted_at=moments,
    put_back=st.lists(st.text(max_size=3)).map(tuple),
    acts=st.sets(st.sampled_from(Act)).map(frozenset),
    is_off=st.booleans(),
    tries=st.integers(0, 3),
    misses=st.integers(0, 2),
    overwritten=st.dictionaries(st.just(Part.TITLE), st.text()),
    carried_over=st.dictionaries(st.just(Part.PLACE), st.text()),
    held=st.sets(st.sampled_from(Deed)).map(frozenset),
    held_for=st.sampled_from([None, "brake"]),
    gone_at=moments,
    times_taken_at=moments,
)


@given(links, contents, parts, st.sampled_from(Side))
def test_a_link_survives_its_row(link: Link, content, some, side: Side):
    link = replace(
        link,
        declined={part: Declined(side, "update_off", content.get(part)) for part in some},
        conflicts={part: Conflict(content.get(part), content.get(part)) for part in some},
    )
    record = json.loads(json.dumps(dump_link(link)))
    assert load_link(link.origin, link.state, record) == link


def test_a_link_that_nothing_is_known_of_takes_no_room():
    assert dump_link(Link(Origin.SENT)) == {}


def test_every_part_has_a_form_in_json():
    assert {part.value for part in Part} == {"title", "times", "place", "text", "private", "free"}
