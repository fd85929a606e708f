"""Measure what a sync costs that finds little, by how much there is (B3, B4).

    python -m bench.sync.growth [--rounds 5]

A calendar of a thousand events, of ten thousand and of a hundred thousand, all in step,
each with a Cronofy of its own, take turns: at rest, and with a hundred edits here.
"""

import argparse
import sys
from contextlib import ExitStack
from statistics import median

from bench.counting import counting
from bench.figures import Bound, Figure, median_ratio, report
from bench.results import LEAST_ROUNDS, head
from bench.sync.contenders import measure_rest
from bench.sync.costs import Cost, measure, say
from bench.sync.opening import open_product
from bench.sync.product import Product
from bench.sync.provider import open_provider

AMOUNTS = (1_000, 10_000, 100_000)
EDITS = 100
#: So many times as long the largest may take as the smallest.
STEEPEST = 1.3
MOST_STATEMENTS = 6


def main() -> int:
    """Print the figures and keep them; end with 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS)
    rounds = parser.parse_args().rounds
    return report("sync_growth", head(rounds), measure_growth(AMOUNTS, rounds))


def measure_growth(amounts: tuple[int, ...], rounds: int) -> list[Figure]:
    """Return how the cost grows with what is there."""
    rests: dict[int, list[Cost]] = {amount: [] for amount in amounts}
    edits: dict[int, list[Cost]] = {amount: [] for amount in amounts}
    with ExitStack() as stack:
        products = {}
        for amount in amounts:
            say(f"growth: {amount} links are made")
            products[amount] = stack.enter_context(
                open_product(stack.enter_context(open_provider()))
            )
            products[amount].add_items(amount, linked=True)
            measure_rest(products[amount])
        for number in range(rounds):
            say(f"growth: round {number + 1} of {rounds}")
            for amount, product in products.items():
                rests[amount].append(measure_rest(product))
                edits[amount].append(_edit_some(product, f"Edited {number}"))
        asked = count_questions(products[amounts[-1]])
    return [*_compare(rests, edits), *asked]


def _compare(rests: dict[int, list[Cost]], edits: dict[int, list[Cost]]) -> list[Figure]:
    least, most = min(rests), max(rests)

    def growth(costs: dict[int, list[Cost]]) -> float:
        return median_ratio([c.cpu for c in costs[most]], [c.cpu for c in costs[least]])

    return [
        Figure("B3", f"no change: CPU at {most} / at {least}", growth(rests), STEEPEST),
        Figure("B4", f"{EDITS} edits: CPU at {most} / at {least}", growth(edits), STEEPEST),
        *(
            Figure("B3", f"no change at {amount}: requests", costs[-1].reads, 1, Bound.EXACTLY)
            for amount, costs in rests.items()
        ),
        *(
            Figure("B3", f"no change at {amount}: CPU ms", 1000 * median(c.cpu for c in costs))
            for amount, costs in rests.items()
        ),
    ]


def count_questions(product: Product) -> list[Figure]:
    """Return how much a sync asks the database that finds no change."""
    product.move(60)
    claim = product.claim()
    with counting(product.tools.db.engine) as statements:
        product.perform(claim)
    product.release(claim)
    rows = [each for each in statements if each.startswith(("SELECT links.", "SELECT items."))]
    return [
        Figure("B3", "no change: statements", len(statements), MOST_STATEMENTS),
        Figure("B3", "no change: statements that read links or items", len(rows), 0),
    ]


def _edit_some(product: Product, subject: str) -> Cost:
    """Return what a sync costs that sends some edits, and the one that reads their echoes."""
    product.edit([f"item{number:012}" for number in range(EDITS)], subject)
    cost = measure(product.provider, product.sync)
    product.move(10)
    cost += measure(product.provider, product.sync)
    product.settle()
    return cost


if __name__ == "__main__":
    sys.exit(main())
