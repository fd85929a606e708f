"""The schema taken back by one change and up again, in the middle of the work."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from calsync.db.base import Base
from tests.long.killing import judge_all, settle
from tests.long.people import Editor
from tests.long.site import Site

_WORKS_FOR = 6.0
#: What a sync knows, and what is to be done.
_TABLES = ("due_rows", "integrations", "item_looks", "items", "judged_events", "links", "runs")


@dataclass
class Changes:
    """What was done, and what came of it."""

    rounds: int = 0
    due_rows: int = 0
    links: int = 0
    found: list[str] = field(default_factory=list)

    def tell(self) -> str:
        """Return the figures as a line."""
        return (
            f"{self.rounds} times a schema back and up again, with {self.links} links and "
            f"{self.due_rows} due rows; {len(self.found)} violations"
        )


def change_again_and_again(site: Site, editors: Sequence[Editor], rounds: int) -> Changes:
    """Stop in the middle of the work, change the schema to and fro, and go on, so many times."""
    done = Changes()
    for _ in range(rounds):
        for editor in editors:
            editor.start()
        site.clock.sleep(_WORKS_FOR)
        for editor in editors:
            editor.stop()
        done.found += site.stop()
        before = _read_all(site)
        site.tools.db.engine.dispose()
        site.command("db", "downgrade", "--yes", "--", "-1")
        site.command("db", "upgrade")
        after = _read_all(site)
        done.found += [
            f"{name} are not what they were." for name in before if before[name] != after[name]
        ]
        site.start()
        done.due_rows, done.links = len(before["due_rows"]), len(before["links"])
        done.found += settle(site, lambda: judge_all(editors))[1]
        done.rounds += 1
    return done


def _read_all(site: Site) -> dict[str, list[str]]:
    tables = {name: select(Base.metadata.tables[name]) for name in _TABLES}
    with site.tools.db.read() as session:
        return {
            name: sorted(str(row) for row in session.execute(rows)) for name, rows in tables.items()
        }
