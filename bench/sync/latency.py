"""Measure what a slow network costs many syncs at once (B10).

    python -m bench.sync.latency [--links 1000]

Every answer of Cronofy's comes after a fifth of a second. The product's own loop does the
due syncs, of which no one finds anything, on as many threads as it has by itself. Waiting
is the point, so this is real time.
"""

import argparse
import sys
import time

from bench.figures import Figure, report
from bench.results import head
from bench.sync.costs import say
from bench.sync.opening import add_integrations, open_product
from bench.sync.provider import Provider, open_provider
from calsync.clock import SystemClock
from calsync.jobs.inprocess import DueLoop
from calsync.jobs.performers import PERFORMERS

LATENCY = 0.2
WORKERS = 8
MOST = 1.15
#: Seconds after which something is broken rather than slow.
PATIENCE = 300


def main() -> int:
    """Print the figures and keep them; end with 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--links", type=int, default=1_000)
    links = parser.parse_args().links
    with open_provider() as provider:
        figures = measure_latency(provider, links)
    return report("sync_latency", head(1), figures)


def measure_latency(provider: Provider, links: int) -> list[Figure]:
    """Return how much longer the syncs take than their answers do."""
    say(f"latency: {links} links")
    with open_product(provider, clock=SystemClock()) as product:
        add_integrations(product, links - 1)
        provider.set(latency=LATENCY)
        provider.take_counts()
        loop = DueLoop(product.tools, PERFORMERS, workers=WORKERS)
        began_at, cpu = time.perf_counter(), time.process_time()
        loop.start()
        done = 0
        while done < links and time.perf_counter() < began_at + PATIENCE:
            time.sleep(0.05)  # noqa: TID251 - the real time is meant
            done += provider.take_counts()["read"]
        loop.stop()
        wall, cpu = time.perf_counter() - began_at, time.process_time() - cpu
        provider.set(latency=0.0)
    if done != links:
        raise RuntimeError(f"{done} of {links} links were read.")
    least = links * LATENCY / WORKERS
    return [
        Figure("B10", "wall / (requests x 0.2 s / threads)", wall / least, MOST),
        Figure("B10", "wall seconds", wall),
        Figure("B10", "CPU ms a sync", 1_000 * cpu / links),
    ]


if __name__ == "__main__":
    sys.exit(main())
