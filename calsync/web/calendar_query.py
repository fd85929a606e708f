"""What an address asks of the calendar: the view, the day, and which entries."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from calsync.core.grid import View, find_bounds, list_days
from calsync.web.kinds import KINDS

#: Years that a calendar is asked for; what lies outside is no address of ours.
FIRST_YEAR, LAST_YEAR = 1970, 2200
_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class CalendarQuery:
    """One way to look at a calendar; no kinds means all, and no person means one's own."""

    view: View
    day: date
    kinds: tuple[str, ...] = ()
    text: str = field(default="", repr=False)
    person: str = ""

    @property
    def is_filtered(self) -> bool:
        """Tell whether some entries are left out on purpose."""
        return bool(self.kinds or self.text)

    def move(self, view: View, day: date) -> "CalendarQuery":
        """Return the same entries in another view or around another day."""
        return replace(self, view=view, day=day)

    def unfiltered(self) -> "CalendarQuery":
        """Return the same with every entry."""
        return replace(self, kinds=(), text="")

    def make_url(self, base: str) -> str:
        """Return the address of the query below ``base``."""
        filters = [("kind", kind) for kind in self.kinds]
        filters += [(n, v) for n, v in (("q", self.text), ("person", self.person)) if v]
        tail = f"?{urlencode(filters)}" if filters else ""
        return f"{base}/{self.view}/{self.day.isoformat()}{tail}"

    def find_bounds(self, zone: ZoneInfo, first_weekday: int) -> tuple[datetime, datetime]:
        """Return from when to when entries are wanted, in UTC."""
        return find_bounds(list_days(self.view, self.day, first_weekday), zone)


def read_query(view: str, day: str, arguments: MultiDict[str, str]) -> CalendarQuery | None:
    """Return what an address asks for, or None if that is nothing."""
    found = _read_day(day)
    if view not in set(View) or found is None:
        return None
    return CalendarQuery(
        view=View(view),
        day=found,
        kinds=tuple(kind for kind in KINDS if kind in arguments.getlist("kind")),
        text=arguments.get("q", "").strip()[:_LONGEST_TEXT],
        person=arguments.get("person", "")[:_LONGEST_TEXT],
    )


def _read_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # Python reads 20261124 and 2026-W48-2 too; one day has one address.
    is_ours = day.isoformat() == text and FIRST_YEAR <= day.year < LAST_YEAR
    return day if is_ours else None
