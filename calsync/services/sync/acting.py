"""What is done about it: marked items are spread, links decided on, writes sent."""

from dataclasses import dataclass, field
from datetime import timedelta

from calsync.core.brake import Brake
from calsync.core.link import Origin, Side
from calsync.core.window import Window
from calsync.cronofy.limiter import Lane
from calsync.db.accounts import list_calendars
from calsync.db.items import list_ids_between
from calsync.db.links import count_live
from calsync.db.sync_runs import sum_braked
from calsync.services.accounts import check_account
from calsync.services.sync.course import Course
from calsync.services.sync.deciding import Decider
from calsync.services.sync.moving import find_named
from calsync.services.sync.planning import Plan
from calsync.services.sync.sending import Dispatcher
from calsync.services.sync.spreading import Spreader
from calsync.services.sync.twins import Twins, read_around

_FAR = timedelta(days=36500)
#: Items that are spread in one transaction where a user asked for all of them.
_AT_ONCE = 50


@dataclass
class Acting:
    """The deeds of one sync."""

    course: Course
    #: What was counted before the first of them, and with each.
    plan: Plan = field(default_factory=Plan)

    @property
    def braked(self) -> dict[Side, int]:
        """Give what the brake counted of them, by direction."""
        return {side: self.plan.brake.weigh(self.plan.done, side) for side in Side}

    def perform(self) -> None:
        """Do all that is to be done."""
        self._spread()
        self._send_lost()
        plan = self.plan = self._plan()
        if plan.links == 0:
            return
        if plan.alike:
            self._link_twins(plan)
        if plan.removals:
            self._look_closer(plan)
        self._decide(plan)

    def _spread(self) -> None:
        """Turn what was marked here into links to look at."""
        course = self.course
        if course.sends_all:
            self._spread_all()
        course.bulk_done.add("send")
        is_done = False
        while not is_done:
            with course.fence.begin() as session:
                is_done = Spreader(session, course.pairs).spread_marked()
                course.journal.note_progress(session)
            course.journal.stop_if_cancelled()

    def _spread_all(self) -> None:
        course, subject = self.course, self.course.subject
        with course.fence.begin() as session:
            ids = list_ids_between(
                session,
                subject.tenant_id,
                subject.who.user_id,
                Window(course.began_at).start,
                course.began_at + _FAR,
                subject.options.kinds,
            )
        for at in range(0, len(ids), _AT_ONCE):
            with course.fence.begin() as session:
                Spreader(session, course.pairs).spread_asked(ids[at : at + _AT_ONCE])
                course.journal.note_progress(session)
            course.journal.stop_if_cancelled()

    def _link_twins(self, plan: Plan) -> None:
        """Before anything is sent: does the same stand there already (docs/sync.md 6)?"""
        course = self.course
        events = read_around(course.client, course.subject, plan.alike.values(), course.began_at)
        names = list(plan.alike)
        for at in range(0, len(names), _AT_ONCE):
            with course.fence.begin() as session:
                twins = Twins(session, course.pairs, course.journal)
                course.journal.alike |= twins.link_sent(names[at : at + _AT_ONCE], events)

    def _plan(self) -> Plan:
        """Count the whole plan before its first action."""
        course, subject = self.course, self.course.subject
        since = course.began_at - timedelta(hours=24)
        with course.tools.db.read() as session:
            plan = Plan(is_absent=_is_absent(course))
            Decider(course.tools, session, course.pairs, course.journal).count(plan)
            if plan.links:
                linked = count_live(session, subject.tenant_id, subject.id)
                spent = sum_braked(session, subject.tenant_id, subject.id, since)
                plan.brake = Brake(linked, spent, self._confirmed)
        course.journal.total = course.journal.done + plan.actions
        return plan

    @property
    def _confirmed(self) -> dict[Side, int]:
        """Give how many deletions that the user has confirmed are still to be begun."""
        asked = self.course.asked
        return {Side(name): n for name, n in asked.confirmed.items()} if asked else {}

    def _look_closer(self, plan: Plan) -> None:
        """Before removals are taken in: does the account work, and was anything only moved?

        A calendar that was deleted, a mailbox that was lost or is being read again shows
        its events as gone (docs/sync.md 11); a copy that its user moved to another calendar is
        gone from this one (docs/sync.md 6).
        """
        course, subject = self.course, self.course.subject
        account_id = subject.integration.account_id
        if account_id is not None and not course.is_rehearsal:
            ids = subject.tenant_id, account_id
            check_account(course.tools, *ids, Lane.POLL, asked_by=subject.id)
            with course.fence.begin() as session:
                course.reload(session)
        if any(link.origin is Origin.SENT for link in plan.removals):
            with course.tools.db.read() as session:
                calendars = list_calendars(session, subject.tenant_id, [account_id or ""])
            others = [
                calendar.calendar_id
                for calendar in calendars
                if calendar.calendar_id != subject.integration.calendar_id
                and not calendar.is_deleted
            ]
            base_url = course.tools.public_url
            plan.note_moved(find_named(course.client, others, plan.removals, base_url))

    def _send_lost(self) -> None:
        """Send once more the writes of earlier runs of which nobody knows whether they arrived."""
        course = self.course
        if not course.subject.has_flights:
            return
        with course.fence.begin() as session:
            lost = Decider(course.tools, session, course.pairs, course.journal).list_lost()
        self._dispatcher.send(lost)

    @property
    def _dispatcher(self) -> Dispatcher:
        return Dispatcher(self.course.fence, self.course.client, self.course.journal)

    def _decide(self, plan: Plan) -> None:
        course = self.course
        after: str | None = ""
        while after is not None:
            with course.fence.begin() as session:
                course.reload(session)
                decider = Decider(course.tools, session, course.pairs, course.journal)
                after, orders = decider.decide_next(after, plan)
                course.journal.note_progress(session)
            for at in range(0, len(orders), _AT_ONCE):
                self._dispatcher.send(orders[at : at + _AT_ONCE])
            course.journal.stop_if_cancelled()


def _is_absent(course: Course) -> bool:
    """Tell whether the user was away for long: then every removal waits for their word."""
    return course.subject.integration.absent_since is not None
