"""Whether a page is fit for everybody: light and dark, wide and on a phone."""

from playwright.sync_api import Page, ViewportSize

from tests.browser.axe import COLOUR_RULES, axe_violations

WIDE: ViewportSize = {"width": 1280, "height": 720}
#: As wide as the smallest telephone, and as a page that is enlarged to 400 %.
NARROW: ViewportSize = {"width": 320, "height": 640}


def assert_is_fit(page: Page) -> None:
    """Assert that a page is fit for everybody: narrow and wide, light and dark.

    It breaks no rule of axe, has one main heading and needs no sideways scroll. Light and
    dark differ in colours alone, so that in the dark only what depends on those is asked.
    """
    page.wait_for_load_state()
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        assert_fits(page)
        page.emulate_media(color_scheme="light")
        found = axe_violations(page)
        page.emulate_media(color_scheme="dark")
        found += [f"In the dark, {each}" for each in axe_violations(page, COLOUR_RULES)]
        assert not found, (page.url, size, found)
    page.emulate_media(color_scheme="light")


def assert_fits(page: Page) -> None:
    """Assert that a page has one main heading and needs no sideways scroll as it is shown."""
    assert page.get_by_role("heading", level=1).count() == 1, page.url
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], (page.url, widths)
