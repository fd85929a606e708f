"""Pages in a language of longer words, and in one that is written from right to left."""

import re
from collections.abc import Callable

import flask_babel
import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.console import Console
from tests.browser.fitness import NARROW
from tests.browser.steps import Product, log_in
from tests.browser.test_connecting import list_pages

ACCENTS = str.maketrans("AEIOUaeiouyncs", "ÅÉÎÖÛåéîöûýñçš")
PLACES = re.compile(r"(%\(\w+\)[sd])")
#: What a translation needs more room than English, by a rule of thumb.
LONGER = 0.35
#: Finds what is cut off at an edge of its box without saying so by an ellipsis.
CLIPPED = """() => {
  const found = [];
  for (const each of document.querySelectorAll("body *")) {
    const style = getComputedStyle(each), box = each.getBoundingClientRect();
    const hides = ["hidden", "clip"].includes(style.overflowX);
    const isSeen = box.width > 2 && box.height > 2 && style.visibility !== "hidden";
    if (hides && isSeen && style.textOverflow !== "ellipsis"
        && each.scrollWidth > each.clientWidth + 1 && each.innerText) {
      found.push(`${each.tagName}.${each.className}: ${each.innerText.slice(0, 60)}`);
    }
  }
  return found;
}"""


class Longer(flask_babel.Domain):
    """A language in which every text is a third longer, and as easy to read."""

    def gettext(self, text: str, **values: object) -> str:
        return lengthen(text % values if values else text)

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        return lengthen((one if count == 1 else many) % {"num": count, **values})


def lengthen(text: str) -> str:
    """Return a text with accents and with more words."""
    missing = int(len(text) * LONGER)
    more = " and so on and so forth"
    parts = PLACES.split(text)
    # What is put in later is left as it is.
    parts[::2] = [part.translate(ACCENTS) for part in parts[::2]]
    return "".join(parts) + (more * (missing // len(more) + 1))[:missing]


@pytest.fixture
def longer(product: Product) -> Flask:
    """Give the product in the language of longer words."""
    app = product.app
    app.extensions["babel"].instance.domain_instance = Longer()
    app.jinja_env.install_gettext_callables(
        flask_babel.gettext, flask_babel.ngettext, newstyle=True
    )
    return app


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("longer")
def test_no_page_clips_a_longer_language_on_a_telephone_or_is_too_wide_when_mirrored(
    open_page: OpenPage, product: Product, link: Callable[..., str], console: Console
):
    """Costs one load of each page."""
    console.allow("status of 404")
    link()
    page = open_page(viewport=NARROW)
    log_in(page, product)
    faults = [fault for url in list_pages(product).values() for fault in find_faults(page, url)]
    assert faults == []


def find_faults(page: Page, url: str) -> list[str]:
    """Return what is clipped on a page, and whether it needs sideways scroll when mirrored."""
    page.goto(url)
    assert "å" in page.title() + page.inner_text("body"), "It is not in the longer language."
    faults = [f"{url}: {each}" for each in page.evaluate(CLIPPED)]
    for way in ("ltr", "rtl"):
        page.evaluate("way => document.documentElement.dir = way", way)
        wide, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        if wide > room:
            faults.append(f"{url}: {wide} px wide, {way}")
    return faults


def test_the_search_finds_what_is_clipped(page: Page):
    page.set_viewport_size(NARROW)
    page.set_content("<style>p { overflow: hidden; white-space: nowrap }</style><p>Short</p>")
    assert page.evaluate(CLIPPED) == []
    page.locator("p").evaluate("p => p.textContent = 'Far too long. '.repeat(9)")
    assert page.evaluate(CLIPPED)
