"""Measure a sync of thousands: sent, read, at rest, and changed a little (B1 to B5).

    python -m bench.sync.volumes [--rounds 5] [--amount 10000]

Ours, the floor (`bench.sync.floor`) and vdirsyncer do the same work one after the other in
every round; a ratio is the median of the rounds' own ratios of CPU time. Cronofy is in
memory and in a process of its own, as is the CalDAV collection of vdirsyncer, so neither
is in any figure. vdirsyncer's start is taken off. Calls are counted there and exact.
Every step demands that both sides are as they should be before its figure counts.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from math import ceil
from statistics import median

from bench.figures import Bound, Figure, median_ratio, report
from bench.results import LEAST_ROUNDS, head
from bench.sync.contenders import Costs, run_floor, run_ours
from bench.sync.costs import say
from bench.sync.provider import Provider, open_provider
from bench.sync.vdirsyncer import is_installed, run_vdirsyncer

#: Events on a page, which Cronofy does not tell: another one in each round.
PAGES = (100, 50, 250)
#: CPU by the floor's, and by vdirsyncer's net of its start.
TO_FLOOR = {"push": 3.0, "pull": 3.5, "rest": 3.0, "local": 4.0, "remote": 4.0}
TO_VDIRSYNCER = {
    "push": 0.10, "pull": 0.33, "rest": 0.01, "local": 0.03, "remote": 0.03, "both": 0.05
}  # fmt: skip
IDS = {"push": "B1", "pull": "B2", "rest": "B3", "local": "B4", "remote": "B4", "both": "B5"}


def main() -> int:
    """Print the figures and keep them; end with 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS)
    parser.add_argument("--amount", type=int, default=10_000)
    options = parser.parse_args()
    peer = run_vdirsyncer if is_installed() else None
    with open_provider() as provider:
        figures, rounds = measure_volumes(provider, options.amount, options.rounds, peer)
    raw = [
        {who: {s: asdict(c) for s, c in r.items()} for who, r in each.items()} for each in rounds
    ]
    return report("sync_volumes", {**head(options.rounds), "events": options.amount}, figures, raw)


def measure_volumes(
    provider: Provider, amount: int, rounds: int, peer: Callable[[int], Costs] | None
) -> tuple[list[Figure], list[dict[str, Costs]]]:
    """Return the figures, and what each took in each round."""
    found: list[dict[str, Costs]] = []
    requests: list[Figure] = []
    for number in range(rounds):
        say(f"volumes of {amount}: round {number + 1} of {rounds}")
        page = PAGES[number % len(PAGES)]
        provider.set(page=page)
        costs = {"ours": run_ours(provider, amount), "floor": run_floor(provider, amount)}
        if peer:
            costs["vdirsyncer"] = peer(amount)
        requests += judge_requests(costs["ours"], amount, page)
        found.append(costs)
    provider.set(page=100)
    return [*_once(requests), *judge_cpu(found)], found


def judge_requests(ours: Costs, amount: int, page: int) -> list[Figure]:
    """Return the calls by the fewest that will do; reads begin with one that shows nothing."""
    few = max(1, amount // 100)

    def by_least(step: str, what: str, calls: float, least: int) -> Figure:
        return Figure(IDS[step], what, calls / least, 1, Bound.EXACTLY)

    def reads(count: int) -> int:
        return max(1, ceil(count / page))

    push, pull, local, remote = (ours[step] for step in ("push", "pull", "local", "remote"))
    of = f"P = {page}"
    return [
        by_least("push", "push: writes / fewest", push.writes, ceil(amount / 50)),
        by_least("push", f"push: reads of echoes / fewest, {of}", push.reads - 1, reads(amount)),
        by_least("pull", f"pull: requests / fewest, {of}", pull.reads + pull.writes, reads(amount)),
        Figure("B3", "no change: requests", ours["rest"].reads, 1, Bound.EXACTLY),
        by_least(
            "local",
            "1 % here: requests / fewest",
            local.reads - 1 + local.writes,
            ceil(few / 50) + reads(few),
        ),
        by_least(
            "remote", "1 % there: requests / fewest", remote.reads + remote.writes, reads(few)
        ),
        Figure("B5", "the sync after both: changes found and writes", ours["after"].writes, 0),
    ]


def _once(figures: Sequence[Figure]) -> list[Figure]:
    """Return the worst of each figure."""
    worst: dict[str, Figure] = {}
    for figure in figures:
        known = worst.get(figure.what)
        if known is None or (known.value or 0) < (figure.value or 0):
            worst[figure.what] = figure
    return list(worst.values())


def judge_cpu(rounds: Sequence[dict[str, Costs]]) -> list[Figure]:
    """Return the medians of the rounds' ratios of CPU."""
    ours = {step: [each["ours"][step].cpu for each in rounds] for step in IDS}
    figures = []
    for step, limit in TO_FLOOR.items():
        theirs = [each["floor"][step].cpu for each in rounds]
        what = f"{step}: CPU / floor"
        figures.append(Figure(IDS[step], what, median_ratio(ours[step], theirs), limit))
    for step, limit in TO_VDIRSYNCER.items():
        what = f"{step}: CPU / vdirsyncer, net of its start"
        if "vdirsyncer" not in rounds[0]:
            why = "vdirsyncer is not installed"
            figures.append(Figure(IDS[step], what, None, limit, why=why))
            continue
        net = [each["vdirsyncer"][step].cpu - each["vdirsyncer"]["start"].cpu for each in rounds]
        figures.append(Figure(IDS[step], what, median_ratio(ours[step], net), limit))
    figures += [
        Figure(IDS[step], f"{step}: CPU seconds", median(seconds)) for step, seconds in ours.items()
    ]
    return figures


if __name__ == "__main__":
    sys.exit(main())
