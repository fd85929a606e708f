"""The month that a mailbox page shows."""

from calendar import Calendar
from dataclasses import dataclass
from datetime import date, timedelta

#: Far enough for every test, and far enough from where dates end.
FIRST_YEAR, LAST_YEAR = 1990, 2100


@dataclass(frozen=True)
class Month:
    """A month of a year, with the weeks that touch it."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """Return the month that ``day`` is in."""
        return cls(day.year, day.month)

    @classmethod
    def find(cls, text: str) -> "Month | None":
        """Return the month written as ``2026-11``, or None for anything else."""
        year, _, number = text.partition("-")
        if not (text.isascii() and len(text) == 7 and year.isdigit() and number.isdigit()):
            return None
        found = cls(int(year), int(number))
        is_month = 1 <= found.number <= 12 and FIRST_YEAR <= found.year <= LAST_YEAR
        return found if is_month else None

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    @property
    def name(self) -> str:
        """The month as people write it: November 2026."""
        return f"{self.first_day:%B %Y}"

    @property
    def first_day(self) -> date:
        """The first of the month."""
        return date(self.year, self.number, 1)

    @property
    def weeks(self) -> list[list[date]]:
        """The weeks from Monday to Sunday that have a day of this month."""
        return Calendar().monthdatescalendar(self.year, self.number)

    @property
    def previous(self) -> "Month":
        """The month before."""
        return Month.of(self.first_day - timedelta(days=1))

    @property
    def next(self) -> "Month":
        """The month after."""
        return Month.of(self.first_day + timedelta(days=31))

    def holds(self, day: date) -> bool:
        """Say whether ``day`` is in this month, and not only in one of its weeks."""
        return (day.year, day.month) == (self.year, self.number)
