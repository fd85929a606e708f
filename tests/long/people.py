"""Whoever edits on both sides while the processes die, and keeps account of the answers."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import requests

from calsync.db.models import Item, LinkRow
from calsync.ids import new_id
from calsync.services.api_tokens import create_token
from calsync.services.linking import begin_connect, finish_connect
from tests.cast import Person, with_session
from tests.consent import consent
from tests.long.ledger import Entry, Ledger, Row, Side
from tests.long.site import Site
from tests.services.integrating import calendar_of, integrate

HOUR = timedelta(hours=1)
#: From so many entries on, so seldom is one removed: a sudden share of removals would be held.
_FEWEST_TO_REMOVE_FROM = 30
_SHARES = {"make": 40, "edit": 50, "remove": 4, "hand over": 6}
#: A request that was not answered is sent again so often, under the same key.
_TRIES = 20


@dataclass
class Editor:
    """One person with an integration, who edits on both sides until told to stop."""

    site: Site
    person: Person
    chance: Random
    account_id: str
    calendar_id: str
    integration_id: str
    secret: str
    ledger: Ledger
    pace: float = 0.4
    failed: BaseException | None = None
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to edit."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._edit_on_and_on, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Edit no more; raise what went wrong meanwhile."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        if self.failed:
            raise self.failed

    def read_here(self) -> list[Row]:
        """Return what stands on My Calendar."""
        with self.site.tools.db.read() as session:
            items = session.query(Item).filter(Item.deleted_at.is_(None))
            ours = items.filter(Item.subject.startswith(f"entry-{self.ledger.name}"))
            return [(item.subject, item.location) for item in ours]

    def read_there(self) -> list[Row]:
        """Return what stands in the linked calendar."""
        found = self.site.sandbox.control("GET", f"/calendars/{self.calendar_id}/events")["events"]
        return [(event["summary"], _place_of(event)) for event in found]

    def edit_once(self) -> None:
        """Do one thing on one of the sides."""
        entries = [entry for entry in self.ledger.entries.values() if entry.stands]
        what = self.chance.choices(list(_SHARES), weights=list(_SHARES.values()))[0]
        if what == "make" or not entries:
            self._make(self.ledger.open_entry(self.chance.choice(list(Side))))
            return
        entry = self.chance.choice(entries)
        if what == "edit":
            self._edit(entry)
        elif what == "hand over":
            self._hand_over(entry)
        elif len(entries) > _FEWEST_TO_REMOVE_FROM:
            self._remove(entry)

    def make_here(self) -> None:
        """Make an entry on My Calendar."""
        self._make(self.ledger.open_entry(Side.HERE))

    def _edit_on_and_on(self) -> None:
        try:
            while not self._stopped.wait(self.pace):
                self.edit_once()
        # Told to whoever stops us.
        except BaseException as error:
            self.failed = error

    def _make(self, entry: Entry) -> None:
        start = self.site.clock.now().replace(minute=0, second=0, microsecond=0)
        start += self.chance.randrange(24, 24 * 25) * HOUR
        times = {
            "start": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "end": f"{start + HOUR:%Y-%m-%dT%H:%M:%SZ}",
        }
        number = self.ledger.next_edit(entry)
        if entry.home is Side.THERE:
            body = {"calendar_id": self.calendar_id, **self._event(entry, number), **times}
            entry.event_uid = self._control("POST", "/events", body)["event_uid"]
            self.ledger.acknowledge(entry, number)
            return
        key = new_id()
        body = {"kind": "appointment", **self._item(entry, number), **times}
        for _ in range(_TRIES):
            answer = self._ask("POST", "/items", body, key)
            if answer is not None and answer.ok:
                entry.item_id = answer.json()["id"]
                self.ledger.acknowledge(entry, number)
                return
            self.site.clock.sleep(0.3)

    def _edit(self, entry: Entry) -> None:
        number = self.ledger.next_edit(entry)
        if entry.writer is Side.THERE:
            self._control("PATCH", f"/events/{entry.event_uid}", self._event(entry, number))
            self.ledger.acknowledge(entry, number)
            return
        answer = self._ask("PATCH", f"/items/{entry.item_id}", self._item(entry, number))
        if answer is not None and answer.ok:
            self.ledger.acknowledge(entry, number)

    def _remove(self, entry: Entry) -> None:
        number = self.ledger.try_removal(entry)
        if entry.writer is Side.THERE:
            self._control("DELETE", f"/events/{entry.event_uid}")
            self.ledger.acknowledge(entry, number)
            return
        answer = self._ask("DELETE", f"/items/{entry.item_id}")
        if answer is not None and answer.ok:
            self.ledger.acknowledge(entry, number)

    def _hand_over(self, entry: Entry) -> None:
        """Let the other side edit an entry of ours from now on, if both show the same of it.

        Before that an edit there could fall between a write of ours and the read that shows
        it, and nobody could say who was right.
        """
        if entry.home is Side.THERE:
            return
        if entry.writer is Side.THERE:
            if self._is_settled(entry) and self._title_here(entry) == entry.title(entry.last):
                entry.writer = Side.HERE
            return
        if self._is_settled(entry):
            titles = dict(self._list_uids())
            entry.event_uid = titles.get(entry.title(*entry.possible), "")
            entry.writer = Side.THERE if entry.event_uid else Side.HERE

    def _is_settled(self, entry: Entry) -> bool:
        with self.site.tools.db.read() as session:
            links = session.query(LinkRow).filter_by(item_id=entry.item_id, is_present=True).all()
        return [link.flight_at is None and not link.looks for link in links] == [True]

    def _title_here(self, entry: Entry) -> str:
        with self.site.tools.db.read() as session:
            return session.query(Item).filter_by(id=entry.item_id).one().subject

    def _list_uids(self) -> list[tuple[str, str]]:
        found = self.site.sandbox.control("GET", f"/calendars/{self.calendar_id}/events")["events"]
        return [(event["summary"], event["event_uid"]) for event in found]

    def _item(self, entry: Entry, number: int) -> dict[str, Any]:
        return {"subject": entry.title(number), "location": entry.place(number)}

    def _event(self, entry: Entry, number: int) -> dict[str, Any]:
        place = {"description": entry.place(number)}
        return {"summary": entry.title(number), "location": place}

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        return self.site.sandbox.control(method, path, body)

    def _ask(
        self, method: str, path: str, body: Any = None, key: str | None = None
    ) -> requests.Response | None:
        """Ask one of the processes, and the other one where it is dead; None: nobody answered."""
        headers = {"Authorization": f"Bearer {self.secret}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        slots = self.site.slots[:]
        self.chance.shuffle(slots)
        for slot in slots:
            url = f"http://127.0.0.1:{slot.port}/api/v1{path}"
            try:
                return requests.request(method, url, json=body, headers=headers, timeout=30)
            except requests.exceptions.ConnectTimeout:
                continue
            except requests.exceptions.RequestException as error:
                if "refused" not in str(error):
                    return None
        return None


def add_editor(site: Site, person: Person, mailbox: str, seed: int) -> Editor:
    """Link a mailbox of a person's, integrate its calendar, and return who will edit."""
    tools = site.tools
    who = with_session(tools, person)
    url = begin_connect(tools, who)
    assert url
    answer = consent(url, mailbox)
    linked = finish_connect(tools, who, state=answer["state"], code=answer["code"], error="")
    assert linked.account_id
    integration_id = integrate(tools, person, linked.account_id)
    name = person.name.partition(" ")[0].lower()
    return Editor(
        site=site,
        person=person,
        chance=Random(seed),
        account_id=linked.account_id,
        calendar_id=calendar_of(tools, person, linked.account_id),
        integration_id=integration_id,
        secret=create_token(tools, person.who, "Editor"),
        ledger=Ledger(name),
    )


def _place_of(event: dict[str, Any]) -> str | None:
    place = event.get("location") or {}
    return place.get("description") if isinstance(place, dict) else str(place)
