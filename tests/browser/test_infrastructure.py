"""The browser tests' own tools do notice what they are for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response, make_response
from playwright.sync_api import Page

from tests.browser.axe import axe_violations
from tests.browser.chromium import find_chromium
from tests.browser.console import Console
from tests.browser.fitness import assert_is_fit
from tests.browser.serving import serve

#: Each is wrong in one look alone.
BAD_IN_ONE_LOOK = {
    "dark": "@media (prefers-color-scheme: dark) { p { color: #444; background: #333 } }",
    "dark and narrow": "@media (prefers-color-scheme: dark) and (max-width: 400px) "
    "{ p { color: #444; background: #333 } }",
    "narrow": "p { min-width: 400px }",
    "wide": "@media (min-width: 400px) { p { color: #ddd; background: #fff } }",
}
BAD_PAGE = """<!doctype html><html><head><title>Bad</title></head>
<body><img src="data:,"><input type="text"><p style="color:#ccc;background:#fff">faint</p></body>
</html>"""


@pytest.fixture
def bad_site() -> Iterator[str]:
    app = Flask("bad")

    @app.get("/")
    def show_bad_page() -> str:
        return BAD_PAGE

    @app.get("/strict")
    def show_blocked_script() -> Response:
        answer = make_response("<!doctype html><script>document.title = 'ran'</script>")
        answer.headers["Content-Security-Policy"] = "default-src 'self'"
        return answer

    @app.get("/refused")
    def show_refused_form() -> tuple[str, int]:
        return "<!doctype html><title>Refused</title>", 422

    @app.get("/look/<look>")
    def show_page_that_is_bad_in_one_look(look: str) -> str:
        style = BAD_IN_ONE_LOOK.get(look, "")
        return f"""<!doctype html><html lang=en><title>Good</title>
            <meta name=viewport content="width=device-width"><style>body {{ color: #000;
            background: #fff }} {style}</style><main><h1>Good</h1><p>Words</p></main>"""

    @app.get("/favicon.ico")
    def show_no_icon() -> tuple[str, int]:
        return "", 204

    with serve(app) as address:
        yield address


def test_axe_finds_what_is_wrong_on_a_bad_page(page: Page, bad_site: str) -> None:
    page.goto(bad_site)

    found = " ".join(axe_violations(page))

    for rule in ("image-alt", "label", "color-contrast", "html-has-lang", "page-has-heading-one"):
        assert rule in found


@pytest.mark.parametrize("look", BAD_IN_ONE_LOOK)
def test_what_is_wrong_in_one_look_alone_is_found(page: Page, bad_site: str, look: str) -> None:
    page.goto(f"{bad_site}/look/good")
    assert_is_fit(page)
    page.goto(f"{bad_site}/look/{look}")
    with pytest.raises(AssertionError):
        assert_is_fit(page)


def test_a_blocked_script_is_a_complaint(page: Page, bad_site: str, console: Console) -> None:
    page.goto(f"{bad_site}/strict")

    assert any("Content" in complaint for complaint in console.complaints)
    assert page.title() != "ran"
    console.allow("Content")


def test_a_script_error_is_a_complaint(page: Page, bad_site: str, console: Console) -> None:
    page.goto(f"{bad_site}/refused")
    assert console.complaints == []

    with page.expect_event("pageerror"):
        page.evaluate("() => { setTimeout(() => { throw new Error('planted') }) }")

    assert any("planted" in complaint for complaint in console.complaints)
    console.allow("planted")
    console.stop_listening()


def test_chromium_is_the_one_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mine = tmp_path / "chromium"
    mine.touch()
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert find_chromium() == mine

    monkeypatch.setenv("CHROMIUM", str(tmp_path / "missing"))
    assert find_chromium() is None


def test_playwrights_own_chromium_serves_where_none_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert find_chromium() is None

    own = tmp_path / "chromium-1200" / "chrome-linux64" / "chrome"
    own.parent.mkdir(parents=True)
    own.touch()
    assert find_chromium() == own
