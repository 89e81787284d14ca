"""Translations: which texts there are, what the files of languages have of them, and whether they are complete.

`python -m kit.words` brings src/mtc/words/locale up to date: new texts come in empty, those that are gone go, and the files that programs
read (`.mo`) are made anew. `--check` changes nothing and fails when something is missing or out of date. Both need `tests` on PYTHONPATH.
"""

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import mtc
from mtc import words
from mtc.cli import _verbs

SOURCE = Path(mtc.__file__).parent
LOCALE = SOURCE / "words" / "locale"
_MARKS, _PLURAL = frozenset({"_", "N_"}), "ngettext"
#: Keywords whose texts people read, by the folder in which they have that meaning.
_KEYWORDS = {"api/catalogue": frozenset({"explanation", "remedy"}), "cli": frozenset({"help"})}
#: What typer itself says in our help.
_OF_LIBRARIES = ("Arguments", "Options", "Commands", "default: {default}", "required", "env var: {var}", "Show this message and exit.")
#: The date of all files: the true one would change them with each run.
_NEVER = datetime(2026, 1, 1, tzinfo=UTC)
_PLACEHOLDER = re.compile(r"{[^{}]*}|`[^`]*`")

Texts = dict[str | tuple[str, str], str]


def texts() -> Texts:
    """All texts, each with the file where it first stands; one with a plural is a pair."""
    found: Texts = dict.fromkeys(_OF_LIBRARIES, "cli")
    for verb in _verbs.every():
        found.setdefault(verb.section, "cli")
        found.setdefault(_verbs.sentence(verb.meaning), "cli")
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).as_posix()
        for text in _of_file(ast.parse(path.read_text(encoding="utf-8")), place):
            found.setdefault(text, place)
    return found


def _of_file(tree: ast.AST, place: str) -> Iterator[str | tuple[str, str]]:
    keywords = next((names for folder, names in _KEYWORDS.items() if place.startswith(folder)), frozenset())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name in _MARKS:
                yield from _literals(node.args[:1])
            elif name == _PLURAL and len(pair := list(_literals(node.args[:2]))) > 1:
                yield pair[0], pair[1]
            yield from _literals(each.value for each in node.keywords if each.arg in keywords)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and place.startswith("cli") and _is_verb(node):
            yield from filter(None, [ast.get_docstring(node)])


def _literals(nodes: Iterable[ast.expr]) -> Iterator[str]:
    yield from (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value)


def _is_verb(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    called = [each.func for each in node.decorator_list if isinstance(each, ast.Call)]
    return any(isinstance(each, ast.Attribute) and each.attr in {"command", "callback"} for each in called)


def file_of(language: str, suffix: str) -> Path:
    """The file of a language: `po` is what people edit, `mo` what programs read."""
    return LOCALE / language / "LC_MESSAGES" / f"mtc.{suffix}"


def read(language: str) -> Catalog:
    """The translations of a language; none where it has no file."""
    path = file_of(language, "po")
    with io.BytesIO(path.read_bytes() if path.exists() else b"") as stream:
        return read_po(stream, locale=language)


def updated(known: Catalog, wanted: Texts, language: str) -> Catalog:
    """The same translations for exactly the texts that there are now."""
    made = Catalog(locale=language, project="mtc", charset="utf-8", fuzzy=False, header_comment="# Texts of mtc for people.")
    made.creation_date = made.revision_date = _NEVER
    for text, place in wanted.items():
        before = known.get(text if isinstance(text, str) else text[0])
        kept = before.string if before is not None and before.id == text else ""
        made.add(text, kept, locations=[(place, None)])  # type: ignore[list-item]
    return made


def compiled(catalog: Catalog) -> bytes:
    """As programs read it."""
    stream = io.BytesIO()
    write_mo(stream, catalog)
    return stream.getvalue()


def written(catalog: Catalog) -> bytes:
    """As people edit it."""
    stream = io.BytesIO()
    write_po(stream, catalog, width=120, sort_by_file=True, omit_header=False)
    return b"\n".join(line for line in stream.getvalue().split(b"\n") if b"-Date:" not in line and b"Generated-By" not in line)


def faults(catalog: Catalog) -> Iterator[str]:
    """What a translation lacks: it is missing, or names other places to fill in or other commands than the text."""
    for message in catalog:
        if message.id:
            yield from _faults(message)


def _faults(message: Message) -> Iterator[str]:
    first = message.id if isinstance(message.id, str) else message.id[-1]
    translated = [message.string] if isinstance(message.string, str) else list(message.string)
    if not all(translated) or message.fuzzy:
        yield f"no translation of: {first}"
        return
    wanted = sorted(set(_PLACEHOLDER.findall(first)))
    for text in translated:
        if wanted != (has := sorted(set(_PLACEHOLDER.findall(text)))):
            yield f"{has} in place of {wanted} in the translation of: {first}"


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail when something is missing or out of date")
    check = parser.parse_args().check
    wanted, wrong = texts(), 0
    for language in words.LANGUAGES:
        catalog = updated(read(language), wanted, language)
        missing = list(faults(catalog))
        made = {file_of(language, "po"): written(catalog), file_of(language, "mo"): compiled(catalog)}
        stale = [path for path, content in made.items() if not path.exists() or path.read_bytes() != content]
        if check:
            missing += [f"{path.relative_to(SOURCE)} is not up to date: run `make words`" for path in stale]
        else:
            for path, content in made.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        wrong += len(missing)
        print(f"{language}: {len(wanted)} texts, {len(missing)} faults", *missing[:20], sep="\n  ")
    return 1 if check and wrong else 0


if __name__ == "__main__":
    sys.exit(main())
