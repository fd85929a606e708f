"""Many seeds on all cores: ``python -m tests.simulation FIRST LAST [--jobs N]``.

Prints how much was simulated, and for each seed whose history ends wrong what is wrong with
it and the shortest plan that goes wrong alike, to be put into the regressions.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click

from calsync.services import passwords
from tests.installations import fill_database
from tests.quick import QUICK_HASHER
from tests.simulation.plans import draw_plan
from tests.simulation.shrinking import Shrinker
from tests.simulation.trials import Trial, try_plan

_TOLD_EVERY = 1000
_YEAR = 365.25 * 24 * 3600


@dataclass
class Account:
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
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int, help="the first seed that is not tried any more")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--shrink", type=int, default=250, help="how many shorter plans to try")
    options = parser.parse_args()
    account, began_at = Account(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        template = _make_template(Path(folder))
        for trial, shortest in _try_all(options, template):
            account.add(trial)
            if shortest is not None:
                click.echo(f"\nseed {trial.plan.seed}: " + "\n  ".join(trial.violations))
                click.echo("  shrunk: " + "\n  ".join(shortest.violations))
                click.echo(f"  {shortest.plan!r}")
            elif account.scenarios % _TOLD_EVERY == 0:
                click.echo(account.tell(time.monotonic() - began_at))
    click.echo(account.tell(time.monotonic() - began_at))
    return 1 if account.failed else 0


def _try_all(options: argparse.Namespace, template: Path) -> Iterator[tuple[Trial, Trial | None]]:
    seeds = range(options.first, options.last)
    many = [(seed, template, options.shrink) for seed in seeds]
    if options.jobs == 1:
        _be_quiet()
        yield from map(_try_seed, many)
        return
    with ProcessPoolExecutor(options.jobs, initializer=_be_quiet) as pool:
        yield from pool.map(_try_seed, many, chunksize=4)


def _try_seed(job: tuple[int, Path, int]) -> tuple[Trial, Trial | None]:
    seed, template, most = job
    trial = try_plan(draw_plan(seed), template)
    if not trial.violations or not most:
        return trial, trial if trial.violations else None
    return trial, Shrinker(lambda plan: try_plan(plan, template), trial, most).shrink()


def _make_template(folder: Path) -> Path:
    _be_quiet()
    path = folder / "template.sqlite3"
    fill_database(f"sqlite:///{path}", folder)
    return path


def _be_quiet() -> None:
    """Log nothing, and hash passwords with the least work."""
    logging.disable(logging.CRITICAL)
    passwords._hasher = QUICK_HASHER
    passwords._nobodys_hash = QUICK_HASHER.hash("nobody has this password")


if __name__ == "__main__":
    sys.exit(main())
