"""The bench says no where a limit is broken, and a page stays light."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bench.house import House
from bench.my_calendar import HEAVIEST, LIMITS, MONTH, find_broken
from bench.sync_pages import FEW, HEAVIEST_STEP, MANY, MOST_STATEMENTS, STEEPEST
from bench.sync_pages import find_broken as find_broken_of_sync
from bench.weight import weigh
from tests.cast import Person

WITHIN: dict[str, Any] = {**deepcopy(LIMITS), "weight": {"total": HEAVIEST}}


def test_what_is_within_its_limits_is_well() -> None:
    assert find_broken(WITHIN) == []


@pytest.mark.parametrize(
    ("part", "name"), [(kind, name) for kind in LIMITS for name in LIMITS[kind]]
)
def test_a_ratio_over_its_limit_is_named(part: str, name: str) -> None:
    figures = deepcopy(WITHIN)
    figures[part][name] *= 1.01
    (broken,) = find_broken(figures)
    assert broken.startswith(f"{part}: {name} is ")


def test_a_page_that_is_too_heavy_is_named() -> None:
    assert find_broken({**WITHIN, "weight": {"total": HEAVIEST + 1}})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_first_visit_loads_little(
    app: Flask, dana: Person, logged_in: Callable[[Person], FlaskClient]
) -> None:
    weights = weigh(House(app, dana.who, logged_in(dana), ""), MONTH)
    assert {"page", "bootstrap.css", "home.css", "htmx.js", "calendar.js", "icons.svg"} <= set(
        weights
    )
    assert weights["total"] < HEAVIEST


def test_a_page_of_the_sync_over_its_limit_is_named() -> None:
    page = {"cpu_ms": 10.0, "statements": MOST_STATEMENTS, "bytes": HEAVIEST_STEP}
    most = {**page, "cpu_ms": 10.0 * STEEPEST}
    pages = {f"listing of {FEW}": page, f"listing of {MANY}": most, "step 1 to 2": page}
    well: dict[str, Any] = {"sqlite": pages, "postgresql": pages}
    assert find_broken_of_sync(well) == []
    for name, figure in ((f"listing of {MANY}", "cpu_ms"), *(("step 1 to 2", f) for f in page)):
        worse = {**pages, name: {**pages[name], figure: pages[name][figure] + 1}}
        broken = find_broken_of_sync({**well, "sqlite": worse})
        assert len(broken) == (0 if (name, figure) == ("step 1 to 2", "cpu_ms") else 1)
