"""A backup taken while everybody works, put back after they went on, and what comes of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from calsync.db.models import Integration, LogEntry
from tests.long.killing import settle
from tests.long.ledger import Ledger, Row, Side, judge_put_back
from tests.long.people import Editor
from tests.long.site import Site

_WORKS_FOR = 8.0
_DAY = timedelta(days=1)

Shown = list[dict[Side, list[Row]]]


@dataclass
class PutBacks:
    """What was done, and what came of it."""

    rounds: int = 0
    acknowledged: int = 0
    entries: int = 0
    #: Entries of the backup whose copies were made after it, and were linked again as they stood.
    adopted: int = 0
    longest: float = 0.0
    found: list[str] = field(default_factory=list)

    def tell(self) -> str:
        """Return the figures as a line."""
        return (
            f"{self.rounds} backups put back among {self.acknowledged} acknowledged edits of "
            f"{self.entries} entries; {self.adopted} copies adopted; "
            f"settled within {self.longest:.0f} s; {len(self.found)} violations"
        )


def put_back_again_and_again(site: Site, editors: Sequence[Editor], rounds: int) -> PutBacks:
    """Take a backup under load, work on, put it back and judge, so many times."""
    done = PutBacks()
    while done.rounds < rounds and not done.found:
        done.found += _put_back_once(site, editors, done)
        for editor in editors:
            done.acknowledged += editor.ledger.acknowledged
            done.entries += len(editor.ledger.entries)
        done.rounds += 1
    return done


def _put_back_once(site: Site, editors: Sequence[Editor], done: PutBacks) -> list[str]:
    backup = site.folder / f"round-{done.rounds}.backup"
    for editor in editors:
        # What is said of the entries of a round before holds no more; they stay where they are.
        name = editor.ledger.name.partition(".")[0]
        editor.ledger = Ledger(f"{name}.{done.rounds}")
        editor.start()
    site.clock.sleep(_WORKS_FOR)
    site.command("backup", str(backup))
    site.clock.sleep(_WORKS_FOR)
    for editor in editors:
        editor.stop()
    found = site.stop()
    if site.make_database is not None:
        site.look_at(site.make_database())
    site.tools.db.engine.dispose()
    site.command("restore", "--yes", str(backup))
    _let_a_day_pass(site)
    before = _look(editors)
    site.start()
    took, left = settle(site, lambda: _judge(editors, before, _list_adopted(site)))
    done.adopted += len(_list_adopted(site))
    done.longest = max(done.longest, took)
    return [*found, *left]


def _let_a_day_pass(site: Site) -> None:
    """Let what the database knows of its reads be a day older."""
    with site.tools.db.begin() as session:
        for integration in session.query(Integration):
            for name in ("cursor", "checked_at", "copies_read_at"):
                moment = getattr(integration, name)
                setattr(integration, name, moment and moment - _DAY)


def _look(editors: Sequence[Editor]) -> Shown:
    return [{Side.HERE: editor.read_here(), Side.THERE: editor.read_there()} for editor in editors]


def _list_adopted(site: Site) -> set[str]:
    """Return of which entries a copy was linked again; what differs there stays, and is listed."""
    with site.tools.db.read() as session:
        rows = session.query(LogEntry).filter_by(reason="adopted")
        return {row.title.partition(" ")[0] for row in rows}


def _judge(editors: Sequence[Editor], before: Shown, adopted: set[str]) -> list[str]:
    found = []
    for editor, earlier, present in zip(editors, before, _look(editors), strict=True):
        found += judge_put_back(editor.ledger.entries.values(), earlier, present, adopted)
        for side, rows in present.items():
            # Those of the rounds before, too.
            counts = Counter(title.partition(" ")[0] for title, _ in rows if "entry-" in title)
            found += [f"{tag} stands {n} times {side}." for tag, n in counts.items() if n > 1]
    return sorted(set(found))
