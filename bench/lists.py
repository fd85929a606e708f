"""Measure what pages and lists cost the server with ten rows and with a thousand.

    python -m bench.lists [--rounds 7]

Runs the product in this process, on a SQLite file and on a PostgreSQL of its own, and asks
through Flask's test client. CPU is of this process; statements are counted at the
database's driver, and there may be no more of them with a thousand rows than with ten.
What shows a hundred times the rows may cost no more than so many times the CPU, nor a page
or list of bounded length more than a few times.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.counting import counting
from bench.figures import Bound, Figure, report
from bench.house import House, open_house
from bench.results import LEAST_ROUNDS, head
from tests.plenty import number

FEW, MANY = 10, 1_000
_SYNC = f"/calendar-sync/{number('integr')}"
_DRAFT = f"/calendar-sync/setup/{number('draft')}"
_API = "/api/v1"
#: What shows all there is, however much that is.
WHOLE = {
    "month view": "/calendar/month/2026-03-04",
    "listing": "/calendar-sync",
}
#: What shows a page of it.
PAGED = {
    "logs": f"{_SYNC}/logs?started=all",
    "preview": f"{_DRAFT}/preview",
    "API items": f"{_API}/items",
    "API integrations": f"{_API}/integrations",
    "API runs": f"{_API}/integrations/{number('integr')}/runs",
    "API entries of a run": f"{_API}/runs/{number('run')}/entries",
    "API tickets": f"{_API}/tickets",
    "API clients": f"{_API}/clients",
    "API contacts": f"{_API}/contacts",
    "API users": f"{_API}/users",
}
#: So many times the CPU a thousand rows may take that ten take.
STEEPEST = {"month view": 12.0, "listing": 100.0, **dict.fromkeys(PAGED, 12.0)}


@dataclass(frozen=True)
class Answer:
    """What one answer took."""

    cpu: float
    statements: int


def main() -> int:
    """Print the figures and keep them; end with 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = max(LEAST_ROUNDS, parser.parse_args().rounds)
    figures = []
    for kind in ("sqlite", "postgresql"):
        with open_house(kind, of_all=FEW) as few, open_house(kind, of_all=MANY) as many:
            figures += measure_lists(kind, few, many, rounds)
    return report("lists", head(rounds), figures)


def measure_lists(kind: str, few: House, many: House, rounds: int) -> list[Figure]:
    """Return for each page what few rows take, and how much more many do."""
    figures = []
    for name, path in {**WHOLE, **PAGED}.items():
        asks = _asks(few, path), _asks(many, path)
        taken = [(_take(few, asks[0]), _take(many, asks[1])) for _ in range(rounds + 1)][1:]
        figures += judge(f"{kind}: {name}", taken, STEEPEST[name])
    return figures


def judge(name: str, taken: list[tuple[Answer, Answer]], steepest: float) -> list[Figure]:
    """Return the figures of one page, asked with few rows and with many in each round."""
    small, large = taken[-1][0].statements, taken[-1][1].statements
    cpu = [[1_000 * answer.cpu for answer in column] for column in zip(*taken, strict=True)]
    at = f"at {MANY} / at {FEW}"
    growth = statistics.median(b / a for a, b in zip(*cpu, strict=True))
    return [
        Figure("P", f"{name}: statements {at}", large / small, 1, Bound.EXACTLY),
        Figure("P", f"{name}: statements", large),
        Figure("P", f"{name}: CPU {at}", growth, steepest),
        Figure("P", f"{name}: CPU ms at {FEW}", statistics.median(cpu[0])),
        Figure("P", f"{name}: CPU ms at {MANY}", statistics.median(cpu[1])),
    ]


def _asks(house: House, path: str) -> Callable[[], int]:
    """Return what asks for a page, as Dana's browser or as her program."""
    headers = {"Authorization": f"Bearer {house.secret}"} if path.startswith(_API) else {}
    browser = house.app.test_client() if headers else house.browser
    return lambda: browser.get(path, headers=headers).status_code


def _take(house: House, ask: Callable[[], int]) -> Answer:
    with counting(house.engine) as statements:
        cpu = time.process_time()
        status = ask()
        cpu = time.process_time() - cpu
    if status != 200:
        raise RuntimeError(f"A page was answered with {status}.")
    return Answer(cpu, len(statements))


if __name__ == "__main__":
    sys.exit(main())
