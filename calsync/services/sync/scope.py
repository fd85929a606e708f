"""What one run works on: the integration as it is now, its calendar and its user."""

from dataclasses import dataclass
from datetime import datetime

from calsync.core.account import UNRESTRICTED
from calsync.core.integration import Caution
from calsync.core.item import Kind
from calsync.core.link import Link
from calsync.core.options import Options, load_options
from calsync.core.pair import Rules
from calsync.db.database import Session
from calsync.db.models import Integration, LinkedAccount, LinkedCalendar, User
from calsync.db.subjects import find_subject
from calsync.services.tools import Who


@dataclass(frozen=True)
class Subject:
    """An integration with what decides about it, as one transaction saw them."""

    integration: Integration
    options: Options
    user: User
    account: LinkedAccount | None
    calendar: LinkedCalendar | None
    #: What there is to do, apart from what the linked calendar may show.
    has_looks: bool
    has_flights: bool
    has_open_runs: bool

    @property
    def id(self) -> str:
        return self.integration.id

    @property
    def tenant_id(self) -> str:
        return self.integration.tenant_id

    @property
    def who(self) -> Who:
        """Give on whose behalf everything is done."""
        return Who(self.tenant_id, self.integration.user_id)

    @property
    def is_deleted(self) -> bool:
        """Tell whether the integration was ended, and only its copies are still to go."""
        return self.integration.deleted_at is not None

    @property
    def is_connected(self) -> bool:
        return self.account is not None and self.account.disconnection is None

    @property
    def circumstances(self) -> tuple[object, ...]:
        """Give what Cronofy has told of the account and the calendar that decides on writes."""
        if self.account is None or self.calendar is None:
            return ()
        calendar = self.calendar
        return (
            self.account.disconnection,
            calendar.is_deleted,
            calendar.is_read_only,
            calendar.permission_level,
        )

    def kind_since(self, kind: Kind) -> datetime | None:
        """Return since when a kind has been ticked, None where it is not."""
        since = self.integration.kinds_since.get(kind.value)
        if since is None or kind not in self.options.kinds:
            return None
        return datetime.fromisoformat(since)

    def bar_of_calendar(self) -> str | None:
        """Return why nothing may be written to the calendar, None where it may."""
        if self.calendar is None or self.calendar.is_deleted:
            return "calendar_gone"
        return "read_only" if self.calendar.is_read_only else None

    def rules_for(self, link: Link, kind: Kind) -> Rules:
        """Return what may happen to one pair."""
        bar = self.bar_of_calendar()
        is_sent = kind in self.options.kinds
        return Rules(
            takes_create=self.options.takes_create,
            takes_update=self.options.takes_update,
            takes_delete=self.options.takes_delete,
            policy=self.options.policy,
            bar_out=bar or (None if is_sent else "kind_off"),
            bar_change=self._bar_of_event(link, "update"),
            bar_deletion=bar or self._bar_of_event(link, "delete"),
        )

    def _bar_of_event(self, link: Link, deed: str) -> str | None:
        """Return why the user's own event may not be changed or deleted (docs/sync.md 7)."""
        seen = link.seen
        if link.is_ours or seen is None:
            return None
        if self.calendar is None or self.calendar.permission_level != UNRESTRICTED:
            return "permission"
        if self.integration.caution is Caution.ALTERED:
            return "altered"
        if seen.series is not None:
            return "series_there"
        if seen.has_guests and not self.options.moves_meetings:
            return "guests"
        may = seen.can_update if deed == "update" else seen.can_delete
        return None if may else "not_changeable"


def load_subject(session: Session, tenant_id: str, integration_id: str) -> Subject | None:
    """Return an integration with its account and calendar, in one question."""
    found = find_subject(session, tenant_id, integration_id)
    if found is None:
        return None
    return Subject(
        found.integration,
        load_options(found.integration.options),
        found.user,
        found.account,
        found.calendar,
        found.has_looks,
        found.has_flights,
        found.has_open_runs,
    )
