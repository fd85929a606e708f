"""Add integrations, links and runs"""

import sqlalchemy as sa
from alembic import op

from calsync.db import base

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "integrations",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("tenant_id", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.String(length=16), nullable=True),
        sa.Column("calendar_id", sa.Text(), nullable=False),
        sa.Column("calendar_name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("profile_name", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("kinds_since", sa.JSON(), nullable=False),
        sa.Column("create_since", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("has_baseline", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cursor", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("changes_since", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("swept_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("copies_read_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("absent_since", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("poll_seconds", sa.Integer(), nullable=False),
        sa.Column(
            "stop",
            sa.Enum(
                "not_connected",
                "calendar_gone",
                "permission_missing",
                "being_read",
                name="stop",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "caution",
            sa.Enum(
                "altered",
                name="caution",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("created_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("synced_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("checked_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["linked_accounts.id"],
            name=op.f("fk_integrations_account_id_linked_accounts"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_integrations_tenant_id_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integrations")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_integrations_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id",
            "user_id",
            "calendar_id",
            name=op.f("uq_integrations_tenant_id_user_id_calendar_id"),
        ),
    )
    with op.batch_alter_table("integrations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_integrations_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "item_looks",
        sa.Column("tenant_id", sa.String(length=16), nullable=False),
        sa.Column("integration_id", sa.String(length=16), nullable=False),
        sa.Column("item_id", sa.String(length=16), nullable=False),
        sa.Column("acts", sa.JSON(), nullable=False),
        sa.Column("wakes", sa.Integer(), nullable=False),
        sa.Column("marked_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "integration_id"],
            ["integrations.tenant_id", "integrations.id"],
            name=op.f("fk_item_looks_tenant_id_integration_id_integrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("integration_id", "item_id", name=op.f("pk_item_looks")),
    )
    op.create_table(
        "judged_events",
        sa.Column("tenant_id", sa.String(length=16), nullable=False),
        sa.Column("integration_id", sa.String(length=16), nullable=False),
        sa.Column("event_uid", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("likeness", sa.String(length=64), nullable=True),
        sa.Column("shown_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("judged_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "integration_id"],
            ["integrations.tenant_id", "integrations.id"],
            name=op.f("fk_judged_events_tenant_id_integration_id_integrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("integration_id", "event_uid", name=op.f("pk_judged_events")),
    )
    with op.batch_alter_table("judged_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_judged_events_likeness",
            ["integration_id", "likeness"],
            unique=False,
            sqlite_where=sa.text("likeness IS NOT NULL"),
            postgresql_where=sa.text("likeness IS NOT NULL"),
        )

    op.create_table(
        "links",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("tenant_id", sa.String(length=16), nullable=False),
        sa.Column("integration_id", sa.String(length=16), nullable=False),
        sa.Column("item_id", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.Column("event_id", sa.String(length=80), nullable=True),
        sa.Column("event_uid", sa.Text(), nullable=True),
        sa.Column("series", sa.Text(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column(
            "origin",
            sa.Enum(
                "sent",
                "brought",
                name="origin",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("is_source", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "live",
                "parked",
                "removed_there",
                "deleted_here",
                "tombstone",
                "undone",
                "held",
                "not_found",
                "set_aside",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "held_as",
            sa.Enum(
                "removal_here",
                "change_here",
                "copy_deletion",
                "own_deletion",
                "own_change",
                name="held_as",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("held_for", sa.String(length=40), nullable=True),
        sa.Column(
            "wish",
            sa.Enum(
                "agree",
                "delete_copy",
                "flow",
                "do",
                "keep",
                "send",
                name="wish",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("is_present", sa.Boolean(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("flight_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "integration_id"],
            ["integrations.tenant_id", "integrations.id"],
            name=op.f("fk_links_tenant_id_integration_id_integrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("tenant_id", "event_id", name=op.f("uq_links_tenant_id_event_id")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_links_tenant_id_id")),
    )
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.create_index(
            "ix_links_in_flight",
            ["integration_id", "flight_at"],
            unique=False,
            sqlite_where=sa.text("flight_at IS NOT NULL"),
            postgresql_where=sa.text("flight_at IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_links_tenant_id_item_id"), ["tenant_id", "item_id"], unique=False
        )
        batch_op.create_index(
            "ix_links_series",
            ["integration_id", "series"],
            unique=False,
            sqlite_where=sa.text("series IS NOT NULL"),
            postgresql_where=sa.text("series IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_links_to_look_at",
            ["integration_id", "id"],
            unique=False,
            sqlite_where=sa.text("looks > 0"),
            postgresql_where=sa.text("looks > 0"),
        )
        batch_op.create_index(
            "uq_links_present_entry",
            ["integration_id", "item_id", "key"],
            unique=True,
            sqlite_where=sa.text("is_present = 1"),
            postgresql_where=sa.text("is_present"),
        )
        batch_op.create_index(
            "uq_links_present_event",
            ["integration_id", "event_uid"],
            unique=True,
            sqlite_where=sa.text("is_present = 1 AND event_uid IS NOT NULL"),
            postgresql_where=sa.text("is_present AND event_uid IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_links_integration_id_state_tenant_id"),
            ["integration_id", "state", "tenant_id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_links_earlier_event",
            ["integration_id", "event_uid"],
            unique=False,
            sqlite_where=sa.text("is_present = 0 AND event_uid IS NOT NULL"),
            postgresql_where=sa.text("NOT is_present AND event_uid IS NOT NULL"),
        )

    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("tenant_id", sa.String(length=16), nullable=False),
        sa.Column("integration_id", sa.String(length=16), nullable=False),
        sa.Column(
            "trigger",
            sa.Enum(
                "manual",
                "real_time_out",
                "real_time_in",
                "scheduled",
                name="trigger",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "running",
                "finished",
                "stopped",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("bulk", sa.JSON(), nullable=False),
        sa.Column("confirmed", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("cancelled_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=100), nullable=True),
        sa.Column("began_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "integration_id"],
            ["integrations.tenant_id", "integrations.id"],
            name=op.f("fk_runs_tenant_id_integration_id_integrations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_runs_tenant_id_id")),
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_runs_tenant_id_integration_id_began_at"),
            ["tenant_id", "integration_id", "began_at"],
            unique=False,
        )

    op.create_table(
        "log_entries",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("tenant_id", sa.String(length=16), nullable=False),
        sa.Column("integration_id", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("link_id", sa.String(length=16), nullable=True),
        sa.Column("item_id", sa.String(length=16), nullable=True),
        sa.Column("event_uid", sa.Text(), nullable=True),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column(
            "trigger",
            sa.Enum(
                "manual",
                "real_time_out",
                "real_time_in",
                "scheduled",
                name="trigger",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "side",
            sa.Enum("in", "out", name="side", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column(
            "result",
            sa.Enum(
                "done",
                "declined",
                "held",
                "conflict",
                "failed",
                name="result",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"],
            ["runs.tenant_id", "runs.id"],
            name=op.f("fk_log_entries_tenant_id_run_id_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entries")),
    )
    with op.batch_alter_table("log_entries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_log_entries_tenant_id_integration_id_at_id"),
            ["tenant_id", "integration_id", "at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_log_entries_trigger",
            ["tenant_id", "integration_id", "trigger", "at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_log_entries_result",
            ["tenant_id", "integration_id", "result", "action", "at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_log_entries_tenant_id_run_id_at_id"),
            ["tenant_id", "run_id", "at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_log_entries_tenant_id_item_id_at"),
            ["tenant_id", "item_id", "at"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("log_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_log_entries_tenant_id_item_id_at"))
        batch_op.drop_index(batch_op.f("ix_log_entries_tenant_id_run_id_at_id"))
        batch_op.drop_index("ix_log_entries_result")
        batch_op.drop_index("ix_log_entries_trigger")
        batch_op.drop_index(batch_op.f("ix_log_entries_tenant_id_integration_id_at_id"))

    op.drop_table("log_entries")
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_runs_tenant_id_integration_id_began_at"))

    op.drop_table("runs")
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_links_integration_id_state_tenant_id"))
        batch_op.drop_index(
            "ix_links_earlier_event",
            sqlite_where=sa.text("is_present = 0 AND event_uid IS NOT NULL"),
            postgresql_where=sa.text("NOT is_present AND event_uid IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_links_present_event",
            sqlite_where=sa.text("is_present = 1 AND event_uid IS NOT NULL"),
            postgresql_where=sa.text("is_present AND event_uid IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_links_present_entry",
            sqlite_where=sa.text("is_present = 1"),
            postgresql_where=sa.text("is_present"),
        )
        batch_op.drop_index(
            "ix_links_series",
            sqlite_where=sa.text("series IS NOT NULL"),
            postgresql_where=sa.text("series IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_links_to_look_at",
            sqlite_where=sa.text("looks > 0"),
            postgresql_where=sa.text("looks > 0"),
        )
        batch_op.drop_index(batch_op.f("ix_links_tenant_id_item_id"))
        batch_op.drop_index(
            "ix_links_in_flight",
            sqlite_where=sa.text("flight_at IS NOT NULL"),
            postgresql_where=sa.text("flight_at IS NOT NULL"),
        )

    op.drop_table("links")
    with op.batch_alter_table("judged_events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_judged_events_likeness",
            sqlite_where=sa.text("likeness IS NOT NULL"),
            postgresql_where=sa.text("likeness IS NOT NULL"),
        )

    op.drop_table("judged_events")
    op.drop_table("item_looks")
    with op.batch_alter_table("integrations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_integrations_account_id"))

    op.drop_table("integrations")
