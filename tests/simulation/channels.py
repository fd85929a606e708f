"""Push channels and what is on its way to them (docs/cronofy-api.md 7).

Nothing is delivered while somebody calls: the simulator says when, as the other side of a
delivery is the product itself.
"""

import base64
import hashlib
import heapq
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.accounts import Accounts
from tests.simulation.events import Shelf
from tests.simulation.fortune import Fortune
from tests.simulation.mailboxes import Account, Profile
from tests.simulation.moments import DAY, write_time
from tests.simulation.refusals import unknown, wrong
from tests.simulation.temper import Temper

#: Posts a body and returns the status of the answer, None where there was none.
Deliver = Callable[[str, dict[str, str], bytes], int | None]

SIGNATURE = "Cronofy-HMAC-SHA256"
LONGEST_URL = 128
MOST_CHANNELS = 128
#: An answer after more seconds than this is none.
PATIENCE = 5.0
#: Seconds before each further attempt; the last one repeats until a day is over.
DELAYS = (10, 30, 60, 300, 900, 3600)


@dataclass(slots=True, eq=False)
class Channel:
    """Where an account's notifications go."""

    channel_id: str
    sub: str
    url: str
    filters: dict[str, Any]

    def show(self) -> dict[str, Any]:
        """Return the channel as answers and notifications show it."""
        shown = dict(self.filters)
        return {"channel_id": self.channel_id, "callback_url": self.url, "filters": shown}

    def wants(self, shelf: Shelf, *, managed: bool) -> bool:
        """Tell whether a change there is one that it waits for."""
        wanted = self.filters.get("calendar_ids")
        if wanted is not None and shelf.calendar_id not in wanted:
            return False
        return managed or not self.filters.get("only_managed")


@dataclass(slots=True, eq=False)
class Notice:
    """A notification on its way; ``outcome`` is delivered, failed, closed or lost."""

    channel: Channel
    kind: str
    made_at: float
    since: int | None = None
    attempts: int = 0
    outcome: str = ""

    def body(self) -> bytes:
        """Return what is posted."""
        notification = {"type": self.kind}
        if self.since is not None:
            notification["changes_since"] = write_time(self.since)
        return json.dumps({"notification": notification, "channel": self.channel.show()}).encode()


@dataclass
class Channels:
    """The open channels of all accounts."""

    accounts: Accounts
    temper: Temper
    fortune: Fortune
    #: Every notification there was, for an oracle.
    notices: list[Notice] = field(default_factory=list)
    _open: dict[str, Channel] = field(default_factory=dict)
    _queue: list[tuple[float, int, Notice]] = field(default_factory=list)

    def create(self, account: Account, url: object, filters: object, now: float) -> Channel:
        """Open a channel, or return the identical one that is open (7.1)."""
        if not isinstance(url, str) or not url:
            raise wrong(callback_url="required")
        if len(url) > LONGEST_URL:
            raise wrong(callback_url="too_long")
        kept = self._read_filters(account, filters)
        own = self.of_account(account)
        for channel in own:
            if channel.url == url and channel.filters == kept:
                return channel
        if len(own) >= MOST_CHANNELS:
            raise wrong(channels="too_many")
        channel = Channel(f"chn_{self.accounts.new_hex()}", account.sub, url, kept)
        self._open[channel.channel_id] = channel
        self._post(Notice(channel, "verification", now), now)
        return channel

    def of_account(self, account: Account) -> list[Channel]:
        """Return the open channels of an account."""
        return [each for each in self._open.values() if each.sub == account.sub]

    def close(self, account: Account, channel_id: str) -> None:
        """Close a channel of the account, or raise the 404."""
        channel = self._open.get(channel_id)
        if channel is None or channel.sub != account.sub:
            raise unknown()
        del self._open[channel_id]

    def close_all(self, account: Account) -> None:
        """Close the channels of an account whose last grant has ended."""
        for channel in self.of_account(account):
            del self._open[channel.channel_id]

    def announce_change(self, shelf: Shelf, now: float, *, managed: bool) -> None:
        """Say that the owner changed something there; never called for our own writes."""
        profile = self.accounts.profile_of(shelf)
        if profile.failing:
            return
        for channel in self._channels_of(profile):
            if channel.wants(shelf, managed=managed):
                self._announce(channel, int(now), now)

    def announce(
        self, profile: Profile, kind: str, now: float, *, since: int | None = None
    ) -> None:
        """Say something about a profile."""
        for channel in self._channels_of(profile):
            self._post(Notice(channel, kind, now, since), now)

    def announce_erasure(self, account: Account, now: float) -> None:
        """Say that somebody asked for their data to be erased."""
        for channel in self.of_account(account):
            self._post(Notice(channel, "gdpr_requested", now), now)

    def next_due(self) -> float | None:
        """Return when the next notification is to be delivered."""
        return self._queue[0][0] if self._queue else None

    def deliver_due(
        self, deliver: Deliver, secrets: Sequence[str], now: Callable[[], float]
    ) -> int:
        """Deliver what is due and return how many posts that were."""
        posts = 0
        while self._queue and self._queue[0][0] <= now():
            _, _, notice = heapq.heappop(self._queue)
            if notice.channel.channel_id not in self._open:
                notice.outcome = "closed"
                continue
            posts += 1
            self._deliver(notice, deliver, secrets, now)
        return posts

    def _deliver(
        self, notice: Notice, deliver: Deliver, secrets: Sequence[str], now: Callable[[], float]
    ) -> None:
        began, body = now(), notice.body()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            SIGNATURE: ",".join(sign(body, secret) for secret in secrets),
        }
        notice.attempts += 1
        status = deliver(notice.channel.url, headers, body)
        if status is not None and 200 <= status < 300 and now() - began <= PATIENCE:
            notice.outcome = "delivered"
            return
        delay = DELAYS[min(notice.attempts, len(DELAYS)) - 1]
        if now() + delay - notice.made_at <= DAY:
            self._push(notice, now() + delay)
        else:
            notice.outcome = "failed"
            self._open.pop(notice.channel.channel_id, None)

    def _announce(self, channel: Channel, since: int, now: float) -> None:
        if self.temper.coalesces:
            for _, _, waiting in self._queue:
                if waiting.channel is channel and waiting.kind == "change":
                    waiting.since = min(since, waiting.since or since)
                    return
        self._post(Notice(channel, "change", now, since), now)

    def _post(self, notice: Notice, now: float) -> None:
        """Send it on its way: later, twice or never, as the temper has it."""
        temper = self.temper
        self.notices.append(notice)
        due = now
        if temper.longest_notice:
            due += self.fortune.draw("notice_delay") * temper.longest_notice
        if temper.duplicated or temper.dropped:
            fate = self.fortune.draw("notice_fate")
            if fate > 1 - temper.dropped:
                notice.outcome = "lost"
                return
            if fate > 1 - temper.dropped - temper.duplicated:
                twin = Notice(notice.channel, notice.kind, now, notice.since)
                self.notices.append(twin)
                self._push(twin, due + 1)
        self._push(notice, due)

    def _push(self, notice: Notice, due: float) -> None:
        heapq.heappush(self._queue, (due, self.accounts.new_number(), notice))

    def _channels_of(self, profile: Profile) -> list[Channel]:
        subs = {account.sub for account in self.accounts.accounts_of(profile)}
        return [each for each in self._open.values() if each.sub in subs]

    def _read_filters(self, account: Account, given: object) -> dict[str, Any]:
        """Return what differs from the defaults, or raise the 422."""
        if given is None:
            return {}
        if not isinstance(given, dict):
            raise wrong(filters="invalid")
        kept: dict[str, Any] = {}
        wanted = given.get("calendar_ids")
        if wanted is not None:
            known = {shelf.calendar_id for shelf in account.shelves()}
            if not wanted or not known.issuperset(wanted):
                raise wrong(calendar_ids="invalid_calendar_ids")
            kept["calendar_ids"] = sorted(set(wanted))
        if given.get("only_managed"):
            kept["only_managed"] = True
        return kept


def sign(body: bytes, secret: str) -> str:
    """Return the signature of the exact bytes (7.5)."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
