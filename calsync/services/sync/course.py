"""One sync under way: what its parts share."""

from dataclasses import dataclass, field
from datetime import datetime

from calsync.core.integration import Stop
from calsync.core.recurrence import View
from calsync.core.run import Trigger
from calsync.core.window import retrieve_view
from calsync.db.database import Session
from calsync.db.models import Integration, Run
from calsync.services.sync.fence import Door, Overtaken
from calsync.services.sync.journal import Journal
from calsync.services.sync.pairs import Pairs
from calsync.services.sync.provider import LinkedCalendars
from calsync.services.sync.scope import Subject, load_subject
from calsync.services.tools import Tools


@dataclass
class Course:
    """A sync of one integration, from its claim to its end."""

    tools: Tools
    fence: Door
    client: LinkedCalendars
    subject: Subject
    trigger: Trigger
    #: The run that somebody asked for, if this is one.
    asked: Run | None = None
    #: Nothing is written there, and nothing is kept: it is only to be seen what would be.
    is_rehearsal: bool = False
    has_changed: bool = False
    #: When the read of the changes was answered, by the provider's clock.
    read_at: datetime | None = None
    #: Whether that read showed any event.
    has_read_any: bool = False
    #: What was asked for besides and is done: Retrieve, Send.
    bulk_done: set[str] = field(default_factory=set)
    began_at: datetime = field(init=False)
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        self.began_at = self.tools.clock.now()
        self.journal = Journal(self.subject, self.trigger, self.began_at, self.asked)

    def forget_asked(self, run_id: str, trigger: Trigger) -> None:
        """Do what is due as ever, where the run that was asked for ended before it began.

        What is done then was begun by that ``trigger``, and not by hand.
        """
        if self.asked is not None and self.asked.id == run_id:
            self.asked = self.journal.run = None
            self.trigger = self.journal.trigger = trigger

    @property
    def bulk_left(self) -> dict[str, bool]:
        """Give what was asked for besides and is not done yet."""
        bulk = self.asked.bulk if self.asked is not None else {}
        return {name: True for name, is_on in bulk.items() if is_on and name not in self.bulk_done}

    @property
    def now(self) -> datetime:
        """Give the present."""
        return self.tools.clock.now()

    @property
    def pairs(self) -> Pairs:
        """Give what puts pairs together as of this moment."""
        return Pairs(self.subject, self.tools.public_url, self.now)

    @property
    def retrieved(self) -> View | None:
        """Give the time whose events a manual sync brings in although they are not new."""
        if self.asked is None or not self.asked.bulk.get("retrieve"):
            return None
        options, zone = self.subject.options, self.subject.user.time_zone
        return retrieve_view(options.past, options.future, self.began_at, zone)

    @property
    def sends_all(self) -> bool:
        """Tell whether a manual sync sends what nobody touched."""
        return self.asked is not None and bool(self.asked.bulk.get("send"))

    def get_row(self, session: Session) -> Integration:
        """Return the integration's row. Raises Overtaken where it is gone."""
        row = session.get(Integration, self.subject.id)
        if row is None:
            raise Overtaken
        return row

    def reload(self, session: Session) -> None:
        """Look at options, account and calendar again: they may have been changed meanwhile."""
        found = load_subject(session, self.subject.tenant_id, self.subject.id)
        if found is None or not may_run(found):
            raise Overtaken
        self.subject = self.journal.subject = found


def may_run(subject: Subject) -> bool:
    """Tell whether anything flows over an integration, or is still to be deleted."""
    has_work = subject.integration.is_active or subject.is_deleted
    return has_work and subject.is_connected and subject.integration.stop in _HARMLESS


#: A permission that is missing may have been given; everything else is looked at with the
#: account, which has the sync go on.
_HARMLESS = (None, Stop.PERMISSION_MISSING)
