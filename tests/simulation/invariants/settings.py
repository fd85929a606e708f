"""What was chosen and allowed at each moment of a history."""

from collections.abc import Mapping
from dataclasses import dataclass

from calsync.core.options import Options, load_options
from calsync.core.pair import Policy
from tests.simulation.records import Commit, Row
from tests.simulation.tape import Tape

#: The tables whose rows decide what flows.
_DECIDING = ("integrations", "linked_accounts", "linked_calendars")


@dataclass(frozen=True, slots=True)
class Setting:
    """What decided about the sync from one record of the tape on."""

    options: Options
    is_active: bool
    is_deleted: bool
    is_connected: bool
    is_calendar_there: bool
    is_writable: bool
    permission: str

    @property
    def is_open(self) -> bool:
        """Tell whether every change may go either way."""
        takes = self.options.takes_create, self.options.takes_update, self.options.takes_delete
        return all(takes) and self.is_active and self.is_writable and self.is_connected


@dataclass(frozen=True)
class Settings:
    """All of them, each with the number of the record that made it so."""

    moments: tuple[tuple[int, Setting], ...]

    def at(self, index: int) -> Setting:
        """Return what held when a record was written, that record included."""
        held = self.moments[0][1]
        for since, setting in self.moments:
            if since > index:
                break
            held = setting
        return held

    @property
    def were_always_open(self) -> bool:
        """Tell whether nothing was ever kept out, and the same side always won."""
        settings = [setting for _, setting in self.moments]
        return all(s.is_open for s in settings) and len({s.options.policy for s in settings}) == 1

    @property
    def policy(self) -> Policy:
        """Give who wins at the end."""
        return self.moments[-1][1].options.policy


def find_settings(tape: Tape) -> dict[str, Settings]:
    """Return what held when, for each integration by its id."""
    names = {name for name, row in tape.rows.items() if "poll_seconds" in row}
    for record in tape.of(Commit):
        names |= {change.row["id"] for change in record.of("integrations")}
    return {name: _find_settings(tape, name) for name in names}


def _find_settings(tape: Tape, name: str) -> Settings:
    rows = dict(tape.rows)
    moments = [(-1, _setting(rows, rows.get(name)))]
    for index, record in enumerate(tape.records):
        if not isinstance(record, Commit):
            continue
        for change in record.changes:
            if change.table in _DECIDING and change.after:
                key = "calendar_id" if change.table == "linked_calendars" else "id"
                rows[change.after[key]] = change.after
        now = _setting(rows, rows.get(name))
        if now != moments[-1][1]:
            moments.append((index, now))
    return Settings(tuple(moments))


def _setting(rows: Mapping[str, Row], integration: Row | None) -> Setting:
    if integration is None:
        return Setting(Options(), False, False, False, False, False, "")
    calendar, account = rows.get(integration["calendar_id"]), rows.get(integration["account_id"])
    is_there = calendar is not None and not calendar["is_deleted"]
    return Setting(
        load_options(integration["options"]),
        integration["is_active"],
        integration["deleted_at"] is not None,
        account is not None and account["disconnection"] is None,
        is_there,
        is_there and calendar is not None and not calendar["is_read_only"],
        calendar["permission_level"] if calendar else "",
    )
