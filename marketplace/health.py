"""Is the site well? ``GET /healthz`` for monitors, the same facts for the doctor."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import func, select, text

from marketplace.db import db, utcnow
from marketplace.mail import OutgoingMail
from marketplace.search import lag
from marketplace.web import parts
from marketplace.worker import SweepRun

bp = Blueprint("health", __name__)

WORKER_SILENT_AFTER = timedelta(seconds=60)


def report(of_parts: Any) -> dict[str, Any]:
    """What is well and what is not: {"status": "ok"|"degraded", "search", "worker", "mail"}."""
    db.session.execute(text("SELECT 1"))
    last = db.session.scalar(select(func.max(SweepRun.last_run_at)))
    failing = db.session.scalars(select(SweepRun.name).where(SweepRun.failures > 0)).all()
    silent = last is None or utcnow() - last > WORKER_SILENT_AFTER
    index = lag.measure(of_parts)
    stuck = (
        db.session.scalar(
            select(func.count())
            .select_from(OutgoingMail)
            .where(OutgoingMail.state.in_(("failed", "sending")))
        )
        or 0
    )
    return {
        "status": "degraded" if silent or failing or index.problems else "ok",
        "search": asdict(index) | {"problems": index.problems},
        "worker": {"silent": silent, "last_run_at": last, "failing": list(failing)},
        "mail": {"stuck": stuck},
    }


@bp.get("/healthz")
def healthz() -> Response:
    """200 even when degraded: the site answers. 503 comes from the database handler."""
    response = jsonify(report(parts()))
    response.headers["Cache-Control"] = "no-store"
    return response
