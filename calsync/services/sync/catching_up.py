"""What the linked calendar has to say: its changes, now and then all of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from calsync.core.event import Event
from calsync.core.footer import ItemLink, find_item_links
from calsync.core.integration import SWEEP_EVERY, move_cursor
from calsync.core.link import Link, LinkState, Origin
from calsync.core.recognition import EXPIRES_AFTER
from calsync.core.window import Window
from calsync.db.copies import list_copies_elsewhere
from calsync.db.database import Session
from calsync.db.items import list_repeating_ids
from calsync.db.links import (
    has_wishes,
    link_of,
    list_all_links,
    list_flights,
    list_idle_copies,
    list_links_in_flight,
    put_link,
)
from calsync.db.models import Integration
from calsync.services.sync.bringing import Bringer
from calsync.services.sync.course import Course
from calsync.services.sync.moving import find_moved_here
from calsync.services.sync.reading import Found, Reader, expire_flights
from calsync.services.sync.spreading import Spreader

#: Complete sweeps that have to miss an event before it is said not to be found there.
_MOST_MISSES = 2


@dataclass(frozen=True)
class CatchUp:
    """The reads of one sync."""

    course: Course

    @property
    def reader(self) -> Reader:
        """Give what reads the calendar."""
        course = self.course
        # What was done before is no part of what would be done.
        journal = None if course.is_rehearsal else course.journal
        return Reader(course.fence, course.client, course.subject, course.tools.public_url, journal)

    def read_changes(self) -> int:
        """Read what changed, and return how much of it is news."""
        integration, news = self.course.subject.integration, 0
        is_first = integration.cursor is None
        instances = Found()
        for found in self.reader.read_changes(_since(integration)):
            self.course.read_at = self.course.read_at or found.began_at
            self.course.has_read_any |= found.events > 0
            news += found.changed + len(found.strangers) + len(found.unreadable)
            # Which instance took the place of which is known when all pages were read.
            instances.strangers += [e for e in found.strangers if e.series_id]
            found.strangers = [e for e in found.strangers if not e.series_id]
            self._take_in(found, is_baseline=is_first)
        self._take_in(instances, is_baseline=is_first)
        return news

    def read_further(self) -> None:
        """Move the cursor past what was applied, and read what is due besides."""
        integration = self.course.subject.integration
        is_first = integration.cursor is None
        with self.course.fence.begin() as session:
            row = self.course.get_row(session)
            self.note_cursor(row, session)
            if is_first:
                row.has_baseline, row.swept_at = True, self.course.began_at
                self._look_at_unsent(session)
            self.course.journal.note_progress(session)
        self.course.journal.stop_if_cancelled()
        overdue = self._list_overdue()
        if not is_first and (self.is_sweep_due or Origin.BROUGHT in overdue):
            self._sweep()
        if Origin.SENT in overdue or (is_first and self._has_wishes()):
            self._read_copies()
        self.course.bulk_done.add("retrieve")

    def note_cursor(self, row: Integration, session: Session) -> None:
        """Note up to where everything was applied, in provider time."""
        course = self.course
        if course.read_at is not None:
            row.cursor = move_cursor(row.cursor, course.read_at, is_empty=not course.has_read_any)
        told = course.subject.integration.changes_since
        if told is not None and row.changes_since == told and course.fence.is_untouched(session):
            # A notification that came meanwhile may tell of something that no read has shown.
            row.changes_since = None
        row.checked_at = course.began_at

    @property
    def is_sweep_due(self) -> bool:
        """Tell whether everything is to be read, not the changes alone."""
        integration = self.course.subject.integration
        swept_at = integration.swept_at
        is_old = swept_at is None or self.course.began_at >= swept_at + SWEEP_EVERY
        has_doubts = not integration.has_baseline or integration.absent_since is not None
        return is_old or has_doubts or self.course.retrieved is not None

    def _take_in(self, found: Found, *, is_baseline: bool) -> None:
        if not (found.strangers or found.unreadable or found.altered):
            return
        course = self.course
        moved = self._find_moved(found.strangers)
        with course.fence.begin() as session:
            # Reading takes its time, and a switch may have been turned off meanwhile.
            course.reload(session)
            course.journal.note_progress(session)
            if not course.journal.is_cancelled:
                self._bring(session, found, moved, is_baseline=is_baseline)
                course.journal.note_progress(session)
        course.journal.stop_if_cancelled()

    def _find_moved(self, strangers: Sequence[Event]) -> frozenset[ItemLink]:
        """Return the entries that new events name and whose copies were moved here."""
        course = self.course
        came_at: dict[ItemLink, datetime] = {}
        for event in strangers:
            # It may have been edited since it came here.
            at = min((each for each in (event.created, event.updated) if each), default=course.now)
            is_new = not (event.deleted or event.is_managed)
            for named in find_item_links(event.text, course.tools.public_url) if is_new else ():
                came_at[named] = min(at, came_at.get(named, at))
        if not came_at:
            return frozenset()
        with course.tools.db.read() as session:
            copies = list_copies_elsewhere(
                session, course.subject.integration, {each.item_id for each in came_at}
            )
        known = [copy for copy in copies if copy.of in came_at]
        return find_moved_here(course.client, came_at, known)

    def _bring(
        self, session: Session, found: Found, moved: frozenset[ItemLink], *, is_baseline: bool
    ) -> None:
        course = self.course
        given = course.tools, session, course.pairs, course.journal, course.retrieved
        bringer = Bringer(*given, moved)
        made = bringer.bring(found.strangers, is_baseline=is_baseline)
        course.has_changed |= made > 0
        course.journal.done += made
        bringer.note_unreadable(found.unreadable)
        bringer.note_altered(found.altered)

    def _sweep(self) -> None:
        """Read the whole window: it heals what changes alone cannot."""
        course, shown, unread = self.course, set[str](), set[str]()
        began_at, has_baseline = course.now, course.subject.integration.has_baseline
        for found in self.reader.read_changes(None):
            shown |= found.shown
            unread |= found.unread
            self._take_in(found, is_baseline=not has_baseline)
        with course.fence.begin() as session:
            row = course.get_row(session)
            row.swept_at, row.has_baseline = began_at, True
            self._expire_flights(session, Origin.BROUGHT, began_at, unread)
            self._note_missing(session, shown)
            self._top_up(session)

    def _look_at_unsent(self, session: Session) -> None:
        """Look again at what was kept out while the calendar took no writes."""
        subject = self.course.subject
        if subject.bar_of_calendar() is not None:
            return
        for row in list_idle_copies(session, subject.tenant_id, subject.id):
            # A row whose number is set, be it to what it was, stays in memory till the end.
            if link_of(row).is_unsent:
                row.looks += 1

    def _expire_flights(
        self, session: Session, origin: Origin, read_began_at: datetime, unread: set[str]
    ) -> None:
        """Give up the writes over links of an origin that a complete read did not show in time."""
        of, until = self.course.subject, read_began_at - EXPIRES_AFTER
        flying = list_links_in_flight(session, of.tenant_id, of.id, until)
        course = self.course
        late = (row for row in flying if row.origin is origin)
        given_up = expire_flights(late, read_began_at, unread)
        for row, link in given_up if not course.is_rehearsal else ():
            course.journal.note_never_shown(session, row, link, course.now)

    def _note_missing(self, session: Session, shown: set[str]) -> None:
        """Note what was not shown: it is not found there, which is not deleted."""
        window, subject = Window(self.course.began_at), self.course.subject
        self._look_at_unsent(session)
        for row in list_all_links(session, subject.tenant_id, subject.id):
            link = link_of(row)
            if row.id in shown:
                if link.misses:
                    put_link(row, replace(link, misses=0))
            elif _should_be_shown(link, window):
                misses = link.misses + 1
                state = LinkState.NOT_FOUND if misses >= _MOST_MISSES else link.state
                put_link(row, replace(link, misses=misses, state=state))

    def _top_up(self, session: Session) -> None:
        """Look for occurrences that came into the window since."""
        subject = self.course.subject
        ids = list_repeating_ids(session, subject.tenant_id, subject.who.user_id)
        Spreader(session, self.course.pairs).spread_again(ids)

    def _has_wishes(self) -> bool:
        """Tell whether links of a former integration are to be looked at, wherever they stand."""
        subject = self.course.subject
        with self.course.tools.db.read() as session:
            return has_wishes(session, subject.tenant_id, subject.id)

    def _list_overdue(self) -> set[Origin]:
        """Return over which links writes are in flight that should have been seen by now."""
        subject = self.course.subject
        if not subject.has_flights:
            return set()
        with self.course.tools.db.read() as session:
            flying = list_flights(session, subject.tenant_id, subject.id)
        since = self.course.now - EXPIRES_AFTER
        return {origin for decided_at, origin in flying if decided_at <= since}

    def _read_copies(self) -> None:
        """Read all that we made, and give up the writes of which nothing shows."""
        course = self.course
        began_at, unread = course.now, set[str]()
        for found in self.reader.read_copies():
            unread |= found.unread
            self._take_in(found, is_baseline=False)
        with course.fence.begin() as session:
            self._expire_flights(session, Origin.SENT, began_at, unread)
            course.get_row(session).copies_read_at = began_at


def _since(integration: Integration) -> datetime | None:
    """Return from when on changes are wanted; None for everything."""
    if integration.cursor is None:
        return None
    return min(integration.cursor, integration.changes_since or integration.cursor)


def _should_be_shown(link: Link, window: Window) -> bool:
    """Tell whether a complete sweep shows an event that stands where it stood last."""
    if link.state is not LinkState.LIVE or link.flight is not None or link.there is None:
        return False
    return link.seen is not None and not link.seen.is_deleted and window.shows(link.there.times)
