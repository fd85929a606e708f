"""Measure `calsync sync run` of which nothing comes, as a whole process (B12).

    python -m bench.sync.command_line [--rounds 5] [--amount 10000]

Beside `vdirsyncer sync`, as a whole process, of as many items of which none has changed.
"""

import argparse
import os
import sys
from base64 import urlsafe_b64encode
from pathlib import Path
from statistics import median

from bench.figures import Figure, median_ratio, report
from bench.results import LEAST_ROUNDS, head
from bench.sync.costs import Cost, measure_command, say
from bench.sync.opening import open_product
from bench.sync.product import Product
from bench.sync.provider import Provider, open_provider
from bench.sync.vdirsyncer import is_installed, open_replica
from calsync.clock import SystemClock
from calsync.ids import new_secret
from tests.installations import KEYS

MOST = 0.55


def main() -> int:
    """Print the figures and keep them; end with 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS)
    parser.add_argument("--amount", type=int, default=10_000)
    options = parser.parse_args()
    with open_provider() as provider:
        figures = measure_commands(provider, options.amount, options.rounds)
    return report("sync_command_line", head(options.rounds), figures)


def measure_commands(provider: Provider, amount: int, rounds: int) -> list[Figure]:
    """Return what a sync by hand costs from the start of its process to its end."""
    say(f"command line: {amount} links are made")
    what = "CLI, no change: CPU / vdirsyncer, whole processes"
    with open_product(provider, clock=SystemClock()) as product:
        product.add_items(amount, linked=True)
        if not is_installed():
            ours = [run_sync(product) for _ in range(rounds)]
            why = "vdirsyncer is not installed"
            return [Figure("B12", what, None, MOST, why=why), *_seconds(ours)]
        with open_replica(amount) as replica:
            pairs = [(run_sync(product), replica.sync()) for _ in range(rounds)]
    ours, theirs = [a for a, _ in pairs], [b for _, b in pairs]
    ratio = median_ratio([c.cpu for c in ours], [c.cpu for c in theirs])
    return [Figure("B12", what, ratio, MOST), *_seconds(ours)]


def run_sync(product: Product) -> Cost:
    """Sync by the command line, in a process of its own."""
    [(name, key)] = KEYS
    kept = {k: "" for k in os.environ if k.startswith(("CALSYNC", "CRONOFY"))}
    environment = {
        **kept,
        "CALSYNC_SECRET_KEY": new_secret(),
        "CALSYNC_TOKEN_KEYS": f"{name}:{urlsafe_b64encode(key).decode()}",
        "CALSYNC_PUBLIC_URL": product.tools.public_url,
        "CALSYNC_INSTANCE": str(product.folder),
        "CALSYNC_DATABASE_URL": product.url,
        "CRONOFY_CLIENT_ID": "sandbox-client",
        "CRONOFY_CLIENT_SECRET": "sandbox-secret",
        "CRONOFY_API_URL": product.provider.url,
        "CRONOFY_APP_URL": product.provider.url,
    }
    program = str(Path(sys.executable).parent / "calsync")
    words = ["sync", "run", "acme", "dana@acme.example", product.integration_id, "--no-bulk"]
    return measure_command([program, *words], environment)


def _seconds(ours: list[Cost]) -> list[Figure]:
    return [Figure("B12", "CLI, no change: CPU seconds", median(cost.cpu for cost in ours))]


if __name__ == "__main__":
    sys.exit(main())
