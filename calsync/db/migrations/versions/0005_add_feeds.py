"""Add feeds"""

import sqlalchemy as sa
from alembic import op

from calsync.db import base

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("tenant_id", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("created_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_feeds_tenant_id_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_feeds_fingerprint")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_feeds_tenant_id_id")),
    )
    op.create_index(op.f("ix_feeds_tenant_id_user_id"), "feeds", ["tenant_id", "user_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_feeds_tenant_id_user_id"), table_name="feeds")
    op.drop_table("feeds")
