"""news of members as rows, three channels for each topic, hours for mail

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UNSEEN = sa.text("seen_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("link", sa.String(length=300), nullable=False),
        sa.Column("once", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail", sa.String(length=8), nullable=False),
        sa.Column("mail_reason", sa.String(length=12), nullable=False),
        sa.Column("mail_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "mail IN ('mailed', 'waiting', 'digest', 'none')", name=op.f("ck_notifications_mail")
        ),
        sa.CheckConstraint(
            "(mail = 'waiting') = (mail_due_at IS NOT NULL)",
            name=op.f("ck_notifications_due_iff_waiting"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_notifications_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["mail_id"],
            ["outgoing_mails.id"],
            name=op.f("fk_notifications_mail_id_outgoing_mails"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("public_id", name=op.f("uq_notifications_public_id")),
        sa.UniqueConstraint("member_id", "once", name=op.f("uq_notifications_member_id_once")),
    )
    with op.batch_alter_table("notifications") as batch:
        batch.create_index("ix_notifications_member_id_id", ["member_id", "id"])
        batch.create_index("ix_notifications_member_id_mailed_at", ["member_id", "mailed_at"])
        batch.create_index("ix_notifications_mail_mail_due_at", ["mail", "mail_due_at"])
        batch.create_index(op.f("ix_notifications_mail_id"), ["mail_id"])
        batch.create_index(
            "ix_notifications_unseen",
            ["member_id"],
            sqlite_where=UNSEEN,
            postgresql_where=UNSEEN,
        )
    op.create_table(
        "mail_hours",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=False),
        sa.Column("quiet_until", sa.Integer(), nullable=False),
        sa.Column("digest_hour", sa.Integer(), nullable=False),
        sa.Column("has_digest", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "quiet_from BETWEEN 0 AND 23 AND quiet_until BETWEEN 0 AND 23 "
            "AND digest_hour BETWEEN 0 AND 23",
            name=op.f("ck_mail_hours_hours"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_mail_hours_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_mail_hours")),
    )
    _change_channels(
        {"mail": "at_once", "off": "here"},
        "channel IN ('at_once', 'digest', 'here')",
        "topic != 'account' OR channel = 'at_once'",
    )


def downgrade() -> None:
    _change_channels(
        {"at_once": "mail", "digest": "mail", "here": "off"},
        "channel IN ('mail', 'off')",
        "topic != 'account' OR channel != 'off'",
    )
    op.drop_table("mail_hours")
    op.drop_table("notifications")


def _change_channels(new_names: dict[str, str], channel: str, account_stays_on: str) -> None:
    """Rename the channels in every row; the checks stand aside meanwhile."""
    table = "notification_preferences"
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(f"ck_{table}_channel"), type_="check")
        batch.drop_constraint(op.f(f"ck_{table}_account_stays_on"), type_="check")
    rows = sa.table(table, sa.column("channel", sa.String))
    for old, new in new_names.items():
        op.execute(rows.update().where(rows.c.channel == old).values(channel=new))
    with op.batch_alter_table(table) as batch:
        batch.create_check_constraint(op.f(f"ck_{table}_channel"), channel)
        batch.create_check_constraint(op.f(f"ck_{table}_account_stays_on"), account_stays_on)
