"""Measure the pages of Calendar Sync: what each step costs the server, and what it weighs.

    python -m bench.sync_pages [--rounds 7]

Runs the product in this process, on a SQLite file and on a PostgreSQL of its own, and asks
through Flask's test client, as htmx does: a step is what *Next* gives, the page that it
leads to included. CPU is of this process, the median of the rounds; statements are counted
at the database's driver; bytes are by gzip. The listing is shown with 50 integrations and
with 5: what the 45 more cost is a ratio, which has a limit, as have statements and bytes.
"""

import argparse
import gzip
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from bench.counting import counting
from bench.house import House, open_house
from bench.results import LEAST_ROUNDS, head, keep
from calsync.app import tools_of
from calsync.services.drafts import begin_setup
from tests.plenty import number
from tests.web.wizarding import Wizard

FEW, MANY = 5, 50
#: A step over htmx is a part of a page.
HEAVIEST_STEP = 8_000
#: More than this no page of the sync asks the database.
MOST_STATEMENTS = 30
#: Ten times the integrations may cost so many times the CPU.
STEEPEST = 4.0
PARTS = {"HX-Request": "true"}


@dataclass
class Figures:
    """What one page took in one round."""

    cpu_ms: float
    statements: int
    page: bytes


def main() -> int:
    """Print the figures and keep them; end with 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = max(LEAST_ROUNDS, parser.parse_args().rounds)
    figures = head(rounds)
    for kind in ("sqlite", "postgresql"):
        with open_house(kind, around=MANY) as many, open_house(kind, around=FEW) as few:
            figures[kind] = measure(few, many, rounds)
    broken = find_broken(figures)
    _write(figures, broken)
    return 1 if broken else 0


def measure(few: House, many: House, rounds: int) -> dict[str, dict[str, float]]:
    """Return the medians of all rounds for each page."""
    found = [_measure_once(few, many) for _ in range(rounds + 1)][1:]
    return {
        name: {
            "cpu_ms": round(statistics.median(each[name].cpu_ms for each in found), 1),
            "statements": max(each[name].statements for each in found),
            "bytes": len(gzip.compress(found[0][name].page, 6, mtime=0)),
        }
        for name in found[0]
    }


def _measure_once(few: House, many: House) -> dict[str, Figures]:
    integration = f"/calendar-sync/{number('integr')}"
    pages = {
        f"listing of {FEW}": lambda: few.browser.get("/calendar-sync"),
        f"listing of {MANY}": lambda: many.browser.get("/calendar-sync"),
        "logs": lambda: many.browser.get(f"{integration}/logs?started=all"),
        "run": lambda: many.browser.get(f"{integration}/runs/{number('run')}"),
        "delete": lambda: many.browser.get(f"{integration}/delete"),
        "settings": lambda: many.browser.get(f"{integration}/settings/linked-calendar"),
    }
    found = {
        name: _take(few if name == f"listing of {FEW}" else many, ask)
        for name, ask in pages.items()
    }
    return {**found, **_walk(many)}


def _walk(house: House) -> dict[str, Figures]:
    """Go through the wizard, and return what each step took."""
    tools = tools_of(house.app)
    draft_id = begin_setup(tools, house.who, number("account"))
    wizard = Wizard.at(house.browser, f"/calendar-sync/setup/{draft_id}/linked-calendar")
    found = {"step 1 shown": _take(house, lambda: house.browser.get(wizard.url, headers=PARTS))}
    wizard.fill(calendar_id=min(wizard.calendars.values()))
    found["step 1 to 2"] = _press(house, wizard)
    wizard.fill(kinds=["appointment", "task"])
    found["step 2 to 3"] = _press(house, wizard)
    found["step 3 to 4"] = _press(house, wizard)
    wizard.press("leave")
    return found


def _press(house: House, wizard: Wizard) -> Figures:
    answers: list[TestResponse] = []

    def press() -> TestResponse:
        data = {**wizard.form, "step": "next"}
        answers.append(
            house.browser.post(wizard.action, data=data, headers=PARTS, follow_redirects=True)
        )
        return answers[0]

    figures = _take(house, press)
    wizard.show(answers[0])
    return figures


def _take(house: House, ask: Callable[[], TestResponse]) -> Figures:
    with counting(house.engine) as statements:
        began_at = time.process_time()
        answer = ask()
        took = time.process_time() - began_at
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.request.path}: {answer.status}")
    return Figures(1_000 * took, len(statements), answer.data)


def find_broken(figures: dict[str, Any]) -> list[str]:
    """Return what is over its limit."""
    broken = []
    for kind in ("sqlite", "postgresql"):
        pages = figures[kind]
        for name, each in pages.items():
            if each["statements"] > MOST_STATEMENTS:
                broken.append(f"{kind}: {name} takes {each['statements']} statements")
            if name.startswith("step") and each["bytes"] > HEAVIEST_STEP:
                broken.append(f"{kind}: {name} weighs {each['bytes']} bytes")
        ratio = pages[f"listing of {MANY}"]["cpu_ms"] / pages[f"listing of {FEW}"]["cpu_ms"]
        if ratio > STEEPEST:
            broken.append(f"{kind}: the listing of {MANY} takes {ratio:.1f} times that of {FEW}")
    return broken


def _write(figures: dict[str, Any], broken: list[str]) -> None:
    """Print a table and keep the figures by their commit."""
    path = keep("sync_pages", figures, broken)
    lines = [f"{'':16}{'SQLite ms':>12}{'PostgreSQL ms':>15}{'statements':>12}{'bytes':>8}"]
    for name, each in figures["sqlite"].items():
        other = figures["postgresql"][name]
        lines.append(
            f"{name:16}{each['cpu_ms']:>12}{other['cpu_ms']:>15}"
            f"{max(each['statements'], other['statements']):>12}{each['bytes']:>8}"
        )
    lines += [*broken, f"kept in {path}"]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
