"""The schema: made from empty, taken back, made again, and equal to the models."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from calsync.app import create_app, downgrade_schema, is_schema_current, tools_of, upgrade_schema
from calsync.config import Settings
from calsync.db import due_rows
from calsync.db.base import Base
from calsync.db.models import DueKind, DueRow
from calsync.errors import StorageBroken
from calsync.services import people


@pytest.fixture
def app(settings: Settings):
    app = create_app(settings)
    yield app
    tools_of(app).db.engine.dispose()


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def test_the_schema_is_what_the_models_say(app):
    assert differences(tools_of(app).db.engine) == []


def test_the_comparison_notices_a_missing_table(app):
    with tools_of(app).db.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE leases")
    assert differences(tools_of(app).db.engine) != []


def test_the_schema_goes_down_to_nothing_and_up_again(app):
    engine = tools_of(app).db.engine
    downgrade_schema(app, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    assert not is_schema_current(app)
    upgrade_schema(app)
    assert is_schema_current(app)
    assert differences(engine) == []
    people.create_tenant(tools_of(app), "again", "Again")


def test_work_that_waits_outlives_a_downgrade_and_an_upgrade(app):
    tools = tools_of(app)
    tenant_id = people.create_tenant(tools, "waiting", "Waiting").id
    with tools.db.begin() as session:
        for kind in DueKind:
            due_rows.wake(session, tenant_id, kind, f"of_{kind.value}", tools.clock.now())
    downgrade_schema(app, "-1")
    upgrade_schema(app)
    with tools.db.read() as session:
        left = session.query(DueRow).filter_by(tenant_id=tenant_id).all()
    assert {row.kind for row in left} == set(DueKind)
    with pytest.raises(StorageBroken), tools.db.begin() as session:
        session.connection().exec_driver_sql("UPDATE due_rows SET kind = 'of_another_release'")
