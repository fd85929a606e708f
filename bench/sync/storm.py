"""Measure what a storm of notifications makes of the syncs (B8).

    python -m bench.sync.storm [--links 1000] [--seconds 60]

Serves the product in a process of its own, with a Cronofy that counts, and posts ten signed
notifications for each of a thousand links in a minute: fifty links at a time, each of which
hears of something ten times within three seconds. Then it waits until all is quiet, and counts
how often the calendar of each link was read.
"""

import argparse
import sys
import time
from statistics import median, quantiles

from bench.figures import Bound, Figure, report
from bench.hooks import GOAL_MS_P99, cpu_seconds, knock, serve
from bench.results import head
from bench.sync.costs import say
from bench.sync.opening import add_integrations, open_product
from bench.sync.product import Product
from bench.sync.provider import Provider, open_provider
from calsync.clock import SystemClock
from calsync.db.models import Integration
from tests.services.hearing import add_channel

EACH = 10
AT_A_TIME = 50
MOST_SYNCS = 2
#: So long nobody is read any more when all is quiet.
_QUIET_SECONDS = 8


def main() -> int:
    """Print the figures and keep them; end with 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--links", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    with open_provider() as provider:
        figures = measure_storm(provider, options.links, options.seconds)
    return report("sync_storm", head(1), figures)


def measure_storm(provider: Provider, links: int, seconds: int) -> list[Figure]:
    """Return how often each link was synced, and how soon a notification was answered."""
    say(f"storm: {links} links are made")
    with open_product(provider, clock=SystemClock()) as product:
        tokens = _add_channels(product, add_integrations(product, links))
        product.tools.db.engine.dispose()
        many = {"CRONOFY_RATE_PER_SECOND": "100000", "CRONOFY_RATE_PER_MINUTE": "1000000"}
        with serve(product.url, product.folder, cronofy_url=provider.url, **many) as (port, pid):
            _await_quiet(provider)
            say(f"storm: {EACH * links} notifications in {seconds} seconds")
            cpu = cpu_seconds(pid)
            answers = knock(port, _in_bursts(tokens), EACH * links // seconds, seconds, forged=0)
            counts = _await_quiet(provider)
            cpu = cpu_seconds(pid) - cpu
    taken = [ms for status, ms in answers if status == 200]
    syncs = [counts.get(f"read of cal_{number}", 0) for number in range(links)]
    return judge(syncs, taken, len(answers), cpu)


def judge(syncs: list[int], taken: list[float], sent: int, cpu: float) -> list[Figure]:
    """Return the figures of a storm, from the syncs of each link and the answers in ms."""
    return [
        Figure("B8", "syncs of a link in its burst, the most", max(syncs), MOST_SYNCS),
        Figure("B8", "syncs of a link in its burst, the fewest", min(syncs), 1, Bound.LEAST),
        Figure("B8", "syncs of a link in its burst, mean", sum(syncs) / len(syncs)),
        Figure("B8", "notifications that got lost", sent - len(taken), 0, Bound.EXACTLY),
        Figure("B8", "notification answered, ms, median", median(taken)),
        Figure("B8", f"notification answered, ms, p99 (goal {GOAL_MS_P99})",
               quantiles(taken, n=100)[-1]),
        Figure("B8", "server CPU ms for each notification, syncs included", 1_000 * cpu / sent),
    ]  # fmt: skip


def _add_channels(product: Product, integration_ids: list[str]) -> list[str]:
    tokens = []
    for integration_id in integration_ids:
        with product.tools.db.read() as session:
            row = session.get_one(Integration, integration_id)
        tokens.append(add_channel(product.tools, row))
    return tokens


def _in_bursts(tokens: list[str]) -> list[str]:
    """Return the order in which the links hear: some of them ten times, then the next ones."""
    groups = [tokens[at : at + AT_A_TIME] for at in range(0, len(tokens), AT_A_TIME)]
    return [token for group in groups for _ in range(EACH) for token in group]


def _await_quiet(provider: Provider) -> dict[str, int]:
    """Return what was read until nobody reads any more."""
    total: dict[str, int] = {}
    quiet_since = time.monotonic()  # noqa: TID251 - the real time is meant
    while time.monotonic() < quiet_since + _QUIET_SECONDS:  # noqa: TID251 - as above
        time.sleep(0.2)  # noqa: TID251 - as above
        counts = provider.take_counts()
        if counts["read"]:
            quiet_since = time.monotonic()  # noqa: TID251 - as above
        for name, number in counts.items():
            total[name] = total.get(name, 0) + number
    return total


if __name__ == "__main__":
    sys.exit(main())
