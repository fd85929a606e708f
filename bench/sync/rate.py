"""Measure how well the limiter uses what Cronofy allows (B9).

    python -m bench.sync.rate [--minutes 3]

Cronofy lets 50 calls a second and 500 a minute through and refuses the others, ten times as
fast as by its rules, and the product's clock runs ten times as fast, too. Four threads ask
without a pause, each in a lane of its own; then three backfill while a user asks once a
second, and it is taken how long the user waits for an answer.
"""

import argparse
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import quantiles

from bench.figures import Bound, Figure, report
from bench.results import head
from bench.sync.costs import say
from bench.sync.opening import open_product
from bench.sync.product import Product
from bench.sync.provider import CALENDAR, Provider, open_provider
from calsync.cronofy.limiter import PER_MINUTE, PER_SECOND, Lane
from calsync.cronofy.queries import EventQuery
from calsync.db.models import Integration
from calsync.errors import RateLimited
from calsync.services.accounts import client_for

SCALE = 10.0
LEAST_USED = 0.95
MOST_REFUSED = 0.005
LONGEST_WAIT = 2.0


@dataclass
class FastClock:
    """The machine's own clock, some times as fast."""

    scale: float = field(default_factory=lambda: SCALE)
    _begun: datetime = field(default_factory=lambda: datetime.now(UTC))  # noqa: TID251
    _from: float = field(default_factory=time.monotonic)  # noqa: TID251 - the real time

    def now(self) -> datetime:
        return self._begun + (datetime.now(UTC) - self._begun) * self.scale  # noqa: TID251

    def monotonic(self) -> float:
        return (time.monotonic() - self._from) * self.scale  # noqa: TID251

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.scale)  # noqa: TID251


def main() -> int:
    """Print the figures and keep them; end with 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=3)
    minutes = parser.parse_args().minutes
    with open_provider() as provider:
        figures = measure_rate(provider, minutes)
    return report("sync_rate", head(1), figures)


def measure_rate(provider: Provider, minutes: int) -> list[Figure]:
    """Return what of the allowed calls is made and refused, and how long a user waits."""
    return [*measure_share(provider, minutes), *measure_wait(provider, minutes)]


def measure_share(
    provider: Provider, minutes: int, ours: int = PER_MINUTE, theirs: int = PER_MINUTE
) -> list[Figure]:
    """Return what of the allowed calls is made and refused.

    ``ours`` is what the limiter lets through in a minute, and ``theirs`` what Cronofy does.
    """
    clock = FastClock()
    with open_product(provider, clock=clock, rate=(PER_SECOND, ours)) as product:
        say(f"rate: all lanes, {minutes} minutes at {SCALE:g} times their speed")
        provider.set(rate={"per_second": PER_SECOND, "per_minute": theirs, "scale": SCALE})
        calls = [_ask_in(product, lane) for lane in Lane]
        _for_minutes(clock, 1, calls)
        provider.take_counts()
        _for_minutes(clock, minutes, calls)
        counts = provider.take_counts()
    of_all = counts["read"] + counts["refused"]
    used = counts["read"] / (theirs * minutes)
    return [
        Figure("B9", "share of the allowed rate used", used, LEAST_USED, Bound.LEAST),
        Figure("B9", "share of the calls answered 429", counts["refused"] / of_all, MOST_REFUSED),
    ]


def measure_wait(provider: Provider, minutes: int) -> list[Figure]:
    """Return how long a user waits behind a backfill that never ends."""
    clock, waits = FastClock(), list[float]()
    with open_product(provider, clock=clock, rate=(PER_SECOND, PER_MINUTE)) as product:
        say("rate: a user behind a backfill")
        provider.set(rate={"per_second": PER_SECOND, "per_minute": PER_MINUTE, "scale": SCALE})
        asks = [_ask_in(product, Lane.BACKFILL)] * 3 + [_ask_patiently(product, waits)]
        _for_minutes(clock, minutes, asks)
        refused = provider.take_counts()["refused"]
    what = "p95 of a user's wait behind a backfill, scaled s"
    return [
        Figure("B9", what, quantiles(waits, n=20)[-1], LONGEST_WAIT),
        Figure("B9", "calls answered 429 behind a backfill", refused, 0, Bound.EXACTLY),
    ]


def _ask_in(product: Product, lane: Lane) -> Callable[[], None]:
    """Return a function that reads the calendar once in a lane."""
    with product.tools.db.read() as session:
        account_id = session.get_one(Integration, product.integration_id).account_id or ""
    client = client_for(product.tools, product.who.tenant_id, account_id, lane)
    query = EventQuery(calendar_ids=(CALENDAR,), changed_since=product.clock.now())

    def ask() -> None:
        with suppress(RateLimited):
            list(client.read_events(query))

    return ask


def _ask_patiently(product: Product, waits: list[float]) -> Callable[[], None]:
    """Return a function that reads once as a user who waits, and once a second."""
    ask, clock = _ask_in(product, Lane.USER), product.clock

    def ask_and_rest() -> None:
        began_at = clock.monotonic()
        ask()
        waits.append(clock.monotonic() - began_at)
        clock.sleep(1.0)

    return ask_and_rest


def _for_minutes(clock: FastClock, minutes: int, calls: list[Callable[[], None]]) -> None:
    """Have each function called again and again on a thread of its own."""
    ends_at = clock.monotonic() + 60 * minutes

    def work(call: Callable[[], None]) -> None:
        while clock.monotonic() < ends_at:
            call()

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
