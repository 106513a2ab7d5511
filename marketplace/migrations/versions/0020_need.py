"""what members say of hard times; what they received lately

Revision ID: 0020
Revises: 0019
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op


revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hardships",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_hardships_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hardships")),
        sa.UniqueConstraint("member_id", name=op.f("uq_hardships_member_id")),
    )
    op.create_index("ix_hardships_ends_at", "hardships", ["ends_at"], unique=False)
    with op.batch_alter_table("reputations") as batch:
        batch.add_column(sa.Column("received", sa.Integer(), nullable=False, server_default="0"))
    # What was received is counted with the next run of the sweep, not a day later.
    rows = sa.table("reputations", sa.column("computed_at", sa.DateTime(timezone=True)))
    op.execute(rows.update().values(computed_at=datetime(2000, 1, 1, tzinfo=UTC)))


def downgrade() -> None:
    with op.batch_alter_table("reputations") as batch:
        batch.drop_column("received")
    op.drop_index("ix_hardships_ends_at", table_name="hardships")
    op.drop_table("hardships")
