"""What people do on My Calendar."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from calsync.core.event import AllDay
from calsync.core.item import ItemFields, ItemStatus, Kind
from calsync.core.ticket import call_subject
from calsync.db.models import Item
from calsync.services.item_access import ItemView
from calsync.services.items import Scope, change_item, delete_item, restore_item
from calsync.services.occurrences import list_occurrences
from calsync.services.tickets import TicketFields, change_ticket, create_ticket
from tests.cast import Person
from tests.simulation.acts import Doer

_KINDS = (Kind.APPOINTMENT, Kind.TODO, Kind.TASK, Kind.CRM_ACTIVITY)
_RULES = ("FREQ=DAILY;COUNT=3", "FREQ=WEEKLY;COUNT=4", "FREQ=DAILY;INTERVAL=2;COUNT=5")
_STATES = (ItemStatus.DONE, ItemStatus.CANCELLED, ItemStatus.OPEN)
_TEXTS = ("", "Bring the keys.", "Line one\nline two", "Ask <b>Kim</b> & co")
_PLACES = ("", "Room 4", "12 High Street")
_YEAR = timedelta(days=366)


class Here(Doer):
    """Hands on My Calendar: each method is an act, its arguments are a step's."""

    def add(self, title: str, hour: int) -> None:
        self._make("add", title, times=self.hour_at(hour))

    def make(self, title: str, pick: int) -> None:
        """Make an item of any kind but a service call."""
        kind = _KINDS[pick % len(_KINDS)]
        times = (
            self.day_at(pick)
            if pick % 3 == 0 and kind is not Kind.CRM_ACTIVITY
            else self.hour_at(pick)
        )
        self._make("make", title, kind=kind, times=times, private=pick % 5 == 0)

    def repeat(self, title: str, hour: int) -> None:
        self.series.add(title)
        self._make("repeat", title, times=self.hour_at(hour), rule=_RULES[hour % len(_RULES)])

    def call(self, title: str, pick: int) -> None:
        """Have Sam make a service call for one or both."""
        sam, names = self.office.cast["sam"], (("dana",), ("dana", "sam"), ("sam",))[pick % 3]
        tools, times = self.office.tools, self.hour_at(pick)
        # Without its own title a call has that of the ticket, whatever its number.
        self.titles |= {call_subject(number, title, "") for number in range(1001, 1041)}

        def do() -> str:
            ticket_id = create_ticket(tools, sam.who, TicketFields(title))
            return self.office.add(
                "",
                times.start,
                person=sam,
                assignees=self._ids(names),
                kind=Kind.SERVICE_CALL,
                ticket_id=ticket_id,
            )

        self.here("call", "sam", do, title=title, times=times, assignees=names)

    def rename(self, pick: int, title: str) -> None:
        """Give a service call's ticket another title."""
        sam = self.office.cast["sam"]
        self.titles |= {call_subject(number, title, "") for number in range(1001, 1041)}
        if item := self.pick_item(pick, lambda item: item.kind is Kind.SERVICE_CALL):
            ticket_id = item.ticket_id or ""
            self.here(
                "rename",
                "sam",
                lambda: change_ticket(self.office.tools, sam.who, ticket_id, TicketFields(title)),
                item.id,
                title=title,
            )

    def change(self, pick: int, title: str) -> None:
        if item := self.pick_item(pick, lambda item: item.kind is not Kind.SERVICE_CALL):
            self._change("change", item, {"subject": title}, title=title)

    def shift(self, pick: int, hour: int) -> None:
        if item := self.pick_item(pick):
            times = self.hour_at(hour)
            self._change("shift", item, {"times": times}, times=times)

    def stretch(self, pick: int, day: int) -> None:
        """Let an item be all day; or a task have no time at all."""
        if item := self.pick_item(pick, lambda item: item.rule is None):
            loose = (Kind.TASK, Kind.TODO)
            times: AllDay | None = None if item.kind in loose and day % 4 == 0 else self.day_at(day)
            self._change("stretch", item, {"times": times}, times=times)

    def describe(self, pick: int, number: int) -> None:
        if item := self.pick_item(pick):
            text = _TEXTS[number % len(_TEXTS)]
            self._change("describe", item, {"description": text}, text=text)

    def place(self, pick: int, number: int) -> None:
        if item := self.pick_item(pick):
            place = _PLACES[number % len(_PLACES)]
            self._change("place", item, {"location": place}, place=place)

    def hide(self, pick: int) -> None:
        """Turn private on or off."""
        if item := self.pick_item(pick):
            private = not item.is_private
            self._change("hide", item, {"is_private": private}, private=private)

    def free(self, pick: int) -> None:
        """Turn free/busy."""
        if item := self.pick_item(pick, lambda item: item.kind is Kind.APPOINTMENT):
            self._change("free", item, {"is_busy": not item.is_busy}, busy=not item.is_busy)

    def finish(self, pick: int) -> None:
        """Let an item be done, cancelled or open again."""
        if item := self.pick_item(pick // 3, lambda item: item.kind is not Kind.APPOINTMENT):
            status = _STATES[pick % 3]
            self._change("finish", item, {"status": status}, status=status.value)

    def assign(self, pick: int) -> None:
        """Give an item to one or both."""
        names = (("dana",), ("dana", "sam"), ("sam",))[pick % 3]
        if item := self.pick_item(pick // 3, lambda item: item.rule is None):
            who = self._hand_of(item)
            fields = self.office.fields(item.id)
            self._do_here(
                "assign",
                item,
                lambda: change_item(
                    self.office.tools, who.who, item.id, fields, assignees=self._ids(names)
                ),
                assignees=names,
            )

    def delete(self, pick: int) -> None:
        if item := self.pick_item(pick):
            who = self._hand_of(item)
            self._do_here("delete", item, lambda: delete_item(self.office.tools, who.who, item.id))

    def restore(self, pick: int) -> None:
        if item := self.pick_deleted_item(pick):
            who = self._hand_of(item)
            self._do_here(
                "restore", item, lambda: restore_item(self.office.tools, who.who, item.id)
            )

    def exempt(self, pick: int, hour: int) -> None:
        """Move one occurrence of a series, or it and all that follow."""
        times, scope = self.hour_at(hour), (Scope.THIS, Scope.FOLLOWING)[hour % 7 == 0]
        self._change_occurrence("exempt", pick, scope, {"times": times}, times=times)

    def retitle(self, pick: int, title: str) -> None:
        """Give one occurrence of a series another title."""
        self._change_occurrence("retitle", pick, Scope.THIS, {"subject": title}, title=title)

    def skip(self, pick: int) -> None:
        """Take one occurrence out of a series."""
        if found := self._pick_occurrence(pick):
            item, shown, who = found
            self._do_here(
                "skip",
                item,
                lambda: delete_item(
                    self.office.tools, who.who, item.id, scope=Scope.THIS, key=shown.key
                ),
                key=shown.key,
            )

    # --- how ---

    def _make(self, name: str, title: str, **given: Any) -> None:
        times = given.pop("times")
        fields = dict(given)
        if "private" in fields:
            fields["is_private"] = fields.pop("private")
        start = self.hour_at(0).start
        self.here(
            name,
            "dana",
            lambda: self.office.add(title, start, times=times, **fields),
            title=title,
            times=times,
            **given,
        )

    def _change(self, name: str, item: Item, changes: dict[str, Any], **given: Any) -> None:
        who = self._hand_of(item)

        def do() -> None:
            fields = replace(self.office.fields(item.id), **changes)
            change_item(self.office.tools, who.who, item.id, fields)

        self._do_here(name, item, do, **given)

    def _do_here(self, name: str, item: Item, do: Callable[[], object], **given: Any) -> None:
        def call() -> None:
            do()

        self.here(name, _name(self._hand_of(item)), call, item.id, **given)

    def _change_occurrence(
        self, name: str, pick: int, scope: Scope, changes: dict[str, Any], **given: Any
    ) -> None:
        if not (found := self._pick_occurrence(pick)):
            return
        item, shown, who = found
        # The rule is the series' own; that of the following ones begins anew with the first.
        rule = item.rule if scope is Scope.FOLLOWING else None
        fields: ItemFields = replace(shown.fields, rule=rule, **changes)
        self._do_here(
            name,
            item,
            lambda: change_item(
                self.office.tools, who.who, item.id, fields, scope=scope, key=shown.key
            ),
            key=shown.key,
            scope=scope.value,
            **given,
        )

    def _pick_occurrence(self, pick: int) -> tuple[Item, ItemView, Person] | None:
        item = self.pick_item(pick // 5, lambda item: item.rule is not None)
        if item is None:
            return None
        who = self._hand_of(item)
        start = self.office.clock.now() - _YEAR
        found = list_occurrences(self.office.tools, who.who, item.id, start, start + 2 * _YEAR)
        return (item, found[pick % len(found)], who) if found else None

    def _hand_of(self, item: Item) -> Person:
        """Return somebody who may change an item: whoever has it, Dana before Sam."""
        ids = self.office.assignees(item.id)
        for person in (self.office.cast["dana"], self.office.cast["sam"]):
            if person.who.user_id in ids:
                return person
        return self.office.cast["sam"]

    def _ids(self, names: tuple[str, ...]) -> list[str]:
        return [self.office.cast[name].who.user_id for name in names]


def _name(person: Person) -> str:
    return person.email.partition("@")[0]
