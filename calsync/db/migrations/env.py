"""How Alembic reaches the database: by the engine that the application made."""

from alembic import context
from sqlalchemy import Engine

from calsync.db import models


def run(engine: Engine) -> None:
    """Run the changes that were asked for, in one transaction each."""
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=models.Tenant.metadata,
            # SQLite changes a table by making it anew.
            render_as_batch=engine.dialect.name == "sqlite",
            compare_type=True,
            transaction_per_migration=True,
            user_module_prefix="base.",
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run(context.config.attributes["engine"])
