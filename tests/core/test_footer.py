"""The footer: found again in whatever people and providers make of it, and nothing else cut."""

import time
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from calsync.core.event import LONGEST_TEXT
from calsync.core.footer import (
    MOST_LINKS,
    ItemLink,
    find_item_links,
    item_url,
    text_room,
    with_footer,
    without_footer,
)
from calsync.core.plain_text import clean_text
from tests.core.rules import LIMITS
from tests.core.texts import long_texts, texts

BASE = "https://calsync.example"
ITEM, KEY = "k7m2p9q4r6s8t0v1", "2026-03-02T09:00"
URL = item_url(BASE, ITEM, KEY)
LINK = ItemLink(ITEM, KEY)
NOTES = "Bring a ladder\nand the key"

links = st.builds(
    item_url, st.just(BASE), st.just(ITEM), st.sampled_from([None, KEY, "2026-03-02"])
)


def test_the_link_leads_to_the_page_of_the_occurrence() -> None:
    assert item_url(BASE, ITEM, KEY) == f"{BASE}/calendar/item/{ITEM}?key={KEY}"
    assert item_url(f"{BASE}/", ITEM) == f"{BASE}/calendar/item/{ITEM}"


def test_a_description_ends_in_one_line_with_the_link() -> None:
    assert with_footer(NOTES, URL).splitlines()[-1] == f"My Calendar: {URL}"
    assert with_footer("", URL) == f"My Calendar: {URL}"


@LIMITS
@given(text=st.one_of(texts, long_texts(LONGEST_TEXT)), url=links)
def test_the_footer_is_never_cut_and_the_text_never_refused(text: str, url: str) -> None:
    written = with_footer(text, url)
    assert len(written) <= LONGEST_TEXT
    assert written.endswith(f"My Calendar: {url}")


def test_a_text_that_was_cut_says_so() -> None:
    written = with_footer("x" * 5_000, URL)
    assert len(written) == LONGEST_TEXT
    assert without_footer(written, BASE).endswith("x…")
    assert with_footer("x" * text_room(URL), URL).count("…") == 0


@LIMITS
@given(text=texts.map(clean_text), url=links)
def test_the_text_before_a_footer_comes_back_as_it_was(text: str, url: str) -> None:
    own = without_footer(text, BASE).strip()
    assert without_footer(with_footer(own, url), BASE) == own


@LIMITS
@given(text=texts)
def test_to_cut_footers_twice_cuts_no_more_than_once(text: str) -> None:
    once = without_footer(text, BASE)
    assert without_footer(once, BASE) == once


@LIMITS
@given(text=texts)
@example("My Calendar: https://elsewhere.example/calendar/item/k7m2p9q4r6s8t0v1")
def test_a_text_without_a_link_of_ours_is_left_as_it_is(text: str) -> None:
    foreign = text.replace("calsync", "elsewhere")
    assert without_footer(foreign, BASE) == foreign
    assert find_item_links(foreign, BASE) == ()


WRITTEN = with_footer(NOTES, URL)
DAMAGED = {
    "windows": (WRITTEN.replace("\n", "\r\n"), NOTES.replace("\n", "\r\n")),
    "no empty line": (WRITTEN.replace("\n\n", "\n"), NOTES),
    "joined": (WRITTEN.replace("\n", " "), NOTES.replace("\n", " ")),
    "without the label": (WRITTEN.replace("My Calendar: ", ""), NOTES),
    "shouted": (WRITTEN.upper().replace(ITEM.upper(), ITEM), NOTES.upper()),
    "twice": (with_footer(WRITTEN, URL), NOTES),
    "at the top": (f"My Calendar: {URL}\n\n{NOTES}", f"\n\n{NOTES}".removeprefix("\n")),
    "in the middle": (f"{WRITTEN}\nThanks", f"{NOTES}\n\nThanks"),
    "answered": (f"{NOTES}\n> My Calendar: {URL}", NOTES),
    "outlook's text": (f"{NOTES}\nMy Calendar: {URL}<{URL}>", NOTES),
    "words typed beside it": (f"{NOTES}\nMy Calendar: {URL} do call", f"{NOTES}\ndo call"),
    "markdown": (f"{NOTES}\n[My Calendar: {URL}]({URL})", NOTES),
}


@pytest.mark.parametrize(("damaged", "own"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_footer_is_a_footer_and_the_words_around_it_are_the_users(
    damaged: str, own: str
) -> None:
    assert without_footer(damaged, BASE).strip("\n") == own.strip("\n")
    assert {link.item_id for link in find_item_links(damaged, BASE)} == {ITEM}


SAFE = "https://eur01.safelinks.protection.outlook.com/?url=" + quote(URL, safe="") + "&amp;data=05"
MARKUP = [
    f'<p>Bring a ladder</p><p>My Calendar: <a href="{URL}">{URL}</a></p>',
    f'Bring a ladder<br><br>My Calendar: <a href="{URL}" target="_blank">{URL}</a><br>',
    f"<div>Bring a ladder</div>\r\n<div><b>My Calendar</b>:&nbsp;<a href='{URL}'>{URL}</a></div>",
    f'Bring a ladder<br>My Calendar: <a href="{SAFE}">{URL}</a>',
    f"<html><body>Bring a ladder<p>{URL}</p></body></html>",
    f'Bring a ladder My Calendar: <a href="{URL}">{URL}</a>',
]


@pytest.mark.parametrize("text", MARKUP)
def test_a_footer_that_became_markup_is_found(text: str) -> None:
    kept = without_footer(text, BASE)
    assert "Bring a ladder" in kept
    assert "My Calendar" not in kept
    assert ITEM not in kept
    assert find_item_links(text, BASE) == (LINK,)


def test_a_footer_that_lost_its_end_names_nothing_and_is_no_text() -> None:
    cut = f"{NOTES}\n\nMy Calendar: {BASE}/calendar/item/"
    assert without_footer(cut, BASE) == NOTES
    assert find_item_links(cut, BASE) == ()


def test_a_link_in_somebodys_sentence_stays_and_makes_their_event_no_copy() -> None:
    text = f"As agreed in {URL} we meet at noon."
    assert without_footer(text, BASE) == text
    assert find_item_links(text, BASE) == ()


def test_a_joined_footer_does_not_take_the_sentence_before_it_along() -> None:
    other = item_url(BASE, "n3p5q7r9s1t2v4w6")
    text = f"As agreed in {other} we meet. My Calendar: {URL}"
    assert without_footer(text, BASE) == f"As agreed in {other} we meet."
    assert find_item_links(text, BASE) == (LINK,)


def test_somebody_who_writes_a_thousand_links_has_a_few_looked_up() -> None:
    text = "\n".join(item_url(BASE, f"item{number:012}") for number in range(1_000))
    assert len(find_item_links(text, BASE)) == MOST_LINKS


LONG = 60_000
HOSTILE = [
    "My Calendar: ", "<a ", "https://", f"{URL} ", f"{URL}\n", "\n", "<p", "\x00", "<", f"<{URL} ",
    f"My Calendar<x>{URL}</a ", "https://calsync.example/calendar/item/", "My Calendar (", "&lt;",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_description_does_not_hold_up_the_sync(piece: str) -> None:
    # A time that grew with the square of the length would be a minute.
    text = f"{URL} word " + piece * (LONG // len(piece))
    begun = time.perf_counter()
    without_footer(text, BASE)
    find_item_links(text, BASE)
    assert time.perf_counter() - begun < 5
