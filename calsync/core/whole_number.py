"""Whole numbers as texts: in forms, in headers, in files."""

#: More digits than any number has that means something here.
_MOST_DIGITS = 9


def read_whole_number(text: str) -> int | None:
    """Return what a text of nothing but a few digits says; None for any other."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else None
