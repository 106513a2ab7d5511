"""what each side of a match says to it

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op


revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

STATES = "state IN ('suggested', 'seen', 'accepted', 'agreed', 'declined', 'closed')"
MOMENTS = (
    *("offer_seen_at", "request_seen_at", "offer_accepted_at", "request_accepted_at"),
    *("declined_at", "closed_at"),
)


def upgrade() -> None:
    with op.batch_alter_table("matches") as batch:
        for name in MOMENTS:
            batch.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        for name, length in (("declined_by", 7), ("decline_reason", 16)):
            batch.add_column(
                sa.Column(name, sa.String(length), server_default="", nullable=False)
            )
        batch.create_check_constraint(op.f("ck_matches_state"), STATES)


def downgrade() -> None:
    # Without the answers there is no such state: what was answered is a suggestion again.
    op.execute("UPDATE matches SET state = 'suggested'")
    with op.batch_alter_table("matches") as batch:
        batch.drop_constraint(op.f("ck_matches_state"), type_="check")
        for name in (*MOMENTS, "declined_by", "decline_reason"):
            batch.drop_column(name)
