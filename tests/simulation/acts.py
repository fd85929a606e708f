"""What people did in a history: each act with what was given, when, and if it was acknowledged.

An act is acknowledged once its person was told so: here when the service has returned, there
at once. What was refused is no act.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from calsync.core.event import AllDay, Timed
from calsync.core.item import UnfitItem
from calsync.db.models import Item
from calsync.errors import CalsyncError, StorageUnavailable
from tests.simulation.faults import Crash
from tests.simulation.office import LONDON, Desk, Office
from tests.simulation.snapshots import Shown

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
#: Of forty hours so many are ahead.
_AHEAD = 36

Each = TypeVar("Each")


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

    ``subject`` is an item's id, an event's uid or an integration's id. ``fields`` are what
    was given, those of a content by the names of its parts: title, times, text, place,
    private, busy.
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
class Doer:
    """Somebody who does things, one after the other or several at once, and notes them.

    What is acted on is picked by a number, from what there is at that moment.
    """

    office: Office
    #: All that was done so far.
    acts: list[Act] = field(default_factory=list)
    #: The titles that anybody ever gave.
    titles: set[str] = field(default_factory=set)
    #: Titles that stood there several times, as a series does.
    series: set[str] = field(default_factory=set)

    def here(
        self, name: str, who: str, do: Callable[[], str | None], item: str = "", **fields: Any
    ) -> None:
        """Do something on My Calendar."""
        self._do(name, Side.HERE, who, do, item, fields)

    def there(
        self, name: str, who: str, do: Callable[[], str | None], uid: str = "", **fields: Any
    ) -> None:
        """Do something in a linked calendar."""
        self._do(name, Side.THERE, who, do, uid, fields)

    def settings(self, name: str, desk: Desk, do: Callable[[], str | None], **fields: Any) -> None:
        """Do something to an integration, or let it happen."""
        self._do(name, Side.SETTINGS, desk.who, do, desk.integration_id, fields)

    def pick_item(self, pick: int, wanted: Callable[[Item], bool] = lambda _: True) -> Item | None:
        """Return one of the items that stand and are wanted."""
        return _pick([i for i in self._items() if i.deleted_at is None and wanted(i)], pick)

    def pick_deleted_item(self, pick: int) -> Item | None:
        """Return one of the items in the bin."""
        return _pick([item for item in self._items() if item.deleted_at is not None], pick)

    def pick_event(
        self, pick: int, wanted: Callable[[Shown], bool] = lambda _: True
    ) -> Shown | None:
        """Return one of the events that stand and are wanted."""
        events = self.office.events()
        return _pick([each for each in events if not each.deleted and wanted(each)], pick)

    def pick_deleted_event(self, pick: int) -> Shown | None:
        """Return one of the events that were deleted."""
        return _pick([event for event in self.office.events() if event.deleted], pick)

    def pick_desk(self, pick: int) -> Desk:
        """Return one of the integrations."""
        return self.office.desks[pick % len(self.office.desks)]

    def owner_of(self, event: Shown) -> str:
        """Return the first name of whose calendar an event stands in."""
        accounts = self.office.provider.world.accounts
        profile_id = accounts.shelves[event.calendar_id].profile_id
        return next(desk.who for desk in self.office.desks if desk.profile_id == profile_id)

    def hour_at(self, number: int) -> Timed:
        """Return one of the hours that a scenario uses: most are ahead, some lie behind."""
        hours = number if number < _AHEAD else number - 100
        start = self._tomorrow() + timedelta(hours=8 + hours)
        return Timed(start, start + _HOUR, LONDON)

    def day_at(self, number: int) -> AllDay:
        """Return one of the days that a scenario uses."""
        day = self._tomorrow().date() + (number % 10 - 1) * _DAY
        return AllDay(day, day + _DAY)

    def _tomorrow(self) -> datetime:
        now = self.office.clock.now()
        return now.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY

    def _items(self) -> list[Item]:
        return sorted(self.office.items(), key=lambda item: (item.created_at, item.subject))

    def _do(
        self,
        name: str,
        side: Side,
        who: str,
        do: Callable[[], str | None],
        subject: str,
        fields: Mapping[str, Any],
    ) -> None:
        """Do something and note whether it was acknowledged; what was refused is not noted.

        Where the process or the database's connection ended, it may be done or not.
        """
        if title := fields.get("title"):
            self.titles.add(title)
        began_at = self.office.clock.now()
        try:
            subject = do() or subject
        except (Crash, StorageUnavailable) as error:
            self._note(Act(0, name, side, who, subject, fields, began_at, began_at, False))
            if isinstance(error, Crash):
                raise
            return
        except (CalsyncError, UnfitItem):
            return
        self._note(Act(0, name, side, who, subject, fields, began_at, began_at))

    def _note(self, act: Act) -> None:
        now = self.office.clock.now()
        self.acts.append(replace(act, number=len(self.acts), ended_at=now))


def _pick(found: Sequence[Each], pick: int) -> Each | None:
    return found[pick % len(found)] if found else None
