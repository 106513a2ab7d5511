"""when thanks were seen; facts for matching; whether a profile tells what went on

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op


revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("thanks") as batch:
        batch.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("reputations") as batch:
        batch.add_column(sa.Column("score", sa.Float(), nullable=False, server_default="0.8"))
    with op.batch_alter_table("members") as batch:
        batch.add_column(
            sa.Column("shows_passing_on", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.create_index("ix_exchanges_updated_at", "exchanges", ["updated_at"], unique=False)
    op.create_index("ix_exchanges_ended_at", "exchanges", ["ended_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_exchanges_ended_at", table_name="exchanges")
    op.drop_index("ix_exchanges_updated_at", table_name="exchanges")
    with op.batch_alter_table("members") as batch:
        batch.drop_column("shows_passing_on")
    with op.batch_alter_table("reputations") as batch:
        batch.drop_column("score")
    with op.batch_alter_table("thanks") as batch:
        batch.drop_column("seen_at")
