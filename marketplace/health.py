"""Is the site well? ``GET /healthz`` for monitors, the same facts for the doctor."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import func, select, text

from marketplace.db import db, utcnow
from marketplace.mail import OutgoingMail
from marketplace.web import parts
from marketplace.worker import SweepRun

bp = Blueprint("health", __name__)

WORKER_SILENT_AFTER = timedelta(seconds=60)
INDEX_LATE_AFTER_SECONDS = 60


def report(of_parts: Any) -> dict[str, Any]:
    """What is well and what is not: {"status": "ok"|"degraded", "search", "worker", "mail"}."""
    db.session.execute(text("SELECT 1"))
    last = db.session.scalar(select(func.max(SweepRun.last_run_at)))
    failing = db.session.scalars(select(SweepRun.name).where(SweepRun.failures > 0)).all()
    silent = last is None or utcnow() - last > WORKER_SILENT_AFTER
    from marketplace.search import service as search

    index = search.health(of_parts)
    stuck = (
        db.session.scalar(
            select(func.count())
            .select_from(OutgoingMail)
            .where(OutgoingMail.state.in_(("failed", "sending")))
        )
        or 0
    )
    late = not index["usable"] or index["oldest_lag_seconds"] > INDEX_LATE_AFTER_SECONDS
    return {
        "status": "degraded" if silent or failing or late else "ok",
        "search": index,
        "worker": {"silent": silent, "last_run_at": last, "failing": list(failing)},
        "mail": {"stuck": stuck},
    }


@bp.get("/healthz")
def healthz() -> Response:
    """200 even when degraded: the site answers. 503 comes from the database handler."""
    response = jsonify(report(parts()))
    response.headers["Cache-Control"] = "no-store"
    return response
