"""What people choose in Settings, and what befalls accounts and calendars."""

from dataclasses import replace

from calsync.core.integration import Copies, Meanwhile
from calsync.core.item import Kind
from calsync.core.options import Options
from calsync.core.pair import Policy
from calsync.core.window import FutureRange, PastRange
from calsync.cronofy.limiter import Lane
from calsync.services.accounts import check_account, disconnect
from calsync.services.integration_end import delete_integration
from calsync.services.integrations import (
    activate,
    change_options,
    count_copies_to_go,
    deactivate,
)
from calsync.services.runs import request_sync
from calsync.services.swapping import swap_calendar
from calsync.services.sync.course import may_run
from calsync.services.sync.scope import load_subject
from tests.simulation.acts import Doer
from tests.simulation.office import Desk

_SWITCHES = ("takes_create", "takes_update", "takes_delete", "sends_foreign")
_POLICIES = (Policy.NEWEST, Policy.MINE, Policy.THEIRS)


class Circumstances(Doer):
    """Hands on everything but single items and events: each method is an act."""

    def switch(self, pick: int) -> None:
        """Turn one switch on or off."""
        desk, name = self.pick_desk(pick // 4), _SWITCHES[pick % 4]
        present = getattr(desk.options, name)
        self._choose("switch", desk, replace(desk.options, **{name: not present}))

    def tick(self, pick: int) -> None:
        """Tick or un-tick a kind; old copies stay or go."""
        desk, kind = self.pick_desk(pick // 5), sorted(Kind)[pick % 5]
        kinds = desk.options.kinds ^ {kind}
        goes = pick % 2 == 0 and kind in desk.options.kinds
        self._choose("tick", desk, replace(desk.options, kinds=kinds), goes=goes)

    def decide(self, pick: int) -> None:
        """Choose another policy for what is edited on both sides."""
        desk, policy = self.pick_desk(pick // 3), _POLICIES[pick % 3]
        self._choose("decide", desk, replace(desk.options, policy=policy))

    def bulk(self, pick: int) -> None:
        """Retrieve and send what is there, with a manual sync."""
        desk = self.pick_desk(pick // 2)
        options = replace(
            desk.options,
            past=PastRange.NONE,
            future=FutureRange.ONE_MONTH if pick % 2 else FutureRange.NONE,
            sends=bool(desk.options.kinds),
        )

        def do() -> None:
            self._store(desk, options)
            request_sync(self.office.tools, desk.person.who, desk.integration_id, bulk=True)

        self.settings("bulk", desk, do)

    def pause(self, pick: int) -> None:
        """Turn an integration off, or on again."""
        desk = self.pick_desk(pick)

        def do() -> None:
            is_active = self.office.integration(desk).is_active
            change = deactivate if is_active else activate
            change(self.office.tools, desk.person.who, desk.integration_id)

        self.settings("pause", desk, do)

    def lock(self, pick: int) -> None:
        """Let a calendar be read-only, or take writes again."""
        desk, readonly = self.pick_desk(pick // 2), pick % 2 == 0
        service = self.office.provider.service
        self.settings(
            "lock",
            desk,
            lambda: service.set_readonly(desk.calendar_id, readonly=readonly),
            readonly=readonly,
        )

    def permit(self, pick: int) -> None:
        """Let the user's own events be written to, or not."""
        desk, level = self.pick_desk(pick // 2), ("unrestricted", "sandbox")[pick % 2]
        service = self.office.provider.service
        self.settings("permit", desk, lambda: service.set_permission(desk.calendar_id, level))

    def cut_off(self, pick: int) -> None:
        """Let the calendar service refuse Cronofy, or take it in again."""
        desk, service = self.pick_desk(pick // 2), self.office.provider.service
        do = service.disconnect if pick % 2 == 0 else service.reconnect
        self.settings("cut_off", desk, lambda: do(desk.profile_id))

    def revoke(self, pick: int) -> None:
        """Let the owner end our access at Cronofy."""
        desk = self.pick_desk(pick)
        service = self.office.provider.service
        self.settings("revoke", desk, lambda: service.revoke(service.sub_of(desk.profile_id)))

    def expire(self, pick: int) -> None:
        """Let the access tokens be over before their time."""
        desk = self.pick_desk(pick)
        service = self.office.provider.service
        sub = service.sub_of(desk.profile_id)
        self.settings("expire", desk, lambda: service.expire_tokens(sub))

    def leave(self, pick: int) -> None:
        """Disconnect an account on its page."""
        desk = self.pick_desk(pick)

        def do() -> None:
            if account := self.office.account(desk):
                disconnect(self.office.tools, desk.person.who, account.id)

        self.settings("leave", desk, do)

    def relink(self, pick: int) -> None:
        """Connect an account again that lost its access or was disconnected."""
        desk = self.pick_desk(pick)
        self.settings("relink", desk, lambda: self.connect_again(desk))

    def drop(self, pick: int) -> None:
        """Delete an integration; its copies stay or go."""
        desk, goes = self.pick_desk(pick // 2), pick % 2 == 0

        def do() -> None:
            ids = self.office.tools, desk.person.who, desk.integration_id
            copies, confirmed = Copies.STAY, None
            if goes:
                copies, confirmed = Copies.GO, count_copies_to_go(*ids)
            delete_integration(*ids, copies=copies, confirmed=confirmed)

        self.settings("drop", desk, do, goes=goes)

    def swap(self, pick: int) -> None:
        """Link another calendar of the same account instead; old copies stay or go."""
        desk, goes = self.pick_desk(pick // 2), pick % 2 == 0
        linked = {each.calendar_id for each in self.office.desks}
        shelves = self.office.provider.world.accounts.profiles[desk.profile_id].shelves
        free = [shelf.calendar_id for shelf in shelves if shelf.calendar_id not in linked]
        if not free:
            return

        def do() -> None:
            ids = self.office.tools, desk.person.who, desk.integration_id
            account = self.office.account(desk)
            try:
                swap_calendar(
                    *ids,
                    account_id=account.id if account else "",
                    calendar_id=free[0],
                    copies=Copies.GO if goes else Copies.STAY,
                    confirmed=count_copies_to_go(*ids) if goes else None,
                )
            finally:
                # Whoever is not answered finds out by looking.
                self.office.follow_swap(desk, free[0])

        self.settings("swap", desk, do, goes=goes)

    def link(self, pick: int) -> None:
        """Link a calendar again whose integration was deleted."""
        desk = self.pick_desk(pick)
        self.settings("link", desk, lambda: self.integrate_again(desk))

    def lose(self, pick: int) -> None:
        """Let a whole calendar be deleted, or come back."""
        desk, service = self.pick_desk(pick // 2), self.office.provider.service
        do = service.delete_calendar if pick % 2 == 0 else service.restore_calendar
        self.settings("lose", desk, lambda: do(desk.calendar_id))

    def resume(self) -> None:
        """Let everything work again: the mailboxes, the accounts, the integrations."""
        office, service = self.office, self.office.provider.service
        for calendar_id in sorted(office.former):
            service.set_readonly(calendar_id, readonly=False)
        for desk in office.desks:
            if self._is_well(desk):
                continue
            if office.provider.world.accounts.shelves[desk.calendar_id].deleted:
                service.restore_calendar(desk.calendar_id)
            service.set_readonly(desk.calendar_id, readonly=False)
            service.reconnect(desk.profile_id)
            self.connect_again(desk)
            if account := office.account(desk):
                check_account(office.tools, account.tenant_id, account.id, Lane.POLL)
            self.integrate_again(desk)
            activate(office.tools, desk.person.who, desk.integration_id)

    def _is_well(self, desk: Desk) -> bool:
        """Tell whether nothing is to be repaired, there or here."""
        shelf = self.office.provider.world.accounts.shelves[desk.calendar_id]
        profile = self.office.provider.world.accounts.profiles[desk.profile_id]
        if shelf.deleted or shelf.readonly or profile.failing or not profile.connected:
            return False
        with self.office.tools.db.read() as session:
            subject = load_subject(session, desk.person.who.tenant_id, desk.integration_id)
        if subject is None or not may_run(subject) or not subject.integration.is_active:
            return False
        is_silent = subject.integration.stop is None and not subject.is_deleted
        return is_silent and subject.bar_of_calendar() is None

    def connect_again(self, desk: Desk) -> None:
        """Go through the consent page where a desk's account needs it."""
        account = self.office.account(desk)
        if account is None or account.disconnection is not None:
            self.office.connect(desk.person, desk.profile_id, account)

    def integrate_again(self, desk: Desk) -> None:
        """Link a desk's calendar again where its integration was deleted."""
        if self.office.integration(desk).deleted_at is not None:
            self.connect_again(desk)
            self.office.integrate(desk)

    # --- how ---

    def _choose(self, name: str, desk: Desk, options: Options, *, goes: bool = False) -> None:
        fields = {"options": options, "goes": goes}
        self.settings(name, desk, lambda: self._store(desk, options, goes=goes), **fields)

    def _store(self, desk: Desk, options: Options, *, goes: bool = False) -> None:
        tools, who, integration_id = self.office.tools, desk.person.who, desk.integration_id
        copies, confirmed = Copies.STAY, None
        if goes:
            unticked = desk.options.kinds - options.kinds
            copies = Copies.GO
            confirmed = count_copies_to_go(tools, who, integration_id, unticked)
        change_options(
            tools,
            who,
            integration_id,
            options,
            copies=copies,
            confirmed=confirmed,
            meanwhile=Meanwhile.FLOWS,
        )
        desk.options = options
