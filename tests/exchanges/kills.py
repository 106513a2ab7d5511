"""A real site under load whose processes are killed: web and worker with -9, at any moment.

Clients over HTTP live whole exchanges with each other and write down what the site acknowledged (an
answer of 2xx or 3xx). ``audit`` then holds the database against what they wrote down. Only
processes that were started here are killed, by their ids.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

from flask import Flask, g, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import func, select

from marketplace.accounts.login import hash_token
from marketplace.accounts.models import Member, SignIn
from marketplace.config import Settings
from marketplace.db import db, transaction
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.mail import OutgoingMail
from marketplace.messages.models import Message
from marketplace.notifications.models import Notification
from marketplace.worker import SweepRun
from tests import factories
from tests.exchanges.world import check_everything
from tests.foundation.test_serve import environment, free_port, get_json, wait_for
from tests.mail.test_kills import Sink

CLIENTS = 3
PATIENCE_SECONDS = 60
PROCESSES = ("web", "worker")
# The steps of one life, in their order: what is noted, and the verb that it leaves in the history.
STEPS = {"ask": "ask", "promise": "promise", "handover": "hand_over", "confirmation": "confirm"}
MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Key:
    """What a browser holds: its cookie, and the token that its forms carry."""

    cookie: str
    csrf: str


def sign_in(app: Flask, number: int) -> Key:
    """A living sign-in of the member with this number, in the caller's transaction."""
    token = f"key-{number}-{random.getrandbits(64):x}"
    db.session.add(SignIn(token_hash=hash_token(token), member_id=number, user_agent="test"))
    with app.test_request_context():
        session.update({"_user_id": token, "_fresh": True})
        g.pop("csrf_token", None)  # of the one before
        csrf = generate_csrf()
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        return Key(f"session={serializer.dumps(dict(session))}", csrf)


@dataclass(frozen=True, slots=True)
class Couple:
    """A giver, their post, and a taker: enough for one life of an exchange."""

    giver: Key
    taker: Key
    listing: str
    name: str


def settle_in(app: Flask, lives: int) -> list[list[Couple]]:
    """Givers and takers enough for so many lives, one row for each client. All clients of a row
    share its giver, and all rows share one post of which there is plenty, so that its counters are
    fought for."""
    rows: list[list[Couple]] = []
    with transaction():
        giver = factories.member("Alice", email="giver@example.org")
        plenty = factories.offer(giver, "Buku tulis", quantity=1_000_000)
        db.session.flush()
        for client in range(CLIENTS):
            key = sign_in(app, giver.id)
            takers = [
                factories.member(f"Taker {client}-{n}", email=f"taker{client}-{n}@example.org")
                for n in range(lives // CLIENTS + 1)
            ]
            rows.append(
                [Couple(key, sign_in(app, one.id), plenty.public_id, one.name) for one in takers]
            )
    return rows


@dataclass
class Ledger:
    """What clients were told. ``unsure``: sent twice, and both times the connection broke."""

    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    unsure: list[tuple[str, str]] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    repeated: int = 0
    lives: int = 0


class Client(threading.Thread):
    """Lives one exchange after the other, as both of its members, until it is told to stop."""

    def __init__(self, port: int, couples: Sequence[Couple], stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.port, self.couples, self.stop = port, couples, stop
        self.ledger = Ledger()

    def run(self) -> None:
        for couple in self.couples:
            if self.stop.is_set() or not self._live(couple):
                return
            self.ledger.lives += 1

    def _live(self, one: Couple) -> bool:
        """Whether it came to its end; False: told to stop, or the site did not come back."""
        words = {"body": f"{one.name} asks.", "quantity": "2"}
        where = self._send(one.taker, f"/listings/{one.listing}/exchanges", words, "ask", one.name)
        if "/exchanges/" not in where:
            return False
        exchange = where.partition("?")[0].partition("#")[0]
        number = exchange.rpartition("/")[2]
        talk = f"/listings/{one.listing}/conversations"
        deeds = [
            (one.taker, talk, {"body": f"{one.name} says one."}, MESSAGE),
            (one.giver, f"{exchange}/promise", {}, "promise"),
            (one.taker, talk, {"body": f"{one.name} says two."}, MESSAGE),
            (one.giver, f"{exchange}/handover", {}, "handover"),
            (one.taker, f"{exchange}/confirmation", {}, "confirmation"),
            (one.taker, talk, {"body": f"{one.name} says three."}, MESSAGE),
        ]
        for key, path, fields, what in deeds:
            name = fields.get("body", number)
            if not self._send(key, path, fields, what, name):
                return False
        return True

    def _send(self, key: Key, path: str, fields: dict[str, str], what: str, name: str) -> str:
        """Where the answer leads; "" when there was none. Once again, with the same form, where
        the connection broke."""
        for attempt in range(2):
            if self.stop.is_set() and not attempt:
                return ""
            try:
                status, where = self._post(key, path, fields)
            except (OSError, HTTPException):
                self.ledger.repeated += 1
                if not is_back(self.port):
                    break
                continue
            if 200 <= status < 400:
                self.ledger.acknowledged.append((what, name))
                return where or path
            self.ledger.unexpected.append(f"{what}: {status}")
            return ""
        self.ledger.unsure.append((what, name))
        return ""

    def _post(self, key: Key, path: str, fields: dict[str, str]) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {
            "Cookie": key.cookie,
            "Content-Type": "application/x-www-form-urlencoded",
            "Connection": "close",
        }
        body = urlencode(fields | {"csrf_token": key.csrf})
        try:
            connection.request("POST", path, body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers.get("Location", "")
        finally:
            connection.close()


def is_back(port: int) -> bool:
    """Wait until the web process answers again."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            get_json(f"http://127.0.0.1:{port}/healthz")
        except (OSError, ValueError, HTTPException):
            time.sleep(0.05)
        else:
            return True
    return False


class Site:
    """The two processes of a site, each of which may be killed and is then started again."""

    def __init__(self, settings: Settings, sink: Sink) -> None:
        self.port = free_port()
        smtp = f"smtp://127.0.0.1:{sink.server_address[1]}"
        self.environment = environment(
            settings, PORT=str(self.port), SMTP_URL=smtp, DEMO="false", LOG_LEVEL="CRITICAL"
        )
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.kills: Counter[str] = Counter()
        for name in PROCESSES:
            self.start(name)

    def start(self, name: str) -> None:
        command = [sys.executable, "-m", "marketplace.serve", name]
        self.processes[name] = subprocess.Popen(
            command, env=self.environment, stderr=subprocess.DEVNULL
        )

    def kill(self, name: str) -> None:
        process = self.processes[name]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        self.kills[name] += 1
        self.start(name)

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def mail_sink() -> Iterator[Sink]:
    with Sink() as sink:
        thread = threading.Thread(target=sink.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield sink
        finally:
            sink.shutdown()
            thread.join()


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one kind of thing."""

    what: str
    acknowledged: int
    unsure: int
    lost: int
    doubled: int


@dataclass(frozen=True, slots=True)
class Result:
    rows: list[Row]
    rounds: int
    kills: dict[str, int]
    lives: int
    repeated: int
    doubtful_mails: int
    unexpected: list[str]
    slowest_return_s: float


def run(app: Flask, rounds: int, rng: random.Random, *, load_s: tuple[float, float]) -> Result:
    """Kill one or both of the processes at random moments under load, so many times; then let the
    site come to rest and look at what it holds. Inside an application context."""
    settings: Settings = app.extensions["marketplace"].settings
    rows = settle_in(app, lives=rounds * 24)
    db.session.rollback()
    stop, slowest = threading.Event(), 0.0
    with mail_sink() as sink:
        site = Site(settings, sink)
        try:
            assert is_back(site.port), "the site did not start"
            clients = [Client(site.port, couples, stop) for couples in rows]
            for client in clients:
                client.start()
            for _ in range(rounds):
                time.sleep(rng.uniform(*load_s))
                for name in rng.choice((("web",), ("worker",), PROCESSES)):
                    site.kill(name)
                began = time.monotonic()
                assert is_back(site.port), "the site did not come back"
                slowest = max(slowest, time.monotonic() - began)
            stop.set()
            for client in clients:
                client.join(PATIENCE_SECONDS)
            _come_to_rest(site)
        finally:
            stop.set()
            site.stop()
        ledgers = [client.ledger for client in clients]
        check_everything()
        return Result(
            rows=[*_steps(ledgers), _messages(ledgers), _news(), _mails(sink)],
            rounds=rounds,
            kills=dict(site.kills),
            lives=sum(one.lives for one in ledgers),
            repeated=sum(one.repeated for one in ledgers),
            doubtful_mails=_doubtful(),
            unexpected=[words for one in ledgers for words in one.unexpected],
            slowest_return_s=slowest,
        )


def _come_to_rest(site: Site) -> None:
    """The worker finishes what is left: no mail waits, no sweep fails, the site is well."""

    def is_at_rest() -> bool:
        db.session.rollback()
        waits = db.session.scalar(
            select(func.count()).where(OutgoingMail.state == "waiting").select_from(OutgoingMail)
        )
        return not waits

    wait_for(is_at_rest, PATIENCE_SECONDS)
    wait_for(
        lambda: get_json(f"http://127.0.0.1:{site.port}/healthz")["status"] == "ok",
        PATIENCE_SECONDS,
    )
    db.session.rollback()
    failing = db.session.scalars(select(SweepRun.name).where(SweepRun.failures > 0)).all()
    assert not failing, f"sweeps that fail: {failing}"


def _row(what: str, ledgers: list[Ledger], found: Counter[str]) -> Row:
    """``found``: how often each name stands in the database."""
    told = [name for one in ledgers for kind, name in one.acknowledged if kind == what]
    unsure = [name for one in ledgers for kind, name in one.unsure if kind == what]
    lost = sum(found[name] == 0 for name in told)
    doubled = sum(times - 1 for times in found.values())
    return Row(what, len(told), len(unsure), lost, doubled)


def _steps(ledgers: list[Ledger]) -> list[Row]:
    db.session.rollback()
    rows = []
    for what, verb in STEPS.items():
        key = Member.name if what == "ask" else Exchange.public_id
        names = db.session.scalars(
            select(key)
            .select_from(ExchangeEvent)
            .join(Exchange, Exchange.id == ExchangeEvent.exchange_id)
            .join(Member, Member.id == Exchange.opener_id)
            .where(ExchangeEvent.verb == verb)
        )
        rows.append(_row(what, ledgers, Counter(names)))
    return rows


def _messages(ledgers: list[Ledger]) -> Row:
    bodies = Counter(db.session.scalars(select(Message.body)))
    return _row(MESSAGE, ledgers, bodies)


def _news() -> Row:
    """Each step that the other side hears of was told, once."""
    told = Counter(db.session.scalars(select(Notification.once).where(Notification.once != "")))
    steps = db.session.scalars(
        select(ExchangeEvent.id).where(ExchangeEvent.verb.in_(("promise", "hand_over", "confirm")))
    ).all()
    times = [told[f"exchange_event:{number}"] for number in steps]
    doubled = sum(max(0, one - 1) for one in times)
    return Row("news", len(times), 0, sum(one == 0 for one in times), doubled)


def _doubtful() -> int:
    """Mails that were on their way when the worker was killed: seen, and not sent again."""
    query = select(func.count()).select_from(OutgoingMail).where(OutgoingMail.state == "sending")
    return db.session.scalar(query) or 0


def _mails(sink: Sink) -> Row:
    """Mail that counts as sent reached the mail server, and none did twice."""
    delivered = Counter(one.strip("<>").partition("@")[0] for one in sink.taken)
    mails = db.session.execute(select(OutgoingMail.public_id, OutgoingMail.state)).all()
    sent = [name for name, state in mails if state == "sent"]
    lost = sum(delivered[name] == 0 for name in sent)
    lost += sum(state not in ("sent", "sending") for _, state in mails)
    promised = db.session.scalar(
        select(func.count())
        .select_from(Notification)
        .where(Notification.mail == "mailed", Notification.mail_id.is_(None))
    )
    doubled = sum(times - 1 for times in delivered.values())
    return Row("mail", len(sent), _doubtful(), lost + (promised or 0), doubled)
