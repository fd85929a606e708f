"""The bugs, each as a change of one place in the product's code."""

from dataclasses import dataclass

_CORE, _SYNC = "core", "services/sync"


@dataclass(frozen=True)
class Bug:
    """One bug: ``before`` stands once in ``path``, and ``after`` in its place is the bug."""

    name: str
    #: What it breaks, in the words of the rule.
    rule: str
    path: str
    before: str
    after: str


BUGS = (
    Bug(
        "another id with each attempt",
        "The id of a copy is stored before the first call, and each attempt uses it",
        f"{_SYNC}/sending.py",
        "draft = draft_of(matter.entry, row.event_id, base_url",
        'draft = draft_of(matter.entry, f"{row.event_id}{now:%M%S}", base_url',
    ),
    Bug(
        "no echo is known",
        "What a read shows of our own write is agreed, and no edit",
        f"{_CORE}/landing.py",
        "        here=here.taking(flight.here, flight.parts),\n        there=there,\n",
        "        here=here,\n        there=there,\n",
    ),
    Bug(
        "absence means deletion",
        "Only an answer that says so deletes",
        f"{_SYNC}/catching_up.py",
        "                put_link(row, replace(link, misses=misses, state=state))\n",
        "                gone = replace(link.seen, is_deleted=True) if link.seen else None\n"
        "                put_link(row, replace(link, misses=misses, state=state, seen=gone))\n"
        "                row.looks += 1\n",
    ),
    Bug(
        "accepted means done",
        "Cronofy applies a write when it likes: only a read that shows it settles it",
        f"{_CORE}/settle.py",
        "    return replace(link, flight=replace(link.flight, answered_at=at))\n",
        "    there, here = link.flight.sent or link.there, link.flight.here or link.here\n"
        "    return replace(link, flight=None, here=here, there=there)\n",
    ),
    Bug(
        "an older answer counts",
        "Of two reads that overlap, the newer counts",
        f"{_CORE}/recognition.py",
        "    return seen.updated < known.updated\n",
        "    return False\n",
    ),
    Bug(
        "the intent is not stored",
        "A write is stored as decided before the call",
        f"{_SYNC}/deciding.py",
        "        put_link(matter.row, link)\n        return orders\n",
        "        put_link(matter.row, replace(link, flight=None))\n        return orders\n",
    ),
    Bug(
        "two writes at once",
        "Of each event one write is in flight",
        f"{_CORE}/decide.py",
        "    if pair.link.flight is not None or pair.link.state in _SILENT:\n",
        "    if pair.link.state in _SILENT:\n",
    ),
    Bug(
        "no write is given up",
        "A write that no complete read shows in ten minutes is given up, and made again",
        f"{_CORE}/recognition.py",
        "    if flight is None or read_began_at < flight.decided_at + EXPIRES_AFTER:\n",
        "    if flight is None or flight.sent is not None:\n",
    ),
    Bug(
        "an edit there ends a write of ours",
        "A write stays in flight until a read shows a trace of it",
        f"{_CORE}/landing.py",
        "    return link if _find_unwritten(flight, seen) else settle(link, flight, seen)\n",
        "    return settle(link, flight, seen)\n",
    ),
    Bug(
        "what is deleted is forgotten",
        "The link of what was deleted is kept, and the event is not new",
        f"{_SYNC}/reading.py",
        "        present = {row.event_uid: row for row in rows if row.event_uid}\n",
        "        living = [row for row in rows if row.state.value == 'live']\n"
        "        present = {row.event_uid: row for row in living if row.event_uid}\n",
    ),
    Bug(
        "never everything is read",
        "A full read once a day heals what changes alone cannot",
        f"{_SYNC}/catching_up.py",
        "        return is_old or has_doubts or self.course.retrieved is not None\n",
        "        return not integration.has_baseline\n",
    ),
    Bug(
        "who was overtaken goes on",
        "Who was overtaken commits nothing",
        f"{_SYNC}/fence.py",
        "            if not due_rows.extend(session, self.claim, now, now + LEASE):\n",
        "            if not due_rows.extend(session, self.claim, now, now + LEASE) and not now:\n",
    ),
    Bug(
        "My Calendar always wins",
        "Of one field that both sides edited the policy's side wins",
        f"{_CORE}/merge.py",
        "            return Course.SEND if wins_here(here, seen, part) else Course.TAKE\n",
        "            return Course.SEND\n",
    ),
    Bug(
        "a deletion beats an edit",
        "A person's edit wins over a removal there",
        f"{_CORE}/table.py",
        "    (Fate.EDITED, Fate.GONE): Verdict.SEND_AGAIN,\n",
        "    (Fate.EDITED, Fate.GONE): Verdict.REMOVE_HERE,\n",
    ),
    Bug(
        "Delete is not asked",
        "While Delete is off nothing is removed here",
        f"{_CORE}/table.py",
        "    reason = _bar_of_removal(pair)\n",
        '    reason = "past" if pair.here.is_past else None\n',
    ),
    Bug(
        "Create is not asked",
        "While Create is off nothing is brought in",
        f"{_CORE}/newcomers.py",
        "    if not takes_create:\n",
        "    if not takes_create and newcomer.created is None:\n",
    ),
    Bug(
        "Update is not asked",
        "While Update is off no change comes in",
        f"{_CORE}/merge.py",
        "    if not pair.rules.takes_update:\n",
        "    if not pair.rules.takes_update and pair.link.is_ours:\n",
    ),
    Bug(
        "kinds are not asked",
        "Of a kind that is not ticked nothing is sent",
        f"{_SYNC}/scope.py",
        'bar_out=bar or (None if is_sent else "kind_off"),',
        "bar_out=bar,",
    ),
    Bug(
        "a read-only calendar is written to",
        "A calendar that takes no writes gets none",
        f"{_SYNC}/scope.py",
        '        return "read_only" if self.calendar.is_read_only else None\n',
        "        return None\n",
    ),
    Bug(
        "private is an update",
        "What becomes private is made anew",
        f"{_SYNC}/deciding.py",
        "    return Part.PRIVATE in parts and link.there is not None\n",
        "    return False\n",
    ),
    Bug(
        "no brake",
        "A sudden share of removals waits for the user",
        f"{_CORE}/brake.py",
        "        return not is_confirmed and self.trips(tally, charge.side)\n",
        "        return False\n",
    ),
    Bug(
        "our late write is a person's restore",
        "Our own copy that stands again soon after we deleted it is deleted once more",
        f"{_CORE}/decide.py",
        "    return link.there is None or stood_at < deleted_at + REVIVES_WITHIN\n",
        "    return False\n",
    ),
    Bug(
        "the loser is not logged",
        "Whatever a write of ours replaces is logged in full",
        f"{_CORE}/overwritten.py",
        "    return Decision(link, actions, (*decision.notes, *notes))\n",
        "    return Decision(link, actions, decision.notes)\n",
    ),
    Bug(
        "an empty answer moves the cursor",
        "An answer that shows nothing may be wrong",
        f"{_CORE}/integration.py",
        "min(read_at, cursor + OVERLAP) if is_empty else read_at",
        "read_at",
    ),
    Bug(
        "an edited event is deleted",
        "An event of the user's own that was edited is never deleted",
        f"{_CORE}/table.py",
        "    if reason is None and not link.is_ours and fate_there(link) is Fate.EDITED:\n",
        "    if reason is None and link.is_off and fate_there(link) is Fate.EDITED:\n",
    ),
    Bug(
        "a restore from the bin wakes nothing",
        "A person wakes what sleeps: restores, re-opens, assigns",
        f"{_CORE}/decide.py",
        "    return bool(link.acts if was_gone else link.acts & _WAKING)\n",
        "    return bool(link.acts & _WAKING - {Act.RESTORED})\n",
    ),
    Bug(
        "every landing is logged",
        "The log tells once of each write of ours that was done",
        f"{_CORE}/recognition.py",
        "    return flight is not None and flight.answered_at is None and is_over\n",
        "    return flight is not None and is_over\n",
    ),
    Bug(
        "a renewed token is not stored",
        "A rotated token is stored before it is used",
        "services/tokens.py",
        "                setattr(account, column, value)\n",
        "                _ = getattr(account, column), value\n",
    ),
    Bug(
        "a refused call counts as done",
        "What was refused is decided again",
        f"{_SYNC}/sending.py",
        "            if answer.error is None:\n",
        "            if answer.error is None or isinstance(answer.error, RateLimited):\n",
    ),
)
