"""Settings of the installations that tests make."""

from dataclasses import replace
from pathlib import Path

from calsync.app import create_app, tools_of, upgrade_schema
from calsync.config import CronofySettings, Settings
from tests.cast import add_cast
from tests.quick import share_statements

KEYS = (("k1", b"\x01" * 32),)
NOWHERE = "http://127.0.0.1:9"


def make_settings(
    database_url: str,
    instance: Path,
    *,
    cronofy_url: str = NOWHERE,
    public_url: str = "http://127.0.0.1:5000",
) -> Settings:
    """Return settings for a database, with the sandbox at ``cronofy_url`` as its Cronofy."""
    return Settings(
        secret_key="a secret key for tests, long enough to pass",
        token_keys=KEYS,
        database_url=database_url,
        public_url=public_url,
        instance=instance,
        cronofy=CronofySettings(
            client_id="sandbox-client",
            client_secret="sandbox-secret",
            api_url=cronofy_url,
            app_url=cronofy_url,
            per_second=1000,
            per_minute=60000,
        ),
    )


def with_keys(settings: Settings, *keys: tuple[str, bytes]) -> Settings:
    """Return the same settings with other keys."""
    return replace(settings, token_keys=keys)


def fill_database(url: str, folder: Path) -> None:
    """Give an empty database the schema and the cast; ``folder`` is for the installation."""
    app = create_app(make_settings(url, folder))
    upgrade_schema(app)
    add_cast(tools_of(app))
    share_statements(tools_of(app).db.engine)
    tools_of(app).db.engine.dispose()
