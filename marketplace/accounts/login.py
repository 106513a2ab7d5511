"""flask-login over ``SignIn`` rows: the cookie holds a random token, the database its hash."""

import hashlib
import secrets
from datetime import timedelta

from flask import Flask, request
from flask_login import LoginManager, login_user
from sqlalchemy import select

from marketplace.accounts.models import Member, SignIn
from marketplace.db import db, transaction, utcnow

IDLE_LIMIT = timedelta(days=30)
ABSOLUTE_LIMIT = timedelta(days=180)
LAST_SEEN_EVERY = timedelta(minutes=10)  # each write costs an fsync
manager = LoginManager()


def hash_token(token: str) -> str:
    """SHA-256 of a random token; it has 256 bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def start_sign_in(member: Member) -> SignIn:
    """Begin a new sign-in on this device and put its token into the cookie."""
    from flask import session

    token = secrets.token_urlsafe(32)
    with transaction() as db_session:
        row = SignIn(
            token_hash=hash_token(token),
            member_id=member.id,
            user_agent=request.user_agent.string[:200],
        )
        db_session.add(row)
    session.clear()
    session.permanent = True
    member.sign_in_token = token
    login_user(member)
    return row


@manager.user_loader
def load_member(token: str) -> Member | None:
    """The member of a living sign-in, or None."""
    now = utcnow()
    row = db.session.scalar(
        select(SignIn).where(SignIn.token_hash == hash_token(token), SignIn.ended_at.is_(None))
    )
    if row is None or now - row.last_seen_at > IDLE_LIMIT or now - row.created_at > ABSOLUTE_LIMIT:
        return None
    member = row.member
    if member.erased_at is not None:
        return None
    if now - row.last_seen_at > LAST_SEEN_EVERY:
        with transaction():
            row.last_seen_at = member.last_seen_at = now
    member.sign_in_token = token
    return member


def init_login(app: Flask) -> None:
    manager.init_app(app)
    manager.login_view = "accounts.sign_in"
    manager.session_protection = None  # the token is checked against the database instead
