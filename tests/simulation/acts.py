"""What people do in a history: each act is one method, and what was done is written down.

The hands pick what they act on by a number, as it stands at that moment, and note an act
once it is acknowledged: here when the service has returned, there at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from calsync.core.event import Timed
from calsync.errors import CalsyncError
from tests.simulation.faults import Crash
from tests.simulation.office import LONDON, Desk, Office, moment

_HOUR = timedelta(hours=1)


class Side(StrEnum):
    """Where somebody does something."""

    #: On My Calendar.
    HERE = "here"
    #: In the linked calendar.
    THERE = "there"
    #: To the integration, the account or the calendar as a whole.
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Act:
    """What one person did.

    ``subject`` is an item's id or an event's uid. ``fields`` are what was given, by the
    names of the parts of a content: title, times, text, place, private, busy.
    """

    number: int
    name: str
    side: Side
    who: str
    subject: str
    fields: Mapping[str, Any]
    began_at: datetime
    ended_at: datetime
    #: Whether the person was told that it is done; where not, it may be done or not.
    is_acknowledged: bool = True


@dataclass
class Hands:
    """What a step of a plan does, by its name."""

    office: Office
    #: All that was done so far.
    acts: list[Act] = field(default_factory=list)
    #: The titles that anybody ever gave.
    titles: set[str] = field(default_factory=set)
    #: Titles that stood there several times, as a series does.
    series: set[str] = field(default_factory=set)

    # --- on My Calendar ---

    def add(self, title: str, hour: int) -> None:
        times = _hour_at(hour)
        self._here("add", lambda: self.office.add(title, times.start), title=title, times=times)

    def change(self, pick: int, title: str) -> None:
        if item := self._pick_item(pick):
            self._here("change", lambda: self.office.change(item, subject=title), item, title=title)

    def shift(self, pick: int, hour: int) -> None:
        times = _hour_at(hour)
        if item := self._pick_item(pick):
            self._here("shift", lambda: self.office.change(item, times=times), item, times=times)

    def delete(self, pick: int) -> None:
        if item := self._pick_item(pick):
            self._here("delete", lambda: self.office.delete(item), item)

    def restore(self, pick: int) -> None:
        if item := self._pick_item(pick, deleted=True):
            self._here("restore", lambda: self.office.restore(item), item)

    def repeat(self, title: str, hour: int) -> None:
        times = _hour_at(hour)
        self.series.add(title)
        rule = "FREQ=DAILY;COUNT=3"
        self._here(
            "repeat",
            lambda: self.office.add(title, times.start, rule=rule),
            title=title,
            times=times,
            rule=rule,
        )

    # --- settings ---

    def switch(self, pick: int) -> None:
        name = ("takes_create", "takes_update", "takes_delete")[pick % 3]
        desk = self._pick_desk(pick)
        self._settings("switch", desk, lambda: self.office.turn(desk, name), switch=name)

    def pause(self, pick: int) -> None:
        desk = self._pick_desk(pick)
        self._settings("pause", desk, lambda: self.office.pause(desk))

    def lock(self, pick: int) -> None:
        desk, service = self._pick_desk(pick // 2), self.office.provider.service
        readonly = pick % 2 == 0
        self._settings(
            "lock",
            desk,
            lambda: service.set_readonly(desk.calendar_id, readonly=readonly),
            readonly=readonly,
        )

    # --- in the linked calendar ---

    def put(self, title: str, hour: int) -> None:
        times, desk = _hour_at(hour), self._pick_desk(hour)
        owner = self.office.provider.owner
        self._there(
            "put",
            lambda: owner.create_event(desk.calendar_id, title, times.start, times.end),
            title=title,
            times=times,
        )

    def edit(self, pick: int, title: str) -> None:
        owner = self.office.provider.owner
        if uid := self._pick_event(pick):
            self._there("edit", lambda: owner.edit_event(uid, title=title), uid, title=title)

    def move(self, pick: int, hour: int) -> None:
        owner, times = self.office.provider.owner, _hour_at(hour)
        if uid := self._pick_event(pick):
            self._there(
                "move",
                lambda: owner.edit_event(uid, start=times.start, end=times.end),
                uid,
                times=times,
            )

    def remove(self, pick: int) -> None:
        if uid := self._pick_event(pick):
            self._there("remove", lambda: self.office.provider.owner.delete_event(uid), uid)

    def revive(self, pick: int) -> None:
        if uid := self._pick_event(pick, deleted=True):
            self._there("revive", lambda: self.office.provider.owner.restore_event(uid), uid)

    # --- how an act is done ---

    def _here(self, name: str, do: Callable[[], str | None], item: str = "", **fields: Any) -> None:
        self._do(name, Side.HERE, do, item, fields)

    def _there(self, name: str, do: Callable[[], str | None], uid: str = "", **fields: Any) -> None:
        self._do(name, Side.THERE, do, uid, fields)

    def _settings(self, name: str, desk: Desk, do: Callable[[], None], **fields: Any) -> None:
        self._do(name, Side.SETTINGS, do, desk.integration_id, fields)

    def _do(
        self,
        name: str,
        side: Side,
        do: Callable[[], str | None],
        subject: str,
        fields: Mapping[str, Any],
    ) -> None:
        """Do something and note whether it was acknowledged; what was refused is not noted."""
        if title := fields.get("title"):
            self.titles.add(title)
        began_at = self.office.clock.now()
        try:
            subject = do() or subject
        except CalsyncError:
            return
        except Crash:
            self._note(name, side, subject, fields, began_at, is_acknowledged=False)
            raise
        self._note(name, side, subject, fields, began_at)

    def _note(
        self,
        name: str,
        side: Side,
        subject: str,
        fields: Mapping[str, Any],
        began_at: datetime,
        *,
        is_acknowledged: bool = True,
    ) -> None:
        number, now = len(self.acts), self.office.clock.now()
        self.acts.append(
            Act(number, name, side, "dana", subject, fields, began_at, now, is_acknowledged)
        )

    def _pick_desk(self, pick: int) -> Desk:
        return self.office.desks[pick % len(self.office.desks)]

    def _pick_item(self, pick: int, *, deleted: bool = False) -> str | None:
        items = self.office.items()
        found = [item for item in items if (item.deleted_at is not None) == deleted]
        found.sort(key=lambda item: (item.created_at, item.subject))
        return found[pick % len(found)].id if found else None

    def _pick_event(self, pick: int, *, deleted: bool = False) -> str | None:
        found = [event.uid for event in self.office.events() if event.deleted == deleted]
        return found[pick % len(found)] if found else None


def _hour_at(hour: int) -> Timed:
    start = moment(hour)
    return Timed(start, start + _HOUR, LONDON)
