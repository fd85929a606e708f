"""The numbers that changed settings are asked about with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from calsync.core.answers import Answers, find_untaken
from calsync.core.integration import Copies
from calsync.core.item import Kind
from calsync.core.link import Origin
from calsync.db.parking import count_all_copies, count_copies_by_kind, count_parked_by_kind
from calsync.services.draft_views import DraftView
from calsync.services.sync.kept_out import count_kept_out
from calsync.services.tools import Tools, Who


@dataclass(frozen=True)
class Numbers:
    """Of a calendar that is linked: the copies in it, and the changes that were kept out.

    ``kept_out`` are those that would flow by the options as they are answered, ``parked``
    the links over which nothing flows now.
    """

    copies: Mapping[Kind, int] = field(default_factory=dict)
    all_copies: int = 0
    kept_out: int = 0
    parked: Mapping[tuple[Origin, Kind], int] = field(default_factory=dict)

    def count_going(self, live: Answers, answers: Answers) -> int | None:
        """Return how many copies the answers have deleted; None where they are all kept."""
        if answers.calendar_id != live.calendar_id:
            return self.all_copies if answers.swapped is Copies.GO else None
        untaken = find_untaken(live.options, answers)
        if not untaken or answers.unticked is not Copies.GO:
            return None
        return sum(self.copies.get(kind, 0) for kind in untaken)

    def count_resumed(self, live: Answers | None, answers: Answers) -> int:
        """Return how many links the answers take up again: those of kinds that are ticked anew.

        Where a calendar is linked again, what was brought in from it too; where another one
        takes its place, none.
        """
        if live is not None and answers.calendar_id != live.calendar_id:
            return 0
        kinds = answers.options.kinds - (live.options.kinds if live else frozenset())
        return sum(
            count
            for (origin, kind), count in self.parked.items()
            if (origin is Origin.SENT and kind in kinds)
            or (origin is Origin.BROUGHT and live is None)
        )


def find_numbers(tools: Tools, who: Who, view: DraftView, *, of_kept_out: bool) -> Numbers:
    """Return the numbers for some settings, or for a calendar that is linked again.

    Raises NotThere.

    The one of the changes that were kept out takes a look at every link.
    """
    if view.integration is None:
        return _find_former_numbers(tools, who, view)
    kept_out = 0
    if of_kept_out:
        options = view.answers.in_force
        kept_out = count_kept_out(tools, who, view.integration.id, options)
    with tools.db.read() as session:
        ids = who.tenant_id, view.integration.id
        copies = count_copies_by_kind(session, *ids)
        parked = count_parked_by_kind(session, *ids)
        return Numbers(copies, count_all_copies(session, *ids), kept_out, parked)


def _find_former_numbers(tools: Tools, who: Who, view: DraftView) -> Numbers:
    if view.former is None:
        return Numbers()
    with tools.db.read() as session:
        return Numbers(parked=count_parked_by_kind(session, who.tenant_id, view.former.id))
