"""What each condition means, why it comes, and what to do about it: the one source for people and for programs.

One module a kind (or a part of a kind that has many), each with `ENTRIES`; the folder is scanned. Words that people read are
plain string literals, so that they can be translated. The reference of conditions is written from here, and a failure is
explained from here. Messages of conditions themselves are not here: they name the objects at hand and stand beside the code
that finds out. Who looks up an explanation calls `find`; nobody decides anything by it.
"""

import functools
import importlib
import pkgutil
from dataclasses import dataclass

from mtc.api import conditions

#: In place of a reason: it is one of many words, such as the phase of a migration.
ANY_REASON = "*"
#: The kinds that have conditions, in the order in which people meet them.
KINDS = (
    "MigCluster",
    "MigStorage",
    "MigPlan",
    "MigMigration",
    "MigHook",
    "MigAnalytic",
    "MigrationController",
    "DirectVolumeMigration",
    "DirectVolumeMigrationProgress",
    "DirectImageMigration",
    "DirectImageStreamMigration",
)
_LAST = {conditions.READY: 1, conditions.RECONCILE_FAILED: 2}


@dataclass(frozen=True)
class Entry:
    """One condition of one kind, for one reason.

    Attributes:
        kind: kind of the object that shows the condition.
        category: Critical, Error, Warn, Required or Advisory.
        type: type of the condition.
        reason: its reason; "" where it has none, `ANY_REASON` where it is one of many words.
        explanation: what the condition means and why it comes.
        remedy: the next step of the person who reads it; "" where there is nothing to do.
        durable: whether it outlives the pass that set it.
    """

    kind: str
    category: str
    type: str
    reason: str
    explanation: str
    remedy: str = ""
    durable: bool = False

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells one entry from all others: kind, type, reason and category."""
        return (self.kind, self.type, self.reason, self.category)


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Return all entries: kind by kind, within a kind as its modules list them, what every kind has at the end."""
    modules = [importlib.import_module(found.name) for found in pkgutil.iter_modules(__path__, f"{__name__}.")]
    found = [entry for module in modules for entry in module.ENTRIES]
    return tuple(sorted(found, key=lambda entry: (KINDS.index(entry.kind), _LAST.get(entry.type, 0))))


def of_type(kind: str, type_: str) -> tuple[Entry, ...]:
    """Return the entries of a condition type of a kind; empty where it is not known."""
    return _by_type().get((kind, type_), ())


def find(kind: str, type_: str, reason: str = "", *, category: str = "") -> Entry | None:
    """Return what explains a condition, None for one that is not known.

    Args:
        kind: kind of the object that shows it.
        type_: type of the condition.
        reason: its reason; an entry for exactly this reason goes before one for any.
        category: where given, only an entry of this category.
    """
    known = [entry for entry in of_type(kind, type_) if category in {"", entry.category}]
    exact = (entry for entry in known if entry.reason == reason)
    return next(exact, next((entry for entry in known if entry.reason == ANY_REASON), None))


@functools.cache
def _by_type() -> dict[tuple[str, str], tuple[Entry, ...]]:
    found: dict[tuple[str, str], tuple[Entry, ...]] = {}
    for entry in entries():
        found[entry.kind, entry.type] = (*found.get((entry.kind, entry.type), ()), entry)
    return found
