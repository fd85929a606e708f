"""What the owner of a mailbox does in a linked calendar."""

from collections.abc import Callable
from typing import Any

from tests.simulation.acts import Doer
from tests.simulation.snapshots import Shown

_TEXTS = ("", "Bring the badge.", "First\nsecond", "Ask <b>Lee</b> & co")
_PLACES = ("", "Lobby", "Video call")


class There(Doer):
    """Hands in the linked calendars: each method is an act, its arguments are a step's."""

    def put(self, title: str, hour: int) -> None:
        self._create_event("put", title, hour)

    def put_day(self, title: str, day: int) -> None:
        """Make an event of a whole day, as free time."""
        desk, times = self.pick_desk(day), self.day_at(day)
        self.there(
            "put_day",
            desk.who,
            lambda: self._owner.create_event(
                desk.calendar_id, title, times.start, times.end, free=True
            ),
            title=title,
            times=times,
        )

    def invite(self, title: str, hour: int) -> None:
        """Let somebody else invite the user."""
        self._create_event(
            "invite", title, hour, guests=("kim@example.com",), organizer="kim@example.com"
        )

    def repeat_there(self, title: str, hour: int) -> None:
        desk, times = self.pick_desk(hour), self.hour_at(hour)
        self.series.add(title)
        every = (1, 7)[hour % 2]
        self.there(
            "repeat_there",
            desk.who,
            lambda: self._owner.create_series(
                desk.calendar_id, title, times.start, times.end, times=3, every=every
            ),
            title=title,
            times=times,
        )

    def move_series(self, pick: int, hours: int) -> None:
        """Move all instances of a series; some services make them anew for that."""
        if event := self.pick_event(pick, lambda event: event.series is not None):
            series, keeps_uids = event.series or "", pick % 2 == 0
            shift = (hours % 7 - 3) * 3600
            self._edit_event(
                "move_series",
                event,
                lambda: self._owner.edit_series(series, shift=shift, keeps_uids=keeps_uids),
                shift=shift,
                keeps_uids=keeps_uids,
            )

    def end_series(self, pick: int) -> None:
        if event := self.pick_event(pick, lambda event: event.series is not None):
            series = event.series or ""
            self._edit_event("end_series", event, lambda: self._owner.delete_series(series))

    def edit(self, pick: int, title: str) -> None:
        self._edit_fields("edit", pick, {"title": title}, title=title)

    def move(self, pick: int, hour: int) -> None:
        times = self.hour_at(hour)
        self._edit_fields("move", pick, {"start": times.start, "end": times.end}, times=times)

    def stretch_there(self, pick: int, day: int) -> None:
        """Let an event be all day."""
        times = self.day_at(day)
        self._edit_fields(
            "stretch_there", pick, {"start": times.start, "end": times.end}, times=times
        )

    def describe_there(self, pick: int, number: int) -> None:
        """Write a text; whatever stood there, the footer too, is gone."""
        text = _TEXTS[number % len(_TEXTS)]
        self._edit_fields("describe_there", pick, {"text": text}, text=text)

    def append_there(self, pick: int, number: int) -> None:
        """Write above what stands there."""
        if event := self.pick_event(pick):
            text = f"Note {number}\n{event.text}"
            self._edit_event(
                "append_there",
                event,
                lambda: self._owner.edit_event(event.uid, text=text),
                text=text,
            )

    def place_there(self, pick: int, number: int) -> None:
        place = _PLACES[number % len(_PLACES)]
        self._edit_fields("place_there", pick, {"place": place}, place=place)

    def hide_there(self, pick: int) -> None:
        """Turn private on or off."""
        private = pick % 2 == 0
        self._edit_fields("hide_there", pick // 2, {"private": private}, private=private)

    def free_there(self, pick: int) -> None:
        """Turn free/busy."""
        free = pick % 2 == 0
        self._edit_fields("free_there", pick // 2, {"free": free}, busy=not free)

    def guests(self, pick: int) -> None:
        """Invite somebody, or nobody any more."""
        if event := self.pick_event(pick // 2):
            if pick % 2:
                self._edit_event(
                    "guests", event, lambda: self._owner.add_guests(event.uid, "a@b.example")
                )
            else:
                self._edit_event("guests", event, lambda: self._owner.remove_guests(event.uid))

    def cancel_there(self, pick: int) -> None:
        """Let an event be cancelled, or confirmed again, without being deleted."""
        status = ("cancelled", "confirmed")[pick % 2]
        self._edit_fields("cancel_there", pick // 2, {"status": status}, status=status)

    def decline_there(self, pick: int) -> None:
        """Decline or accept an invitation."""
        status = ("declined", "accepted")[pick % 2]
        if event := self.pick_event(pick // 2, lambda event: event.event_id is None):
            self._edit_event(
                "decline_there",
                event,
                lambda: self._owner.edit_event(event.uid, participation_status=status),
                participation=status,
            )

    def remove(self, pick: int) -> None:
        if event := self.pick_event(pick):
            self._edit_event("remove", event, lambda: self._owner.delete_event(event.uid))

    def revive(self, pick: int) -> None:
        if event := self.pick_deleted_event(pick):
            self._edit_event("revive", event, lambda: self._owner.restore_event(event.uid))

    def carry(self, pick: int) -> None:
        """Move an event to another calendar of the same account."""
        if event := self.pick_event(pick // 2):
            accounts = self.office.provider.world.accounts
            profile = accounts.profile_of(accounts.shelves[event.calendar_id])
            others = [s for s in profile.shelves if s.calendar_id != event.calendar_id]
            target = others[pick % len(others)].calendar_id
            self._edit_event("carry", event, lambda: self._owner.move_event(event.uid, target))

    def wipe(self, pick: int) -> None:
        """Delete everything in a calendar."""
        desk = self.pick_desk(pick)
        self.there("wipe", desk.who, lambda: self._owner.delete_everything(desk.calendar_id))

    # --- how ---

    @property
    def _owner(self) -> Any:
        return self.office.provider.owner

    def _create_event(self, name: str, title: str, hour: int, **fields: Any) -> None:
        desk, times = self.pick_desk(hour), self.hour_at(hour)
        self.there(
            name,
            desk.who,
            lambda: self._owner.create_event(
                desk.calendar_id, title, times.start, times.end, **fields
            ),
            title=title,
            times=times,
        )

    def _edit_fields(self, name: str, pick: int, changes: dict[str, Any], **given: Any) -> None:
        if event := self.pick_event(pick):
            self._edit_event(
                name, event, lambda: self._owner.edit_event(event.uid, **changes), **given
            )

    def _edit_event(self, name: str, event: Shown, do: Callable[[], object], **given: Any) -> None:
        def edit() -> None:
            do()

        self.there(name, self.owner_of(event), edit, event.uid, **given)
