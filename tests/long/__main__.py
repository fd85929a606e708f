"""Long trials in real processes: ``python -m tests.long [--kills N] [--database NAME]``.

Kills the process that syncs again and again in the middle of its work, and prints for each
database what was done and what did not hold. Ends with 1 where anything did not.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

from calsync.clock import SystemClock
from tests.cast import find_cast
from tests.installations import fill_database
from tests.long.killing import kill_again_and_again
from tests.long.people import Editor, add_editor
from tests.long.site import Site
from tests.long.witness import tell_all
from tests.postgres import PostgresServer
from tests.sandbox_server import RunningSandbox

DATABASES = ("sqlite", "postgresql")
#: How long Cronofy takes to answer.
_LATENCY = 0.12


def main() -> int:
    """Carry out the trials; return how to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    is_bad = False
    for database in options.database or DATABASES:
        began = SystemClock().monotonic()
        with furnish(database, options.seed) as (site, editors):
            done = kill_again_and_again(site, editors, options.kills, Random(options.seed))
            done.found += site.stop() + site.find_damage()
            known = tell_all(site, done.found)
        took = SystemClock().monotonic() - began
        _tell(f"{database}: {done.tell()}; {took:.0f} s", done.found + known)
        is_bad |= bool(done.found)
    return int(is_bad)


@contextmanager
def furnish(database: str, seed: int) -> Iterator[tuple[Site, list[Editor]]]:
    """Give an installation of two processes, and two people who edit on both sides."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="calsync-long-")))
        if database == "sqlite":
            url = f"sqlite:///{folder / 'calsync.sqlite3'}"
        else:
            server = stack.enter_context(PostgresServer())
            server.create("calsync")
            url = server.url("calsync")
        fill_database(url, folder)
        sandbox = stack.enter_context(RunningSandbox())
        sandbox.fault("slow", path="/v1/", seconds=_LATENCY, times=None)
        site = Site(url, folder, sandbox)
        stack.callback(site.end)
        people = find_cast(site.tools)
        editors = [
            add_editor(site, people["dana"], "dana@google.example", seed),
            add_editor(site, people["sam"], "sam@office365.example", seed + 1),
        ]
        site.start()
        yield site, editors


def _tell(line: str, found: list[str]) -> None:
    sys.stdout.write("\n".join([line, *(f"  {each}" for each in found)]) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
