"""That there are words for everything that can be wrong with an item or be in one."""

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from flask import Flask

import calsync
from calsync.core.item import OWN_FIELDS, ActivityType, Fault, ItemStatus, Kind, Priority
from calsync.core.item_record import NAMES as FIELDS
from calsync.core.rule import RuleFault
from calsync.services.tickets import TicketFields, create_ticket
from calsync.services.tools import Tools
from calsync.web.item_faults import FAULT_WORDS, describe_fault, find_field
from calsync.web.item_form import SHOWN, ItemForm
from calsync.web.item_words import ACTIVITY_WORDS, FIELD_WORDS, PRIORITY_WORDS, STATUS_WORDS
from tests.browsing import LogIn
from tests.cast import Person
from tests.web.test_items import BASE, add, only, send
from tests.web.test_templates import NAMES, Words, marked

__all__ = ["marked"]

#: Where items are judged.
JUDGES = (
    "core/item.py",
    "services/item_checks.py",
    "services/item_change.py",
    "services/item_edits.py",
)
TEXTS = ("subject", "description", "location", "project", "outcome", "site", "external_id")
#: What stands for the parts of a fault that are not written out where it is made.
SEVERAL = {
    ("name", "too_long"): list(product(TEXTS, ["too_long"])),
    ("name", "unreadable"): list(product(TEXTS, ["unreadable"])),
    ("name", "not_of_this_kind"): list(
        product(frozenset().union(*OWN_FIELDS.values()), ["not_of_this_kind"])
    ),
    ("name", "of_whole_series"): list(product(["is_private", "external_id"], ["of_whole_series"])),
    ("field", "taken"): [("external_id", "taken")],
    ("rule", "error.code"): list(product(["rule"], map(str, RuleFault))),
}


def list_faults() -> Iterator[tuple[str, str]]:
    """Yield field and code of every fault that the code can make."""
    folder = Path(calsync.__file__).parent
    for path in JUDGES:
        for node in ast.walk(ast.parse((folder / path).read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Fault":
                field, code = (ast.unparse(argument).strip("'") for argument in node.args)
                yield from SEVERAL.get((field, code), [(field, code)])


def test_every_fault_that_there_can_be_has_words_and_a_field(app: Flask):
    faults = {("end" if field == "name" else field, code) for field, code in list_faults()}
    assert len(faults) > 40
    assert faults <= set(FAULT_WORDS)
    with app.test_request_context():
        form = ItemForm()
        for fault in FAULT_WORDS:
            assert describe_fault(Fault(*fault))
            assert "%" not in describe_fault(Fault(*fault))
            assert find_field(Fault(*fault)) in form


def test_every_choice_and_every_field_has_a_name():
    assert set(FIELD_WORDS) == set(FIELDS)
    for words, choices in (
        (STATUS_WORDS, ItemStatus),
        (PRIORITY_WORDS, Priority),
        (ACTIVITY_WORDS, ActivityType),
    ):
        assert set(words) == set(choices)
    assert set(SHOWN) == set(Kind)


class NestedWords(Words):
    """Collects texts outside of brackets, which may have more of them inside."""

    def handle_data(self, text: str) -> None:
        while (rest := re.sub(r"⟦[^⟦⟧]*⟧", "", text)) != text:
            text = rest
        super().handle_data(text)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_text_about_items_goes_through_the_translator(
    tools: Tools, dana: Person, logged_in: LogIn, marked: None
):
    browser = logged_in(dana)
    ticket = create_ticket(tools, dana.who, TicketFields("x"))
    pages = [browser.get("/calendar/bin")]
    pages += [browser.get(f"/calendar/new?kind={kind}&ticket={ticket}") for kind in Kind]
    twice = {"date": "2026-10-25", "time": "01:30", "end_date": "2026-10-25"}
    pages.append(add(browser, **twice, subject=""))
    weekly = {**BASE, "kind": "appointment", "repeats": "weekly", "subject": "⟦x⟧"}
    send(browser, "/calendar/new", {**weekly, "is_private": "y"})
    url = f"/calendar/item/{only(tools, dana).id}"
    for way in ("", "/edit", "/move", "/delete"):
        pages.append(browser.get(f"{url}{way}?key=2026-03-03T10:00"))
    changed = {**weekly, "version": "1", "scope": "all", "location": "⟦x⟧"}
    send(browser, f"{url}/edit", changed)
    pages += [browser.get(url), send(browser, f"{url}/edit", changed)]
    send(browser, f"{url}/delete", {"version": "2"})
    pages.append(browser.get("/calendar/bin"))
    for page in pages:
        words = NestedWords()
        words.feed(page.text)
        assert "⟦" in page.text
        assert set(words.loose) <= NAMES, page.request.path
