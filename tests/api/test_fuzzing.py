"""The API keeps to its own description, whatever it is sent."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from calsync.api import items
from calsync.services.tools import Tools
from tests.api.conftest import Program
from tests.api.fuzzing import Report, fuzz
from tests.cast import Person
from tests.services.integrating import add_entry, add_run, integrate

MakeProgram = Callable[[Person], Program]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def check(report: Report, whose: str, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nschemathesis {whose}: {report.cases} cases, {dict(report.statuses)}")  # noqa: T201
    assert not report.failures, "\n\n".join(
        f"{place}\n{failure}" for place, failure in report.failures.items()
    )
    assert report.cases > 500


@pytest.mark.parametrize("first_name", ["dana", "sam"])
def test_nothing_that_is_sent_with_a_token_is_answered_otherwise_than_described(
    app: Flask,
    tools: Tools,
    cast: dict[str, Person],
    program: MakeProgram,
    link: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
    first_name: str,
):
    # Integrations are not made by programs, so there is one to be found.
    integration_id = integrate(tools, cast["dana"], link())
    add_entry(tools, cast["dana"], add_run(tools, cast["dana"], integration_id))
    report = fuzz(app, program(cast[first_name]).secret)
    check(report, f"as {first_name.title()}", capsys)
    assert {200, 404, 405, 415, 422} <= set(report.statuses)


def test_nothing_that_is_sent_without_a_token_is_answered_otherwise_than_described(
    app: Flask, capsys: pytest.CaptureFixture[str]
):
    report = fuzz(app, None)
    check(report, "without a token", capsys)
    assert set(report.statuses) <= {400, 401, 405}


def crash(*_: object, **__: object) -> None:
    raise ZeroDivisionError("planted")


def forget_the_version(view: Any) -> dict[str, Any]:
    return {**WRITE(view), "version": None}


WRITE = items.write_item


@pytest.mark.parametrize(
    ("name", "bug", "check_name"),
    [
        ("page_items", crash, "error"),  # which this process raises before any check sees it
        ("write_item", forget_the_version, "response_schema_conformance"),
    ],
)
def test_a_planted_bug_is_found(
    app: Flask, psa: Program, monkeypatch: pytest.MonkeyPatch, name: str, bug: Any, check_name: str
):
    psa.add()
    monkeypatch.setattr(items, name, bug)
    report = fuzz(app, psa.secret, only="/api/v1/items", examples=3)
    assert any(place.startswith(check_name) for place in report.failures), report.failures
