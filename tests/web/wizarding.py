"""Going through the wizard with a test client, as a browser without script does."""

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class _Fields(HTMLParser):
    """Collects what the browser would send of the form that has an id."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self._form_id = form_id
        self._is_inside = False
        self._select = ""
        self.action = ""
        self.fields: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._is_inside = found.get("id") == self._form_id
            self.action = found["action"] if self._is_inside else self.action
        if not self._is_inside:
            return
        if tag == "input" and found.get("type") in ("checkbox", "radio"):
            if "checked" in found:
                self.fields.append((found["name"], found["value"]))
        elif tag == "input":
            self.fields.append((found["name"], found.get("value", "")))
        elif tag == "select":
            self._select = found["name"]
            self.fields.append((self._select, ""))
        elif tag == "option" and "selected" in found:
            self.fields[-1] = (self._select, found["value"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False


@dataclass
class Wizard:
    """One window with the wizard in it."""

    browser: FlaskClient
    page: TestResponse
    form: dict[str, list[str]] = field(default_factory=dict)
    action: str = ""

    @classmethod
    def at(cls, browser: FlaskClient, url: str) -> "Wizard":
        """Open a tab."""
        page = browser.get(url, follow_redirects=True)
        assert page.status_code == 200, page.status
        return cls(browser, page)._read()

    @property
    def url(self) -> str:
        return self.page.request.path

    @property
    def text(self) -> str:
        """Give what a person reads."""
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", self.page.text)).split())

    @property
    def title(self) -> str:
        return html.unescape(self.page.text.partition("<title>")[2].partition("</title>")[0])

    @property
    def calendars(self) -> dict[str, str]:
        """Give the calendars that the first tab offers by name, with their ids."""
        found = re.findall(r'<option ([^>]*)value="([^"]*)"([^>]*)>([^<]+)', self.page.text)
        return {html.unescape(name): html.unescape(value) for _, value, _, name in found if value}

    def fill(self, **fields: Any) -> "Wizard":
        """Choose something; lists are boxes that are ticked."""
        for name, value in fields.items():
            self.form[name] = list(value) if isinstance(value, (list, tuple)) else [str(value)]
        return self

    def press(self, step: str = "next", **extra: str) -> "Wizard":
        """Press a button and follow where it leads."""
        self.page = self.browser.post(
            self.action, data={**self.form, "step": step, **extra}, follow_redirects=True
        )
        return self._read()

    def go_to(self, tab: str) -> "Wizard":
        """Press the link of another tab, with script on."""
        form = {**self.form, "goto": tab}
        self.page = self.browser.post(self.action, data=form, follow_redirects=True)
        return self._read()

    def open(self, tab: str) -> "Wizard":
        """Follow the link of another tab, without script."""
        url = f"{self.url.rpartition('/')[0]}/{tab}"
        self.page = self.browser.get(url, follow_redirects=True)
        return self._read()

    def show(self, page: TestResponse) -> "Wizard":
        """Have another page, or part of one, in the window."""
        self.page = page
        return self._read()

    def _read(self) -> "Wizard":
        parser = _Fields("wizard-form")
        parser.feed(self.page.text)
        self.form, self.action = {}, parser.action
        for name, value in parser.fields:
            self.form.setdefault(name, []).append(value)
        return self
