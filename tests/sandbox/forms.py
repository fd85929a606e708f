"""Forms as a browser would send them back untouched."""

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._name = ""
        self._is_text = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        is_off = given.get("type") in {"checkbox", "radio"} and "checked" not in given
        if tag == "input" and not is_off:
            self.fields[given["name"]] = given.get("value", "on")
        elif tag in {"select", "textarea"}:
            self._name = given["name"]
            self._is_text = tag == "textarea"
            self.fields[self._name] = ""
        elif tag == "option" and "selected" in given:
            self.fields[self._name] = given["value"]

    def handle_data(self, data: str) -> None:
        if self._is_text:
            self.fields[self._name] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A line break right behind the opening tag does not count.
            self.fields[self._name] = self.fields[self._name].removeprefix("\n")
            self._is_text = False


def read_fields(page: str) -> dict[str, str]:
    """Return the values of all fields of a page with one form; a tick that is off is absent."""
    reader = _Reader()
    reader.feed(page)
    return reader.fields
