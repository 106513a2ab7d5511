"""What the neighbours of the demo have asked for, promised, lent and thanked each other for.

Each scene goes through the same verbs as those of members, and is then dated back.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.exchanges import giving, handing, loans, meetings, moves, proposals, rules, service
from marketplace.exchanges.models import Exchange, Feedback, Thanks
from marketplace.exchanges.service import Wish
from marketplace.listings import counting
from marketplace.listings.models import Listing
from marketplace.messages import service as messages
from marketplace.messages.models import Message

ZONE = ZoneInfo("Asia/Jakarta")
JUST_NOW = timedelta(minutes=15)  # the last step of a scene is at least this old


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """``opener`` asks for ``post`` (or offers help with it) ``hours_ago``, and then ``steps`` are
    taken, from the table of states with a reason after a colon. ``due_in``: days until a loan is
    due, below 0 when it is overdue. ``thanks``: from the receiver, from the giver. ``passes_on``:
    the post whose exchange the giver received before."""

    post: str
    opener: str
    hours_ago: int
    words: str
    steps: tuple[str, ...] = ()
    terms: str = "gift"
    quantity: int = 1
    in_return: str = ""
    due_in: int | None = None
    meets_in: int = 26  # hours from now
    place: str = "Pos ronda RT 04"
    thanks: tuple[str, str] = ("", "")
    passes_on: str = ""


GIVEN = ("promise", "arrange", "hand_over", "confirm")
SCENES = (
    # A queue of several, for one thing.
    Scene(post="depok-002", opener="maya", hours_ago=70, terms="gift",
          words="Bu Ratna, ayunannya masih ada? Adik saya melahirkan bulan depan."),
    Scene(post="depok-002", opener="tinah", hours_ago=44, terms="loan",
          words="Kalau boleh pinjam dua bulan saja Bu, cucu saya menginap di sini."),
    Scene(post="depok-002", opener="wati", hours_ago=9, terms="gift",
          words="Untuk bayi tetangga saya, Bu. Saya antre ya."),
    Scene(post="depok-022", opener="pustaka", hours_ago=60, quantity=2, steps=("promise",),
          words="Dua-duanya untuk taman baca kalau boleh, Pak."),
    Scene(post="depok-022", opener="fajar", hours_ago=58, steps=("decline:another",),
          words="Pak Anton, satu mejanya untuk saya belajar di kos boleh?"),
    Scene(post="depok-022", opener="hendra", hours_ago=20,
          words="Kalau ada yang batal, saya mau satu untuk bengkel, Pak."),
    # Two bicycles that many want: who gets them is drawn (``DRAWN``).
    Scene(post="depok-041", opener="maya", hours_ago=5,
          words="Pak Hendra, satu untuk anak saya berangkat ke sekolah, kalau boleh."),
    Scene(post="depok-041", opener="wati", hours_ago=4,
          words="Untuk cucu saya, Pak. Yang mana saja tidak apa-apa."),
    Scene(post="depok-041", opener="lina", hours_ago=3,
          words="Saya pakai ke pasar tiap pagi. Semoga beruntung."),
    # Meetings, and what waits for a word.
    Scene(post="depok-005", opener="wati", hours_ago=50, quantity=3, steps=("promise", "arrange"),
          words="Cucu saya enam tahun, Bu. Boleh minta tiga potong?"),
    Scene(post="depok-088", opener="ratna", hours_ago=72, quantity=5,
          steps=("promise", "arrange", "hand_over"), place="Balai kelompok tani",
          words="Saya ingin lima polybag cabai untuk di teras."),
    Scene(post="depok-003", opener="grace", hours_ago=30, steps=("promise",),
          words="Hello Bu Ratna, I have a standing fan. It is a bit noisy, but it works."),
    Scene(post="depok-094", opener="bagus", hours_ago=26, quantity=20, steps=("promise",),
          words="Saya perlu dua puluh keping untuk lantai gudang, Mas."),
    Scene(post="depok-024", opener="maya", hours_ago=6,
          words="Mbak Yuni, ada dua celana yang resletingnya rusak. Kapan bisa?"),
    # Loans: out, overdue, said to be back, back, lost.
    Scene(post="depok-063", opener="ratna", hours_ago=290, terms="loan", due_in=2,
          steps=("promise", "arrange", "meet"),
          words="Boleh saya pinjam tangganya untuk membetulkan talang?"),
    Scene(post="depok-010", opener="pustaka", hours_ago=220, terms="loan", due_in=-3,
          steps=("promise", "arrange", "meet"), words="Untuk acara dongeng Sabtu ini, Pak."),
    Scene(post="depok-038", opener="tinah", hours_ago=340, terms="loan", due_in=1,
          steps=("promise", "hand_over", "confirm", "say_returned"),
          words="Ada pesanan bolu, Mbak Lina. Ovennya boleh saya pinjam?"),
    Scene(post="depok-033", opener="rizky", hours_ago=400, terms="loan", due_in=-8,
          steps=("promise", "arrange", "meet", "say_returned", "accept_return"),
          words="Mau kemah keluarga, tendanya kosong minggu depan?",
          thanks=("Tendanya bersih dan lengkap, makasih ya.", "Kembali kering dan rapi. Mantap.")),
    Scene(post="depok-078", opener="fajar", hours_ago=480, terms="loan", due_in=-12,
          steps=("promise", "meet", "lose"), words="Pinjam satu raket untuk latihan di kampus."),
    # Swaps: half done, done.
    Scene(post="depok-006", opener="yuni", hours_ago=96, terms="swap", quantity=2,
          in_return="Mengecilkan tiga baju", steps=("promise", "arrange", "hand_over", "confirm"),
          words="Saya tukar dengan permak ya Bu, bajunya bawa ke teras saya."),
    Scene(post="depok-130", opener="joko", hours_ago=190, terms="swap", quantity=10,
          in_return="Membetulkan pintu kandang", steps=("promise", "arrange", "meet"),
          words="Telurnya sepuluh, pintu kandangnya saya betulkan. Cocok?",
          thanks=("Telurnya segar.", "Pintunya sekarang rapat, terima kasih Pak.")),
    # Given, thanked for, and passed on.
    Scene(post="depok-001", opener="nisa", hours_ago=420, quantity=4, steps=GIVEN,
          words="Untuk murid saya yang belum punya buku, Bu Ratna.",
          thanks=("Empat anak sekarang punya buku sendiri. Terima kasih, Bu.",
                  "Senang bukunya dipakai lagi.")),
    Scene(post="depok-059", opener="wati", hours_ago=150, quantity=2, steps=GIVEN,
          passes_on="depok-001", words="Cucu saya masuk kelas satu, Bu Nisa.",
          thanks=("Seragamnya pas sekali, terima kasih.", "Semoga rajin sekolahnya.")),
    Scene(post="depok-019", opener="dedi", hours_ago=260, steps=GIVEN, place="Teras Pak Anton",
          words="Saya ingin bisa rumus dasar, Pak. Malam pun boleh.",
          thanks=("Sekarang nota servis saya rapi.", "Muridnya cepat paham.")),
    Scene(post="depok-098", opener="fajar", hours_ago=130, steps=("promise", "meet"),
          words="Bisa saya bantu, Mbak. Bawa saja HP-nya ke pos ronda.",
          thanks=("HP ibu saya lega lagi, makasih Mas Fajar.", "Sama-sama, gampang kok.")),
    # What came to nothing.
    Scene(post="depok-016", opener="lina", hours_ago=110, quantity=10,
          steps=("promise", "release:not_possible"), words="Sepuluh yang sedang, untuk pindahan."),
    Scene(post="depok-026", opener="novi", hours_ago=120, steps=("promise", "cancel:changed_mind"),
          words="Percanya untuk bikin keset. Boleh sekarung?"),
    Scene(post="depok-113", opener="joko", hours_ago=100, meets_in=-30,
          steps=("promise", "arrange", "fail:no_show"),
          words="Yang safety nomor 42 untuk saya ya, Mas."),
    Scene(post="depok-065", opener="hendra", hours_ago=80, steps=("withdraw",),
          words="Kameranya masih bisa dipakai foto malam?"),
)  # fmt: skip

DRAWN = {"depok-041": 24}  # posts whose takers are drawn, so many hours after the demo began


def add_exchanges(
    cast: Mapping[str, Member], rows: Mapping[str, Listing], now: datetime
) -> dict[str, Exchange]:
    """Play every scene, in the caller's transaction; the exchanges by post, the latest of each."""
    played: dict[str, Exchange] = {}
    for scene in SCENES:
        exchange = _play(scene, cast, rows)
        _date_back(exchange, scene, now)
        _thank(exchange, scene)
        if scene.passes_on:
            exchange.passes_on_id = played[scene.passes_on].id
        played[scene.post] = exchange
        _read(exchange)
    for post, hours in DRAWN.items():
        giving.set_rule(rows[post].owner, rows[post].public_id, "draw", hours)
    db.session.flush()
    return played


def release_from_others(members: list[int]) -> None:
    """Give back what posts of real members hold for these, whose conversations go."""
    held = select(Exchange).where(
        Exchange.state.in_(rules.RESERVING),
        Exchange.owner_id.in_(members) | Exchange.opener_id.in_(members),
    )
    for exchange in db.session.scalars(held).all():
        for listing in filter(None, (exchange.listing, exchange.counterpart)):
            if listing.owner_id not in members:
                counting.release(listing, exchange.quantity)


def _play(scene: Scene, cast: Mapping[str, Member], rows: Mapping[str, Listing]) -> Exchange:
    wish = Wish(terms=scene.terms, quantity=scene.quantity, in_return=scene.in_return)
    exchange = service.ask(cast[scene.opener], rows[scene.post].public_id, wish, scene.words)
    for step in scene.steps:
        verb, _, reason = step.partition(":")
        _STEPS[verb](exchange, scene, reason)
    return exchange


def _arrange(exchange: Exchange, scene: Scene, reason: str) -> None:
    at = (exchange.queued_at + timedelta(hours=max(scene.meets_in, 26))).astimezone(ZONE)
    draft = proposals.Draft(day=at.date().isoformat(), clock="16.00", place=scene.place)
    number = exchange.public_id
    proposal = meetings.propose(exchange.opener, number, draft)
    meetings.accept(exchange.owner, number, proposal.public_id)
    if scene.meets_in < 0:
        exchange.meets_at = exchange.queued_at + timedelta(hours=scene.meets_in)


def _meet(exchange: Exchange, scene: Scene, reason: str) -> None:
    code = handing.own_code(exchange.giver, exchange.public_id)
    handing.meet(exchange.receiver, exchange.public_id, code)


def _by_move(verb: str, side: str) -> Callable[[Exchange, Scene, str], None]:
    def take(exchange: Exchange, scene: Scene, reason: str) -> None:
        moves.move(getattr(exchange, side), exchange, verb, moves.Details(reason))

    return take


_STEPS: dict[str, Callable[[Exchange, Scene, str], Any]] = {
    "promise": lambda one, scene, reason: service.promise(one.owner, one.public_id),
    "decline": lambda one, scene, reason: service.decline(one.owner, one.public_id, reason),
    "withdraw": lambda one, scene, reason: service.withdraw(one.opener, one.public_id),
    "release": lambda one, scene, reason: service.call_off(one.owner, one.public_id, reason),
    "cancel": lambda one, scene, reason: service.call_off(one.opener, one.public_id, reason),
    "fail": lambda one, scene, reason: service.report_failure(one.owner, one.public_id, reason),
    "hand_over": lambda one, scene, reason: handing.hand_over(one.giver, one.public_id),
    "confirm": lambda one, scene, reason: handing.confirm(one.receiver, one.public_id),
    "say_returned": lambda one, scene, reason: loans.say_returned(one.receiver, one.public_id),
    "accept_return": lambda one, scene, reason: loans.accept_return(one.giver, one),
    "arrange": _arrange,
    "meet": _meet,
    "lose": _by_move("lose", "giver"),
}


def _times(scene: Scene, count: int, now: datetime) -> Iterator[datetime]:
    """When each step was: spread over the time since the first, the last not just now."""
    begun = now - timedelta(hours=scene.hours_ago)
    span = min(now - JUST_NOW - begun, timedelta(hours=30 * count))
    return (begun + span * number / count for number in range(count))


def _date_back(exchange: Exchange, scene: Scene, now: datetime) -> None:
    db.session.flush()
    db.session.expire(exchange, ["events"])
    at: dict[str, datetime] = {}
    for event, then in zip(exchange.events, _times(scene, len(exchange.events), now), strict=True):
        event.at, at[event.verb] = then, then
        exchange.updated_at = then
    for before, after in pairwise(exchange.events):
        if before.verb == "arrange":  # they met when the next thing happened
            met = after.at.replace(minute=0, second=0, microsecond=0)
            before.params = before.params | {"at": met.isoformat()}
    exchange.queued_at = exchange.created_at = at["ask"]
    exchange.promised_at = at.get("promise")
    handed = at.get("confirm") or at.get("meet")
    moments: dict[str, datetime | None] = {
        "there_said_at": at.get("hand_over") or handed,
        "there_at": handed,
        "back_said_at": at.get("say_returned") or at.get("accept_return"),
        "back_at": at.get("accept_return") or (handed if exchange.terms == "swap" else None),
        "ended_at": exchange.updated_at,
    }
    for column, moment in moments.items():
        if getattr(exchange, column) is not None:
            setattr(exchange, column, moment)
    if scene.due_in is not None:
        exchange.due_on = (now + timedelta(days=scene.due_in)).astimezone(ZONE).date()
    _date_messages(exchange, scene, at["ask"])
    if exchange.state != "interested":
        moves.plan(exchange, now)  # reminders count from today: nobody is flooded with old ones


def _date_messages(exchange: Exchange, scene: Scene, at: datetime) -> None:
    conversation = exchange.conversation
    conversation.created_at = conversation.last_message_at = at
    db.session.execute(
        update(Message).where(Message.conversation_id == conversation.id).values(created_at=at)
    )


def _thank(exchange: Exchange, scene: Scene) -> None:
    if exchange.ended_at is None:
        return
    pair = ((exchange.receiver, exchange.giver), (exchange.giver, exchange.receiver))
    for (writer, reader), words in zip(pair, scene.thanks, strict=True):
        if not words:
            continue
        later = exchange.ended_at + timedelta(hours=2)
        db.session.add_all([
            Thanks(exchange_id=exchange.id, by_id=writer.id, to_id=reader.id, words=words,
                   by_public=True, to_public=True, created_at=later),
            Feedback(exchange_id=exchange.id, by_id=writer.id, about_id=reader.id, came=True,
                     as_described=True, again=True, created_at=later),
        ])  # fmt: skip


def _read(exchange: Exchange) -> None:
    """Both have read it; of what waits for an answer, only who wrote it."""
    last = db.session.scalar(
        select(Message.id)
        .where(Message.conversation_id == exchange.conversation_id)
        .order_by(Message.id.desc())
        .limit(1)
    )
    readers = [exchange.opener] + [exchange.owner] * (exchange.state != "interested")
    for reader in readers:
        messages.mark_read(reader, exchange.conversation, last or 0)
