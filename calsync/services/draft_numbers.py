"""The numbers that changed settings are asked about with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from calsync.core.answers import Answers, find_untaken
from calsync.core.integration import Copies
from calsync.core.item import Kind
from calsync.db.parking import count_all_copies, count_copies_by_kind
from calsync.services.draft_views import DraftView
from calsync.services.sync.kept_out import count_kept_out
from calsync.services.tools import Tools, Who


@dataclass(frozen=True)
class Numbers:
    """Of a calendar that is linked: the copies in it, and the changes that were kept out.

    ``kept_out`` are those that would flow by the options as they are answered.
    """

    copies: Mapping[Kind, int] = field(default_factory=dict)
    all_copies: int = 0
    kept_out: int = 0

    def count_going(self, live: Answers, answers: Answers) -> int | None:
        """Return how many copies the answers have deleted; None where they are all kept."""
        if answers.calendar_id != live.calendar_id:
            return self.all_copies if answers.swapped is Copies.GO else None
        untaken = find_untaken(live.options, answers)
        if not untaken or answers.unticked is not Copies.GO:
            return None
        return sum(self.copies.get(kind, 0) for kind in untaken)

    def count_parked(self, live: Answers, answers: Answers) -> int:
        """Return how many copies that nothing flowed to are synced again by the answers."""
        return sum(self.copies.get(k, 0) for k in answers.options.kinds - live.options.kinds)


def find_numbers(tools: Tools, who: Who, view: DraftView, *, of_kept_out: bool) -> Numbers:
    """Return the numbers for some settings; of a set-up there are none. Raises NotThere.

    Those of the changes that were kept out take a look at every link.
    """
    if view.integration is None:
        return Numbers()
    kept_out = 0
    if of_kept_out:
        options = view.answers.in_force
        kept_out = count_kept_out(tools, who, view.integration.id, options)
    with tools.db.read() as session:
        ids = who.tenant_id, view.integration.id
        copies = count_copies_by_kind(session, *ids)
        return Numbers(copies, count_all_copies(session, *ids), kept_out)
