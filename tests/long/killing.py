"""SIGKILL of whoever does the due work, in the middle of a sync, again and again."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.long.ledger import judge
from tests.long.people import Editor
from tests.long.site import Site, wait_and_look
from tests.processes import wait_until

#: A write of which nobody knows is sent again after a minute and given up after ten.
SETTLES_WITHIN = 900.0
_TOLD_EVERY = 20
#: How far into a sync at most the kill comes, in seconds.
_PATIENCE = 0.6


@dataclass
class Killings:
    """What was done, and what came of it."""

    tried: int = 0
    #: Those that struck while a sync was in hand: it was found as begun when its process was dead.
    counted: int = 0
    #: Those of them after which a write was under way.
    with_flights: int = 0
    acknowledged: int = 0
    unanswered: int = 0
    entries: int = 0
    settled_in: float = 0.0
    found: list[str] = field(default_factory=list)

    def tell(self) -> str:
        """Return the figures as a line."""
        return (
            f"{self.tried} kills, {self.counted} in the middle of a sync ({self.with_flights} with "
            f"a write under way); {self.acknowledged} edits acknowledged, {self.unanswered} not; "
            f"{self.entries} entries; settled {self.settled_in:.0f} s after the last kill; "
            f"{len(self.found)} violations"
        )


def kill_again_and_again(
    site: Site, editors: Sequence[Editor], kills: int, chance: Random
) -> Killings:
    """Kill until so many counted; then let all settle, and judge."""
    done = Killings()
    for editor in editors:
        editor.start()
    while done.counted < kills:
        kill_once(site, done, chance)
        if done.tried % _TOLD_EVERY == 0:
            sys.stderr.write(f"{site.kind}: {done.tried} kills, {done.counted} counted\n")
        for editor in editors:
            if editor.failed:
                raise editor.failed
    for editor in editors:
        editor.stop()
    done.settled_in, done.found = settle(site, lambda: judge_all(editors))
    for editor in editors:
        done.acknowledged += editor.ledger.acknowledged
        done.unanswered += editor.ledger.unanswered
        done.entries += len(editor.ledger.entries)
    return done


def kill_once(site: Site, done: Killings, chance: Random, *, patience: float = _PATIENCE) -> None:
    """Kill who does the due work while a sync is in hand; have another one take its place."""
    wait_until(lambda: site.find_holder() is not None, 60)
    victim = site.find_holder()
    assert victim is not None
    assert victim.owner is not None
    owner = victim.owner
    wait_until(lambda: site.count_in_hand(owner) > 0 or site.find_holder() is not victim, 600)
    site.clock.sleep(chance.uniform(0, patience))
    site.kill(victim)
    done.tried += 1
    # It is dead, and nobody else takes its work before the lease ends.
    if site.count_in_hand(owner):
        done.counted += 1
        done.with_flights += site.count_flights() > 0
    site.let_leases_end(owner)
    wait_until(lambda: site.find_holder() not in (None, victim), 60)
    site.start_one(victim)


def settle(site: Site, judged: Callable[[], list[str]]) -> tuple[float, list[str]]:
    """Wait until nothing is to come any more; return how long it took, and what does not hold."""
    began = site.clock.monotonic()
    wait_and_look(lambda: not site.find_unsettled() and not judged(), SETTLES_WITHIN)
    took = site.clock.monotonic() - began
    # What comes late, such as a copy written twice, is to have the time to come.
    site.clock.sleep(15)
    return took, [*site.find_unsettled(), *judged()]


def judge_all(editors: Sequence[Editor]) -> list[str]:
    """Return what does not hold of what stands now, by everybody's ledger."""
    found = []
    for editor in editors:
        found += judge(editor.ledger, editor.read_here(), editor.read_there())
    return found
