"""What holds in and after every history, whatever went wrong in it (docs/simulation.md).

Each invariant is a function from the story of a history to sentences about what does not
hold. ``docs/simulation.md`` says which is where.
"""

from collections.abc import Callable, Iterator

from tests.simulation.invariants import (
    agreement,
    gates,
    keeping,
    logging,
    making,
    quiet,
    reading,
    reasons,
    reviving,
    running,
)
from tests.simulation.invariants.limits import Limit
from tests.simulation.invariants.story import Story, tell
from tests.simulation.scenario import History

Judge = Callable[[Story], Iterator[str]]

#: What is judged from what both sides are at the end.
AT_THE_END: tuple[Judge, ...] = (
    agreement.find_unsettled,
    agreement.find_differences,
    agreement.find_unlinked,
    making.find_doubles,
    making.find_twins,
    reading.find_unread,
    running.find_unserved,
)
#: What is judged from all that happened on the way.
ON_THE_WAY: tuple[Judge, ...] = (
    reasons.find_lies,
    keeping.find_losses,
    keeping.find_edited_removals,
    making.find_inventions,
    reviving.find_resurrections,
    gates.find_trespasses,
    gates.find_undecided,
    gates.find_calls_after_the_end,
    quiet.find_waste,
    reading.find_removals_unseen,
    reading.find_false_cursors,
    running.find_unbraked,
    running.find_strangers,
    running.find_unfenced,
    logging.find_unlogged,
)


def judge(story: Story) -> list[str]:
    """Return what does not hold in a history as far as it went; count what cannot be told."""
    judges = AT_THE_END
    if any(act.name == "rewind" for act in story.history.acts):
        story.limits[Limit.REWOUND] += 1
    else:
        judges += ON_THE_WAY
    return [sentence for each in judges for sentence in each(story)]


def find_violations(history: History, *, idles: bool = True) -> list[str]:
    """Return what does not hold, each as a sentence.

    Where it ``idles``, the history goes on for a while, and nothing may come of that.

    What nobody can decide is counted in the history's ``limits``.
    """
    story = tell(history)
    found = judge(story)
    history.limits = {name: count for name, count in story.limits.items() if count}
    if not idles:
        return found
    return [*found, *quiet.find_unrest(history), *quiet.find_surprises(history)]
