"""whose posts every search leaves out, in an index of their own

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op


revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

AWAY = sa.text("erased_at IS NULL AND coalesce(erase_after, paused_at, suspended_at) IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_members_away", "members", ["id"], sqlite_where=AWAY, postgresql_where=AWAY
    )


def downgrade() -> None:
    op.drop_index("ix_members_away", table_name="members")
