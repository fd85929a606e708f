"""The words for what a sync says: states, reasons, refusals, results."""

from collections.abc import Callable, Mapping

from calsync.core.content import Part
from calsync.core.integration import Caution, Refusal, Stop
from calsync.core.link import LinkState, Side
from calsync.core.run import Outcome, Result, RunState, Trigger
from calsync.web.i18n import _l, _n, join_list

#: Why something was not done, or what was lost to it, by the code in a log or a link.
REASON_WORDS = {
    "past": _l("Past entries stay as they were."),
    "update_off": _l("Changes in the linked calendar do not come in: Update is off."),
    "create_off": _l("New events do not come in: Create is off."),
    "delete_off": _l("Deletions in the linked calendar do not come in: Delete is off."),
    "kind_off": _l("Entries of this kind are not sent."),
    "not_accepted": _l("An entry of this kind does not take this from a linked calendar."),
    "edited_there": _l("It was changed in the linked calendar, so it was not deleted there."),
    "guests": _l("It has guests, and they may be told of a change, so it is left alone."),
    "conflict": _l("It was changed on both sides. You say which one counts."),
    "title_is_the_tickets": _l("A service call has its ticket's title, which was put back."),
    "replaced_there": _l("What stood in the linked calendar was replaced."),
    "replaced_here": _l("What stood on My Calendar was replaced."),
    "read_only": _l("The linked calendar is read only."),
    "calendar_gone": _l("The linked calendar was deleted."),
    "permission": _l("You have not allowed us to change your own events, so changes stay here."),
    "altered": _l("A change of your own event altered more of it, so such events are left alone."),
    "private_there": _l("Whether your own event is private can be changed only there."),
    "long_text_there": _l("The text there is longer than can be read, so it is left alone."),
    "series_there": _l("It is part of a series, which can be changed only where it was made."),
    "not_changeable": _l("The linked calendar does not let us change it."),
    "not_allowed": _l("You may not change this on My Calendar."),
    "unfit": _l("It holds something that My Calendar does not take."),
    "unreadable": _l("It could not be read."),
    "refused": _l("The linked calendar did not take it."),
    "never_shown": _l("The linked calendar accepted it and then never showed it."),
    "superseded": _l("It was sent again meanwhile, so this older copy is left alone."),
    "moved": _l("It was moved to another calendar there, so it was not deleted here."),
    "absence": _l("You were away for long, so we ask before anything is removed."),
    "brake": _l("That is more than usual, so we ask first."),
    "kept": _l("You chose to keep it as it is."),
    "baseline": _l("It was there before the sync began."),
    "cancelled": _l("It was cancelled, or you declined the invitation."),
    "look_alike": _l("It is a copy of an entry that stands on My Calendar already."),
    "deleted_here": _l("You deleted it on My Calendar."),
    "twin": _l("It stood on both sides already, so the two were taken for one."),
    "adopted": _l("Its copy was there already and was linked again; what differs stays as it is."),
    "agreed": _l(
        "It was linked again as both sides were: what differs, or stands on one side alone, "
        "stays so."
    ),
    "alike_there": _l("Something with this title and time stands there; it was sent besides."),
    "foreign": _l("It came from another linked calendar, and such entries are not sent here."),
    "unknown_copy": _l("It is a copy of an entry that is not known here any more."),
}
STATE_WORDS = {
    LinkState.LIVE: _l("In step: changes flow."),
    LinkState.PARKED: _l("Parked: nothing flows while its kind or its calendar is not synced."),
    LinkState.REMOVED_THERE: _l("Removed in the linked calendar; the entry here stays."),
    LinkState.DELETED_HERE: _l("Deleted on My Calendar."),
    LinkState.TOMBSTONE: _l("Gone on both sides."),
    LinkState.UNDONE: _l("Taken back: it flows again when somebody changes it."),
    LinkState.HELD: _l("Waiting for your OK."),
    LinkState.NOT_FOUND: _l("Not found in the linked calendar; nothing was deleted."),
    LinkState.SET_ASIDE: _l("Set aside after three tries; it is tried again when it changes."),
}
#: Where a copy alone was to go, and the entry stands.
COPY_DELETED = _l("The copy was deleted; the entry here stays.")
STOP_WORDS = {
    Stop.NOT_CONNECTED: _l("The account is not connected."),
    Stop.CALENDAR_GONE: _l("The calendar was deleted."),
    Stop.PERMISSION_MISSING: _l("You allowed less than the sync needs."),
    Stop.BEING_READ: _l("Cronofy is reading the mailbox for the first time."),
}
CAUTION_WORDS = {
    Caution.ALTERED: _l("Your own events are left alone: a change of one altered more of it."),
}
REFUSAL_WORDS = {
    Refusal.ALREADY_LINKED: _l("This calendar is linked already."),
    Refusal.CALENDAR_GONE: _l("The calendar was deleted. Choose another one."),
    Refusal.READ_ONLY: _l("The calendar is read only, so nothing can be sent to it."),
    Refusal.NOT_CONNECTED: _l("The account is not connected. Connect it again first."),
    Refusal.NOT_ACTIVE: _l("The sync is not active. Turn Active on first."),
    Refusal.BEING_READ: _l("Cronofy is reading the mailbox for the first time. Wait a minute."),
    Refusal.NOTHING_FLOWS: _l("Nothing would flow. Choose at least one thing to bring in or send."),
    Refusal.NOTHING_TO_SEND: _l("Choose what kinds of entries are to be sent."),
    Refusal.NUMBER_CHANGED: _l("There is another number of them by now. Confirm it again."),
    Refusal.ANSWERS_CHANGED: _l("Your answers changed in another window. Check them again."),
    Refusal.SETTINGS_CHANGED: _l(
        "These settings were changed elsewhere meanwhile. Check your answers again."
    ),
}
TRIGGER_WORDS = {
    Trigger.MANUAL: _l("Manual"),
    Trigger.REAL_TIME_OUT: _l("Real time, from My Calendar"),
    Trigger.REAL_TIME_IN: _l("Real time, from the linked calendar"),
    Trigger.SCHEDULED: _l("Scheduled"),
}
RUN_WORDS = {
    RunState.WAITING: _l("Waiting"),
    RunState.RUNNING: _l("Running"),
    RunState.FINISHED: _l("Finished"),
    RunState.STOPPED: _l("Stopped early"),
}
RESULT_WORDS = {
    Result.DONE: _l("Done"),
    Result.DECLINED: _l("Skipped"),
    Result.HELD: _l("Held"),
    Result.CONFLICT: _l("Conflict"),
    Result.FAILED: _l("Failed"),
}
#: What became of one thing, as a log says it.
OUTCOME_WORDS = {
    Outcome.CREATED: _l("Created"),
    Outcome.UPDATED: _l("Updated"),
    Outcome.DELETED: _l("Deleted"),
    Outcome.RESTORED: _l("Restored"),
    Outcome.LINKED: _l("Linked"),
    Outcome.SKIPPED: _l("Skipped"),
    Outcome.FAILED: _l("Failed"),
    Outcome.HELD: _l("Held"),
    Outcome.CONFLICT: _l("Conflict"),
}
SIDE_WORDS = {Side.IN: _l("Brought in"), Side.OUT: _l("Sent")}
PART_WORDS = {
    Part.TITLE: _l("Subject"),
    Part.TIMES: _l("When"),
    Part.PLACE: _l("Location"),
    Part.TEXT: _l("Description"),
    Part.PRIVATE: _l("Private"),
    Part.FREE: _l("Show me as"),
}
ACTION_WORDS = {
    "create": _l("Create"),
    "update": _l("Update"),
    "delete": _l("Delete"),
    "restore": _l("Restore"),
    "link": _l("Link"),
    "none": _l("Nothing"),
}
#: What a run counts, in the order in which it is told.
COUNT_WORDS: Mapping[str, Callable[[int], str]] = {
    "create_done": lambda n: _n("%(num)d created", "%(num)d created", n),
    "update_done": lambda n: _n("%(num)d updated", "%(num)d updated", n),
    "delete_done": lambda n: _n("%(num)d deleted", "%(num)d deleted", n),
    "restore_done": lambda n: _n("%(num)d restored", "%(num)d restored", n),
    "link_done": lambda n: _n("%(num)d linked", "%(num)d linked", n),
    "declined": lambda n: _n("%(num)d skipped", "%(num)d skipped", n),
    "conflict": lambda n: _n("%(num)d to be decided", "%(num)d to be decided", n),
    "held": lambda n: _n("%(num)d held", "%(num)d held", n),
    "failed": lambda n: _n("%(num)d failed", "%(num)d failed", n),
}


def say_reason(code: str) -> str:
    """Return why, in a sentence."""
    return str(REASON_WORDS.get(code, code))


def say_counts(counts: Mapping[str, int]) -> str:
    """Return what a run did, both directions together, such as 16 created, 2 skipped."""
    sums = sum_counts(counts)
    return join_list([COUNT_WORDS[key](count) for key, count in sums.items() if count])


def sum_counts(counts: Mapping[str, int]) -> dict[str, int]:
    """Return what a run counted, both directions together, by the names of COUNT_WORDS."""
    sums = dict.fromkeys(COUNT_WORDS, 0)
    for name, count in counts.items():
        _side, _, rest = name.partition("_")
        for key in sums:
            # What was not done counts by its result alone, whatever was meant to be done.
            if rest == key or ("_" not in key and rest.endswith(f"_{key}")):
                sums[key] += count
    return sums
