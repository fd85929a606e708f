"""What of a calendar no read has shown, and none ever will: Cronofy's window has passed it by."""

from collections.abc import Iterator
from datetime import datetime

from tests.simulation.invariants.limits import Limit
from tests.simulation.invariants.story import Story, changes_of
from tests.simulation.reading import Window, read_window
from tests.simulation.snapshots import Shown


def is_out_of_sight(story: Story, event: Shown) -> bool:
    """Tell whether the last change of an event could never be read; count it if so.

    It could where a cursor says that all was read up to a moment after the change, and the
    window still held the event when that was read; and where the window holds it now.
    """
    if event.event_id is not None:
        return False
    office = story.history.office
    kept = office.provider.world.accounts.shelves[event.calendar_id].events[event.uid]
    spans = (kept.span, *kept.past)
    moments = [office.clock.now(), *_reads_after(story, event)]
    if any(window.holds(span) for window in map(_window_at, moments) for span in spans):
        return False
    story.limits[Limit.OUT_OF_SIGHT] += 1
    return True


def _reads_after(story: Story, event: Shown) -> Iterator[datetime]:
    for _, commit, change in changes_of(story.tape, "integrations"):
        cursor = change.row["cursor"]
        is_its = change.row["calendar_id"] == event.calendar_id
        if is_its and cursor is not None and cursor.timestamp() > event.updated:
            yield commit.at


def _window_at(moment: datetime) -> Window:
    return read_window({"tzid": ["Etc/UTC"]}, moment.timestamp())
