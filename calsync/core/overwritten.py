"""What of the user's a write of ours landed on, where a read had shown it on the way.

A write is the whole content, and Cronofy takes no precondition: what is edited there after
the call and before the write lands is gone. What the write was meant to change is a
conflict, and said in the log. What it merely carried along comes back: nobody edited that
here, and it is known what the user had written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from calsync.core.actions import Decision, Note, PutBack
from calsync.core.content import ALL_PARTS, Part, is_same
from calsync.core.link import Link, LinkState, Seen, Side
from calsync.core.merge import find_bar_in, find_bar_out
from calsync.core.pair import Pair


def note_overwritten(link: Link, seen: Seen) -> Link:
    """Return the link with what the user had there until our write, which is seen now."""
    flight, known = link.flight or link.late, link.seen.content if link.seen else None
    if flight is None or flight.sent is None or known is None or seen.content is None:
        return link
    before = flight.before.content if flight.before else None
    if before is None:
        return link
    lost = {
        part: known.get(part)
        for part in (ALL_PARTS if link.is_ours else flight.parts)
        if is_same(part, seen.content.get(part), flight.sent.get(part))
        and not is_same(part, known.get(part), flight.sent.get(part))
        and not is_same(part, known.get(part), before.get(part))
    }
    meant = {part: value for part, value in lost.items() if part in flight.parts}
    carried = {part: value for part, value in lost.items() if part not in flight.parts}
    return replace(
        link,
        overwritten={**link.overwritten, **meant},
        carried_over={**link.carried_over, **carried},
    )


def tell_overwritten(pair: Pair, decision: Decision) -> Decision:
    """Add to a decision that what was written over comes back, or that it is lost."""
    link = pair.link
    if not (link.overwritten or link.carried_over):
        return decision
    returning = _find_returning(pair, decision)
    lost = {
        **link.overwritten,
        **{part: v for part, v in link.carried_over.items() if part not in returning},
    }
    there = link.there
    notes = [
        Note("replaced_there", Side.OUT, part, there.get(part) if there else None, value)
        for part, value in lost.items()
    ]
    link = replace(decision.link, overwritten={}, carried_over={})
    actions = (*decision.actions, *_put_back(pair, returning))
    return Decision(link, actions, (*decision.notes, *notes))


def _put_back(pair: Pair, returning: Mapping[Part, Any]) -> Iterator[PutBack]:
    mine = pair.here.content
    if returning and mine is not None:
        values: dict[str, Any] = {part.value: value for part, value in returning.items()}
        yield PutBack(replace(mine, **values), frozenset(returning))


def _find_returning(pair: Pair, decision: Decision) -> Mapping[Part, Any]:
    """Return what comes back: what nobody has changed since, and may go both ways."""
    link, mine = pair.link, pair.here.content
    seen = link.seen.content if link.seen and link.seen.stands else None
    is_live = decision.link.state is LinkState.LIVE and pair.here.absence is None
    if not is_live or mine is None or seen is None or link.here is None or link.there is None:
        return {}
    return {
        part: value
        for part, value in link.carried_over.items()
        if is_same(part, mine.get(part), link.here.get(part))
        and is_same(part, seen.get(part), link.there.get(part))
        and find_bar_in(pair, part) is None
        and find_bar_out(pair, part) is None
    }
