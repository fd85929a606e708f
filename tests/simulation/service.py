"""What happens to mailboxes, calendars and consents, by people, services and Cronofy."""

from collections.abc import Callable, Sequence
from typing import Any

from tests.simulation.events import Shelf
from tests.simulation.grants import SCOPE
from tests.simulation.mailboxes import Profile
from tests.simulation.world import World


class Service:
    """The circumstances of a run: what no event says and no call asks for."""

    def __init__(self, world: World, now: Callable[[], float]) -> None:
        self._world = world
        self._now = now

    def add_mailbox(
        self,
        address: str = "dana@gsuite.example",
        service: str = "gsuite",
        calendars: Sequence[str] = ("Work", "Personal"),
        *,
        linked_to: str | None = None,
    ) -> Profile:
        """Add a mailbox with its calendars; ``linked_to`` is an account that it joins."""
        return self._world.accounts.add_mailbox(address, service, calendars, linked_to)

    def sub_of(self, profile_id: str) -> str:
        """Return the account of a mailbox."""
        return self._world.accounts.accounts_of(self._profile(profile_id))[0].sub

    def consent(self, profile_id: str, scope: str = SCOPE, *, sub: str | None = None) -> str:
        """Return the code that comes back to the application when somebody agrees."""
        return self._world.grants.open_code(self._profile(profile_id), scope, sub, self._now())

    def authorise(self, profile_id: str, scope: str = SCOPE) -> dict[str, Any]:
        """Return the whole token answer of a consent, without a call."""
        grants = self._world.grants
        body = {
            "client_id": grants.client_id,
            "client_secret": grants.secrets[0],
            "grant_type": "authorization_code",
            "code": self.consent(profile_id, scope),
        }
        return grants.answer(body, self._now())

    def expire_tokens(self, sub: str | None = None) -> None:
        """Let access tokens be expired; refresh tokens stay."""
        self._world.grants.expire(sub)

    def revoke(self, sub: str) -> None:
        """End all grants of an account, as its owner can."""
        self._world.grants.revoke_account(sub)
        self._world.end_grants(self._world.accounts.accounts[sub])

    def request_erasure(self, sub: str) -> None:
        """Say that the owner of an account wants their data erased."""
        account = self._world.accounts.accounts[sub]
        self._world.channels.announce_erasure(account, self._now())

    def set_scope(self, sub: str, scope: str) -> None:
        """Let the consents to an account be for other things than they were."""
        self._world.grants.set_scope(sub, scope)

    def refuse_writes(self, *ids: str) -> None:
        """Let some events, by id or uid, be refused (422) whenever they are written."""
        self._world.writing.refused.update(ids)

    def take_writes(self) -> None:
        """Let no event be refused any more."""
        self._world.writing.refused.clear()

    def accept_permissions(self) -> None:
        """Agree to all that the application asked to write to."""
        for calendar_ids in self._world.permissions.values():
            for calendar_id in calendar_ids:
                self.set_permission(calendar_id, "unrestricted")
        self._world.permissions.clear()

    def set_permission(self, calendar_id: str, level: str) -> None:
        """Let the application write to the owner's events (unrestricted) or not (sandbox)."""
        self._shelf(calendar_id).set(permission=level)

    def set_readonly(self, calendar_id: str, *, readonly: bool = True) -> None:
        """Let a calendar take no writes, or take them again."""
        self._shelf(calendar_id).set(readonly=readonly)

    def delete_calendar(self, calendar_id: str) -> None:
        """Delete a whole calendar; its events are gone without a word, or with tombstones."""
        shelf = self._shelf(calendar_id)
        shelf.set(deleted=True)
        if self._world.temper.deleted_calendar_shows_tombstones:
            shelf.tombstones = True
            for kept in list(shelf.events.values()):
                if not kept.deleted:
                    shelf.buried.append(kept.uid)
                    kept.change(int(self._now()), deleted=True)

    def restore_calendar(self, calendar_id: str) -> None:
        """Bring a calendar back with the events that it had."""
        shelf = self._shelf(calendar_id)
        shelf.set(deleted=False)
        for uid in shelf.buried:
            shelf.events[uid].change(int(self._now()), deleted=False)
        shelf.buried.clear()

    def withdraw_calendar(self, calendar_id: str) -> None:
        """Let a calendar be gone from every list, without a word."""
        shelf = self._shelf(calendar_id)
        self._profile(shelf.profile_id).shelves.remove(shelf)

    def rename_calendar(self, calendar_id: str, name: str) -> None:
        """Give a calendar another name."""
        self._shelf(calendar_id).name = name

    def disconnect(self, profile_id: str, *, noticed: bool = True) -> None:
        """Let a service refuse Cronofy, which notices now or at the next write."""
        profile = self._profile(profile_id)
        profile.failing = True
        profile.disconnected_at = profile.disconnected_at or int(self._now())
        if noticed:
            self._world.notice_disconnection(profile, self._now())

    def reconnect(self, profile_id: str) -> None:
        """Let Cronofy in again; what happened meanwhile is announced as a change."""
        profile = self._profile(profile_id)
        since, profile.disconnected_at = profile.disconnected_at, None
        profile.failing, profile.connected = False, True
        if since is not None:
            self._world.channels.announce(profile, "change", self._now(), since=since)

    def require_initial_sync(self, profile_id: str) -> None:
        """Let the first pull of a profile be still to come: reads are incomplete."""
        self._profile(profile_id).initial_sync_required = True

    def finish_initial_sync(self, profile_id: str) -> None:
        """Let the first pull be over."""
        profile = self._profile(profile_id)
        if profile.initial_sync_required:
            profile.initial_sync_required = False
            kind = "profile_initial_sync_completed"
            self._world.channels.announce(profile, kind, self._now())

    def expire_pages(self) -> None:
        """Let every further page be unknown."""
        self._world.reads.clear()

    def _profile(self, profile_id: str) -> Profile:
        return self._world.accounts.profiles[profile_id]

    def _shelf(self, calendar_id: str) -> Shelf:
        self._world.writing.settle(self._now())
        return self._world.accounts.shelves[calendar_id]
