"""What a log is asked for, as the address of its page says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from calsync.core.item import Kind
from calsync.core.link import Side
from calsync.core.run import Outcome, Trigger
from calsync.db.log_entries import LogFilter
from calsync.db.positions import Position
from calsync.web.choices import find_choice

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_TEXT = 200


class Started(StrEnum):
    """What began the syncs that are shown."""

    MANUAL = "manual"
    REAL_TIME = "real_time"
    SCHEDULED = "scheduled"
    ALL = "all"


_TRIGGERS = {
    Started.MANUAL: (Trigger.MANUAL,),
    Started.REAL_TIME: (Trigger.REAL_TIME_OUT, Trigger.REAL_TIME_IN),
    Started.SCHEDULED: (Trigger.SCHEDULED,),
    Started.ALL: None,
}


@dataclass(frozen=True, kw_only=True)
class LogQuery:
    """The choices of a page of a log; what is not understood does not matter."""

    started: Started
    direction: Side | None
    result: Outcome | None
    kind: Kind | None
    first: date | None
    last: date | None
    text: str
    run: str | None
    item: str | None
    before: Position | None
    after: Position | None

    @property
    def has_choices(self) -> bool:
        """Tell whether anything is chosen in the form of the filter."""
        return not self.parameters().keys() <= {"run", "item"}

    def parameters(self) -> dict[str, str]:
        """Return the choices as an address has them, those that are so anyway left out."""
        default = Started.ALL if self.run or self.item else Started.MANUAL
        found = {
            "started": self.started.value if self.started is not default else "",
            "direction": self.direction or "",
            "result": self.result or "",
            "kind": self.kind or "",
            "from": self.first.isoformat() if self.first else "",
            "to": self.last.isoformat() if self.last else "",
            "text": self.text,
            "run": self.run or "",
            "item": self.item or "",
        }
        return {name: str(value) for name, value in found.items() if value}

    def make_filter(self, zone: ZoneInfo) -> LogFilter:
        """Return what the log is asked for; days are those of the reader's zone."""
        return LogFilter(
            run=self.run,
            item=self.item,
            triggers=_TRIGGERS[self.started],
            side=self.direction,
            outcome=self.result,
            kind=self.kind,
            since=_midnight(self.first, zone) if self.first else None,
            until=_midnight(self.last + timedelta(days=1), zone) if self.last else None,
            text=self.text,
        )


def read_query(given: Mapping[str, str]) -> LogQuery:
    """Return what an address asks for."""
    run, item = (given.get(name, "")[:16] or None for name in ("run", "item"))
    started = find_choice(Started, given.get("started"))
    return LogQuery(
        started=started or (Started.ALL if run or item else Started.MANUAL),
        direction=find_choice(Side, given.get("direction")),
        result=find_choice(Outcome, given.get("result")),
        kind=find_choice(Kind, given.get("kind")),
        first=_read_day(given.get("from", "")),
        last=_read_day(given.get("to", "")),
        text=given.get("text", "").strip()[:_LONGEST_TEXT],
        run=run,
        item=item,
        before=_read_position(given.get("before", "")),
        after=_read_position(given.get("after", "")),
    )


def write_position(position: Position) -> str:
    """Return a position in a log as an address has it."""
    at, entry_id = position
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}-{entry_id}"


def _read_position(text: str) -> Position | None:
    micros, _, entry_id = text.partition("-")
    if not (micros.isascii() and micros.isdecimal() and len(micros) <= 17 and entry_id):
        return None
    try:
        return _EPOCH + timedelta(microseconds=int(micros)), entry_id[:16]
    except OverflowError:
        return None


def _read_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # Midnight of it is a time in every zone.
    return day if 1900 <= day.year < 9000 else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
