"""The words for how a sync stands: how far it is, what it did, why it stopped."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil

from flask_babel import format_time

from calsync.core.integration import Refusal, Stop
from calsync.core.link import Side
from calsync.core.run import CANCELLED, RunState
from calsync.db.models import Run
from calsync.services.run_views import RunView
from calsync.web.i18n import _, _l, _n, join_list
from calsync.web.sync_words import COUNT_WORDS, RUN_WORDS, say_counts, sum_counts
from calsync.web.words import FEATURE_MISSING, LONGEST_NAME, MISCONFIGURED

#: Why a sync ended before its end, by the kind of what ended it.
WHY_STOPPED = {
    CANCELLED: _l("You cancelled it."),
    Refusal.NOT_ACTIVE: _l("The sync was turned off."),
    Refusal.NOT_CONNECTED: _l("The account is not connected."),
    Refusal.CALENDAR_GONE: _l("%(calendar)s was deleted."),
    "AccessRevoked": _l("Our access to the account was removed."),
    "NotFound": _l("%(calendar)s was not found. It may have been deleted."),
    "PermissionMissing": _l("You no longer have write access to %(calendar)s."),
    "RateLimited": _l("The calendar service asked us to slow down."),
    "ProfileLocked": _l("The mailbox takes no changes at the moment."),
    "Unreachable": _l("We could not reach the calendar service."),
    "PageExpired": _l("The calendar service did not answer to the end."),
    "IncompleteRead": _l("The calendar service did not answer to the end."),
    "TemporaryError": _l("The calendar service has a problem at the moment."),
    "FeatureMissing": FEATURE_MISSING,
    "Refused": _l("The calendar service did not take what we sent."),
    "UnreadableAnswer": _l("The calendar service gave an answer that we could not read."),
    "UntrustedAnswer": _l("The calendar service gave an answer that we do not trust."),
    "WrongCredentials": MISCONFIGURED,
}
#: Those that connecting the account again may end.
LOST_ACCESS = frozenset({"AccessRevoked", "PermissionMissing", Refusal.NOT_CONNECTED.value})
#: What begins within this begins in a moment.
_SOON = timedelta(seconds=30)
#: Told of every sync, even where there are none.
_ALWAYS = ("create_done", "update_done", "delete_done", "declined")
#: Nothing tries these again by itself.
_FINAL = frozenset({*LOST_ACCESS, "NotFound", Refusal.NOT_ACTIVE, Refusal.CALENDAR_GONE})


def say_result(counts: Mapping[str, int]) -> str:
    """Return what was done in all, such as 16 created, 0 updated, 0 deleted, 2 skipped."""
    sums = sum_counts(counts)
    told = [name for name in COUNT_WORDS if name in _ALWAYS or sums[name]]
    told.sort(key=lambda name: name not in _ALWAYS)
    return join_list([COUNT_WORDS[name](sums[name]) for name in told])


def say_direction(counts: Mapping[str, int], side: Side) -> str:
    """Return what was done in one direction."""
    return say_result({name: n for name, n in counts.items() if name.startswith(f"{side}_")})


def say_end(run: Run) -> str:
    """Return how a sync that is over went, in a sentence or two."""
    if run.state is RunState.FINISHED:
        return _("Sync finished. %(counts)s.", counts=say_result(run.counts))
    return _("Sync stopped. %(done)s", done=say_done(run))


def say_done(run: Run) -> str:
    """Return how much was done of what was planned, in a sentence."""
    if run.total is None:
        return _n("%(num)d item was done.", "%(num)d items were done.", run.done)
    return _n(
        "%(done)d of %(num)d item was done.",
        "%(done)d of %(num)d items were done.",
        run.total,
        done=min(run.done, run.total),
    )


def say_why_stopped(view: RunView) -> str:
    """Return why a sync ended before its end, in a sentence."""
    words = WHY_STOPPED.get(view.run.error or "")
    if words is None:
        return _("It was interrupted.")
    return str(words) % {"calendar": view.integration.calendar_name[:LONGEST_NAME]}


def say_rest(view: RunView, now: datetime) -> str:
    """Return what becomes of what a sync left undone, in a sentence or two."""
    if view.is_made_up_for:
        return _("A later sync has reached its end.")
    if view.run.error == CANCELLED:
        return _(
            "What was done stays. What Retrieve and Send had not begun is dropped. Every other "
            "change waits for the next sync."
        )
    if view.run.error in _FINAL:
        return _("The rest waits until that is mended.")
    if view.due_at is None or view.due_at <= now:
        return _("The rest is tried again now.")
    wait = view.due_at - now
    if wait > timedelta(hours=1):
        return _("The rest will be tried again at %(time)s.", time=_clock(view.due_at))
    return _n(
        "The rest will be tried again in %(num)d minute.",
        "The rest will be tried again in %(num)d minutes.",
        ceil(wait / timedelta(minutes=1)),
    )


def say_progress(view: RunView, now: datetime) -> str:
    """Return how far a sync is."""
    run = view.run
    if run.state is RunState.WAITING:
        return _say_waiting(view, now)
    if run.cancelled_at is not None:
        return _("Stopping. What is in hand is finished first.")
    if not run.total:
        return _("Reading your calendars")
    return _n(
        "%(done)d of %(num)d item",
        "%(done)d of %(num)d items",
        run.total,
        done=min(run.done, run.total),
    )


def _say_waiting(view: RunView, now: datetime) -> str:
    if view.integration.stop is Stop.BEING_READ:
        return _("We are reading your calendars. This usually takes under a minute.")
    if view.due_at is not None and view.due_at - now > _SOON:
        return _("It begins at %(time)s.", time=_clock(view.due_at))
    return _("It begins in a moment.")


def say_in_short(run: Run) -> str:
    """Return how a sync stands, and of one that is over what it did and how long it took."""
    state = str(RUN_WORDS[run.state])
    if run.ended_at is None:
        return state
    counts = say_counts(run.counts) or _say_nothing(run)
    taken = _say_duration(run.ended_at - run.began_at)
    return _("%(state)s: %(counts)s. %(taken)s", state=state, counts=counts, taken=taken)


def _say_nothing(run: Run) -> str:
    is_whole = run.state is RunState.FINISHED
    return _("nothing to do") if is_whole else _("nothing was done")


def _say_duration(taken: timedelta) -> str:
    seconds = max(0, round(taken.total_seconds()))
    if seconds < 1:
        return _("It took less than a second.")
    if seconds < 60:
        return _n("It took %(num)d second.", "It took %(num)d seconds.", seconds)
    return _n("It took %(num)d minute.", "It took %(num)d minutes.", round(seconds / 60))


def _clock(moment: datetime) -> str:
    return str(format_time(moment, "HH:mm"))
