"""Who may import whom, and other rules of docs/architecture.md that a machine can read."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from marketplace.permissions import PERMISSIONS

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "marketplace"

FEATURES = [
    "places", "accounts", "notifications", "listings", "search", "matching", "messages",
    "exchanges", "events", "programmes", "library", "moderation", "impact", "privacy",
]  # fmt: skip
STANDING_ABOVE = {"pages", "api", "demo"}
BELOW_ALL = {
    "errors", "permissions", "config", "db", "wording", "mail", "site_settings",
    "images", "picture_files", "calendars",
}  # fmt: skip
ON_TOP = {
    *("web", "worker", "cli", "serve", "health", "assets", "catalogs", "logs", "migrations"),
    *("backups", "mail_cli", "responses"),
}
VIEWS = {
    *("views", "demo_views", "staff_views", "recovery_views", "security_views"),
    "profile_views",
    "hardship_views",
    *("lifecycle_views", "shelf_views", "answer_views"),
    *("queue_views", "handing_views", "meeting_views", "loan_views", "thanks_views"),
    "list_views",
    "draw_views",
    "saved_views",
    "feed_views",
    "match_views",
    "typing_views",
}
SHARED_BY_VIEWS = {
    "forms",
    "word_forms",
    "word_fields",
    "loan_forms",
    "rule_forms",
    "fields",
    "units",
    "login_pages",
    "queue_pages",
    "reason_fields",
    "saved_forms",
    "feeds",
    "first_look",
}
PRESENTATION = VIEWS | SHARED_BY_VIEWS
PURE = {
    "marketplace.errors", "marketplace.permissions",
    "marketplace.places.cells", "marketplace.places.zones",
    "marketplace.places.names", "marketplace.places.maps",
    "marketplace.accounts.rules", "marketplace.notifications.links",
    "marketplace.notifications.rules",
    "marketplace.accounts.logins", "marketplace.accounts.codes",
    "marketplace.accounts.trust", "marketplace.moderation.rules",
    "marketplace.listings.review", "marketplace.messages.warnings",
    "marketplace.messages.quick",
    "marketplace.listings.giving",
    "marketplace.listings.rules", "marketplace.listings.hours", "marketplace.listings.categories",
    "marketplace.listings.prices", "marketplace.listings.doubts",
    "marketplace.listings.times", "marketplace.listings.answer_links",
    "marketplace.listings.language",
    "marketplace.search.port", "marketplace.search.analysis", "marketplace.search.scoring",
    "marketplace.search.memory_index", "marketplace.search.arrays",
    "marketplace.search.stopwords", "marketplace.search.snapshot",
    "marketplace.search.sieve", "marketplace.search.array_facets", "marketplace.search.vocabulary",
    "marketplace.search.segments", "marketplace.search.tokens", "marketplace.search.terms",
    "marketplace.search.postings", "marketplace.search.spelling", "marketplace.search.lexicon",
    "marketplace.search.asking", "marketplace.search.steps", "marketplace.search.explaining",
    "marketplace.search.reading", "marketplace.search.synonym_rules",
    "marketplace.search.evaluation",
    "marketplace.search.standing",
    "marketplace.search.lexicon.concepts", "marketplace.search.lexicon.files",
    "marketplace.search.measures", "marketplace.search.roots", "marketplace.search.stems",
    "marketplace.search.meanings", "marketplace.search.sounds",
    "marketplace.matching.core", "marketplace.matching.parts", "marketplace.matching.sides",
    "marketplace.matching.times", "marketplace.matching.reasons", "marketplace.matching.fairness",
    "marketplace.matching.states", "marketplace.matching.lessons",
    "marketplace.matching.columns", "marketplace.matching.said", "marketplace.matching.words",
    "marketplace.matching.evaluation", "marketplace.matching.closeness",
    "marketplace.exchanges.rules", "marketplace.exchanges.deadlines",
    "marketplace.exchanges.turns", "marketplace.exchanges.next_steps",
    "marketplace.exchanges.lending", "marketplace.exchanges.draws",
    "marketplace.exchanges.proposals",
    "marketplace.exchanges.reliability", "marketplace.exchanges.afterwards",
    "marketplace.privacy.rules", "marketplace.privacy.retention",
}  # fmt: skip
PURE_THIRD_PARTY = {"numpy", "h3", "snowballstemmer", "rapidfuzz"}
REGISTERING = {"marketplace", "marketplace.cli", "marketplace.api.app"}
FLASK_ALLOWED = PRESENTATION | {
    "web", "wording", "mail", "worker", "cli", "db", "__init__", "login", "feeds",
}  # fmt: skip
SESSION_ALLOWED = {
    "db",
    "models",
    "service",
    "sign_ins",
    "blocks",
    "sign_ups",
    "credentials",
    "recovery",
    "security",
    "portraits",
    "skills",
    "sight",  # what one visitor of the search can find now
    "completing",
    "alerts",  # what they found
    "alert_news",  # and telling it
    "saved_links",
    "resting",
    "keying",  # under which keys saved searches are looked up
    "synonyms",  # words of the site, and the sweep that makes the posts follow
    "rereading",
    "lag",
    "loading",
    "typing",  # what fits a draft
    "needs",  # the facts of the need behind requests
    "hardship",  # and what members say of hard times
    "staff",
    "account_events",
    "holding",
    "waiting",
    "reviews",
    "quotas",
    "reports",
    "appeals",
    "telling",
    "queues",
    "tokens",
    "sweeps",
    "worker",
    "cli",
    "postgres_index",
    "mail",
    "audit",
    "choices",  # what a member chose about mail: a service of its own beside telling
    "digests",  # and the rows of digests
    "outbox",  # what staff see of outgoing mail
    "site_settings",
    "erasure",
    "traces",
    "breach",
    "ending",
    "export",
    # Services of listings that grew out of one room: what becomes of one, what is put aside, asked.
    "lifecycle",
    "saved",
    "asking",
    "photos",
    "counting",
    # Services of exchanges: the one that moves them, and what belongs to a part of their way.
    "moves",
    "endings",
    "handing",
    "meetings",
    "exact_places",
    "forgetting",
    "loans",
    "thanks",
    "reputation",
    "feedback",
    "passing_on",
    "windows",  # in which people ask before it is said who gets it, and what ends them
    "window_sweeps",
    "drawing",
    "history",
    # Services of messages: what a member sees of them, and where each word stands.
    "inbox",
    "talks",
    "searching",
    "lent",
    "tasks",
    "lists",
    "returns",
    "answers",  # what a member says to a match
    "teaching",  # and what a no teaches
}


@dataclass(frozen=True)
class Module:
    """A module of the package: its dotted name, its tree, and what it imports."""

    name: str
    path: Path
    tree: ast.Module
    text: str

    @property
    def feature(self) -> str:
        return self.name.split(".")[1] if self.name.count(".") else ""

    @property
    def role(self) -> str:
        return self.name.rsplit(".", 1)[-1] if self.name != "marketplace" else "__init__"

    def imports(self) -> set[str]:
        """Dotted names of everything imported, at the top or inside a function."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                for child in ast.walk(node):
                    child.type_only = True  # type: ignore[attr-defined]
            if getattr(node, "type_only", False):
                continue
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
        return found


def _modules(package: Path) -> Iterator[Module]:
    for path in sorted(package.rglob("*.py")):
        if "versions" in path.parts:
            continue
        parts = path.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text("utf-8")
        yield Module(name, path, ast.parse(text), text)


def _is_pure(module: Module) -> bool:
    return module.name in PURE


def violations(package: Path = PACKAGE) -> list[str]:
    """Every broken import rule, as a sentence."""
    import sys

    broken = []
    for module in _modules(package):
        for imported in sorted(module.imports()):
            top, _, rest = imported.partition(".")
            target = rest.split(".")[0] if top == "marketplace" else ""
            target_role = rest.split(".")[1] if rest.count(".") else ""
            says = f"{module.name} imports {imported}"
            if top == "whoosh" and not module.role.startswith("whoosh_"):
                broken.append(f"{says}: whoosh belongs to whoosh_index and whoosh_files")
            if top.startswith(("flask", "werkzeug", "wtforms")) and not _may_flask(module):
                broken.append(f"{says}: Flask belongs to the web side")
            if _is_pure(module):
                standard = top in sys.stdlib_module_names or top in PURE_THIRD_PARTY
                if not standard and not any(
                    imported == pure or imported.startswith(pure + ".") for pure in PURE
                ):
                    broken.append(f"{says}: a pure module imports pure modules only")
            if not target:
                continue
            if target_role in VIEWS and module.name not in REGISTERING:
                broken.append(f"{says}: nothing imports a view")
            if module.feature in BELOW_ALL and target in FEATURES and not _is_pure_name(imported):
                broken.append(f"{says}: {module.feature} lies below every feature")
            if module.feature in FEATURES and module.role not in PRESENTATION | {"cli"}:
                if target in FEATURES and FEATURES.index(target) > FEATURES.index(module.feature):
                    broken.append(f"{says}: features import to the left only")
                if target in ON_TOP - {"logs"} | STANDING_ABOVE and module.role != "login":
                    broken.append(f"{says}: a feature does not reach up")
            inside = target == module.feature and target_role in PRESENTATION
            if (
                inside
                and module.role not in PRESENTATION | {"cli"}
                and module.name not in REGISTERING
            ):
                broken.append(f"{says}: inside a feature views import services, not the reverse")
    return broken


def _may_flask(module: Module) -> bool:
    top_level = module.name.count(".") <= 1 and module.feature not in FEATURES
    return (
        module.role in FLASK_ALLOWED
        or module.feature in {"pages", "api", "wording"}
        or (top_level and module.feature in ON_TOP | {"db", "wording", "mail", "site_settings", ""})
        or module.name.startswith("marketplace.migrations")
    )


def _is_pure_name(imported: str) -> bool:
    return any(imported == pure or imported.startswith(pure + ".") for pure in PURE)


def test_every_import_keeps_to_the_rules() -> None:
    assert violations() == []


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("listings/service.py", "from marketplace.search.service import results"),
        ("places/models.py", "from marketplace.accounts.models import Member"),
        ("search/service.py", "import whoosh"),
        ("matching/service.py", "from flask import request"),
        ("matching/core.py", "from marketplace.db import db"),
        ("search/scoring.py", "import sqlalchemy"),
        ("listings/service.py", "from marketplace.listings.views import bp"),
        ("messages/views.py", "from marketplace.listings.views import bp"),
        ("mail.py", "from marketplace.accounts.models import Member"),
        ("accounts/service.py", "from marketplace.web import actor"),
    ],
)
def test_a_planted_forbidden_import_is_found(tmp_path: Path, where: str, line: str) -> None:
    planted = tmp_path / "marketplace" / where
    planted.parent.mkdir(parents=True)
    planted.write_text(line + "\n")
    assert violations(tmp_path / "marketplace")


def test_the_database_session_is_used_only_where_data_is_handled() -> None:
    for module in _modules(PACKAGE):
        if "db.session" in module.text:
            allowed = module.role in SESSION_ALLOWED or module.feature in {"health", "demo"}
            assert allowed, f"{module.name} uses db.session"


def test_only_the_models_define_what_open_means() -> None:
    for module in _modules(PACKAGE):
        if module.name == "marketplace.listings.models":
            continue
        assert not re.search(r"expires_at\s*(<|>|<=|>=)\s*now", module.text), module.name


def test_pure_modules_never_read_the_clock() -> None:
    clock = re.compile(r"\b(utcnow|datetime\.now|date\.today|time\.time|monotonic)\(")
    for module in _modules(PACKAGE):
        if _is_pure(module):
            assert not clock.search(module.text), f"{module.name} reads the clock"


def test_no_module_is_longer_than_300_lines() -> None:
    too_long = [m.name for m in _modules(PACKAGE) if len(m.text.splitlines()) > 300]
    assert too_long == []


def test_views_stay_under_fifteen_lines() -> None:
    long = []
    for module in _modules(PACKAGE):
        if module.role not in VIEWS:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]
                if lines > 15:
                    long.append(f"{module.name}.{node.name}: {lines}")
    assert long == []


def test_every_permission_is_asked_for_somewhere() -> None:
    asked = " ".join(m.text for m in _modules(PACKAGE) if m.name != "marketplace.permissions")
    assert [name for name in PERMISSIONS if f'"{name}"' not in asked] == []


def test_who_is_staff_is_asked_through_the_permissions_only() -> None:
    asking = {m.name for m in _modules(PACKAGE) if re.search(r"\bis_staff\b", m.text)}
    # Privacy only names the column, to empty it and to show it to the member herself.
    asking -= {"marketplace.privacy.register", "marketplace.privacy.fields"}
    assert asking <= {"marketplace.permissions", "marketplace.accounts.models"}


def test_no_room_is_called_after_nothing() -> None:
    names = {module.role for module in _modules(PACKAGE)}
    assert not names & {"utils", "helpers", "common", "base", "misc"}


def test_templates_hold_no_inline_style_script_or_handler() -> None:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = path.read_text("utf-8")
        if "mail" in path.parts:
            continue  # mail programs know no style sheets
        assert not re.search(r"\sstyle=", text), path
        assert not re.search(r"\son[a-z]+=\"", text), path
        for tag in re.findall(r"<script\b[^>]*>", text):
            assert "nonce=" in tag or "application/ld+json" in tag, (path, tag)
