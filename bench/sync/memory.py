"""Measure how much memory a sync takes by how much it sends or brings in (B6).

    python -m bench.sync.memory [--amount 100000]

Each sync runs in a process of its own, on a calendar that another one has filled; the
figure is the most that the kernel has seen of it.
"""

import argparse
import sys
from collections.abc import Sequence

from bench.figures import Figure, report
from bench.results import head
from bench.sync.costs import peak_kib, run_command, say
from bench.sync.opening import open_again, open_product
from bench.sync.provider import Provider, open_provider

FEW = 1_000
MOST_MIB = 25.0


def main() -> int:
    """Print the figures and keep them; end with 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--amount", type=int, default=100_000)
    amount = parser.parse_args().amount
    with open_provider() as provider:
        figures = measure_memory(provider, FEW, amount)
    return report("sync_memory", head(1), figures)


def measure_memory(provider: Provider, few: int, many: int) -> list[Figure]:
    """Return how much more memory many take than few."""
    figures = []
    for step in ("push", "pull"):
        peaks = [_peak_of(provider, step, amount) for amount in (few, many)]
        what = f"{step}: peak MiB at {many} above that at {few}"
        figures.append(Figure("B6", what, peaks[1] - peaks[0], MOST_MIB))
        figures.append(Figure("B6", f"{step}: peak MiB at {few}", peaks[0]))
    return figures


def _peak_of(provider: Provider, step: str, amount: int) -> float:
    say(f"memory: {step} of {amount}")
    with open_product(provider, is_read=step == "push") as product:
        if step == "push":
            product.add_items(amount)
        else:
            provider.seed(amount)
            product.ask_to_retrieve()
        command = [sys.executable, "-m", "bench.sync.memory", step, *product.address]
        said = run_command(command)
        done = len(provider.titles()) if step == "push" else len(product.subjects())
    if done != amount:
        raise RuntimeError(f"{done} of {amount} were done.")
    return int(said.splitlines()[-1]) / 1024


def sync_alone(step: str, address: Sequence[str]) -> int:
    """Do a sync here, with the read of its echoes, and print the most memory that it took."""
    product = open_again(*address)
    product.sync()
    if step == "push":
        product.move(10)
        product.sync()
    sys.stdout.write(f"{peak_kib()}\n")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] in (["push"], ["pull"]):
        sys.exit(sync_alone(sys.argv[1], sys.argv[2:]))
    sys.exit(main())
