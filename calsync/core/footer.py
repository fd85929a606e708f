"""The footer: the last line of every copy's description, which holds the item's link.

By it a copy is known that a person has moved or doubled in another calendar (docs/sync.md 6). It
goes through the hands of people and of providers: lines are joined, links become markup or
are wrapped by a mail scanner, words are typed beside it. So a footer is a link of ours that
has our label before it, or that has its line to itself; what stands beside or around it is the
user's. A link in the middle of somebody's sentence is their sentence.

All of this takes a time that grows with the length of the text and no faster.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from urllib.parse import quote, unquote

from calsync.core.event import LONGEST_TEXT
from calsync.core.plain_text import cut_text

#: The name of the page that the link leads to, in every language.
LABEL = "My Calendar"
#: A copy has one; whoever writes more is playing.
MOST_LINKS = 10


@dataclass(frozen=True, slots=True)
class ItemLink:
    """What a footer names: an item, and which occurrence of it if it repeats."""

    item_id: str
    occurrence_key: str | None = None


def item_url(base_url: str, item_id: str, key: str | None = None) -> str:
    """Return the address of an item's page, of one occurrence if ``key`` names one."""
    url = f"{base_url.rstrip('/')}/calendar/item/{quote(item_id, safe='')}"
    return f"{url}?key={quote(key, safe=':')}" if key else url


def text_room(url: str) -> int:
    """Return how many characters of text there is room for before the footer of ``url``."""
    return max(0, LONGEST_TEXT - len(_SPACE + _footer(url)))


def with_footer(text: str, url: str) -> str:
    """Return a text with its footer; cut if it must be, with a mark, the footer never."""
    shown = cut_text(text.rstrip(), text_room(url))
    return f"{shown}{_SPACE}{_footer(url)}" if shown else _footer(url)


def without_footer(text: str, base_url: str) -> str:
    """Return what is the user's of a text: everything but the footers, wherever they stand."""
    if not _has_link(text, base_url):
        return text
    pieces = _BREAKS.split(text)
    found = False
    for at in range(0, len(pieces), 2):
        kept = _read_line(pieces[at], base_url).kept
        if kept == pieces[at]:
            continue
        found = True
        pieces[at] = kept
        if not kept and at:
            pieces[at - 1] = ""
    return "".join(pieces).rstrip() if found else text


def find_item_links(text: str, base_url: str) -> tuple[ItemLink, ...]:
    """Return what the footers in a text name, each once, in order; at most MOST_LINKS."""
    if not _has_link(text, base_url):
        return ()
    lines = islice(_BREAKS.split(text), 0, None, 2)
    links = (link for line in lines for link in _read_line(line, base_url).links)
    return tuple(islice(dict.fromkeys(links), MOST_LINKS))


_SPACE = "\n\n"
#: What ends a line, in a text or in HTML.
_BREAKS = re.compile(
    "(\r\n|[\n\r\v\f\x85\u2028\u2029]"
    r"|</?(?:p|div|br|li|ul|ol|tr|td|table|h[1-6]|hr|blockquote|pre)\b[^<>]*>)",
    re.IGNORECASE,
)
#: An address ends where markup begins, however often it was escaped.
_ADDRESS = re.compile(
    r"""https?://(?:(?!&(?:amp;)*(?:lt|gt|quot|nbsp);)[^\s<>"'\x00\x01])+""", re.IGNORECASE
)
#: Stands for the n-th link of ours while its line is looked at.
_MARK = r"\x00[0-9]+\x01"
_MARKS = re.compile(_MARK)
_LIKE_MARKS = re.compile(r"[\x00\x01]")
_TAG_OF_OURS = re.compile(rf"<[^<>\x00]*({_MARK})[^<>]*>")
_NO_WORDS = re.compile(rf"{_MARK}|<[^<>]*>|&nbsp;|&[lg]t;|{LABEL}", re.IGNORECASE)
_WORD = re.compile(r"\w")
_LABELLED = re.compile(
    rf"{LABEL}(?:[\s:(\[\"']|&nbsp;|&lt;|<[^<>\x00]*>)*"
    rf"(?:{_MARK}(?:[\s)\]\"']|&nbsp;|&gt;|</a\s*>)*)+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line, what of it is the user's, and what its footers name."""

    kept: str
    links: tuple[ItemLink, ...] = ()


@dataclass(frozen=True, slots=True)
class _Address:
    """A link of ours as it stands in a text; it may have lost what it names."""

    text: str
    link: ItemLink | None


def _footer(url: str) -> str:
    return f"{LABEL}: {url}"


def _has_link(text: str, base_url: str) -> bool:
    # Most texts have none, and a plain search says so ten times faster.
    return "calendar" in text.lower() and _link_pattern(base_url).search(text) is not None


def _read_line(line: str, base_url: str) -> _Line:
    marked, addresses = _mark_links(line, base_url)
    if not addresses:
        return _Line(line)
    marked = _TAG_OF_OURS.sub(r"\1", marked)
    if not _WORD.search(_NO_WORDS.sub(" ", marked)):
        return _Line("", tuple(each.link for each in addresses if each.link))
    footers = "".join(_LABELLED.findall(marked))
    if not footers:
        return _Line(line)
    # Words beside a footer: its line was joined to theirs, or somebody typed into it.
    kept = _MARKS.sub(lambda mark: _find(mark, addresses).text, _LABELLED.sub(" ", marked))
    named = (_find(mark, addresses).link for mark in _MARKS.finditer(footers))
    return _Line(kept.strip(), tuple(filter(None, named)))


def _mark_links(line: str, base_url: str) -> tuple[str, list[_Address]]:
    """Return the line with a mark for each link of ours, and the links."""
    addresses: list[_Address] = []
    pattern = _link_pattern(base_url)

    def mark(address: re.Match[str]) -> str:
        ours = pattern.search(address.group())
        if ours is None:
            return address.group()
        addresses.append(_Address(address.group(), _read_link(ours)))
        return f"\x00{len(addresses) - 1}\x01"

    return _ADDRESS.sub(mark, _LIKE_MARKS.sub("\ufffd", line)), addresses


def _find(mark: re.Match[str], addresses: list[_Address]) -> _Address:
    return addresses[int(mark.group()[1:-1])]


def _read_link(address: re.Match[str]) -> ItemLink | None:
    if not address["id"]:
        return None
    key = address["key"]
    return ItemLink(address["id"], unquote(key) if key else None)


@lru_cache(maxsize=8)
def _link_pattern(base_url: str) -> re.Pattern[str]:
    """Return the pattern of an item's address, as it is or as a part of another address.

    The end of it may be missing: then it names nothing, and is still a link of ours.
    """
    path = _quoted_or_not(base_url.rstrip("/") + "/calendar/item/")
    colon = _quoted_or_not(":")
    key = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:T[0-9]{{2}}(?:{colon}[0-9]{{2}}){{1,2}})?"
    named = rf"(?P<id>[0-9A-Za-z]{{0,64}})(?:{_quoted_or_not('?key=')}(?P<key>{key}))?"
    return re.compile(path + named, re.IGNORECASE)


def _quoted_or_not(text: str) -> str:
    """Return a pattern of a text, each letter of which may stand in its form for a query."""
    return "".join(
        re.escape(letter)
        if quote(letter, safe="") == letter
        else f"(?:{re.escape(letter)}|{quote(letter, safe='')})"
        for letter in text
    )
