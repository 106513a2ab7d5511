"""The message catalogs: kept equal to the code, complete in both languages.

``python -m marketplace.catalogs update`` after changing a message, ``check`` in bin/check.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from marketplace.config import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "marketplace" / "translations"
LANGUAGES = ("id", "en")
PLURAL_FORMS = {"id": "nplurals=1; plural=0;", "en": "nplurals=2; plural=(n != 1);"}
METHODS = [("marketplace/**.py", "python"), ("templates/**.html", "jinja2"),
           ("templates/**.txt", "jinja2")]  # fmt: skip
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None,
            "ngettext": (1, 2), "lazy_ngettext": (1, 2), "pgettext": ((1, "c"), 2)}  # fmt: skip
OPTIONS = {key: {"extensions": "jinja2.ext.do,jinja2.ext.loopcontrols", "trimmed": "true",
                 "silent": "false", "newstyle_gettext": "true"}
           for key in ("templates/**.html", "templates/**.txt")}  # fmt: skip
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def po_path(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def extract() -> Catalog:
    """Every message of the code and the templates."""
    found = Catalog(project="marketplace", charset="utf-8")
    messages: Iterable[tuple[str, int, object, list[str], str | None]]
    for part in ("marketplace", "templates"):
        messages = extract_from_dir(
            PROJECT_ROOT / part,
            [(pattern.removeprefix(part + "/"), method)
             for pattern, method in METHODS if pattern.startswith(part)],
            {pattern.removeprefix(part + "/"): options for pattern, options in OPTIONS.items()},
            KEYWORDS,
            comment_tags=("Translators:",),
        )  # fmt: skip
        for file, _line, message, comments, context in messages:
            found.add(
                message,  # type: ignore[arg-type]
                locations=[(f"{part}/{file}", 0)],
                auto_comments=comments,
                context=context,
            )
    return found


def load(language: str) -> Catalog:
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language, project="marketplace", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def save(language: str, catalog: Catalog) -> None:
    path = po_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog.header_comment = f"# {language}: edited by hand; the messages follow the code."
    catalog.fuzzy = False
    # No dates and no addresses: the file changes only when a message does.
    kept = {"Language": language, "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit",
            "Plural-Forms": PLURAL_FORMS[language]}  # fmt: skip
    catalog = _with_header(catalog, kept)
    with path.open("wb") as file:
        write_po(file, catalog, width=100, sort_output=True, ignore_obsolete=True,
                 include_lineno=False, omit_header=False)  # fmt: skip


def _with_header(catalog: Catalog, header: dict[str, str]) -> Catalog:
    """The same messages under exactly this header."""

    class Plain(Catalog):
        mime_headers = property(lambda self: list(header.items()))  # type: ignore[assignment]

    plain = Plain(charset="utf-8", fuzzy=False, header_comment=catalog.header_comment)
    forms = 1 if "nplurals=1" in header["Plural-Forms"] else 2
    plain._num_plurals = forms  # type: ignore[assignment]
    for message in catalog:
        if message.id:
            if isinstance(message.string, tuple | list):
                message.string = tuple(message.string)[:forms]
            plain[message.id] = message
    return plain


def update() -> None:
    """Bring both catalogs to the messages of the code. English is its own translation."""
    template = extract()
    for language in LANGUAGES:
        catalog = load(language)
        catalog.update(template, no_fuzzy_matching=True)
        if language == "en":
            for message in catalog:
                if message.id and not _is_complete(message):
                    message.string = message.id
        save(language, catalog)


def _is_complete(message: Message) -> bool:
    strings = message.string if isinstance(message.string, tuple | list) else [message.string]
    return all(strings) and bool(strings)


def _forms(message: Message) -> tuple[list[str], list[str]]:
    ids = list(message.id) if isinstance(message.id, tuple | list) else [message.id]
    strings = message.string if isinstance(message.string, tuple | list) else [message.string]
    return ids, [text or "" for text in strings]


def problems() -> list[str]:
    """What keeps the catalogs from being complete and equal to the code, a sentence each."""
    wanted = {(m.context, m.id) for m in extract() if m.id}
    found = []
    for language in LANGUAGES:
        catalog = load(language)
        present = {(m.context, m.id) for m in catalog if m.id}
        found += [f"{language}: {i!r} is in the code only" for _, i in wanted - present]
        found += [f"{language}: {i!r} is in the catalog only" for _, i in present - wanted]
        for message in catalog:
            if not message.id:
                continue
            if not _is_complete(message) or message.fuzzy:
                found.append(f"{language}: {message.id!r} is not translated")
                continue
            ids, strings = _forms(message)
            allowed = {name for text in ids for name in PLACEHOLDER.findall(text)}
            for text in strings:
                used = set(PLACEHOLDER.findall(text))
                needed = set(PLACEHOLDER.findall(ids[-1])) if language == "id" else set()
                if used - allowed or needed - used:
                    found.append(f"{language}: {message.id!r} has other placeholders")
    for language, forms in PLURAL_FORMS.items():
        if (plural := load(language).plural_forms) != forms:
            found.append(f"{language}: plural forms are {plural!r}, not {forms!r}")
    return sorted(found)


def write_pseudo(folder: Path, language: str) -> None:
    """Compile a catalog in which every message stands in brackets, for the tests."""
    pseudo = Catalog(locale=language, charset="utf-8")
    for message in extract():
        if message.id:
            bracketed = tuple(f"⟦{text}⟧" for text in _forms(message)[0])
            string = bracketed if isinstance(message.id, tuple | list) else bracketed[0]
            pseudo.add(message.id, string, flags=message.flags, context=message.context)
    path = folder / language / "LC_MESSAGES" / "messages.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, pseudo)


if __name__ == "__main__":
    if sys.argv[1:] == ["update"]:
        update()
    elif sys.argv[1:] == ["check"]:
        wrong = problems()
        print("\n".join(wrong))
        sys.exit(1 if wrong else 0)
    else:
        sys.exit("usage: python -m marketplace.catalogs update|check")
