"""A browser to test with: one Chromium for each worker, a fresh context for each test."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from calsync.app import start_loop
from calsync.clock import SystemClock
from calsync.config import Settings
from tests.browser.chromium import HOW_TO_GET_ONE, LAUNCH_ARGUMENTS, find_chromium
from tests.browser.console import Console
from tests.browser.serving import serve
from tests.browser.steps import Product
from tests.sandbox_server import RunningSandbox

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


@pytest.fixture
def host() -> str:
    """Return the name that browsers reach the product by; the sandbox is at 127.0.0.1."""
    return "127.0.0.1"


@pytest.fixture
def settings(settings: Settings, host: str) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return replace(settings, public_url=f"http://{host}:{port}")


@pytest.fixture
def product(
    settings: Settings,
    make_app: Callable[..., Flask],
    sandbox: RunningSandbox,
    console: Console,
) -> Iterator[Product]:
    """Give the product, served on a port of its own, doing its due work."""
    app = make_app(settings, SystemClock())
    port = int(settings.public_url.rpartition(":")[2])
    loop = start_loop(app)
    with serve(app, port=port):
        yield Product(app, settings.public_url)
        console.stop_listening()
    loop.stop()
