"""Texts as both sides can hold them: plain, with one sort of line end, of a limited length."""

import re

#: Stands at the end of what had to be cut.
MARK = "…"

#: What ends a line somewhere: in Windows, in Word, in Unicode.
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
#: No calendar shows these and some refuse them: controls, half a surrogate pair, no characters.
_UNFIT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile(r"[\t\n]")


def clean_text(text: str) -> str:
    """Return a text of several lines without what a calendar cannot hold."""
    if text.isprintable():
        # Then there is nothing in it that is not to stay.
        return text.strip()
    unified = _LINE_ENDS.sub("\n", text)
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", unified).strip()


def clean_line(text: str) -> str:
    """Return a text as one line without what a calendar cannot hold."""
    return _BREAKS.sub(" ", clean_text(text))


def cut_text(text: str, most: int) -> str:
    """Return at most so many characters of a text, with a mark where something is missing."""
    if len(text) <= most:
        return text
    return text[: max(0, most - len(MARK))].rstrip() + MARK[: max(0, most)]
