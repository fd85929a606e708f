"""A browser to test with: one Chromium for each worker, a fresh context for each test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import HOW_TO_GET_ONE, LAUNCH_ARGUMENTS, find_chromium
from tests.browser.console import Console

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(HOW_TO_GET_ONE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=LAUNCH_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def console() -> Console:
    """What the pages of this test complain about; ``allow`` what is meant to be there."""
    return Console()


@pytest.fixture
def open_page(browser: Browser, console: Console) -> Iterator[OpenPage]:
    """Open a page in a context of its own, with the options of ``Browser.new_context``.

    Such as ``color_scheme="dark"``, ``viewport={"width": 320, "height": 640}``,
    ``java_script_enabled=False`` or ``has_touch=True``. A console error or a
    violation of the content security policy fails the test at its end.
    """
    contexts = []

    def open_one(**options: Any) -> Page:
        context = browser.new_context(locale="en-GB", **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        console.watch(context)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()
    assert console.complaints == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A page in a fresh context, at Chromium's usual size."""
    return open_page()
