"""Long trials in real processes: ``python -m tests.long [--kills N] [--database NAME]``.

On each database: the process that syncs is killed again and again in the middle of its work;
backups are taken under load, and put back; the schema goes back by one change and up again.
What people were told is held against what stands on both sides then. Prints a line for each
trial, with all that did not hold, and ends with 1 where anything did not.
"""

import argparse
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from random import Random

from calsync.clock import SystemClock
from tests.cast import find_cast
from tests.installations import fill_database
from tests.long.changing_schemas import Changes, change_again_and_again
from tests.long.killing import Killings, kill_again_and_again
from tests.long.people import Editor, add_editor
from tests.long.putting_back import PutBacks, put_back_again_and_again
from tests.long.site import Site
from tests.long.witness import tell_all
from tests.postgres import PostgresServer
from tests.sandbox_server import RunningSandbox

DATABASES = ("sqlite", "postgresql")
Trial = Callable[[Site, Sequence[Editor]], Killings | PutBacks | Changes]
#: How long Cronofy takes to answer.
_LATENCY = 0.12


def main() -> int:
    """Carry out the trials; return how to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--put-backs", type=int, default=5)
    parser.add_argument("--schema-changes", type=int, default=2)
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    trials: list[Trial] = [
        lambda site, people: kill_again_and_again(
            site, people, options.kills, Random(options.seed)
        ),
        lambda site, people: put_back_again_and_again(site, people, options.put_backs),
        lambda site, people: change_again_and_again(site, people, options.schema_changes),
    ]
    amounts = options.kills, options.put_backs, options.schema_changes
    wanted = [trial for trial, amount in zip(trials, amounts, strict=True) if amount]
    databases = options.database or DATABASES
    return int(sum(_try(each, trial, options.seed) for each in databases for trial in wanted) > 0)


def _try(database: str, trial: Trial, seed: int) -> int:
    """Carry out a trial and tell of it; return how much did not hold."""
    clock = SystemClock()
    began = clock.monotonic()
    with furnish(database, seed) as (site, people):
        done = trial(site, people)
        done.found += site.stop() + site.find_damage()
        lines = [
            f"{database}: {done.tell()}; {clock.monotonic() - began:.0f} s",
            *done.found,
            *tell_all(site, done.found),
        ]
    sys.stdout.write("\n  ".join(lines) + "\n")
    sys.stdout.flush()
    return len(done.found)


def _make_database(server: PostgresServer, numbers: Iterator[int]) -> str:
    name = f"calsync_{next(numbers)}"
    server.create(name)
    return server.url(name)


@contextmanager
def furnish(database: str, seed: int) -> Iterator[tuple[Site, list[Editor]]]:
    """Give an installation of two processes, and two people who edit on both sides."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="calsync-long-")))
        make_database = None
        if database == "sqlite":
            url = f"sqlite:///{folder / 'calsync.sqlite3'}"
        else:
            server = stack.enter_context(PostgresServer())
            make_database = partial(_make_database, server, itertools.count())
            url = make_database()
        fill_database(url, folder)
        sandbox = stack.enter_context(RunningSandbox())
        sandbox.fault("slow", path="/v1/", seconds=_LATENCY, times=None)
        site = Site(url, folder, sandbox, make_database=make_database)
        stack.callback(site.end)
        people = find_cast(site.tools)
        editors = [
            add_editor(site, people["dana"], "dana@google.example", seed),
            add_editor(site, people["sam"], "sam@office365.example", seed + 1),
        ]
        site.start()
        yield site, editors


if __name__ == "__main__":
    sys.exit(main())
