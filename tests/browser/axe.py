"""Accessibility checks, by axe-core."""

from collections.abc import Collection
from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

#: The rules whose verdict colours can change.
COLOUR_RULES = ("color-contrast", "link-in-text-block")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe_violations(page: Page, rules: Collection[str] = ()) -> list[str]:
    """Return each rule the page breaks, with the elements that break it; empty is good.

    All rules of ``TAGS`` are asked, or ``rules`` alone.

    The library is evaluated in the page, because a script tag would be stopped
    by the content security policy under test.
    """
    # Without its style sheet, a page breaks rules that it keeps.
    page.wait_for_load_state()
    if not page.evaluate("() => typeof window.axe === 'object'"):
        page.evaluate(_read_axe())
    only = {"type": "rule", "values": [*rules]} if rules else {"type": "tag", "values": TAGS}
    # What keeps the rules is counted and not described, which takes half of the time.
    found = page.evaluate(
        "only => window.axe.run(document, {runOnly: only, resultTypes: ['violations']})", only
    )
    return [_describe(violation) for violation in found["violations"]]


@cache
def _read_axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def _describe(violation: dict[str, Any]) -> str:
    places = "; ".join(
        f"{node['target']} {node['failureSummary']}".replace("\n", " ")
        for node in violation["nodes"][:5]
    )
    return f"{violation['id']} ({violation['impact']}): {violation['help']}: {places}"
