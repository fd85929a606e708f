"""The style rules that put entries in their places: so many, and so alike, that they are made.

A content policy without inline styles leaves classes to say where something stands.
"""

from calsync.core.grid import WEEK
from calsync.core.time_grid import MOST_LANES

#: Quarter hours of a day, and of six hours that a clock change may repeat: no known one does more.
_ROWS = (24 + 6) * 4
#: On a narrower screen, days are lists and nothing has a place.
_WIDE = "@media (min-width: 40.01rem), print"


def grid_css() -> str:
    """Return the rules: ``gs`` and ``ge`` for rows, ``lXofY`` for lanes, ``sN`` for bars."""
    return f"{_WIDE} {{\n{_rows()}\n{_lanes()}\n}}\n{_bars()}\n"


def _rows() -> str:
    starts = (f".gs{line}{{grid-row-start:{line}}}" for line in range(1, _ROWS + 1))
    ends = (f".ge{line}{{grid-row-end:{line}}}" for line in range(2, _ROWS + 2))
    return "\n".join([*starts, *ends])


def _lanes() -> str:
    return "\n".join(
        f".blocks .l{lane}of{lanes}{{margin-inline-start:{100 * lane / lanes:.4g}%;"
        f"width:calc({100 / lanes:.4g}% - 3px)}}"
        for lanes in range(1, MOST_LANES + 2)
        for lane in range(lanes)
    )


def _bars() -> str:
    # A bar covers the line between two days and keeps its distance at both ends.
    return "\n".join(
        f".s{days}{{width:calc({days * 100}% + {days - 1}px - 6px)}}" for days in range(1, WEEK + 1)
    )
