"""Events that no link knows: what is made of them, and the items they become."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from calsync.core.content import Content
from calsync.core.event import Event, UnreadableEvent
from calsync.core.event_id import CopyName, read_event_id
from calsync.core.footer import ItemLink, find_item_links
from calsync.core.instances import Instance, is_replaceable, pair_instances
from calsync.core.link import Link, Origin
from calsync.core.mapping import content_of_event, is_off
from calsync.core.newcomers import Newcomer, Verdict, judge, newest_of_each
from calsync.core.recognition import observe
from calsync.core.recurrence import View
from calsync.core.run import Result
from calsync.core.settle import settle_equal
from calsync.db.database import Session
from calsync.db.items import list_items, map_assignees, map_exceptions
from calsync.db.judged import Judgement, forget_judged, map_judged, note_judged
from calsync.db.links import (
    find_linked_series,
    link_of,
    list_links_of_items,
    list_links_of_series,
    put_link,
)
from calsync.db.models import LinkRow
from calsync.services.sync.arriving import Welcome, link_row
from calsync.services.sync.journal import Journal
from calsync.services.sync.pairs import Pairs
from calsync.services.sync.reading import seen_of
from calsync.services.sync.twins import Twins
from calsync.services.tools import Tools


@dataclass(frozen=True)
class Bringer:
    """Judges strangers for one run, in one open transaction."""

    tools: Tools
    session: Session
    pairs: Pairs
    journal: Journal
    #: What a manual sync brings in besides.
    retrieved: View | None = None
    #: Entries whose copies were moved here from another linked calendar.
    moved: frozenset[ItemLink] = frozenset()

    def bring(self, events: Sequence[Event], *, is_baseline: bool = False) -> int:
        """Bring in what is new and note the rest; return how many items were made."""
        standing = [event for event in newest_of_each(events) if not event.deleted]
        if not standing:
            return 0
        subject = self.pairs.subject
        uids = [event.uid for event in standing]
        judged = map_judged(self.session, subject.tenant_id, subject.id, uids)
        series = find_linked_series(
            self.session,
            subject.tenant_id,
            subject.id,
            {event.series_id for event in standing if event.series_id},
        )
        arriving: list[Event] = []
        judgements: list[Judgement] = []
        linked: list[str] = []
        replacing = self._follow_instances(standing)
        for event in standing:
            if event.uid in replacing:
                continue
            if event.event_id and self._adopt(event, read_event_id(event.event_id)):
                continue
            before = judged.get(event.uid)
            verdict = self._judge(event, before, event.series_id in series)
            if is_baseline and verdict is Verdict.CREATE_OFF:
                verdict = Verdict.BASELINE
            if verdict is not Verdict.BRING:
                judgements.append(self._judgement(event, verdict))
            elif self._twins.adopt(event):
                linked.append(event.uid)
            else:
                arriving.append(event)
        made = Welcome(self.tools, self.session, self.pairs, self.journal).make(arriving)
        linked += made
        unfit = [event for event in arriving if event.uid not in made]
        judgements += [self._judge_unfit(event, judged.get(event.uid)) for event in unfit]
        note_judged(self.session, subject.tenant_id, subject.id, judgements, self.pairs.now)
        forget_judged(self.session, subject.tenant_id, subject.id, judged.keys() & set(linked))
        return len(linked)

    def _judge_unfit(self, event: Event, before: Judgement | None) -> Judgement:
        """Note that an event can be no item, and say so in the log the first time."""
        if before is None or before.reason != Verdict.UNREADABLE:
            self._note_unfit(event)
        return self._judgement(event, Verdict.UNREADABLE)

    def _judgement(self, event: Event, verdict: Verdict) -> Judgement:
        likeness = self._twins.likeness_of(event)
        return Judgement(event.uid, verdict.value, likeness, event.updated)

    def _follow_instances(self, events: Sequence[Event]) -> set[str]:
        """Let links follow instances of series that were made anew; return these by uid."""
        fresh = [event for event in events if event.series_id and event.times]
        if not fresh:
            return set()
        subject = self.pairs.subject
        rows = list_links_of_series(
            self.session, subject.tenant_id, subject.id, {e.series_id or "" for e in fresh}
        )
        awaited = {row.id: row for row in rows if is_replaceable(link_of(row))}
        by_uid = {event.uid: event for event in fresh}
        followed = set()
        for series in {event.series_id for event in fresh}:
            gone = [_gone(row) for row in awaited.values() if row.series == series]
            new = [_fresh(event) for event in fresh if event.series_id == series]
            for old, one in pair_instances(gone, new):
                self._follow(awaited[old.name], by_uid[one.name])
                followed.add(one.name)
        return followed

    def _follow(self, row: LinkRow, event: Event) -> None:
        """Let a link be with the event that took the place of its own."""
        row.event_uid = event.uid
        seen = seen_of(event, self.pairs.base_url, self._mailbox)
        put_link(row, observe(replace(link_of(row), seen=None), seen, self.pairs.now))
        row.looks += 1

    def note_altered(self, events: Sequence[Event]) -> None:
        """Write down of which events a write of ours changed more than it was to."""
        for event in events:
            self.journal.note_event(
                self.session,
                event.uid,
                event.title,
                self.pairs.now,
                result=Result.FAILED,
                reason="altered",
            )

    def note_unreadable(self, events: Sequence[UnreadableEvent]) -> None:
        """Write down events that could not be understood; their neighbours could."""
        subject = self.pairs.subject
        uids = [event.uid for event in events if event.uid]
        judged = map_judged(self.session, subject.tenant_id, subject.id, uids)
        bad = {uid for uid, each in judged.items() if each.reason == Verdict.UNREADABLE}
        fresh = [event for event in events if event.uid not in bad]
        for event in fresh:
            self.journal.note_event(
                self.session,
                event.uid,
                "",
                self.pairs.now,
                result=Result.FAILED,
                reason=Verdict.UNREADABLE.value,
            )
        note_judged(
            self.session,
            subject.tenant_id,
            subject.id,
            [Judgement(event.uid, Verdict.UNREADABLE.value) for event in fresh if event.uid],
            self.pairs.now,
        )

    def _judge(self, event: Event, judged: Judgement | None, belongs_to_series: bool) -> Verdict:
        retrieved = self.retrieved
        newcomer = Newcomer(
            created=event.created,
            updated=event.updated,
            is_managed=event.is_managed,
            is_off=is_off(event),
            is_look_alike=self._is_look_alike(event),
            belongs_to_series=belongs_to_series,
            is_retrieved=bool(retrieved and event.times and retrieved.shows(event.times)),
            judged=Verdict(judged.reason) if judged else None,
            is_unchanged=judged is not None and self._is_as_judged(event, judged),
        )
        integration = self.pairs.subject.integration
        takes_create = self.pairs.subject.options.takes_create
        return judge(newcomer, takes_create, integration.create_since)

    def _adopt(self, event: Event, name: CopyName | None) -> bool:
        """Link a copy of ours that the database has forgotten, if its entry has no other."""
        subject = self.pairs.subject
        if name is None or name.integration_id != subject.id:
            return False
        link = Link(Origin.SENT, seen=seen_of(event, self.pairs.base_url, self._mailbox))
        mine = self._shown(name.item_id, name.key, link)
        theirs = content_of_event(event, self.pairs.base_url)
        if mine is None or theirs is None or self._is_linked(name):
            return False
        row = link_row(self.pairs, event, name.item_id, name.key, Origin.SENT)
        row.event_id, row.generation = event.event_id, name.generation
        put_link(row, settle_equal(link, mine, theirs))
        self.session.add(row)
        self.session.flush()
        self.journal.note_linked(self.session, row, mine, theirs, self.pairs.now, "adopted")
        return True

    def _is_linked(self, name: CopyName) -> bool:
        subject = self.pairs.subject
        rows = list_links_of_items(self.session, subject.tenant_id, subject.id, [name.item_id])
        return any(row.key == name.key for row in rows)

    def _is_as_judged(self, event: Event, judged: Judgement) -> bool:
        # Within one second an event may become another.
        is_alike = judged.likeness == self._twins.likeness_of(event)
        if not is_alike or judged.shown_at != event.updated:
            return False
        # What it was taken for a copy of may be gone meanwhile.
        return judged.reason != Verdict.LOOK_ALIKE or bool(self._list_named(event))

    def _is_look_alike(self, event: Event) -> bool:
        """Tell whether an event is a copy of an entry: of the same time, or moved here."""
        if event.is_managed or event.times is None:
            return False
        return any(
            mine.times == event.times or named in self.moved
            for named, mine in self._list_named(event)
        )

    def _list_named(self, event: Event) -> list[tuple[ItemLink, Content]]:
        """Return the entries that an event names in its footer and that stand, as they are."""
        named = find_item_links(event.text, self.pairs.base_url)
        shown = [
            (each, self._shown(each.item_id, each.occurrence_key or "", Link(Origin.SENT)))
            for each in named
        ]
        return [(each, mine) for each, mine in shown if mine is not None]

    def _shown(self, item_id: str, key: str, link: Link) -> Content | None:
        """Return what is shown of an entry of this user, None where there is none."""
        tenant_id = self.pairs.subject.tenant_id
        for item in list_items(self.session, tenant_id, [item_id]):
            assignees = map_assignees(self.session, tenant_id, [item_id])[item_id]
            if item.deleted_at or self.pairs.subject.who.user_id not in assignees:
                return None
            rows = map_exceptions(self.session, tenant_id, [item_id])[item_id]
            for entry in self.pairs.entries(item, rows, assignees, {key}):
                if (entry.key or "") == key:
                    return self.pairs.content(entry, link)
        return None

    def _note_unfit(self, event: Event) -> None:
        theirs = content_of_event(event, self.pairs.base_url)
        self.journal.note_event(
            self.session,
            event.uid,
            theirs.title if theirs else "",
            self.pairs.now,
            result=Result.FAILED,
            reason="unfit",
        )

    @property
    def _twins(self) -> Twins:
        return Twins(self.session, self.pairs, self.journal)

    @property
    def _mailbox(self) -> str:
        return self.pairs.subject.integration.profile_name


def _gone(row: LinkRow) -> Instance:
    link = link_of(row)
    start = link.there.times.start if link.there else datetime.min.replace(tzinfo=UTC)
    return Instance(row.id, start, link.seen.updated if link.seen else None)


def _fresh(event: Event) -> Instance:
    start = event.times.start if event.times else datetime.min.replace(tzinfo=UTC)
    return Instance(event.uid, start, event.created)
