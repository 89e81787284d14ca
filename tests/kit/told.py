"""Which conditions the code sets, read from its source: every call that makes one, with what stands in the call plainly.

A type or reason that is a variable is not known; where the module is a check, its type is one of those that the check
declares.
"""

import ast
import functools
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mtc.migration
from mtc.api import catalogue, conditions
from mtc.api.catalogue import ANY_REASON, Entry
from mtc.migration import errors

ROOT = Path(mtc.migration.__file__).parent
CATEGORIES = {
    "critical": conditions.CRITICAL,
    "error": conditions.ERROR,
    "warn": conditions.WARN,
    "required": conditions.REQUIRED,
    "advisory": conditions.ADVISORY,
}
#: Kinds by the beginning of a module's name, the longest counts; what is not listed belongs to migrations.
KINDS = {
    "checks.cluster": "MigCluster",
    "reconcile_cluster": "MigCluster",
    "clusters": "MigCluster",
    "checks.storage": "MigStorage",
    "reconcile_storage": "MigStorage",
    "checks.plan": "MigPlan",
    "checks.volumes": "MigPlan",
    "reconcile_plan": "MigPlan",
    "plan_": "MigPlan",
    "checks.hook": "MigHook",
    "reconcile_hook": "MigHook",
    "reconcile_settings": "MigrationController",
    "reconcile_analytic": "MigAnalytic",
    "passes": "",
    "direct.": "",
    "direct.volumes": "DirectVolumeMigration",
    "direct.images.of_namespaces": "DirectImageMigration",
    "direct.images.of_stream": "DirectImageStreamMigration",
}


@dataclass(frozen=True)
class Told:
    """A call that makes a condition.

    Attributes:
        place: module and line.
        kind: kind of the object that shows it, "" where it is one of several.
        types: what the type may be; empty where that is not known.
        reason: None where it is not known.
        category: None where it is not known.
        durable: None where it is not known.
    """

    place: str
    kind: str
    types: frozenset[str]
    reason: str | None
    category: str | None
    durable: bool | None

    def fits(self, entry: Entry) -> bool:
        """Whether an entry of the catalogue may be meant."""
        return (
            self.kind in {"", entry.kind}
            and entry.type in self.types
            and self.category in {None, entry.category}
            and (self.reason is None or entry.reason in {self.reason, ANY_REASON})
            and self.durable in {None, entry.durable}
        )

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries that may be meant."""
        return tuple(entry for entry in catalogue.entries() if self.fits(entry))


@functools.cache
def all_told() -> tuple[Told, ...]:
    """Every call in the layer of migrations that makes a condition."""
    return tuple(told for path in sorted(ROOT.rglob("*.py")) if path != ROOT / "checks" / "__init__.py" for told in _of_module(path))


def _of_module(path: Path) -> Iterator[Told]:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = _constants(tree)
    kind = _kind(name)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = _called(node)
        place = f"{name}:{node.lineno}"
        if called in {f"checks.{word}" for word in CATEGORIES}:
            types = _types(known.get(_text(node.args[0])) or _value(node.args[0], known), name)
            yield Told(place, kind, types, _value(node.args[1], known), CATEGORIES[called.partition(".")[2]], None)
        elif called == "Condition":
            given = {word.arg: word.value for word in node.keywords}
            durable = given.get("durable")
            yield Told(
                place,
                kind,
                _types(_value(given["type"], known), name),
                _value(given["reason"], known) if "reason" in given else "",
                _value(given["category"], known) if "category" in given else None,
                (durable.value if isinstance(durable, ast.Constant) else None) if durable is not None else False,
            )
        elif called == "conditions.ready":
            yield Told(place, kind, frozenset({conditions.READY}), "", conditions.REQUIRED, None)
        elif called.startswith("errors.") and (made := getattr(errors, called.removeprefix("errors."), None)):
            reason = next((_value(word.value, known) for word in node.keywords if word.arg == "reason"), None)
            if issubclass(made, errors.ClusterUnusable) and reason is not None:
                yield Told(place, "MigCluster", frozenset({made.condition}), reason, conditions.CRITICAL, None)


def _kind(module: str) -> str:
    fitting = [start for start in KINDS if module.startswith(start)]
    return KINDS[max(fitting, key=len)] if fitting else "MigMigration"


def _called(node: ast.Call) -> str:
    return _text(node.func)


def _text(node: ast.expr) -> str:
    return ast.unparse(node)


def _value(node: ast.expr, known: dict[str, str]) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return known.get(_text(node))


def _constants(tree: ast.Module) -> dict[str, str]:
    """The words behind `conditions.X` and behind the constants of a module that stand for them."""
    known = {f"conditions.{name}": value for name, value in vars(conditions).items() if isinstance(value, str)}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                values = node.value.elts if isinstance(node.value, ast.Tuple) and isinstance(target, ast.Tuple) else [node.value]
                for name, value in zip(names, values, strict=False):
                    if (word := _value(value, known)) is not None:
                        known[_text(name)] = word
    return known


def _types(known: str | None, module: str) -> frozenset[str]:
    if known is not None:
        return frozenset({known})
    check = getattr(importlib.import_module(f"mtc.migration.{module}"), "CHECK", None)
    return frozenset(check.types) if check else frozenset()
