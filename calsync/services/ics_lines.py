"""An iCalendar file as its lines: cut into components before anything else reads it.

Each is read by itself, so that one that is broken does not take its neighbours with
it, and what nobody would write is refused before it costs anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass

LARGEST_FILE = 2 * 1024 * 1024
MOST_ENTRIES = 1000
#: Calendar, event, alarm; a zone has as many.
DEEPEST = 4
LONGEST_LINE = 100_000
#: Everything else is an entry, be it one that we cannot read.
_ZONES = "VTIMEZONE"


class RefusedFile(ValueError):
    """The file is not read at all; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unreadable(ValueError):
    """An entry that cannot become an item; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Component:
    """The text of one entry and the line of the file that it begins on."""

    name: str
    line: int
    text: str


def decode(content: bytes) -> str:
    """Return the text of a file. Raises RefusedFile."""
    if len(content) > LARGEST_FILE:
        raise RefusedFile("too_large")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RefusedFile("not_utf8") from None
    if "\0" in text or not text.lstrip()[:20].upper().startswith("BEGIN:VCALENDAR"):
        raise RefusedFile("no_calendar")
    return text


def cut_components(text: str) -> list[Component]:
    """Return the entries of a calendar in their order. Raises RefusedFile."""
    if text.upper().count("BEGIN:") > 10 * MOST_ENTRIES:
        raise RefusedFile("too_many")
    found: list[Component] = []
    open_names: list[str] = []
    lines: list[str] = []
    begins = 0
    for number, line in _unfold(text):
        if _step(line, open_names):
            begins, lines = number, []
        lines.append(line)
        mark, _, closed = line.strip().upper().partition(":")
        if len(open_names) == 1 and mark == "END" and closed != _ZONES:
            found.append(Component(closed, begins, "\r\n".join([*lines, ""])))
            if len(found) > MOST_ENTRIES:
                raise RefusedFile("too_many")
    if open_names:
        raise RefusedFile("broken")
    return found


def _step(line: str, open_names: list[str]) -> bool:
    """Follow a line down or up; tell whether an entry of the calendar begins with it."""
    mark, _, name = line.strip().upper().partition(":")
    if mark == "BEGIN":
        open_names.append(name)
        if len(open_names) > DEEPEST:
            raise RefusedFile("too_deep")
        return len(open_names) == 2
    if mark == "END" and (not open_names or open_names.pop() != name):
        raise RefusedFile("broken")
    return False


def _unfold(text: str) -> Iterator[tuple[int, str]]:
    """Yield each content line whole, with the number of the first line that it stands on."""
    first, length = 1, 0
    parts: list[str] = []
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.removesuffix("\r")
        if line[:1] in (" ", "\t") and parts:
            parts.append(line[1:])
            length += len(line)
            if length > LONGEST_LINE:
                raise RefusedFile("long_line")
            continue
        if parts:
            yield first, "".join(parts)
        first, parts, length = number, [line] if line.strip() else [], len(line)
        if length > LONGEST_LINE:
            raise RefusedFile("long_line")
    if parts:
        yield first, "".join(parts)
