"""Add channels"""

import sqlalchemy as sa
from alembic import op

from calsync.db import base

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channels",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("tenant_id", sa.String(length=16), nullable=False),
        sa.Column("integration_id", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.String(length=16), nullable=False),
        sa.Column("sub", sa.Text(), nullable=False),
        sa.Column("calendar_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=True),
        sa.Column("opened_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("listed_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("verified_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("doubted_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closing_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_channels_tenant_id_tenants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_channels_fingerprint")),
    )
    with op.batch_alter_table("channels", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_channels_tenant_id_account_id"),
            ["tenant_id", "account_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_channels_tenant_id_integration_id"),
            ["tenant_id", "integration_id"],
            unique=False,
        )
        batch_op.create_index(
            "uq_channels_standing",
            ["integration_id"],
            unique=True,
            sqlite_where=sa.text("closing_at IS NULL"),
            postgresql_where=sa.text("closing_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("channels", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_channels_standing",
            sqlite_where=sa.text("closing_at IS NULL"),
            postgresql_where=sa.text("closing_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_channels_tenant_id_integration_id"))
        batch_op.drop_index(batch_op.f("ix_channels_tenant_id_account_id"))

    op.drop_table("channels")
