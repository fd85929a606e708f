"""The product, opened on a database of its own, with calendars to keep in step."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask

from bench.sync.product import Product
from bench.sync.provider import CALENDAR, Provider
from calsync.app import create_app, tools_of
from calsync.clock import Clock
from calsync.core.item import Kind
from calsync.core.options import Options, dump_options
from calsync.core.window import FutureRange, PastRange
from calsync.db.models import DueKind, DueRow, Integration, LinkedAccount, LinkedCalendar
from calsync.db.sealed import place_of
from calsync.ids import new_id
from tests.cast import find_cast
from tests.clocks import FakeClock
from tests.installations import fill_database, make_settings

EVERYTHING = Options(
    takes_create=True,
    takes_update=True,
    takes_delete=True,
    kinds=frozenset(Kind),
    past=PastRange.SIX_WEEKS,
    future=FutureRange.SIX_MONTHS,
)
#: More than any bench gets through.
NO_RATE = (1_000_000, 60_000_000)
BEGIN = datetime.fromisoformat("2026-03-02T09:00:00+00:00")


@contextmanager
def open_product(
    provider: Provider,
    *,
    is_read: bool = True,
    clock: Clock | None = None,
    rate: tuple[int, int] = NO_RATE,
) -> Iterator[Product]:
    """Give the product on a SQLite file of its own, with an empty calendar on both sides.

    The calendar was read before, unless told otherwise. Time stands where it is put, there
    as here, unless a clock is given; then it runs there as everywhere. The ``rate`` is of
    calls in a second and in a minute.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        provider.reset(None if clock else BEGIN)
        clock = clock or FakeClock(BEGIN)
        shutil.copy(_template(), folder / "bench.sqlite3")
        app = _make_app(folder, provider.url, clock, rate)
        tools = tools_of(app)
        product = Product(app, find_cast(tools)["dana"].who, clock, provider, folder)
        _furnish(product, is_read=is_read)
        try:
            yield product
        finally:
            tools.db.engine.dispose()


def open_again(folder: str, url: str, now: str, integration_id: str) -> Product:
    """Return a product that another process has opened, by its ``address``."""
    clock = FakeClock(datetime.fromisoformat(now))
    app = _make_app(Path(folder), url, clock, NO_RATE)
    who = find_cast(tools_of(app))["dana"].who
    return Product(app, who, clock, Provider(url), Path(folder), integration_id)


def _make_app(folder: Path, cronofy_url: str, clock: Clock, rate: tuple[int, int]) -> Flask:
    settings = make_settings(f"sqlite:///{folder}/bench.sqlite3", folder, cronofy_url=cronofy_url)
    cronofy = replace(settings.cronofy, per_second=rate[0], per_minute=rate[1])
    return create_app(replace(settings, cronofy=cronofy), clock=clock)


@cache
def _template() -> Path:
    """Return a database with the schema and the cast; it is kept as long as we run."""
    folder = Path(_FOLDER.name)
    fill_database(f"sqlite:///{folder}/template.sqlite3", folder)
    return folder / "template.sqlite3"


_FOLDER = TemporaryDirectory(prefix="bench-")


def add_integrations(product: Product, amount: int) -> list[str]:
    """Link so many calendars more, all due now, and return the ids of their integrations."""
    added = []
    for number in range(amount):
        another = replace(product, integration_id=new_id())
        _furnish(another, is_read=True, calendar_id=f"cal_{number}")
        added.append(another.integration_id)
    return added


def _furnish(product: Product, *, is_read: bool, calendar_id: str = CALENDAR) -> None:
    """Link an account and integrate its calendar."""
    account_id, of = new_id(), {"tenant_id": product.who.tenant_id}
    owned = {**of, "user_id": product.who.user_id}
    now = product.clock.now()
    since = now - timedelta(days=2)
    named = {"profile_id": "pro", "profile_name": "dana@google.example"}
    sealed = {
        name: product.tools.keyring.seal(
            "token", place_of(LinkedAccount, product.who.tenant_id, account_id, name)
        )
        for name in ("access_token", "refresh_token")
    }
    with product.tools.db.begin() as session:
        session.add(
            LinkedAccount(
                id=account_id,
                **owned,
                **named,
                **sealed,
                sub=f"acc_{account_id}",
                provider_name="google",
                provider_service="gmail",
                scope="read_write",
                access_expires_at=now + timedelta(days=365),
                connected_at=since,
            )
        )
        session.flush()
        session.add(
            LinkedCalendar(
                **of,
                account_id=account_id,
                calendar_id=calendar_id,
                name="Work",
                is_read_only=False,
                is_deleted=False,
                is_primary=False,
                permission_level="unrestricted",
            )
        )
        session.add(
            Integration(
                id=product.integration_id,
                **owned,
                account_id=account_id,
                calendar_id=calendar_id,
                calendar_name="Work",
                service="gmail",
                profile_name=named["profile_name"],
                is_active=True,
                options=dump_options(EVERYTHING),
                kinds_since={kind.value: since.isoformat() for kind in Kind},
                create_since=since,
                created_at=since,
                has_baseline=is_read,
                cursor=now - timedelta(minutes=1) if is_read else None,
                swept_at=now if is_read else None,
            )
        )
        session.add(DueRow(**of, kind=DueKind.SYNC, subject_id=product.integration_id, due_at=now))
