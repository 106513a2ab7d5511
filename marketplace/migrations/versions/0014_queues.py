"""queues: what came free, who waits, and whom the end of a post was told

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op


revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

CAME_FREE = (
    "passed_on_at IS NULL AND promised_at IS NOT NULL "
    "AND (state IN ('released', 'cancelled', 'did_not_happen') "
    "OR (state = 'closed' AND terms = 'loan'))"
)
OVER = "state IN ('fulfilled', 'withdrawn')"
INDEXES = {
    "ix_exchanges_waiting": ("exchanges", "listing_id", "state = 'interested'"),
    "ix_exchanges_came_free": ("exchanges", "id", CAME_FREE),
    "ix_listings_unanswered": ("listings", "updated_at", f"{OVER} AND answered_at IS NULL"),
}


def upgrade() -> None:
    op.add_column("exchanges", sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("listings", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    # What was over before is no news.
    op.execute(f"UPDATE listings SET answered_at = updated_at WHERE {OVER}")
    for name, (table, column, condition) in INDEXES.items():
        where = sa.text(condition)
        op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, (table, _, _) in INDEXES.items():
        op.drop_index(name, table_name=table)
    with op.batch_alter_table("listings") as batch:
        batch.drop_column("answered_at")
    with op.batch_alter_table("exchanges") as batch:
        batch.drop_column("retry_at")
