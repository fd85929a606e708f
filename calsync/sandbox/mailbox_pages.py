"""The mailboxes as their owners see them: months, events, calendars, the connection."""

import sqlite3
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from calsync.sandbox import calendars, event_edits, events, mailboxes, owner, screens, times
from calsync.sandbox.entries import Entry, describe_entry, describe_row, group_by_day
from calsync.sandbox.errors import ApiError, not_found
from calsync.sandbox.event_form import ZONES, EventForm, Reading
from calsync.sandbox.mailboxes import Mailbox
from calsync.sandbox.months import Month
from calsync.sandbox.store import Transaction

bp = Blueprint("sandbox_mailboxes", __name__)
screens.protect(bp)

#: The portal's order of the services.
ORDER = list(mailboxes.SERVICES)

Answer = Response | str | tuple[str, int]

#: What a page says after a change, by the word in its address.
DONE = {
    "created": "The event was added.",
    "changed": "The event was changed.",
    "deleted": "The event was deleted.",
    "readonly": "Applications can now only read this calendar.",
    "writable": "Applications can now write to this calendar.",
    "delete": "The calendar was deleted.",
    "restore": "The calendar is back.",
    "disconnect": "The mailbox is disconnected.",
    "reconnect": "The mailbox is connected again.",
}


@dataclass(frozen=True)
class Room:
    """A mailbox with the calendars that its owner has not deleted, and the day it is there."""

    mailbox: Mailbox
    calendars: list[sqlite3.Row]
    today: date

    @property
    def names(self) -> dict[str, str]:
        """The calendars' names by their ids."""
        return {row["calendar_id"]: row["name"] for row in self.calendars}

    @property
    def default_calendar(self) -> str:
        """The calendar that a new event goes to."""
        main = next((row for row in self.calendars if row["is_primary"]), None)
        first = main or next(iter(self.calendars), None)
        return first["calendar_id"] if first else ""


@bp.get("/")
def show_start() -> str:
    """Say what the sandbox is, and list its mailboxes."""
    with screens.get_store().read() as tx:
        found = mailboxes.list_mailboxes(tx)
    found.sort(key=lambda each: (ORDER.index(each.service.key), each.address))
    return render_template("sandbox/start.html", mailboxes=found)


@bp.get("/mailboxes/<address>")
def show_mailbox(address: str) -> str:
    """Show a month of the mailbox, as a grid and as an agenda."""
    chosen = request.args.get("calendar", "")
    with screens.get_store().read() as tx:
        room = _enter(tx, address)
        month = Month.find(request.args.get("month", "")) or Month.of(room.today)
        wanted = [key for key in room.names if chosen in {"", key}]
        entries = [
            describe_entry(shown, room.names[key], room.mailbox.zone)
            for key in wanted
            for shown in events.list_events(tx, key)
        ]
    return render_template(
        "sandbox/mailboxes/month.html",
        mailbox=room.mailbox,
        calendars=room.calendars,
        chosen=chosen,
        month=month,
        today=room.today,
        start_day=room.today if month.holds(room.today) else month.first_day,
        days=group_by_day(entries, month.weeks[0][0], month.weeks[-1][-1]),
        done=DONE.get(request.args.get("done", "")),
    )


@bp.get("/mailboxes/<address>/events/new")
def show_new_event(address: str) -> Answer:
    """Show an empty form, for the hour from nine on the given day."""
    with screens.get_store().read() as tx:
        room = _enter(tx, address)
    day = request.args.get("day", "")
    form = EventForm(
        calendar=room.default_calendar,
        start_day=day or room.today.isoformat(),
        start_time="09:00",
        end_day=day or room.today.isoformat(),
        end_time="10:00",
        zone=room.mailbox.zone,
    )
    return _show_form(room, form)


@bp.post("/mailboxes/<address>/events/new")
def create_event(address: str) -> Answer:
    """Add the event, or show the form again with what is wrong."""
    form = EventForm.read(request.form)
    reading = Reading(form)
    with screens.get_store().begin() as tx:
        room = _enter(tx, address)
        errors = _find_errors(room, form, reading)
        if errors:
            return _show_form(room, form, errors)
        try:
            uid = event_edits.create(tx, form, reading)
        except ApiError as refusal:
            return _show_form(room, form, _translate(refusal))
        day = describe_row(events.get_event(tx, uid), "", room.mailbox.zone).first_day
    return _return_to_month(address, day, "created")


@bp.get("/mailboxes/<address>/events/<uid>")
def show_event(address: str, uid: str) -> str:
    """Show everything about one event, and the ways to change it."""
    with screens.get_store().read() as tx:
        room, row, entry = _open(tx, address, uid)
    other_zone = row["start_zone"] != room.mailbox.zone and not entry.is_all_day
    return render_template(
        "sandbox/mailboxes/event.html",
        mailbox=room.mailbox,
        entry=entry,
        when_made=describe_row(row, "", row["start_zone"]).when if other_zone else "",
        back=_month_url(address, entry.first_day),
        done=DONE.get(request.args.get("done", "")),
    )


@bp.get("/mailboxes/<address>/events/<uid>/edit")
def show_edit_event(address: str, uid: str) -> Answer:
    """Show the form filled in, in the zone that the event was made in."""
    with screens.get_store().read() as tx:
        room, row, entry = _open(tx, address, uid)
    return _show_form(room, _fill(row), entry=entry)


@bp.post("/mailboxes/<address>/events/<uid>/edit")
def edit_event(address: str, uid: str) -> Answer:
    """Change the event or its series, or show the form again with what is wrong."""
    form = EventForm.read(request.form)
    with screens.get_store().begin() as tx:
        room, row, entry = _open(tx, address, uid)
        form = replace(form, repeats="")
        reading = Reading(form)
        errors = _find_errors(room, form, reading)
        if errors:
            return _show_form(room, form, errors, entry)
        is_whole = entry.is_repeating and form.scope == "all"
        change = event_edits.change_series if is_whole else event_edits.change_one
        try:
            changed_uid = change(tx, uid, _fill(row), form, reading)
        except ApiError as refusal:
            return _show_form(room, form, _translate(refusal), entry)
    return redirect(url_for(".show_event", address=address, uid=changed_uid, done="changed"), 303)


@bp.post("/mailboxes/<address>/events/<uid>/delete")
def delete_event(address: str, uid: str) -> Response:
    """Delete the event, or its whole series."""
    with screens.get_store().begin() as tx:
        _, _, entry = _open(tx, address, uid)
        if entry.series_id and request.form.get("scope") == "all":
            owner.delete_series(tx, entry.series_id)
        else:
            owner.delete_event(tx, uid)
    return _return_to_month(address, entry.first_day, "deleted")


@bp.get("/mailboxes/<address>/calendars")
def show_calendars(address: str) -> str:
    """Show the calendars with their switches, and the connection."""
    with screens.get_store().read() as tx:
        mailbox = mailboxes.get_mailbox(tx, address)
        rows = calendars.list_calendars(tx, mailbox.profile_id)
    return render_template(
        "sandbox/mailboxes/calendars.html",
        mailbox=mailbox,
        calendars=rows,
        done=DONE.get(request.args.get("done", "")),
    )


@bp.post("/mailboxes/<address>/calendars/<calendar_id>")
def switch_calendar(address: str, calendar_id: str) -> Response:
    """Delete or restore a calendar, or say whether applications may write there."""
    switch = request.form.get("switch", "")
    with screens.get_store().begin() as tx:
        mailbox = mailboxes.get_mailbox(tx, address)
        if calendars.get_calendar(tx, calendar_id)["profile_id"] != mailbox.profile_id:
            raise not_found("The calendar")
        if switch in {"delete", "restore"}:
            calendars.set_deleted(tx, calendar_id, is_deleted=switch == "delete")
        elif switch in {"readonly", "writable"}:
            calendars.set_readonly(tx, calendar_id, is_readonly=switch == "readonly")
    return redirect(url_for(".show_calendars", address=address, done=switch), 303)


@bp.post("/mailboxes/<address>/connection")
def switch_connection(address: str) -> Response:
    """Make the provider refuse applications, as a changed password does, or let them in."""
    switch = request.form.get("switch", "")
    with screens.get_store().begin() as tx:
        mailbox = mailboxes.get_mailbox(tx, address)
        if switch == "disconnect":
            mailboxes.disconnect(tx, mailbox.profile_id)
        elif switch == "reconnect":
            mailboxes.reconnect(tx, mailbox.profile_id)
    return redirect(url_for(".show_calendars", address=address, done=switch), 303)


def _enter(tx: Transaction, address: str) -> Room:
    mailbox = mailboxes.get_mailbox(tx, address)
    rows = calendars.list_calendars(tx, mailbox.profile_id)
    today = times.today_in(tx.now, ZoneInfo(mailbox.zone))
    return Room(mailbox, [row for row in rows if not row["is_deleted"]], today)


def _open(tx: Transaction, address: str, uid: str) -> tuple[Room, sqlite3.Row, Entry]:
    """Return the event with its room; the 404 for one that is elsewhere or deleted."""
    room = _enter(tx, address)
    row = events.get_event(tx, uid)
    if row["is_deleted"] or row["calendar_id"] not in room.names:
        raise not_found("The event")
    return room, row, describe_row(row, room.names[row["calendar_id"]], room.mailbox.zone)


def _fill(row: sqlite3.Row) -> EventForm:
    return describe_row(row, "", row["start_zone"]).fill_form()


def _find_errors(room: Room, form: EventForm, reading: Reading) -> dict[str, str]:
    errors = dict(reading.errors)
    if form.calendar not in room.names:
        errors["calendar"] = "Choose a calendar from the list"
    return errors


def _translate(refusal: ApiError) -> dict[str, str]:
    """Return the API's complaints at the form's fields; anything but a 422 is raised on."""
    if refusal.status != 422:
        raise refusal
    names = {"start": "start_day", "end": "end_day", "tzid": "zone", "repeats": "repeats"}
    return {
        names.get(field, field): f"This {problems[0]['description']}"
        for field, problems in (refusal.body or {})["errors"].items()
    }


def _show_form(
    room: Room,
    form: EventForm,
    errors: dict[str, str] | None = None,
    entry: Entry | None = None,
) -> Answer:
    address = room.mailbox.address
    back = url_for(".show_event", address=address, uid=entry.uid) if entry else None
    page = render_template(
        "sandbox/mailboxes/event_form.html",
        mailbox=room.mailbox,
        heading="Edit event" if entry else "New event",
        form=form,
        errors=errors or {},
        calendars=room.names.items(),
        zones=[(zone, zone) for zone in sorted({*ZONES, room.mailbox.zone, form.zone} - {""})],
        asks_for_scope=entry is not None and entry.is_repeating,
        asks_for_repetition=entry is None,
        back=back or url_for(".show_mailbox", address=address),
    )
    return page, 422 if errors else 200


def _month_url(address: str, day: date, done: str | None = None) -> str:
    return url_for(".show_mailbox", address=address, month=Month.of(day), done=done)


def _return_to_month(address: str, day: date, done: str) -> Response:
    return redirect(_month_url(address, day, done), 303)
