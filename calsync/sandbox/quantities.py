"""The numbers that a person may type on the dashboard."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """A number with its bounds, and how the page asks for it."""

    name: str
    label: str
    lowest: float
    highest: float
    is_whole: bool = True
    hint: str = ""

    def read(self, typed: str) -> float | int | None:
        """Return the number, or None when it is none or out of bounds."""
        try:
            number = int(typed) if self.is_whole else float(typed)
        except ValueError:
            return None
        is_inside = math.isfinite(number) and self.lowest <= number <= self.highest
        return number if is_inside else None

    @property
    def complaint(self) -> str:
        """What is said to anything else."""
        kind = "a whole number" if self.is_whole else "a number"
        return f"{self.label}: enter {kind} from {self.lowest:g} to {self.highest:g}"


#: How often a fault strikes; an empty field is without end.
TIMES = Quantity("times", "Times", 1, 1000)

#: What some faults take besides, by the fault's kind.
OPTIONS = {
    "rate_limited": Quantity("retry_after", "Retry-After", 0, 3600),
    "server_error": Quantity("status", "Status", 500, 599),
    "html_error": Quantity("status", "Status", 400, 599),
    "slow": Quantity("seconds", "Seconds", 0, 600, is_whole=False),
    "timeout_before": Quantity("seconds", "Seconds", 0, 600, is_whole=False),
    "timeout_after": Quantity("seconds", "Seconds", 0, 600, is_whole=False),
    "notification_late": Quantity("seconds", "Seconds", 0, 86_400, is_whole=False),
}

_YEAR = 366 * 86_400
#: The settings of the store that are numbers.
SETTINGS = [
    Quantity("lag", "Lag", 0, 600, False, "Seconds until a write of an application is seen."),
    Quantity("page_size", "Page size", 1, 1000, hint="Events on one page of a read."),
    Quantity("token_lifetime", "Token lifetime", 1, 86_400, hint="Seconds, for new tokens."),
    Quantity(
        "retry_scale",
        "Retry scale",
        0,
        1,
        False,
        "Waiting between attempts to notify is multiplied by this; 1 is the real thing.",
    ),
    Quantity(
        "clock_shift",
        "Clock shift",
        -5 * _YEAR,
        5 * _YEAR,
        False,
        "Seconds by which the sandbox is ahead of the present; a day is 86400.",
    ),
]
