"""Add drafts"""

import sqlalchemy as sa
from alembic import op

from calsync.db import base

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("tenant_id", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.String(length=16), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "setup", "edit", name="kind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("account_id", sa.String(length=16), nullable=True),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("profile_name", sa.Text(), nullable=False),
        sa.Column("integration_id", sa.String(length=16), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "linked-calendar",
                "your-calendar",
                "options",
                "confirmation",
                name="step",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "furthest",
            sa.Enum(
                "linked-calendar",
                "your-calendar",
                "options",
                "confirmation",
                name="furthest",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("made_upon", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.String(length=16), nullable=True),
        sa.Column("created_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["linked_accounts.id"],
            name=op.f("fk_drafts_account_id_linked_accounts"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["integration_id"],
            ["integrations.id"],
            name=op.f("fk_drafts_integration_id_integrations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_drafts_tenant_id_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drafts_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_drafts_integration_id"), ["integration_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_drafts_tenant_id_user_id"), ["tenant_id", "user_id"], unique=False
        )
        batch_op.create_index(
            "uq_drafts_open_edit",
            ["integration_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'edit' AND finished_at IS NULL"),
            postgresql_where=sa.text("kind = 'edit' AND finished_at IS NULL"),
        )
        batch_op.create_index(
            "uq_drafts_open_setup",
            ["tenant_id", "user_id", "account_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'setup' AND finished_at IS NULL"),
            postgresql_where=sa.text("kind = 'setup' AND finished_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_drafts_open_setup",
            sqlite_where=sa.text("kind = 'setup' AND finished_at IS NULL"),
            postgresql_where=sa.text("kind = 'setup' AND finished_at IS NULL"),
        )
        batch_op.drop_index(
            "uq_drafts_open_edit",
            sqlite_where=sa.text("kind = 'edit' AND finished_at IS NULL"),
            postgresql_where=sa.text("kind = 'edit' AND finished_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_drafts_tenant_id_user_id"))
        batch_op.drop_index(batch_op.f("ix_drafts_integration_id"))
        batch_op.drop_index(batch_op.f("ix_drafts_account_id"))

    op.drop_table("drafts")
