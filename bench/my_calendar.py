"""Measure the pages of My Calendar and its API: what a thousand items cost, and what a page weighs.

    python -m bench.my_calendar [--rounds 7]

Runs the product in this process, on a SQLite file and on a PostgreSQL of its own, and
asks through Flask's test client. Every round measures all of it, one after the other, so
that whatever else the machine does meets all alike; each ratio is the median of the
rounds' ratios. Only ratios and bytes have limits. Seconds are of this machine, and CPU is
that of this process: PostgreSQL's own is not in it.

*Month and week*: what a thousand items in March add to the page of a month (a week) in
which there is nothing, against the least that any such page does: one SELECT of the same
rows, and a template with a link for each. Ours finds who may see what, expands the
series, sorts entries into days and hours, and puts them in words.

*API*: reading all items in lists of 100 by cursor, against the same rows in as many
SELECTs and dumped as JSON. Ours checks the token and the rights in every request.

*Weight*: the page of the month with a thousand items and everything that it loads, each
by gzip as a proxy sends it, on the first visit.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from bench.floors import dump_lists, show_items
from bench.house import House, open_house
from bench.results import LEAST_ROUNDS, head, keep
from bench.weight import weigh

MONTH, EMPTY_MONTH = "/calendar/month/2026-03-04", "/calendar/month/2026-01-07"
WEEK, EMPTY_WEEK = "/calendar/week/2026-03-04", "/calendar/week/2026-01-07"
#: What each ratio may be at most on SQLite and on PostgreSQL, whose own work is not counted.
LIMITS = {
    "sqlite": {"month_to_floor": 7.0, "week_to_floor": 14.0, "api_to_floor": 6.0},
    "postgresql": {"month_to_floor": 11.0, "week_to_floor": 20.0, "api_to_floor": 5.0},
}
HEAVIEST = 120_000


@dataclass(frozen=True)
class Cost:
    """What something took, in milliseconds."""

    cpu: float
    wall: float


def main() -> int:
    """Print the figures and keep them; end with 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = max(LEAST_ROUNDS, parser.parse_args().rounds)
    figures = head(rounds)
    for kind in LIMITS:
        with open_house(kind) as house:
            figures[kind] = measure(house, rounds)
            figures["weight"] = weigh(house, MONTH)
    broken = find_broken(figures)
    _write(figures, broken)
    return 1 if broken else 0


def measure(house: House, rounds: int) -> dict[str, float]:
    """Return the medians of all rounds on one database."""
    items = read_all(house)
    subjects: dict[str, Callable[[], object]] = {
        "month": lambda: house.get(MONTH),
        "empty_month": lambda: house.get(EMPTY_MONTH),
        "week": lambda: house.get(WEEK),
        "empty_week": lambda: house.get(EMPTY_WEEK),
        "month_floor": lambda: show_items(house, date(2026, 2, 23), 42),
        "week_floor": lambda: show_items(house, date(2026, 3, 2), 7),
        "api": lambda: read_all(house),
        "api_floor": lambda: dump_lists(house),
    }
    for run in subjects.values():
        run()
    costs = [{name: _cost(run) for name, run in subjects.items()} for _ in range(rounds)]
    found = {f"{name}_cpu_ms": _median(costs, lambda c, n=name: c[n].cpu) for name in subjects}
    found["month_to_empty"] = _median(costs, lambda c: c["month"].cpu / c["empty_month"].cpu)
    found["week_to_empty"] = _median(costs, lambda c: c["week"].cpu / c["empty_week"].cpu)
    for view in ("month", "week"):
        found[f"{view}_to_floor"] = _median(
            costs, lambda c, v=view: (c[v].cpu - c[f"empty_{v}"].cpu) / c[f"{v}_floor"].cpu
        )
    found["api_to_floor"] = _median(costs, lambda c: c["api"].cpu / c["api_floor"].cpu)
    found["api_items"] = items
    found["api_items_per_cpu_second"] = _median(costs, lambda c: 1_000 * items / c["api"].cpu)
    found["api_items_per_second"] = _median(costs, lambda c: 1_000 * items / c["api"].wall)
    return {name: round(value, 2 if "_to_" in name else 1) for name, value in found.items()}


def read_all(house: House) -> int:
    """Read every item of the API in lists of 100, and return how many came."""
    client = house.app.test_client()
    headers = {"Authorization": f"Bearer {house.secret}"}
    found, cursor = 0, ""
    while True:
        page = client.get(f"/api/v1/items?limit=100{cursor}", headers=headers).get_json()
        found += len(page["items"])
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def find_broken(figures: dict[str, Any]) -> list[str]:
    """Return what is over its limit."""
    broken = [
        f"{kind}: {name} is {figures[kind][name]}, more than {limit}"
        for kind in LIMITS
        for name, limit in LIMITS[kind].items()
        if figures[kind][name] > limit
    ]
    total = figures["weight"]["total"]
    return broken + ([f"The page weighs {total} bytes."] if total > HEAVIEST else [])


def _cost(run: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return Cost(1_000 * (time.process_time() - cpu), 1_000 * (time.perf_counter() - wall))


def _median(costs: list[dict[str, Cost]], read: Callable[[dict[str, Cost]], float]) -> float:
    return statistics.median(read(each) for each in costs)


def _write(figures: dict[str, Any], broken: list[str]) -> None:
    """Print a table and keep the figures by their commit."""
    path = keep("my_calendar", figures, broken)
    lines = [f"{'':28}{'SQLite':>12}{'at most':>9}{'PostgreSQL':>12}{'at most':>9}"]
    for name in figures["sqlite"]:
        pairs = [(figures[kind][name], LIMITS[kind].get(name, "")) for kind in LIMITS]
        lines.append(f"{name:28}" + "".join(f"{value:>12}{most:>9}" for value, most in pairs))
    lines += [f"{name:28}{size:>12} bytes" for name, size in figures["weight"].items()]
    lines[-1] += f", at most {HEAVIEST}"
    lines += [*broken, f"kept in {path}"]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
