"""What people do in the product's pages, and their programs by its API."""

from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from calsync.core.item import Kind
from calsync.db.models import Item
from tests.cast import Person
from tests.simulation.acts import Doer
from tests.simulation.doors import Doors
from tests.simulation.office import LONDON

_ZONE = ZoneInfo(LONDON)


class Programs(Doer):
    """Hands on pages and on a PSA that calls the API: each method is an act."""

    def psa_put(self, title: str, hour: int) -> None:
        """Keep an appointment as the PSA has it, by the PSA's own id: it has three."""
        times, name = self.hour_at(hour), f"psa-{hour % 3}"
        body = {
            "kind": "appointment",
            "subject": title,
            "start": times.start.isoformat(),
            "end": times.end.isoformat(),
            "time_zone": LONDON,
        }

        def do() -> str:
            path = f"/items/by-external-id/{name}"
            return str(self._doors.call(self._dana, "PUT", path, body)["id"])

        self.here("psa_put", "dana", do, title=title, times=times)

    def psa_patch(self, pick: int, title: str) -> None:
        """Give an item another title, and leave the rest as it is."""
        if item := self._pick_own(pick):
            self._call("psa_patch", item, "PATCH", {"subject": title}, title=title)

    def psa_move(self, pick: int, hour: int) -> None:
        """Give an item another time."""
        if item := self._pick_own(pick):
            times = self.hour_at(hour)
            body = {"start": times.start.isoformat(), "end": times.end.isoformat()}
            self._call("psa_move", item, "PATCH", {**body, "all_day": False}, times=times)

    def psa_delete(self, pick: int) -> None:
        if item := self._pick_own(pick):
            self._call("psa_delete", item, "DELETE", None)

    def page_add(self, title: str, hour: int) -> None:
        """Fill in the form for a new appointment."""
        times = self.hour_at(hour)
        form = {
            **_times_of(times.start, times.end),
            "kind": "appointment",
            "subject": title,
            "repeats": "none",
            "shown_as": "busy",
        }
        self.here(
            "page_add",
            "dana",
            lambda: self._doors.send(self._dana, "/calendar/new", form),
            title=title,
            times=times,
        )

    def page_move(self, pick: int, hour: int) -> None:
        """Fill in the form for another time; whoever was faster meanwhile has it refused."""
        if item := self._pick_own(pick):
            times = self.hour_at(hour)
            form = {**_times_of(times.start, times.end), "scope": "this"}
            self._send("page_move", item, "move", form, times=times)

    def page_delete(self, pick: int) -> None:
        if item := self._pick_own(pick):
            self._send("page_delete", item, "delete", {})

    # --- how ---

    @cached_property
    def _doors(self) -> Doors:
        return Doors(self.office)

    @property
    def _dana(self) -> Person:
        return self.office.cast["dana"]

    def _pick_own(self, pick: int) -> Item | None:
        """Return one of Dana's single items that have a title of their own."""
        dana = self._dana.who.user_id

        def is_fit(item: Item) -> bool:
            is_single = item.rule is None and item.kind is not Kind.SERVICE_CALL
            return is_single and dana in self.office.assignees(item.id)

        return self.pick_item(pick, is_fit)

    def _call(self, name: str, item: Item, method: str, body: object, **given: object) -> None:
        def do() -> None:
            self._doors.call(self._dana, method, f"/items/{item.id}", body)

        self.here(
            name,
            "dana",
            do,
            item.id,
            **given,
        )

    def _send(self, name: str, item: Item, way: str, form: dict[str, str], **given: object) -> None:
        path = f"/calendar/item/{item.id}/{way}"
        filled = {**form, "version": str(item.version)}
        self.here(
            name, "dana", lambda: self._doors.send(self._dana, path, filled), item.id, **given
        )


def _times_of(start: datetime, end: datetime) -> dict[str, str]:
    """Return what people enter for a time."""
    starts, ends = start.astimezone(_ZONE), end.astimezone(_ZONE)
    return {
        "date": starts.date().isoformat(),
        "time": f"{starts:%H:%M}",
        "end_date": ends.date().isoformat(),
        "end_time": f"{ends:%H:%M}",
        "time_zone": LONDON,
    }
