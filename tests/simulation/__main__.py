"""Many seeds on all cores: ``python -m tests.simulation [FIRST [LAST]] [--jobs N]``.

Prints how much was simulated, and for each seed whose history ends wrong what is wrong with
it and the shortest plan that goes wrong alike, to be put into the regressions. Without LAST
it goes on until it is interrupted, without FIRST from a seed that nobody has tried yet.
With ``--known`` the flows and the plans that went wrong once come first.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import click

from tests.simulation.flows import FLOWS
from tests.simulation.plans import Plan, draw_plan
from tests.simulation.regressions import REGRESSIONS
from tests.simulation.shrinking import Shrinker
from tests.simulation.templates import be_quiet, make_template
from tests.simulation.trials import Trial, try_plan

#: What was tried, by its name, and the shortest that goes wrong alike where it went wrong.
Tried = tuple[str, Trial, Trial | None]

_TOLD_EVERY = 60.0
_YEAR = 365.25 * 24 * 3600
#: So many seeds are given out ahead of those that are under way.
_AHEAD = 16


@dataclass
class Sums:
    """The sums over all trials."""

    scenarios: int = 0
    boundaries: int = 0
    crashes: int = 0
    faults: int = 0
    simulated: float = 0.0
    limits: int = 0
    failed: int = 0

    def add(self, trial: Trial) -> None:
        """Count one more trial."""
        self.scenarios += 1
        self.boundaries += trial.boundaries
        self.crashes += trial.crashes
        self.faults += trial.faults
        self.simulated += trial.seconds
        self.limits += trial.limits
        self.failed += bool(trial.violations)

    def tell(self, took: float) -> str:
        """Return the sums as a line."""
        return (
            f"{self.scenarios} scenarios, {self.scenarios / took:.1f}/s, "
            f"{self.boundaries} boundaries, {self.crashes} crashes, {self.faults} faults, "
            f"{self.simulated / _YEAR:.1f} years, {self.limits} undecidable, "
            f"{self.failed} with violations"
        )


def main() -> int:
    """Try the seeds and return how many failed, at most 1."""
    options = _read_options()
    sums, began_at = Sums(), time.monotonic()
    told_at = began_at
    click.echo(f"from seed {options.first}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name, trial, shortest in _try_all(options, make_template(Path(folder))):
                sums.add(trial)
                if shortest is not None:
                    _tell_failure(name, trial, shortest)
                if trial.violations and options.stop:
                    break
                if time.monotonic() > told_at + _TOLD_EVERY:
                    told_at = time.monotonic()
                    click.echo(sums.tell(told_at - began_at))
    except KeyboardInterrupt:
        click.echo("interrupted")
    click.echo(sums.tell(time.monotonic() - began_at))
    return 1 if sums.failed else 0


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("first", type=int, nargs="?", default=int(time.time()))
    parser.add_argument(
        "last", type=int, nargs="?", help="the first seed that is not tried any more"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--shrink", type=int, default=250, help="how many shorter plans to try")
    parser.add_argument("--known", action="store_true", help="what `make test` has besides first")
    parser.add_argument("--stop", action="store_true", help="end with the first that goes wrong")
    return parser.parse_args()


def _tell_failure(name: str, trial: Trial, shortest: Trial) -> None:
    click.echo(f"\n{name}: " + "\n  ".join(trial.violations))
    if shortest is not trial:
        click.echo("  shrunk: " + "\n  ".join(shortest.violations))
    click.echo(f"  {shortest.plan!r}")


def _list_plans(options: argparse.Namespace) -> Iterator[tuple[str, Plan | int]]:
    """Yield what is to be tried, each with its name; a seed's plan is drawn when it is tried."""
    if options.known:
        yield from ((f"flow {flow.name}", flow.plan) for flow in FLOWS)
        yield from ((f"plan {name}", plan) for name, plan in REGRESSIONS.items())
    ahead = count(options.first) if options.last is None else range(options.first, options.last)
    yield from ((f"seed {seed}", seed) for seed in ahead)


def _try_all(options: argparse.Namespace, template: Path) -> Iterator[Tried]:
    many = ((name, plan, template, options.shrink) for name, plan in _list_plans(options))
    if options.jobs == 1:
        be_quiet()
        yield from map(_try, many)
        return
    with ProcessPoolExecutor(options.jobs, initializer=be_quiet) as pool:
        try:
            waiting = [pool.submit(_try, job) for job in islice(many, _AHEAD * options.jobs)]
            while waiting:
                yield waiting.pop(0).result()
                waiting += [pool.submit(_try, job) for job in islice(many, 1)]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _try(job: tuple[str, Plan | int, Path, int]) -> Tried:
    name, given, template, most = job
    trial = try_plan(draw_plan(given) if isinstance(given, int) else given, template)
    if not trial.violations or not most:
        return name, trial, trial if trial.violations else None
    return name, trial, Shrinker(lambda plan: try_plan(plan, template), trial, most).shrink()


if __name__ == "__main__":
    sys.exit(main())
