"""Cronofy's endpoints, one method each, for one linked account.

Every method returns values of ours or raises an error of ``calsync.errors``: AccessRevoked
where a renewed token is refused too, TemporaryError where a later call may fare better,
another PermanentError where not. A write that returns was *accepted*, which is not yet
done: Cronofy answers 202 and tells nobody of failures afterwards (docs/cronofy-api.md 9).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from calsync import ids
from calsync.clock import Clock
from calsync.core.account import UNRESTRICTED, Account, Calendar, Profile
from calsync.core.event import (
    BusyTime,
    Event,
    EventDraft,
    ExternalEdit,
    Participation,
    UnreadableEvent,
)
from calsync.cronofy import batch as batches
from calsync.cronofy import pages, wire
from calsync.cronofy import wire_accounts as accounts
from calsync.cronofy.batch import Delete, Write, Written, events_path, path_part
from calsync.cronofy.calls import Call, Caller, TokenSource
from calsync.cronofy.limiter import Lane, Limiter
from calsync.cronofy.queries import BusyQuery, EventQuery
from calsync.cronofy.transport import Http
from calsync.cronofy.wire_accounts import Channel
from calsync.cronofy.wire_events import read_busy_times, read_events
from calsync.errors import NotFound

__all__ = ["Channel", "CronofyClient", "EventQuery", "Page", "TokenSource"]


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the events of a read, bad ones set aside among them.

    ``answered_at`` is when Cronofy put the page together, by its own clock, if it says.
    """

    events: tuple[Event | UnreadableEvent, ...]
    answered_at: datetime | None = None


class CronofyClient:
    """Speaks for one linked account, in one lane, on behalf of one tenant."""

    def __init__(
        self,
        api_url: str,
        transport: Http,
        limiter: Limiter,
        tokens: TokenSource,
        clock: Clock,
        *,
        lane: Lane,
        tenant: str,
        jitter: Callable[[], float] = ids.jitter,
        patience: float | None = None,
    ) -> None:
        self._caller = Caller(
            api_url,
            transport,
            limiter,
            tokens,
            clock,
            lane=lane,
            tenant=tenant,
            jitter=jitter,
            patience=patience,
        )

    def userinfo(self) -> Account:
        """Return the account with its profiles and calendars: the cheapest health check."""
        return accounts.read_userinfo(self._get("userinfo", "/v1/userinfo"))

    def account(self) -> Account:
        """Return the account without its profiles."""
        return accounts.read_account(self._get("account", "/v1/account"))

    def profiles(self) -> tuple[Profile, ...]:
        """Return the profiles without their calendars, with a relink page if disconnected."""
        return accounts.read_profiles(self._get("profiles", "/v1/profiles"))

    def revoke_profile(self, profile_id: str) -> None:
        """Take one profile out of the account; one that is not there is as good as gone."""
        path = f"/v1/profiles/{path_part(profile_id)}/revoke"
        self._end(Call("revoke_profile", "POST", path))

    def list_calendars(self) -> tuple[Calendar, ...]:
        """Return the calendars of all profiles; deleted ones stay in the list, marked."""
        return accounts.read_calendars(self._get("list_calendars", "/v1/calendars"))

    def create_calendar(self, profile_id: str, name: str, color: str | None = None) -> Calendar:
        """Make a calendar, ``color`` as #RRGGBB; never tried again once it may have been made."""
        body = {"profile_id": profile_id, "name": name} | ({"color": color} if color else {})
        answer = self._post("create_calendar", "/v1/calendars", body, repeatable=False)
        return accounts.read_calendar(answer)

    def read_events(self, query: EventQuery) -> Iterator[Page]:
        """Yield the events that match, page by page, each page when it is asked for.

        Raises rather than ending early. An event that cannot be read comes as an
        UnreadableEvent among the others. Pages may overlap or repeat: the newest
        ``updated`` of an event counts.
        """
        first = Call("read_events", "GET", "/v1/events", query.parameters())
        for page in pages.follow(self._caller, first):
            yield Page(read_events(page.body), page.answered_at)

    def free_busy(self, query: BusyQuery) -> Iterator[BusyTime]:
        """Yield the stretches that match; raises rather than ending early."""
        first = Call("free_busy", "GET", "/v1/free_busy", query.parameters())
        for page in pages.follow(self._caller, first):
            yield from read_busy_times(page.body)

    def upsert_event(self, calendar_id: str, event: EventDraft | ExternalEdit) -> None:
        """Write an event: make ours or bring it up to date, or change one of the user's own."""
        body = batches.write_event(event)
        self._caller.make(Call("upsert_event", "POST", events_path(calendar_id), body=body))

    def delete_event(
        self, calendar_id: str, *, event_id: str | None = None, event_uid: str | None = None
    ) -> None:
        """Delete an event; one that is not there is as good as gone (202 all the same).

        NotFound means that the *calendar* is unknown or not granted (docs/cronofy-api.md 6.4).
        """
        body = batches.write_deletion(Delete(calendar_id, event_id, event_uid))
        self._caller.make(Call("delete_event", "DELETE", events_path(calendar_id), body=body))

    def bulk_delete(self, calendar_ids: Sequence[str]) -> None:
        """Delete all events of ours in some calendars; none named is a ValueError."""
        if not calendar_ids:
            raise ValueError("a bulk deletion names its calendars")
        body = {"calendar_ids": list(calendar_ids)}
        self._caller.make(Call("bulk_delete", "DELETE", "/v1/events", body=body))

    def bulk_delete_all(self) -> None:
        """Delete all events of ours in the whole account."""
        body = {"delete_all": True}
        self._caller.make(Call("bulk_delete", "DELETE", "/v1/events", body=body))

    def batch(self, writes: Sequence[Write]) -> tuple[Written, ...]:
        """Make up to 50 writes in one call; return what became of each, in their order.

        The error of an entry is returned, not raised: its neighbours went through.
        """
        if not writes:
            return ()
        answer = self._post("batch", "/v1/batch", batches.write_batch(writes))
        return batches.read_batch(answer, writes, self._caller.clock.now())

    def change_participation_status(
        self, calendar_id: str, event_uid: str, status: Participation
    ) -> None:
        """Answer an invitation: accepted, tentative or declined, else a ValueError.

        On Exchange and Office 365 a decline removes the event (docs/cronofy-api.md 6.3).
        """
        answers = (Participation.ACCEPTED, Participation.TENTATIVE, Participation.DECLINED)
        if status not in answers:
            raise ValueError("an invitation is accepted, tentative or declined")
        path = f"{events_path(calendar_id)}/{path_part(event_uid)}/participation_status"
        body = {"status": status.value}
        self._caller.make(Call("change_participation_status", "POST", path, body=body))

    def request_permissions(self, calendar_ids: Sequence[str], redirect_uri: str) -> str | None:
        """Ask to change the user's own events too; return the page where the user agrees.

        None where no page is needed, as with Enterprise Connect.
        """
        wanted = [
            {"calendar_id": calendar_id, "permission_level": UNRESTRICTED}
            for calendar_id in calendar_ids
        ]
        body = {"permissions": wanted, "redirect_uri": redirect_uri}
        answer = self._post("request_permissions", "/v1/permissions", body, repeatable=False)
        return accounts.read_permissions_url(answer)

    def create_channel(
        self, callback_url: str, calendar_ids: Sequence[str] = (), *, only_managed: bool = False
    ) -> Channel:
        """Open a channel of push notifications; an identical one is found, not doubled."""
        filters = ({"calendar_ids": list(calendar_ids)} if calendar_ids else {}) | (
            {"only_managed": True} if only_managed else {}
        )
        body = {"callback_url": callback_url} | ({"filters": filters} if filters else {})
        return accounts.read_channel(self._post("create_channel", "/v1/channels", body))

    def list_channels(self) -> tuple[Channel, ...]:
        """Return the channels that are open; Cronofy closes one after a day of failures."""
        return accounts.read_channels(self._get("list_channels", "/v1/channels"))

    def close_channel(self, channel_id: str) -> None:
        """Close a channel; one that is not there is as good as closed."""
        self._end(Call("close_channel", "DELETE", f"/v1/channels/{path_part(channel_id)}"))

    def link_token(self) -> str:
        """Return a token that joins the next authorisation to this account (alpha)."""
        answer = self._post("link_token", "/v1/link_tokens", {}, repeatable=False)
        return accounts.read_link_token(answer)

    def _get(self, name: str, path: str) -> wire.Json:
        return wire.parse(self._caller.make(Call(name, "GET", path)).body)

    def _post(self, name: str, path: str, body: object, *, repeatable: bool = True) -> wire.Json:
        call = Call(name, "POST", path, body=body, repeatable=repeatable)
        return wire.parse(self._caller.make(call).body)

    def _end(self, call: Call) -> None:
        """Make a call that ends something; what is unknown has ended already."""
        try:
            self._caller.make(call)
        except NotFound:
            return
