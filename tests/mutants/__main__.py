"""Kill the seeded bugs: ``python -m tests.mutants [--seeds N] [--jobs N] [NAME ...]``.

Each is put into a copy of the product, and histories are simulated with it until the first
that goes wrong: those of ``make test`` first, its flows and known plans before its seeds.
Prints a row for each, as ``docs/mutants.md`` keeps it, and ends with 1 where one survives.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click

from tests.mutants.bugs import BUGS, Bug

ROOT = Path(__file__).resolve().parents[2]
_FOUND = re.compile(r"^((?:flow|plan|seed) [^:]+): (I\d+|\w+Error)", re.MULTILINE)


@dataclass(frozen=True)
class Death:
    """By which history and which invariant a bug was told; both are None where it survived."""

    bug: Bug
    history: str | None
    invariant: str | None
    seconds: float

    def tell(self) -> str:
        """Return a row of the table."""
        told_by = f"{self.invariant} | {self.history}" if self.history else "survives | -"
        return f"| {self.bug.name} | {self.bug.rule} | {told_by} |"


def main() -> int:
    """Kill the bugs, and return 1 where one survives."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--seeds", type=int, default=6000, help="how many histories at most")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    chosen = [bug for bug in BUGS if not options.names or bug.name in options.names]
    deaths = []
    for bug in chosen:
        deaths.append(kill(bug, options.seeds, options.jobs))
        click.echo(f"{deaths[-1].tell()} {deaths[-1].seconds:.0f} s")
    alive = sum(death.history is None for death in deaths)
    click.echo(f"{len(deaths) - alive} of {len(deaths)} killed")
    return 1 if alive else 0


def kill(bug: Bug, seeds: int, jobs: int) -> Death:
    """Simulate histories with a bug until one goes wrong."""
    began_at = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        plant(bug, Path(folder))
        told = subprocess.run(
            [
                *(sys.executable, "-m", "tests.simulation", "0", str(seeds)),
                *("--known", "--stop", "--shrink", "1", "--jobs", str(jobs)),
            ],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    found = _FOUND.search(told.stdout)
    if found is None and told.returncode:
        raise RuntimeError(told.stderr[-2000:])
    history, invariant = (found[1], found[2]) if found else (None, None)
    return Death(bug, history, invariant, time.monotonic() - began_at)


def plant(bug: Bug, folder: Path) -> None:
    """Put the product with a bug, and its tests, into a folder."""
    left_out = shutil.ignore_patterns("__pycache__")
    for name in ("calsync", "tests", "static", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    path = folder / "calsync" / bug.path
    path.write_text(infect(bug, path.read_text()))


def infect(bug: Bug, code: str) -> str:
    """Return a module's code with the bug in it. Raises ValueError where it has no place."""
    if code.count(bug.before) != 1:
        raise ValueError(f"{bug.name}: its place in {bug.path} is not there once")
    return code.replace(bug.before, bug.after)


if __name__ == "__main__":
    sys.exit(main())
