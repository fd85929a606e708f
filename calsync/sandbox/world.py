"""Everything that one running sandbox consists of."""

from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask, current_app, request

from calsync.sandbox import seeds
from calsync.sandbox.courier import Courier
from calsync.sandbox.faults import Faults
from calsync.sandbox.pages import Pages
from calsync.sandbox.store import Store
from calsync.sandbox.traffic import RateLimit, Traffic


@dataclass
class World:
    """The store and whatever is only in memory."""

    store: Store
    faults: Faults = field(default_factory=Faults)
    traffic: Traffic = field(default_factory=Traffic)
    rate_limit: RateLimit = field(default_factory=RateLimit)
    pages: Pages = field(default_factory=Pages)
    courier: Courier = field(init=False)

    def __post_init__(self) -> None:
        self.courier = Courier(self.store, self.faults)

    def reset(self) -> None:
        """Return to the seeds: no grants, no faults, nothing counted."""
        self.forget()
        seeds.reset(self.store)

    def forget(self) -> None:
        """Forget whatever is only in memory."""
        self.faults.clear()
        self.traffic.clear()
        self.rate_limit.clear()
        self.pages.clear()

    def close(self) -> None:
        """End the threads and close the store."""
        self.courier.stop()
        self.store.close()


def open_world(database: Path) -> World:
    """Open the database, plant the seeds if it is new, and start the threads."""
    world = World(Store(database))
    with world.store.read() as tx:
        is_new = not tx.count("SELECT COUNT(*) FROM mailboxes")
    if is_new:
        seeds.plant(world.store)
    world.courier.start()
    return world


def attach_world(app: Flask, world: World) -> None:
    """Make the world known to the views of the app."""
    app.extensions["sandbox"] = world


def get_world(app: Flask | None = None) -> World:
    """Return the world of the app, or of the request that is being answered."""
    found: World = (app or current_app).extensions["sandbox"]
    return found


def get_origin() -> str:
    """Return the sandbox's own address as the caller wrote it, without a slash."""
    return request.host_url.rstrip("/")
