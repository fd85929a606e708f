"""The zones that calendar files name, by the names that we know them by."""

from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

UTC_NAMES = frozenset({"UTC", "GMT", "Z", "ETC/UTC", "ETC/GMT"})


def find_zone(name: str) -> str | None:
    """Return the IANA name of a zone, or None where nobody could say which one is meant.

    Outlook names zones as Windows does, and others put a path before the name. What
    the file itself says of a zone is not used: a name alone can be kept.
    """
    name = name.strip().strip('"')
    if name.upper() in UTC_NAMES:
        return "Etc/UTC"
    parts = name.strip("/").split("/")
    tails = ["/".join(parts[start:]) for start in range(max(0, len(parts) - 3), len(parts))]
    for candidate in (WINDOWS_TO_OLSON.get(name, name), *tails):
        try:
            return ZoneInfo(candidate).key
        except (KeyError, ValueError, OSError):
            continue
    return None
