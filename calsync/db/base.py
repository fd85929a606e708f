"""What every table shares: names of constraints, and columns for times and choices."""

from datetime import UTC, datetime
from enum import Enum

from sqlalchemy import DateTime, Dialect, MetaData, String, TypeDecorator
from sqlalchemy import Enum as EnumColumn
from sqlalchemy.orm import DeclarativeBase, Mapped, registry

from calsync.ids import new_id

ID = String(16)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC. A naive one is refused: nobody could say when it is."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone cannot be stored.")
        at = value.astimezone(UTC)
        # SQLite has no zones and would compare '+00:00' as text.
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - the form is SQLAlchemy's
    ) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def choice(values: type[Enum], name: str) -> EnumColumn:
    """Return a column type that stores an Enum by value and refuses any other text."""
    return EnumColumn(
        values,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda enum: [member.value for member in enum],
        validate_strings=True,
    )


class Base(DeclarativeBase):
    """The mother of all tables."""

    registry = registry(
        type_annotation_map={datetime: UtcDateTime},
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
    )


class Stamped:
    """Rows whose ``updated_at`` follows the order of the commits; see ``db.stamps``."""

    tenant_id: Mapped[str]
    updated_at: Mapped[datetime]


def fresh_id() -> str:
    """Return the default of a primary key."""
    return new_id()
