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
    return find_revision(session) == _list_changes().get_current_head()


def is_schema_known(session: Session) -> bool:
    """Whether the schema is that of this version or of an older one."""
    known = {change.revision for change in _list_changes().walk_revisions()}
    return find_revision(session) in known


def find_revision(session: Session) -> str | None:
    """Return the last change that the schema has been through; None before the first."""
    return MigrationContext.configure(session.connection()).get_current_revision()


def _list_changes() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return ScriptDirectory.from_config(config)
