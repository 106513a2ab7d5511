"""The sweeps, and what runs them.

Each sweep asks the database what is not yet as it should be and makes it so, in bounded batches;
it may die at any line with nothing lost. There is no queue besides the database.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask
from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db import UTCDateTime, db, gather_statistics, transaction, utcnow

if TYPE_CHECKING:
    from marketplace import Parts

log = logging.getLogger(__name__)

BEAT_SECONDS = 10  # an idle sweep writes that it lives this often; a write costs an fsync
BATCHES_PER_RUN = 20  # then the other sweeps get their turn


class SweepRun(db.Model):
    """The last sign of life of a sweep, for /healthz and the doctor."""

    __tablename__ = "sweep_runs"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    last_run_at: Mapped[datetime] = mapped_column(UTCDateTime)
    handled: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")


@dataclass(frozen=True, slots=True)
class Sweep:
    """``run(parts)`` handles one batch and returns how many rows it changed; 0: nothing to do."""

    name: str
    every_seconds: float
    run: Callable[["Parts"], int]


def sweeps() -> list[Sweep]:
    """Every sweep of the product, in the order of the data flow."""
    from marketplace.accounts.sweeps import answer_resets
    from marketplace.exchanges import forgetting, meetings, reputation, thanks, window_sweeps
    from marketplace.exchanges import sweeps as exchanges
    from marketplace.listings import sweeps as listings
    from marketplace.mail import deliver
    from marketplace.matching import needs, skills
    from marketplace.matching import sweeps as matching
    from marketplace.moderation import sweeps as moderation
    from marketplace.notifications import sweeps as notifications
    from marketplace.pages.sweeps import send_digests
    from marketplace.privacy.sweeps import erase, retain
    from marketplace.search import alert_news, alerts
    from marketplace.search.rereading import analyse
    from marketplace.search.sweeps import sync

    return [
        Sweep("moderation.open_waiting", 20, moderation.open_waiting),
        Sweep("moderation.end_pauses", 60, moderation.end_pauses),
        Sweep("search.analyse", 1, analyse),
        Sweep("search.sync", 1, sync),
        Sweep("matching.refresh", 2, matching.refresh),
        Sweep("matching.tell", 20, matching.tell),
        Sweep("matching.skills", 5, skills.refresh),
        Sweep("matching.remind", 600, needs.remind),
        Sweep("search.alert", 5, alerts.find),
        Sweep("search.tell", 20, alert_news.tell),
        Sweep("accounts.resets", 1, answer_resets),
        Sweep("listings.expire", 10, listings.expire),
        Sweep("listings.answer", 10, listings.answer),
        Sweep("listings.clear", 600, listings.clear),
        Sweep("exchanges.open_windows", 5, window_sweeps.begin),
        Sweep("exchanges.end_windows", 5, window_sweeps.end),
        Sweep("exchanges.wake", 20, exchanges.wake),
        Sweep("exchanges.pass_on", 5, exchanges.pass_on),
        Sweep("exchanges.answer", 10, exchanges.answer_waiting),
        Sweep("exchanges.part", 60, exchanges.part),
        Sweep("exchanges.meetings", 60, meetings.remind),
        Sweep("exchanges.forget", 300, forgetting.forget_old),
        Sweep("exchanges.thank", 600, thanks.remind_to_thank),
        Sweep("exchanges.reputation", 60, reputation.refresh),
        Sweep("notifications.account", 5, notifications.tell_account_events),
        Sweep("notifications.deliver", 20, notifications.deliver),
        Sweep("pages.digests", 60, send_digests),
        Sweep("mail.deliver", 5, lambda parts: deliver(parts.settings, parts.mailer)),
        Sweep("privacy.erase", 60, erase),
        Sweep("privacy.retain", 3600, retain),
        Sweep("db.statistics", 3600, lambda parts: gather_statistics()),
    ]


def run_until_idle(app: Flask, rounds: int = 1000) -> None:
    """Run every sweep until none finds work; raises RuntimeError when they never settle."""
    parts, all_sweeps = app.extensions["marketplace"], sweeps()
    idle = 0  # sweeps that found nothing since one found something
    with app.app_context():
        for sweep in all_sweeps * rounds:
            idle = 0 if sweep.run(parts) else idle + 1
            db.session.rollback()
            if idle == len(all_sweeps):
                return
    raise RuntimeError("the sweeps do not settle")


def work(app: Flask) -> None:
    """Run the sweeps until the process is told to stop."""
    scheduler = BlockingScheduler(timezone="UTC")
    for sweep in sweeps():
        scheduler.add_job(
            _Runner(app, sweep),
            "interval",
            seconds=sweep.every_seconds,
            next_run_time=datetime.now(scheduler.timezone),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            id=sweep.name,
        )
    # A sweep that is still busy when its next turn comes is no news.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler.start()


class _Runner:
    """Runs one sweep, writes down that it lives, and never lets an error stop the others."""

    def __init__(self, app: Flask, sweep: Sweep) -> None:
        self.app, self.sweep, self.beat_at = app, sweep, 0.0

    def __call__(self) -> None:
        with self.app.app_context():
            handled, error = 0, ""
            try:
                for _ in range(BATCHES_PER_RUN):
                    batch = self.sweep.run(self.app.extensions["marketplace"])
                    db.session.rollback()
                    handled += batch
                    if not batch:
                        break
            except Exception as failure:  # whatever it is: the next run tries again
                db.session.rollback()
                error = f"{type(failure).__name__}: {failure}"
                log.exception("sweep %s failed", self.sweep.name)
            if error or time.monotonic() - self.beat_at >= BEAT_SECONDS:
                self.beat_at = time.monotonic()
                self._write_beat(handled, error)

    def _write_beat(self, handled: int, error: str) -> None:
        try:
            with transaction() as session:
                row = session.get(SweepRun, self.sweep.name) or SweepRun(
                    name=self.sweep.name, handled=0, failures=0
                )
                row.last_run_at = utcnow()
                row.handled += handled
                row.failures = row.failures + 1 if error else 0
                row.last_error = error[:500]
                session.add(row)
        except Exception:  # a locked database must not end the worker
            log.exception("sweep %s could not write its beat", self.sweep.name)
