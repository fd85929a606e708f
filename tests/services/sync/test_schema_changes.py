"""A database that went back to the schema before the last and up again, with work waiting."""

from flask import Flask
from sqlalchemy import select

from calsync.app import downgrade_schema, upgrade_schema
from calsync.db.base import Base
from calsync.services.tools import Tools
from tests.services.sync.office import Office

#: What a sync knows and what is to be done, all of it.
_TABLES = ("due_rows", "integrations", "items", "item_looks", "judged_events", "links", "runs")


def read_all(tools: Tools) -> dict[str, list[str]]:
    tables = {table: select(Base.metadata.tables[table]) for table in _TABLES}
    with tools.db.read() as session:
        return {
            name: sorted(str(row) for row in session.execute(rows)) for name, rows in tables.items()
        }


def test_due_work_and_links_outlive_it_and_the_sync_goes_on(
    app: Flask, tools: Tools, office: Office
):
    lunch = office.add("Lunch")
    office.put("Dentist")
    office.sync(settle=False)
    office.change(lunch, subject="Late lunch")
    office.add("Waiting")
    office.put("Waiting there")
    before = read_all(tools)
    assert all(before[table] for table in ("due_rows", "links", "item_looks"))
    downgrade_schema(app, "-1")
    upgrade_schema(app)
    assert read_all(tools) == before
    office.sync()
    everything = ["Dentist", "Late lunch", "Waiting", "Waiting there"]
    assert office.subjects() == office.summaries() == everything
