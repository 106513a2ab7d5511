"""the zone of each mail's reader, digests, and which matches were told of

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UNTOLD = sa.text("told_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("outgoing_mails") as batch:
        batch.add_column(
            sa.Column("zone", sa.String(length=40), nullable=False, server_default="")
        )
    op.create_table(
        "digests",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_digests_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_digests")),
    )
    with op.batch_alter_table("matches") as batch:
        batch.add_column(sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    # What fits already has been on the members' pages all along: it is no news.
    matches = sa.table("matches", sa.column("told_at"), sa.column("created_at"))
    op.execute(matches.update().values(told_at=matches.c.created_at))
    with op.batch_alter_table("matches") as batch:
        batch.create_index(
            "ix_matches_untold", ["id"], sqlite_where=UNTOLD, postgresql_where=UNTOLD
        )


def downgrade() -> None:
    with op.batch_alter_table("matches") as batch:
        batch.drop_index("ix_matches_untold")
        batch.drop_column("told_at")
    op.drop_table("digests")
    with op.batch_alter_table("outgoing_mails") as batch:
        batch.drop_column("zone")
