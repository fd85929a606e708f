"""The questions that are asked all the time find their rows by an index, and in its order."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from calsync.core.item import Kind
from calsync.core.ticket import TicketStatus
from calsync.db import (
    api_tokens,
    drafts,
    due_rows,
    feeds,
    idempotency,
    items,
    listing,
    login_sessions,
    tickets,
    users,
    webhooks,
)
from calsync.db.due_rows import Claim
from calsync.db.models import DueKind, DueRow, Item
from tests.db.plans import Explainer, Question

START, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
PLACE = (START, "i")
SOME = ["a" * 16, "b" * 16, "c" * 16]
CLAIM = Claim("i", "t", DueKind.DELIVER, "s", "me", 1, 0, 0, START)


def list_items(seen_by: str | None = "u", after: Any = PLACE, **wanted: Any) -> Question:
    wish = listing.ItemFilter(**wanted)
    return lambda s: listing.list_items_after(s, "t", wish, seen_by=seen_by, after=after, limit=9)


def list_tickets(**wanted: Any) -> Question:
    wish = {"status": None, "updated_since": None, "after": PLACE, **wanted}
    return lambda s: listing.list_tickets_after(s, "t", **wish, limit=9)


def list_departures(is_member: bool) -> Question:
    return lambda s: listing.list_departures_after(
        s,
        "t",
        listing.ItemFilter(updated_since=START, assignee="u"),
        user_id="u",
        is_member=is_member,
        after=PLACE,
        limit=9,
    )


def get_nobody(session: Session) -> None:
    with pytest.raises(NoResultFound):
        users.get_user(session, "t", "u")


#: Long lists: a page of them costs as much however long they are, for no more than the page
#: is read and nothing is sorted.
PAGES: dict[str, Question] = {
    "items": list_items(),
    "items, from the start": list_items(after=None),
    "everybody's items": list_items(seen_by=None),
    "items of a kind": list_items(kind=Kind.TASK),
    "items of a person": list_items(seen_by=None, assignee="u"),
    "items of a ticket": list_items(ticket="i"),
    "items changed since": list_items(updated_since=START),
    "items in a range": list_items(start=START, end=END),
    "tickets to the API": list_tickets(),
    "tickets changed since": list_tickets(updated_since=START),
    "tickets of a status": list_tickets(status=TicketStatus.NEW),
    "tickets": lambda s: tickets.list_tickets(s, "t"),
    "clients to the API": lambda s: listing.list_clients_after(s, "t", after="c", limit=9),
    "users to the API": lambda s: listing.list_users_after(s, "t", after="u", limit=9),
    "history": lambda s: items.list_changes(s, "t", "i"),
    "work that is due": lambda s: due_rows.claim_due(s, owner="me", now=START, until=END, limit=9),
}
#: Every other question whose rows grow with the use of the product.
HOT: dict[str, Question] = {
    "entries": lambda s: items.list_items_between(s, "t", "u", START, END),
    "entries of a kind": lambda s: items.list_items_between(
        s, "t", "u", START, END, kinds=[Kind.TASK]
    ),
    "entries that begin then": lambda s: items.list_ids_from(s, "t", "u", START, END),
    "without a date": lambda s: items.list_unscheduled(s, "t", "u"),
    "bin": lambda s: items.list_bin(s, "t", "u", START),
    "bin to the API": list_items(deleted=True, bin_since=START),
    "item": lambda s: items.find_item(s, "t", "i"),
    "item to change": lambda s: items.lock_item(s, "t", "i"),
    "item of other software": lambda s: items.find_item_by_external_id(s, "t", "x"),
    "items that a file has": lambda s: feeds.map_known_ids(s, "t", "u", SOME),
    "assignees": lambda s: items.map_assignees(s, "t", SOME),
    "exceptions": lambda s: items.map_exceptions(s, "t", SOME),
    "departures of a member": list_departures(is_member=True),
    "departures": list_departures(is_member=False),
    "calls": lambda s: items.list_calls_of(s, "t", "i"),
    "calls to rename": lambda s: items.lock_calls_of(s, "t", "i"),
    "draft": lambda s: drafts.find_draft(s, "t", "u", "i", START),
    "changed settings": lambda s: drafts.lock_edit(s, "t", "u", "i", START),
    "unfinished set-ups": lambda s: drafts.list_setups(s, "t", "u", START),
    "ticket": lambda s: tickets.find_ticket(s, "t", "i"),
    "some tickets": lambda s: tickets.map_tickets(s, "t", SOME),
    "tickets by words": lambda s: tickets.list_tickets(s, "t", text="printer"),
    "next number": lambda s: tickets.next_number(s, "t"),
    "work of ours": lambda s: due_rows.is_ours(s, CLAIM),
    "work to give back": lambda s: due_rows.release(s, CLAIM, due_at=END),
    "work that is done": lambda s: due_rows.finish(s, CLAIM),
    "work to drop": lambda s: due_rows.drop(s, "t", DueKind.DELIVER, "s"),
    "oldest work": lambda s: due_rows.find_oldest_due(s, START),
    "addresses to tell": lambda s: webhooks.list_endpoints(s, "t"),
    "message to tell": lambda s: webhooks.find_message(s, "t", "m"),
    "deliveries": lambda s: webhooks.list_deliveries(s, "t"),
    "token": lambda s: api_tokens.find_token(s, "f"),
    "tokens": lambda s: api_tokens.list_tokens(s, "t", "u"),
    "token's use": lambda s: api_tokens.note_used(s, "t", "i", START),
    "feed": lambda s: feeds.find_feed(s, "f"),
    "feeds": lambda s: feeds.list_feeds(s, "t", "u"),
    "login": lambda s: login_sessions.find_login(s, "f"),
    "logins": lambda s: login_sessions.list_logins(s, "t", "u"),
    "login's use": lambda s: login_sessions.note_seen(s, "t", "i", START),
    "answer that was given": lambda s: idempotency.find_key(s, "t", "u", "k"),
    "answers to forget": lambda s: idempotency.forget_keys(s, "t", "u", START),
    "everybody's answers to forget": lambda s: idempotency.forget_keys(s, "t", None, START),
    "user": get_nobody,
    "user by address": lambda s: users.find_user_by_email(s, "t", "dana@acme.example"),
    "users": lambda s: users.list_users(s, "t"),
}
#: Questions that no index answers, to see that they are noticed.
PLANTED: dict[str, Question] = {
    "by a column": lambda s: s.scalars(select(Item).where(Item.subject == "x")).all(),
    "all of them": lambda s: s.scalars(select(Item).order_by(Item.id)).all(),
    "by a changed column": lambda s: s.scalars(
        select(Item).where(Item.tenant_id + "" == "t")
    ).all(),
    "a change by a column": lambda s: s.execute(
        update(DueRow).where(DueRow.last_error == "x").values(wakes=0)
    ),
}


@pytest.mark.parametrize("question", [*HOT, *PAGES])
def test_a_hot_question_reads_no_table_from_end_to_end(explainer: Explainer, question: str) -> None:
    assert explainer.find_full_scans((HOT | PAGES)[question]) == []


@pytest.mark.parametrize("question", PAGES)
def test_a_page_of_a_long_list_is_not_sorted(explainer: Explainer, question: str) -> None:
    assert explainer.find_sorts(PAGES[question]) == []


@pytest.mark.parametrize("question", PLANTED)
def test_a_full_scan_is_noticed(explainer: Explainer, question: str) -> None:
    assert explainer.find_full_scans(PLANTED[question])


def test_a_sort_is_noticed(explainer: Explainer) -> None:
    wanted = select(Item).where(Item.tenant_id == "t").order_by(Item.location, Item.id)

    def ask(session: Session) -> object:
        return session.scalars(wanted).all()

    assert explainer.find_sorts(ask)


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("entries", "ix_assignments_tenant_id_user_id_item_id"),
        ("entries that begin then", "ix_items_reach_from_tenant_id_id"),
        ("items changed since", "ix_items_tenant_id_updated_at_id"),
        ("work that is due", "ix_due_rows_due_at_id"),
    ],
)
def test_a_question_is_answered_by_the_index_that_is_there_for_it(
    explainer: Explainer, question: str, index: str
) -> None:
    assert index in "\n".join(explainer.explain((HOT | PAGES)[question]))


def test_sqlite_finds_a_page_of_a_tickets_items_by_the_ticket(
    explainers: Callable[[str], Explainer],
) -> None:
    # PostgreSQL counts rows before it decides, and there are none here.
    plan = explainers("sqlite").explain(PAGES["items of a ticket"])
    assert "(tenant_id=? AND ticket_id=? AND (updated_at,id)>(?,?))" in plan[0]


@pytest.mark.parametrize("amount", [0, 1, 50, 500])
def test_sqlite_finds_the_people_of_items_by_these_and_not_among_all_of_the_tenant(
    explainers: Callable[[str], Explainer], amount: int
) -> None:
    some = [f"item{number:012}" for number in range(amount)]
    plan = explainers("sqlite").explain(lambda s: items.map_assignees(s, "t", some))
    assert "(tenant_id=? AND item_id=?)" in plan[0]
