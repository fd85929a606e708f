"""Texts compared in any case of letters, in every alphabet and on every database."""

import sqlite3
from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement


class Lowered(FunctionElement[str]):
    """A text in small letters."""

    type = String()
    inherit_cache = True


@compiles(Lowered)
def _lower(element: Lowered, compiler: SQLCompiler, **how: Any) -> str:
    return f"lower({compiler.process(element.clauses, **how)})"


@compiles(Lowered, "sqlite")
def _lower_on_sqlite(element: Lowered, compiler: SQLCompiler, **how: Any) -> str:
    # SQLite's own knows no letters but A to Z, and its constraints need that one.
    return f"lower_text({compiler.process(element.clauses, **how)})"


def teach_sqlite(connection: sqlite3.Connection) -> None:
    """Give a connection what ``Lowered`` is made of there."""
    connection.create_function("lower_text", 1, str.lower, deterministic=True)


def has_text(column: Any, text: str) -> ColumnElement[bool]:
    """Return the condition that a column holds ``text`` in any case of letters."""
    return Lowered(column).contains(text.lower(), autoescape=True)
