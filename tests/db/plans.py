"""How a database would answer a question: by which indexes, and what it would read and sort."""

import re
from collections.abc import Callable

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session

from calsync.db.database import prepare_engine

Question = Callable[[Session], object]
#: On tables with next to nothing in them, PostgreSQL would best read and sort all of it.
_WITHOUT_SCANS = ("seqscan",)
_WITHOUT_SORTS = ("seqscan", "bitmapscan", "sort", "incremental_sort")
_SORT = re.compile(r"USE TEMP B-TREE FOR .*ORDER BY|(-> *)?(Incremental )?Sort ")


class Explainer:
    """One database, asked for plans; what a question changes is rolled back."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = create_engine(url)
        prepare_engine(self.engine)

    def find_full_scans(self, ask: Question) -> list[str]:
        """Return the steps of a plan that read all of a table or of an index."""
        plan = self.explain(ask)
        assert plan
        # A list of values that is empty is a table to SQLite.
        found = [line for line in plan if re.match(r"SCAN [a-z]|(-> *)?Seq Scan", line)]
        for line, following in zip(plan, [*plan[1:], ""], strict=True):
            by_index = re.match(r"(-> *)?(Bitmap )?Index (Only )?Scan", line)
            if by_index and not following.startswith("Index Cond"):
                found.append(line)
        return found

    def find_sorts(self, ask: Question) -> list[str]:
        """Return the steps that sort, where no index gives the order: they read all rows first."""
        return [line for line in self.explain(ask, _WITHOUT_SORTS) if _SORT.match(line)]

    def explain(self, ask: Question, without: tuple[str, ...] = _WITHOUT_SCANS) -> list[str]:
        """Return the steps of every statement of a question."""
        with self.engine.connect() as connection, Session(connection) as session:
            asked: list[tuple[str, object]] = []

            def note(_c: object, _u: object, statement: str, values: object, *_: object) -> None:
                asked.append((statement, values))

            event.listen(connection, "before_cursor_execute", note)
            ask(session)
            event.remove(connection, "before_cursor_execute", note)
            if self.engine.dialect.name == "postgresql":
                for way in without:
                    session.execute(text(f"SET LOCAL enable_{way} = off"))
            return [line for each in asked for line in self._plan(session, *each)]

    def _plan(self, session: Session, statement: str, values: object) -> list[str]:
        is_sqlite = self.engine.dialect.name == "sqlite"
        words = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        rows = session.connection().exec_driver_sql(f"{words} {statement}", values)  # type: ignore[arg-type]
        return [row[3] if is_sqlite else row[0].strip() for row in rows]
