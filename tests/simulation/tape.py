"""The tape of a history: all that happened in it, in order, for the invariants to judge.

Written down are what each commit changed, each call to Cronofy with its answer, what the
owner of the mailbox did, and when an accepted write was applied. People here are known by
the history that the product keeps of each item; whether it keeps it is judged too.
"""

import json
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from greenlet import getcurrent
from sqlalchemy import Engine, event, inspect
from sqlalchemy.orm import Session, SessionTransaction

from calsync.cronofy.transport import Answer
from calsync.db.models import Integration, LinkedAccount, LinkedCalendar
from calsync.db.stamps import NotingSession
from tests.simulation.office import Office
from tests.simulation.owner import Owner
from tests.simulation.provider import API_URL
from tests.simulation.records import Call, Change, Commit, Deed, Landing, Record, Row
from tests.simulation.service import Service
from tests.simulation.snapshots import Shown, show


@dataclass(slots=True)
class _Served:
    """What is known of a call that is under way."""

    at: float
    sub: str = ""
    fault: str = ""
    accepted: tuple[int, ...] = ()
    #: How many records there were when Cronofy answered.
    after: int = 0


_TAPES: "weakref.WeakKeyDictionary[Engine, Tape]" = weakref.WeakKeyDictionary()


@dataclass
class Tape:
    """Everything since it was put in."""

    office: Office
    records: list[Record] = field(default_factory=list)
    #: The integrations, accounts and calendars as they were at the beginning, by id.
    rows: dict[str, Row] = field(default_factory=dict)
    _landed: int = 0
    _fences: dict[str, int] = field(default_factory=dict)
    _claims: dict[int, dict[str, int]] = field(default_factory=dict)
    _shown: dict[str, Shown] = field(default_factory=dict)
    _served: dict[int, "_Served"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.office.tools.db.read() as session:
            for table in (Integration, LinkedAccount):
                self.rows |= {row.id: _row_of(row) for row in session.query(table).all()}
            calendars = session.query(LinkedCalendar).all()
            self.rows |= {row.calendar_id: _row_of(row) for row in calendars}
        put_in(self)
        provider = self.office.provider
        self._landed = len(provider.world.writing.landed)
        self._shown = {event.uid: event for event in provider.snapshot()}
        self._real_send, self._real_serve = provider.send, provider._serve
        provider.send, provider._serve = self._send, self._serve  # type: ignore[method-assign]
        provider.owner = _WatchedOwner(provider.owner, self)  # type: ignore[assignment]
        # What becomes of a whole calendar is its owner's doing too.
        owner = _WatchedOwner(provider.service, self)
        provider.service.delete_calendar = owner.delete_calendar  # type: ignore[method-assign]
        provider.service.restore_calendar = owner.restore_calendar  # type: ignore[method-assign]

    def of(self, kind: type[Any]) -> Iterator[Any]:
        """Yield the records of one kind."""
        return (record for record in self.records if isinstance(record, kind))

    def note_commit(self, session: Session) -> None:
        """Write down what a transaction has changed."""
        found = session.info.pop("tape", {})
        fences, claimed = session.info.pop("fences", {}), self._claims.get(id(getcurrent()), {})
        if found:
            at = self.office.clock.now()
            self.records.append(Commit(at, tuple(found.values()), fences, {**claimed}))

    def note_fences(self, fences: dict[str, int]) -> None:
        """Remember by which claims the present worker works: only a claim moves a fence."""
        own = self._claims.setdefault(id(getcurrent()), {})
        own |= {sync: fence for sync, fence in fences.items() if fence != self._fences.get(sync)}
        self._fences = fences

    def note_deeds(self, act: Callable[[], Any]) -> Any:
        """Let the owner do something, and write down what that was."""
        self.office.provider.settle()
        self._note_landings()
        before = self._shown
        try:
            return act()
        finally:
            self._note_landings()
            at = self.office.provider.now()
            self._shown = {event.uid: event for event in self.office.provider.snapshot()}
            for uid, now in self._shown.items():
                if now != before.get(uid):
                    self.records.append(Deed(at, before.get(uid), now))

    def _send(
        self, method: str, url: str, *, headers: Mapping[str, str], json: object | None = None
    ) -> Answer:
        """Write down a call when its answer is handed over; others may have come between."""
        served, answer = _Served(self.office.provider.now()), None
        self._served[id(getcurrent())] = served
        try:
            answer = self._real_send(method, url, headers=headers, json=json)
            return answer
        finally:
            address, _, query = url.partition("?")
            path, reply = address.removeprefix(API_URL), _read_json(answer)
            self.records.append(
                Call(
                    served.at,
                    method,
                    path,
                    parse_qs(query),
                    served.sub,
                    json,
                    answer.status if answer else 0,
                    reply,
                    served.fault,
                    served.accepted,
                    served.after,
                )
            )

    def _serve(self, call: Any) -> Answer:
        """Write down what Cronofy does at a call, at once: nobody comes between."""
        provider, served = self.office.provider, self._served[id(getcurrent())]
        accepted = provider.world.writing.accepted
        before = len(accepted)
        try:
            return self._real_serve(call)
        finally:
            served.at, served.sub = provider.now(), call.sub
            served.fault = call.fault.kind.value if call.fault else ""
            served.accepted = tuple(write.number for write in accepted[before:])
            self._note_landings()
            served.after = len(self.records)

    def _note_landings(self) -> None:
        """Write down the writes that were applied meanwhile."""
        landed = self.office.provider.world.writing.landed
        while self._landed < len(landed):
            one = landed[self._landed]
            self._landed += 1
            if one.outcome == "applied":
                write = one.write
                kept = (
                    write.shelf.managed.get(write.event_id)
                    if write.event_id
                    else write.shelf.events.get(write.uid or "")
                )
                after = show(kept) if kept is not None else None
                before = self._shown.get(after.uid) if after else None
                if after:
                    self._shown[after.uid] = after
                self.records.append(Landing(one.at, one, before, after))


def put_in(tape: Tape) -> None:
    """Let a tape have what is done in its office's database from now on."""
    _TAPES[tape.office.tools.db.engine] = tape


class _WatchedOwner:
    """The owner's hands, watched."""

    def __init__(self, owner: Owner | Service, tape: Tape) -> None:
        self._owner, self._tape = owner, tape

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        act = getattr(type(self._owner), name).__get__(self._owner)
        return lambda *args, **named: self._tape.note_deeds(lambda: act(*args, **named))


def _read_json(answer: Answer | None) -> Any:
    try:
        return json.loads(answer.body) if answer and answer.body else None
    except ValueError:
        return None


def _row_of(entity: Any) -> dict[str, Any]:
    return {each.key: getattr(entity, each.key) for each in inspect(entity).mapper.column_attrs}


def _row_before(entity: Any) -> dict[str, Any]:
    state, row = inspect(entity), _row_of(entity)
    for name in row:
        history = state.attrs[name].history
        if history.deleted:
            row[name] = history.deleted[0]
    return row


def _tape_of(session: Session) -> Tape | None:
    bind = session.get_bind()
    return _TAPES.get(bind.engine)


@event.listens_for(NotingSession, "after_flush")
def _note_flush(session: Session, *_: object) -> None:
    if _tape_of(session) is None:
        return
    found: dict[Any, Change] = session.info.setdefault("tape", {})
    for entity in session.new:
        found[_key_of(entity)] = Change(entity.__tablename__, None, _row_of(entity))
    for entity in session.dirty:
        if session.is_modified(entity):
            known = found.get(_key_of(entity))
            before = known.before if known else _row_before(entity)
            found[_key_of(entity)] = Change(entity.__tablename__, before, _row_of(entity))
    for entity in session.deleted:
        found[_key_of(entity)] = Change(entity.__tablename__, _row_of(entity), None)


def _key_of(entity: Any) -> Any:
    return entity.__tablename__, *inspect(entity).mapper.primary_key_from_instance(entity)


#: Asked with every commit, so in the fewest steps.
_FENCES = "SELECT subject_id, fence FROM due_rows WHERE kind = 'sync'"


@event.listens_for(NotingSession, "before_commit")
def _note_fences(session: Session) -> None:
    if (tape := _tape_of(session)) is None:
        return
    driver: Any = session.connection().connection.driver_connection
    session.info["fences"] = dict(driver.execute(_FENCES).fetchall())
    session.info["is_nested"] = session.in_nested_transaction()
    if not session.info["is_nested"]:
        tape.note_fences(session.info["fences"])


@event.listens_for(NotingSession, "after_commit")
def _note_commit(session: Session) -> None:
    tape = _tape_of(session)
    if tape is not None and not session.info["is_nested"]:
        tape.note_commit(session)


@event.listens_for(NotingSession, "after_transaction_create")
def _note_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        transaction._tape = dict(session.info.get("tape", {}))  # type: ignore[attr-defined]


@event.listens_for(NotingSession, "after_soft_rollback")
def _forget_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info["tape"] = transaction._tape  # type: ignore[attr-defined]
