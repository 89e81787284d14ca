"""The page of conditions, from the catalogue: kind by kind, type by type, case by case."""

from mtc.api import base, catalogue, names, registry
from mtc.api.catalogue import ANY_REASON, Entry
from mtc.api.reference import Page, wrapped

_INTRODUCTION = """\
# Conditions

What an object of the toolkit shows in `status.conditions`, what it means and what to do about it. `kubectl describe` shows
the conditions of an object; their messages name the cluster, the object and the cause at hand.

A condition is there for as long as its cause is, and goes by itself when the cause goes. Nothing has to be restarted or
created anew. A **durable** condition tells what has happened, so it stays. `Ready` is there or not; it is never False.

| Category | Meaning |
|---|---|
| Critical | nothing is done for the object until it is gone; the object is not Ready |
| Error | the object is not Ready; what can be done all the same is done |
| Warn | stops nothing; a migration that ends with one ends as SucceededWithWarnings |
| Required | something that Ready needs, and that is so |
| Advisory | information |"""


def _text() -> str:
    parts = [_INTRODUCTION]
    for kind in catalogue.KINDS:
        parts.extend(_kind(kind))
    return "\n\n".join(parts) + "\n"


def _kind(kind: str) -> list[str]:
    types = list(dict.fromkeys(entry.type for entry in catalogue.entries() if entry.kind == kind))
    api_version = f"{names.MIGRATION_GROUP}/{names.MIGRATION_VERSION}"
    parts = [f"## {kind}", wrapped(_about(registry.model_of(api_version, kind))), _table(kind, types)]
    for type_ in types:
        parts.append(f"### {_title(kind, type_)}")
        parts.append("\n".join(_case(entry) for entry in catalogue.of_type(kind, type_)))
    return parts


def _about(model: type[base.Resource]) -> str:
    return " ".join((model.__doc__ or "").split("\n\n")[0].split())


def _table(kind: str, types: list[str]) -> str:
    lines = ["| Condition | Category | Reasons |", "|---|---|---|"]
    for type_ in types:
        cases = catalogue.of_type(kind, type_)
        categories = ", ".join(dict.fromkeys(entry.category for entry in cases))
        reasons = ", ".join(dict.fromkeys(_reason(entry) for entry in cases if entry.reason))
        lines.append(f"| [{type_}](#{_anchor(_title(kind, type_))}) | {categories} | {reasons} |")
    return "\n".join(lines)


def _title(kind: str, type_: str) -> str:
    # Headings say the kind, because several kinds have conditions of one name and links must tell them apart.
    return f"{type_} ({kind})"


def _anchor(title: str) -> str:
    return "".join(letter for letter in title.lower().replace(" ", "-") if letter.isalnum() or letter == "-")


def _reason(entry: Entry) -> str:
    return "(varies)" if entry.reason == ANY_REASON else entry.reason


def _case(entry: Entry) -> str:
    marks = ([f"`{entry.reason}`"] if entry.reason not in {"", ANY_REASON} else []) + [entry.category] + (["durable"] * entry.durable)
    remedy = f" **What to do:** {entry.remedy}" if entry.remedy else ""
    return wrapped(f"- {', '.join(marks)}. {entry.explanation}{remedy}", indent="  ")


PAGE = Page("conditions.md", _text)
