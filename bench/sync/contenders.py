"""The same work for each: sent, read, nothing, a little on one side, a little on both."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from bench.sync.costs import Cost, measure
from bench.sync.floor import Floor, open_floor
from bench.sync.opening import BEGIN, open_product
from bench.sync.product import Product
from bench.sync.provider import Provider

Costs = dict[str, Cost]

#: Syncs of which nothing came, for one figure.
_RESTS = 20


def run_ours(provider: Provider, amount: int) -> Costs:
    """Return what each step costs the product. Raises where it did not do it."""
    costs: Costs = {}
    few, fewer = max(1, amount // 100), max(1, amount // 1000)
    with open_product(provider) as product:
        ids = product.add_items(amount)
        costs["push"] = _with_echo(product)
        _demand(len(provider.titles()) == amount, "Not everything was sent.")
        product.settle()
        costs["rest"] = measure_rest(product)
        product.edit(ids[:few], "Edited here")
        costs["local"] = _with_echo(product)
        _demand(_titles(provider)["Edited here"] == few, "An edit was not sent.")
        product.settle()
        provider.rename(product.event_ids(ids[few : 2 * few]), "Edited there")
        costs["remote"] = measure(provider, product.sync)
        _demand(Counter(product.subjects())["Edited there"] == few, "An edit was not taken in.")
        product.settle()
        costs |= _run_both(product, ids[2 * few :], few, fewer)
    return costs | {"pull": pull_ours(provider, amount)}


def _run_both(product: Product, ids: list[str], few: int, fewer: int) -> Costs:
    """Edit some here, some there, and a few on both sides."""
    provider, contested = product.provider, ids[2 * few : 2 * few + fewer]
    known = len(product.log())
    product.edit(ids[:few], "Both, here")
    product.edit(contested, "Contested here")
    product.move(1)
    there = product.event_ids(ids[few : 2 * few])
    provider.rename(there, "Both, there")
    provider.rename(product.event_ids(contested), "Contested there")
    cost = _with_echo(product)
    here, shown = Counter(product.subjects()), _titles(provider)
    _demand(here == shown, "The sides differ after both were edited.")
    _demand(here["Both, here"] == here["Both, there"] == few, "An edit was lost.")
    replaced = [reason for reason in product.log()[known:] if reason == "replaced_here"]
    _demand(len(replaced) == fewer, "Not every edit that lost is in the log.")
    product.move(65)
    known = len(product.log())
    after = measure(provider, product.sync)
    found = len(product.log()) - known
    return {"both": cost, "after": replace(after, writes=after.writes + found)}


def run_floor(provider: Provider, amount: int) -> Costs:
    """Return what each step costs that the floor knows."""
    few, costs = max(1, amount // 100), Costs()
    with open_floor(provider, BEGIN) as floor:
        floor.add(amount)
        costs["push"] = _with_echo(floor)
        _demand(len(provider.titles()) == amount, "Not everything was sent.")
        _rest(floor)
        costs["rest"] = _average(lambda: measure(provider, floor.sync), lambda: floor.move(60))
        floor.edit(0, few, "Edited here")
        costs["local"] = _with_echo(floor)
        _demand(_titles(provider)["Edited here"] == few, "An edit was not sent.")
        _rest(floor)
        provider.rename([f"bench-{n:07}" for n in range(few, 2 * few)], "Edited there")
        costs["remote"] = measure(provider, floor.sync)
        _demand(Counter(floor.titles())["Edited there"] == few, "An edit was not taken in.")
    with open_floor(provider, BEGIN, is_read=False) as floor:
        provider.seed(amount)
        costs["pull"] = measure(provider, floor.sync)
        _demand(len(floor.titles()) == amount, "Not everything was taken in.")
    return costs


def pull_ours(provider: Provider, amount: int) -> Cost:
    """Return what it costs the product to bring in what stands there already."""
    with open_product(provider, is_read=False) as product:
        provider.seed(amount)
        product.ask_to_retrieve()
        cost = measure(provider, product.sync)
        _demand(len(product.subjects()) == amount, "Not everything was brought in.")
    return cost


def measure_rest(product: Product) -> Cost:
    """Return what a sync costs of which nothing comes; claiming it is not counted."""

    def rest() -> Cost:
        claim = product.claim()
        cost = measure(product.provider, lambda: product.perform(claim))
        product.release(claim)
        return cost

    return _average(rest, lambda: product.move(60))


def _average(take: Callable[[], Cost], between: Callable[[], None]) -> Cost:
    total = Cost(0.0, 0.0)
    for _ in range(_RESTS):
        between()
        total += take()
    calls = total.reads / _RESTS, total.writes / _RESTS
    _demand(calls[0].is_integer() and calls[1].is_integer(), "Not all rests were alike.")
    return Cost(total.cpu / _RESTS, total.wall / _RESTS, int(calls[0]), int(calls[1]))


def _with_echo(engine: Product | Floor) -> Cost:
    """Return what a sync costs that sends, and the one that reads what it sent."""
    sent = measure(engine.provider, engine.sync)
    engine.move(10)
    return sent + measure(engine.provider, engine.sync)


def _rest(floor: Floor) -> None:
    floor.move(65)
    floor.sync()
    floor.move(65)


def _titles(provider: Provider) -> Counter[str]:
    return Counter(provider.titles().values())


def _demand(holds: bool, otherwise: str) -> None:
    """Raise where a figure would be of work that was not done."""
    if not holds:
        raise RuntimeError(otherwise)
