"""Questions about the database itself."""

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.orm import Session

from calsync.db.migrations import FOLDER


def probe_write(session: Session) -> None:
    """Write a row and take it back at once. Raises where the database takes no writes."""
    savepoint = session.begin_nested()
    session.execute(
        text("INSERT INTO leases (name, owner, until) VALUES ('probe', '', '2000-01-01 00:00:00')")
    )
    savepoint.rollback()


def is_schema_current(session: Session) -> bool:
    """Whether the schema is the one that this version of the product was made for."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    wanted = ScriptDirectory.from_config(config).get_current_head()
    return MigrationContext.configure(session.connection()).get_current_revision() == wanted
