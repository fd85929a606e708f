"""The words for what waits for the user's answer: what was not done, why, and what to do."""

from calsync.core.holds import Held
from calsync.services.holds import HeldGroup
from calsync.web.i18n import _, _n
from calsync.web.sync_words import say_reason


def say_held(held: Held, count: int, calendar: str) -> str:
    """Return what was not done, in a sentence."""
    match held:
        case Held.REMOVAL_HERE:
            return _n(
                "We did not delete %(num)d item from My Calendar.",
                "We did not delete %(num)d items from My Calendar.",
                count,
            )
        case Held.CHANGE_HERE:
            return _n(
                "We did not change %(num)d item on My Calendar.",
                "We did not change %(num)d items on My Calendar.",
                count,
            )
        case Held.COPY_DELETION:
            return _n(
                "We did not delete %(num)d event from %(calendar)s.",
                "We did not delete %(num)d events from %(calendar)s.",
                count,
                calendar=calendar,
            )
        case Held.OWN_DELETION:
            return _n(
                "We did not delete %(num)d event of your own from %(calendar)s.",
                "We did not delete %(num)d events of your own from %(calendar)s.",
                count,
                calendar=calendar,
            )
        case Held.OWN_CHANGE:
            return _n(
                "We did not change %(num)d event of your own in %(calendar)s.",
                "We did not change %(num)d events of your own in %(calendar)s.",
                count,
                calendar=calendar,
            )


def say_doing(held: Held, count: int) -> str:
    """Return what the button says that has it done after all."""
    match held:
        case Held.REMOVAL_HERE:
            return _n("Delete %(num)d item", "Delete %(num)d items", count)
        case Held.CHANGE_HERE:
            return _n("Change %(num)d item", "Change %(num)d items", count)
        case Held.COPY_DELETION:
            return _n("Delete %(num)d event", "Delete %(num)d events", count)
        case Held.OWN_DELETION:
            return _n(
                "Delete %(num)d event of your own", "Delete %(num)d events of your own", count
            )
        case Held.OWN_CHANGE:
            return _n(
                "Change %(num)d event of your own", "Change %(num)d events of your own", count
            )


def say_keeping(count: int) -> str:
    """Return what the button says that leaves both sides as they are."""
    return _n("Keep it", "Keep them", count)


def say_heading(held: Held, calendar: str) -> str:
    """Return what a list of it is called."""
    match held:
        case Held.REMOVAL_HERE:
            return _("Deletions on My Calendar")
        case Held.CHANGE_HERE:
            return _("Changes on My Calendar")
        case Held.COPY_DELETION:
            return _("Deletions in %(calendar)s", calendar=calendar)
        case Held.OWN_DELETION:
            return _("Deletions of your own events in %(calendar)s", calendar=calendar)
        case Held.OWN_CHANGE:
            return _("Changes of your own events in %(calendar)s", calendar=calendar)


def say_why_held(group: HeldGroup) -> str:
    """Return why it waits, a sentence for each reason."""
    return " ".join(_say_reason(reason) for reason in sorted(group.reasons))


def say_answered(is_done: bool, count: int) -> str:
    """Return what is said once the user has answered."""
    if is_done:
        return _n(
            "The next sync does it. It looks at the item once more first.",
            "The next sync does it. It looks at each of the %(num)d items once more first.",
            count,
        )
    return _n(
        "Kept. We will not ask about it again, until somebody changes it.",
        "Kept. We will not ask about these %(num)d again, until somebody changes them.",
        count,
    )


def _say_reason(reason: str) -> str:
    if reason == "guests":
        return _("There are guests, and the calendar service may tell them.")
    return say_reason(reason) if reason else ""
